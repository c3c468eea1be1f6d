"""The room's rules: what may be sent, when, and why not. Pure."""

from __future__ import annotations

import unicodedata
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal
from uuid import UUID

from mentorinaja.errors import DomainError, TooMany

if TYPE_CHECKING:  # the room asks for its rules
    from mentorinaja.rooms.room import Phase, Room
from mentorinaja.typed import UNFIT

MOST_CHARACTERS = 4000
# Far above what two people type; it stops a script that floods the room.
MOST_A_MINUTE = 1200
PAGE = 50
# An expert who ends with more than this share of the time left (basis points) gives the unused part back.
EARLY_END_BPS = 2000

# Why time that was paid goes back, as `refunds.reason` names it.
Unused = Literal["interrupted", "ended_early"]

_INVISIBLE = {"Cc", "Cf", "Zs", "Zl", "Zp"}


class Refused(DomainError):
    """The message was not taken; the text stays with its writer."""


class NotOpen(Refused):
    """Messages are taken while the session runs."""

    title = "Pesan belum terkirim"


class Unsendable(Refused):
    """The text itself cannot be sent."""

    status = 422
    title = "Pesan belum terkirim"


class Flood(Refused, TooMany):
    """More than anybody types."""

    status = 429
    title = "Terlalu cepat"


class NotRunning(DomainError):
    """Only a session whose clock runs can be ended by hand."""

    title = "Sesi belum bisa diakhiri"


def may_write(room: Room, phase: Phase) -> bool:
    """Whether messages are taken: while the clock runs or rests; beside other sessions while the room is open."""
    if phase == "waiting":
        return room.kind != "timed" and room.status is not None
    return phase in ("running", "paused")


def why_closed(room: Room, phase: Phase) -> NotOpen:
    """Why no message is taken in this phase; the text is kept by whoever asked."""
    if phase in ("waiting", "early"):
        return NotOpen("Pesan bisa dikirim setelah sesi dimulai. Teks Anda tetap tersimpan di kotak pesan.")
    if phase == "ended":
        return NotOpen(
            "Sesi sudah berakhir, jadi pesan ini tidak terkirim. Teksnya masih ada di kotak pesan."
        )
    return NotOpen("Ruang sesi ini tidak terbuka. Teks Anda masih ada di kotak pesan.")


def owed_at_end(room: Room, cause: str, at: datetime) -> tuple[int, Unused | None]:
    """Whole seconds of paid time (rounded up) that go back when a timed session ends at `at`, and why; 0 and None.

    `cause` is the notice's: a side, `timeout`, `pause_limit` or `next_booking`. Nobody pays for a pause, nor for
    what the expert's next booking cuts off, whoever ends it and whenever.
    """
    if not room.timed or room.ends_at is None or room.end_at is None:
        return 0, None
    stood = min(at, room.paused_at or at)
    unused = _seconds(room.ends_at - stood)
    cut = min(unused, _seconds(room.ends_at - room.end_at))
    if cause == "expert" and stood < early_until(room):
        return unused, "ended_early"
    rests = cause == "user" and room.paused_at is not None
    owed = unused if rests or cause in ("pause_limit", "next_booking") else cut
    return (owed, "interrupted") if owed else (0, None)


def early_until(room: Room) -> datetime:
    """Until when an expert who ends a session that was started ends it early, as its clock goes."""
    assert room.started_at is not None and room.ends_at is not None, "it was started"
    # Every pause that is over moved the end, and so did what was bought.
    whole = room.ends_at - room.started_at - room.paused_for
    return room.ends_at - whole * EARLY_END_BPS / 10_000


def message_text(raw: object, *, alone: bool = True) -> str:
    """What is stored of a typed message: trimmed, line ends made equal. Raises `Unsendable`.

    `alone` is false when a file comes with it: then the text may be empty.
    """
    text = raw.replace("\r\n", "\n").replace("\r", "\n").strip() if isinstance(raw, str) else ""
    if UNFIT.search(text):
        raise Unsendable("Ada karakter yang tidak bisa dikirim. Hapus, lalu kirim lagi.")
    if all(unicodedata.category(character) in _INVISIBLE for character in text):
        if alone:
            raise Unsendable("Tulis pesan dulu, lalu kirim.")
        return ""
    if len(text) > MOST_CHARACTERS:
        raise Unsendable(
            f"Pesan paling panjang {MOST_CHARACTERS} karakter; ini {len(text)}. Bagi menjadi dua pesan."
        )
    return text


def sent_id(raw: object) -> UUID:
    """The id a page gave its message. Raises `Unsendable` when it is none."""
    try:
        return UUID(str(raw))
    except ValueError:
        raise Unsendable("Muat ulang halaman, lalu kirim pesannya sekali lagi.") from None


def cursor(after: str | None, last_event_id: str | None, last_seq: int) -> int:
    """Where a stream goes on: the larger of both numbers, never past what exists; nonsense counts as 0."""
    return min(last_seq, max(number(after), number(last_event_id)))


def number(text: str | None) -> int:
    """A number that came from outside, 0 for anything else."""
    return int(text) if text and len(text) <= 18 and text.isascii() and text.isdigit() else 0


def _seconds(length: timedelta) -> int:
    return max(0, -(-length // timedelta(seconds=1)))
