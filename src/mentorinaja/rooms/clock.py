"""The clock of a room: what is due at a moment, each step at its own exact time. Pure.

A timed chat starts when its time has come and the expert is there, pauses while the expert shows no sign of life,
and ends once. A pause counts from the last sign; one that nobody noticed before the end of the time is none: the
end stands in the database for everybody to see.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from mentorinaja.rooms import more_time, rules
from mentorinaja.rooms.room import (
    ABSENT_AFTER,
    GONE_AFTER,
    Room,
)

StepKind = Literal["start", "pause", "resume", "extend", "lapse", "end", "cancel"]


@dataclass(frozen=True, slots=True)
class Step:
    """A change of the room: what, at which moment, and why (the notice's cause)."""

    kind: StepKind
    at: datetime
    cause: str


def due(room: Room, now: datetime) -> Step | None:
    """The next step that is due at `now`, or None."""
    step = _next(room, now)
    return step if step is not None and step.at <= now else None


def next_step_at(room: Room) -> datetime | None:
    """When the room changes next as far as is known, or None: it waits for somebody, or is over."""
    step = _next(room, room.read_at)
    return None if step is None else step.at


def next_look_at(room: Room, after: datetime) -> datetime | None:
    """When the room looks different next without a step: choices appear, more time can be asked for."""
    looks = [room.opens_at]
    if room.timed:
        looks += [room.starts_at, room.starts_at + ABSENT_AFTER]
        if room.user_waits_until:
            looks.append(room.user_waits_until)
        if room.ends_at and room.end_at and room.status == "running":
            looks += more_time.changes_at(room.end_at)
            looks.append(rules.early_until(room))
            if room.extension and room.extension.pay_deadline:
                looks += [room.extension.pay_deadline - more_time.ASK_UNTIL, room.extension.pay_deadline]
    return min((look for look in looks if look > after), default=None)


def _next(room: Room, now: datetime) -> Step | None:
    if room.booking_status != "confirmed" or room.status in (None, "ended"):
        return None
    if room.kind == "thread":
        return _of_thread(room)
    if room.status == "waiting":
        return _of_waiting(room)
    if step := _of_extension(room):
        return step
    if room.status == "paused":
        return _of_paused(room)
    return _of_running(room, now)


def _of_waiting(room: Room) -> Step | None:
    if not room.timed:
        return Step("start", room.starts_at, "schedule")
    came, too_late = room.expert_joined_at, room.scheduled_end
    if came is not None and came < too_late:
        return Step(
            "start", max(room.starts_at, came), "expert_arrived" if came > room.starts_at else "schedule"
        )
    user_came = room.user_joined_at is not None and room.user_joined_at < too_late
    return Step("cancel", too_late, "expert_absent" if user_came else "both_absent")


def _of_extension(room: Room) -> Step | None:
    """Paid before the end the clock moves; money that came later goes back."""
    more = room.extension
    if more is None or more.state != "agreed" or room.ends_at is None or more.paid_at is None:
        return None
    in_time = more.payment_status == "paid" and more.paid_at < room.ends_at
    return Step("extend" if in_time else "lapse", more.paid_at, "paid" if in_time else "paid_late")


def _of_running(room: Room, now: datetime) -> Step | None:
    if room.ends_at is None or room.end_at is None or room.started_at is None:
        return None
    end = Step("end", room.end_at, "timeout" if room.end_at == room.ends_at else "next_booking")
    if not room.timed or now >= room.end_at:
        return end
    last_sign = max(room.started_at, room.expert_seen_at or room.started_at)
    gone_at = last_sign + GONE_AFTER
    if gone_at >= room.end_at:
        return end
    # Half a minute later it is known that there is a pause, and since when.
    return Step("pause", last_sign if gone_at <= now else gone_at, "expert_gone")


def _of_paused(room: Room) -> Step | None:
    if room.paused_at is None or room.pause_ends_at is None:
        return None
    limit = room.pause_ends_at
    back = room.expert_seen_at
    if back is not None and room.paused_at < back < limit:
        return Step("resume", back, "expert_back")
    return Step("end", limit, "next_booking" if limit == room.next_booking_at else "pause_limit")


def _of_thread(room: Room) -> Step | None:
    if room.status == "waiting":
        return Step("start", room.opens_at, "paid")
    if room.objected:
        return None
    if room.accepted_at is not None:
        return Step("end", room.accepted_at, "silence")
    return Step("cancel", room.undelivered_at, "undelivered")
