"""The room's rules: what may be sent, when, and why not. Pure."""

from __future__ import annotations

import unicodedata
from uuid import UUID

from mentorinaja.errors import DomainError, TooMany
from mentorinaja.rooms.room import Phase, Room

MOST_CHARACTERS = 4000
# Far above what two people type; it stops a script that floods the room.
MOST_A_MINUTE = 1200
PAGE = 50
# An expert who ends with more than this share of the time left (basis points) gives the unused part back.
EARLY_END_BPS = 2000

_UNSTORABLE = {0, *range(0xD800, 0xE000)}
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


def message_text(raw: object, *, alone: bool = True) -> str:
    """What is stored of a typed message: trimmed, line ends made equal. Raises `Unsendable`.

    `alone` is false when a file comes with it: then the text may be empty.
    """
    text = raw.replace("\r\n", "\n").replace("\r", "\n").strip() if isinstance(raw, str) else ""
    if any(ord(character) in _UNSTORABLE for character in text):
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
