"""The room as data: who meets, its clock, what stands in it, and what it is at a moment. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args
from uuid import UUID

from mentorinaja.bookings import rules
from mentorinaja.rooms import more_time, words
from mentorinaja.rooms.more_time import Extension, MoreTime

OPENS_BEFORE = timedelta(minutes=10)
# Without a sign of life for this long somebody is gone.
GONE_AFTER = timedelta(seconds=30)
# All pauses of a session together last no longer.
MOST_PAUSED = timedelta(minutes=10)
# From here on the user of an absent expert may choose.
ABSENT_AFTER = rules.ABSENT_AFTER
# A thread is accepted by itself so long after "Selesai", and cancelled so long after it was due without.
ACCEPTED_AFTER = timedelta(hours=72)
UNDELIVERED_AFTER = timedelta(hours=24)

Side = Literal["user", "expert"]
EndedBy = Literal["user", "expert", "timeout"]
# timed: a chat whose clock rules it; scheduled: beside a video or offline session; thread: unhurried, no duration
Kind = Literal["timed", "scheduled", "thread"]
Phase = Literal["unpaid", "cancelled", "early", "waiting", "running", "paused", "ended"]
NoticeKind = Literal[
    "started", "paused", "resumed", "extended", "moved", "finished", "objected", "arrived", "ended"
]
IN_ROOM = ("waiting", "running", "paused", "ended")
SIDES: tuple[Side, Side] = get_args(Side)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with a message; sizes in bytes and pixels, those of pictures only."""

    id: UUID
    booking_id: UUID
    name: str
    media_type: str
    size_bytes: int
    width: int | None
    height: int | None
    small_width: int | None
    small_height: int | None


@dataclass(frozen=True, slots=True)
class Message:
    """What one of the two wrote."""

    seq: int
    sender: Side
    client_id: UUID
    text: str
    at: datetime
    attachment: Attachment | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """What happened to the room itself."""

    seq: int
    kind: NoticeKind
    cause: str
    at: datetime


Item = Message | Notice


@dataclass(frozen=True, slots=True)
class Room:
    """A room with its booking, both people and its clock, as the database told at `read_at`.

    `status` and what follows it come from the session's row and are None before the room was opened.
    `refunded` is what goes back of the booking's order and those of added time, in rupiah; `objected` an
    objection not yet decided.
    """

    booking_id: UUID
    order_id: str
    booking_status: str
    cancel_reason: str | None
    payment_status: str
    subtotal: int
    admin_fee_bps: int
    total: int
    paid_at: datetime | None
    category: str
    starts_at: datetime
    duration: timedelta | None
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
    paused_at: datetime | None
    paused_for: timedelta
    user_waits_until: datetime | None
    finished_at: datetime | None
    user_seen_at: datetime | None
    expert_seen_at: datetime | None
    user_read: int
    expert_read: int
    next_booking_at: datetime | None
    extension: Extension | None
    refunded: int
    objected: bool
    last_seq: int
    read_at: datetime
    # What the user of an offline session tells the expert on arrival: never shown to the expert.
    arrival_code: str | None = None
    # When the expert typed it.
    met_at: datetime | None = None
    # Whether a problem or an objection is open, or how it was decided.
    reported: Literal["open", "refunded", "kept"] | None = None
    # The photo the expert shows today.
    expert_photo: UUID | None = None

    @property
    def kind(self) -> Kind:
        """What sort of session the room belongs to."""
        if self.duration is None:
            return "thread"
        return "timed" if self.category == "online_chat" else "scheduled"

    @property
    def timed(self) -> bool:
        """Whether the room's clock rules the session."""
        return self.kind == "timed"

    @property
    def opens_at(self) -> datetime:
        """When the room opens: ten minutes before the start; a thread at its payment."""
        if self.kind == "thread":
            return self.paid_at or self.starts_at
        return self.starts_at - OPENS_BEFORE

    @property
    def scheduled_end(self) -> datetime:
        """When the booked time is over; a thread's due time."""
        return self.starts_at + (self.duration or timedelta())

    @property
    def end_at(self) -> datetime | None:
        """When a running clock stops: at its end, or when the expert's next booking begins."""
        if self.ends_at is None or self.next_booking_at is None or not self.timed:
            return self.ends_at
        return min(self.ends_at, self.next_booking_at)

    @property
    def pause_ends_at(self) -> datetime | None:
        """Until when a pause may last; None when there is none."""
        if self.paused_at is None:
            return None
        limit = self.paused_at + MOST_PAUSED - self.paused_for
        return limit if self.next_booking_at is None else min(limit, self.next_booking_at)

    @property
    def accepted_at(self) -> datetime | None:
        """When a thread that was marked finished counts as accepted; None before "Selesai"."""
        return None if self.finished_at is None else self.finished_at + ACCEPTED_AFTER

    @property
    def undelivered_at(self) -> datetime:
        """When a thread without "Selesai" is cancelled."""
        return self.starts_at + UNDELIVERED_AFTER

    @property
    def report_until(self) -> datetime:
        """Until when either side can say that something was wrong with a video or offline session."""
        return self.scheduled_end + rules.REPORT_WITHIN

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

    def present(self, side: Side, now: datetime) -> bool:
        """Whether one of the two is in the room at `now`."""
        seen = self.user_seen_at if side == "user" else self.expert_seen_at
        return seen is not None and now - seen < GONE_AFTER

    def read_by_other(self, side: Side) -> int:
        """How far the other one has read."""
        return self.expert_read if side == "user" else self.user_read

    def phase(self, now: datetime) -> Phase:
        """What the room is at `now`; over is over also before anybody wrote it down."""
        if self.booking_status == "cancelled":
            return "cancelled"
        if self.status == "ended" or self.booking_status == "completed":
            return "ended"
        if self.booking_status == "pending":
            return "unpaid"
        if self.kind == "thread":
            return "running"
        if self.status == "paused":
            return "ended" if self.pause_ends_at is not None and now >= self.pause_ends_at else "paused"
        if self.end_at is not None:
            return "ended" if now >= self.end_at else "running"
        return "waiting" if now >= self.opens_at else "early"

    def absent(self, now: datetime) -> bool:
        """Whether the user of a chat whose expert has not come may choose what to do."""
        return self.timed and self.phase(now) == "waiting" and now >= self.starts_at + ABSENT_AFTER

    def more_time(self, now: datetime) -> MoreTime | None:
        """What can be done about more time; None when there is nothing to say of it.

        Nothing is offered where the expert's next booking comes before the end.
        """
        if self.phase(now) not in ("running", "paused") or not self.timed or self.duration is None:
            return None
        if self.ends_at is None or self.cut:
            return None
        price = more_time.total(self.subtotal, self.duration, self.admin_fee_bps)
        rested = timedelta() if self.paused_at is None else now - self.paused_at
        return more_time.look(
            self.extension, price, self.ends_at + rested, now, running=self.paused_at is None
        )

    def remaining(self, now: datetime) -> float:
        """Seconds left on the clock: the whole duration before the start, 0 after the end, still in a pause.

        Where no clock runs: to the scheduled end, of a thread to its due time.
        """
        if self.ended_at is not None or self.booking_status == "completed":
            return 0.0
        if not self.timed:
            return max(0.0, (self.scheduled_end - now).total_seconds())
        if self.ends_at is None or self.end_at is None:
            return (self.duration or timedelta()).total_seconds()
        left = self.ends_at - self.paused_at if self.paused_at is not None else self.end_at - now
        return max(0.0, left.total_seconds())

    def whole_seconds(self, now: datetime) -> int:
        """Seconds left as the clock shows them: 30:00 at the start, 00:01 in the last second."""
        return math.ceil(self.remaining(now))

    @property
    def interrupted(self) -> bool:
        """Whether the session ended before its time without either of the two ending it."""
        if self.ended_by != "timeout" or self.ended_at is None or self.ends_at is None:
            return False
        return self.paused_at is not None or self.ended_at < self.ends_at

    @property
    def cut(self) -> bool:
        """Whether the expert's next booking ends the session before its time."""
        return self.end_at != self.ends_at

    def ending_words(self, side: Side, now: datetime, amount: int | None = None) -> str:
        """What it means for the money if `side` ends the session at `now`; `amount` in rupiah, where it is known."""
        return words.ending_words(self, side, now, amount)

    def cut_words(self, side: Side) -> str:
        """Why a session that is `cut` ends before its time, and when."""
        return words.cut_words(self, side)

    def clock_words(self, now: datetime) -> str:
        """What stands beside the clock, or in its place where the session has none."""
        return words.clock_words(self, self.phase(now))

    def notice_text(self, notice: Notice, side: Side, *, with_time: bool = True) -> str:
        """A notice as one of the two reads it: `Waktu mulai 14:00 WIB`, or without its time."""
        return words.notice_text(self, notice, side, with_time=with_time)
