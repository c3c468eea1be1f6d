"""The room's rules: when it opens, starts and ends, what may be sent, and how its clock and notices read."""

from __future__ import annotations

import math
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args
from uuid import UUID

from mentorinaja.errors import DomainError, TooMany
from mentorinaja.formats import clock_time, zone_name

OPENS_BEFORE = timedelta(minutes=10)
MOST_CHARACTERS = 4000
# Far above what two people type; it stops a script that floods the room.
MOST_A_MINUTE = 1200
PAGE = 50

Side = Literal["user", "expert"]
EndedBy = Literal["user", "expert", "timeout"]
Phase = Literal["unpaid", "cancelled", "early", "waiting", "running", "paused", "ended"]
IN_ROOM = ("waiting", "running", "paused", "ended")
SIDES: tuple[Side, Side] = get_args(Side)

_CLOCK_WORDS: dict[Phase, str] = {
    "waiting": "belum mulai", "running": "tersisa", "paused": "Waktu dijeda", "ended": "berakhir",
}  # fmt: skip
_SCHEDULE_WORDS: dict[Phase, str] = {
    "waiting": "belum mulai", "running": "berlangsung", "ended": "selesai",
}  # fmt: skip
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


@dataclass(frozen=True, slots=True)
class Message:
    """What one of the two wrote."""

    seq: int
    sender: Side
    client_id: UUID
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Notice:
    """What happened to the room itself."""

    seq: int
    kind: Literal["started", "paused", "resumed", "extended", "ended"]
    cause: str
    at: datetime


Item = Message | Notice


@dataclass(frozen=True, slots=True)
class Room:
    """A room with its booking, both people and its clock, as the database told at `read_at`.

    `status` and what follows it come from the session's row and are None before the room was opened.
    """

    booking_id: UUID
    order_id: str
    booking_status: str
    payment_status: str
    category: str
    starts_at: datetime
    duration: timedelta
    address: str
    meeting_url: str | None
    topic: str
    user_id: int
    user_name: str
    user_zone: str
    expert_user_id: int
    expert_name: str
    expert_zone: str
    status: str | None
    user_joined_at: datetime | None
    expert_joined_at: datetime | None
    started_at: datetime | None
    ends_at: datetime | None
    ended_at: datetime | None
    ended_by: EndedBy | None
    last_seq: int
    read_at: datetime

    @property
    def timed(self) -> bool:
        """Whether the room's clock rules the session; beside a video or offline session it has none."""
        return self.category == "online_chat"

    @property
    def opens_at(self) -> datetime:
        """When the waiting time begins."""
        return self.starts_at - OPENS_BEFORE

    @property
    def scheduled_end(self) -> datetime:
        """When the booked time is over."""
        return self.starts_at + self.duration

    def side_of(self, user_id: int) -> Side | None:
        """Which of the two somebody is, or None."""
        if user_id == self.user_id:
            return "user"
        return "expert" if user_id == self.expert_user_id else None

    def name_of(self, side: Side) -> str:
        """The name of one of the two."""
        return self.user_name if side == "user" else self.expert_name

    def zone_of(self, side: Side) -> str:
        """The time zone of one of the two."""
        return self.user_zone if side == "user" else self.expert_zone

    def joined(self, side: Side) -> bool:
        """Whether one of the two has been in the room."""
        return (self.user_joined_at if side == "user" else self.expert_joined_at) is not None

    def phase(self, now: datetime) -> Phase:
        """What the room is at `now`; over is over also before anybody wrote it down."""
        if self.booking_status == "cancelled":
            return "cancelled"
        if self.status == "ended" or self.booking_status == "completed":
            return "ended"
        if self.booking_status == "pending":
            return "unpaid"
        if self.ends_at is not None:
            if now >= self.ends_at:
                return "ended"
            return "paused" if self.status == "paused" else "running"
        return "waiting" if now >= self.opens_at else "early"

    def remaining(self, now: datetime) -> float:
        """Seconds left on the clock: the whole duration before the start, 0 after the end."""
        if self.ended_at is not None or self.booking_status == "completed":
            return 0.0
        left = self.duration if self.ends_at is None else self.ends_at - now
        return max(0.0, left.total_seconds())

    def whole_seconds(self, now: datetime) -> int:
        """Seconds left as the clock shows them: 30:00 at the start, 00:01 in the last second."""
        return math.ceil(self.remaining(now))

    def next_step_at(self) -> datetime | None:
        """When the clock itself changes the room next, or None: it waits for somebody, or is over."""
        if self.booking_status != "confirmed" or self.status in (None, "ended"):
            return None
        if self.ends_at is not None:
            return self.ends_at
        if self.timed:
            return None if self.expert_joined_at is None else max(self.starts_at, self.expert_joined_at)
        return self.starts_at

    def step(self, now: datetime) -> Literal["start", "end"] | None:
        """What is due at `now`."""
        due = self.next_step_at()
        if due is None or now < due:
            return None
        return "start" if self.ends_at is None else "end"

    def clock_words(self, now: datetime) -> str:
        """What stands beside the clock, or in its place where the session has none."""
        words = _CLOCK_WORDS if self.timed else _SCHEDULE_WORDS
        return words.get(self.phase(now), "")

    def notice_text(self, notice: Notice, side: Side) -> str:
        """A notice as one of the two reads it: `Waktu mulai 14:00 WIB`."""
        zone = self.zone_of(side)
        time = f"{clock_time(notice.at, zone)} {zone_name(zone)}"
        if notice.kind == "started":
            return f"Waktu mulai {time}" if self.timed else f"Sesi dimulai {time}"
        if notice.cause == "timeout":
            return f"Waktu habis {time}" if self.timed else f"Sesi selesai {time}"
        who = "Anda" if notice.cause == side else self.name_of("user" if notice.cause == "user" else "expert")
        return f"{who} mengakhiri sesi {time}"


def may_write(room: Room, now: datetime) -> bool:
    """Whether messages are taken: while the clock runs; beside a video or offline session while it is open."""
    phase = room.phase(now)
    return phase == "running" or (phase == "waiting" and not room.timed and room.status is not None)


def why_closed(room: Room, phase: Phase) -> NotOpen:
    """Why no message is taken in this phase; the text is kept by whoever asked."""
    if phase in ("waiting", "early"):
        return NotOpen("Pesan bisa dikirim setelah sesi dimulai. Teks Anda tetap tersimpan di kotak pesan.")
    if phase == "ended":
        return NotOpen(
            "Sesi sudah berakhir, jadi pesan ini tidak terkirim. Teksnya masih ada di kotak pesan."
        )
    return NotOpen("Ruang sesi ini tidak terbuka. Teks Anda masih ada di kotak pesan.")


def message_text(raw: object) -> str:
    """What is stored of a typed message: trimmed, line ends made equal. Raises `Unsendable`."""
    text = raw.replace("\r\n", "\n").replace("\r", "\n").strip() if isinstance(raw, str) else ""
    if any(ord(character) in _UNSTORABLE for character in text):
        raise Unsendable("Ada karakter yang tidak bisa dikirim. Hapus, lalu kirim lagi.")
    if all(unicodedata.category(character) in _INVISIBLE for character in text):
        raise Unsendable("Tulis pesan dulu, lalu kirim.")
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
