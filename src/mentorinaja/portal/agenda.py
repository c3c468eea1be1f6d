"""A week as its mentor has it: what is booked, what is held, when other calendars say busy, and what is still free."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Literal
from uuid import UUID

from mentorinaja.db.pool import Database
from mentorinaja.schedule.plan import Plan, plan_of
from mentorinaja.schedule.rules import FURTHEST, Hours

Kind = Literal["session", "thread", "held", "busy", "free"]

_A_DAY = timedelta(days=1)
_A_WEEK = timedelta(days=7)
# A session that stands, or a slot that is held until somebody pays or does not.
_LIVE = "(b.status = 'confirmed' OR (b.status = 'pending' AND o.pay_deadline > app_now()))"


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing of a day, `[starts, ends)`; a thread's answer is due at `starts` and has no end.

    `outside`: a session at a time the mentor does not work by now. Whoever has not paid stays unnamed.
    """

    kind: Kind
    starts: datetime
    ends: datetime | None = None
    title: str = ""
    who: str = ""
    public_id: str = ""
    booking_id: UUID | None = None
    pay_deadline: datetime | None = None
    outside: bool = False

    @property
    def room_path(self) -> str:
        """Where the session takes place."""
        return f"/session?bookingId={self.booking_id}"


@dataclass(frozen=True, slots=True)
class AgendaDay:
    """A day of the mentor's own calendar: the hours worked, why it is off, and its entries in order."""

    day: date
    hours: list[Hours]
    is_off: bool
    note: str
    entries: list[Entry]


@dataclass(frozen=True, slots=True)
class Agenda:
    """The days of one week from today on; the weeks beside it by their Mondays.

    `open_until` is the last day on which anything can be booked; `outside` are all sessions to come at times that
    are not worked, soonest first; `has_slots` says whether any service takes a slot at all.
    """

    days: list[AgendaDay]
    previous: date | None
    following: date | None
    open_until: date
    zone: str
    outside: list[Entry]
    has_slots: bool


async def agenda_of(db: Database, expert_id: int, now: datetime, plan: Plan, wanted: str = "") -> Agenda:
    """The week `wanted` (any of its days, as `2026-12-07`), else this one."""
    today = now.astimezone(plan.zone).date()
    monday = _monday(wanted, today)
    days = [day for day in (monday + n * _A_DAY for n in range(7)) if day >= today]
    start, end = _midnight(days[0], plan), _midnight(days[-1] + _A_DAY, plan)
    minutes = await db.fetchval("SELECT shortest_minutes FROM experts WHERE id = $1", expert_id)
    coming = await _booked(db, expert_id, plan, now)
    taken = [*coming, *await _busy(db, expert_id, start, end)]
    entries = [*taken, *await _free(db, expert_id, minutes, (start, end), plan, taken)]
    return Agenda(
        days=[_day(plan, day, entries) for day in days],
        previous=monday - _A_WEEK if monday > _week_start(today) else None,
        following=monday + _A_WEEK if monday + _A_WEEK <= today + FURTHEST else None,
        open_until=today + plan.rules.horizon_days * _A_DAY,
        zone=plan.rules.time_zone,
        outside=[entry for entry in coming if entry.outside],
        has_slots=minutes is not None,
    )


async def sessions_outside(db: Database, expert_id: int, now: datetime) -> int:
    """How many sessions to come are at times that are not worked."""
    plan = await plan_of(db, expert_id)
    return sum(entry.outside for entry in await _booked(db, expert_id, plan, now))


def _week_start(day: date) -> date:
    """The Monday of its week."""
    return day - day.weekday() * _A_DAY


def _monday(wanted: str, today: date) -> date:
    try:
        day = date.fromisoformat(wanted)
    except ValueError:
        day = today
    return _week_start(min(max(day, today), today + FURTHEST))


def _midnight(day: date, plan: Plan) -> datetime:
    return datetime.combine(day, time(), plan.zone)


def _day(plan: Plan, day: date, entries: Sequence[Entry]) -> AgendaDay:
    off = plan.day_off(day)
    begin, end = _midnight(day, plan), _midnight(day + _A_DAY, plan)
    own = [entry for entry in entries if _shown_on(entry, begin, end)]
    return AgendaDay(
        day,
        plan.hours_on(day),
        off is not None,
        off.note if off else "",
        sorted(own, key=lambda entry: (entry.starts, entry.ends or entry.starts)),
    )


def _shown_on(entry: Entry, begin: datetime, end: datetime) -> bool:
    """Busy times stand on every day they reach into, all else on the day it begins."""
    if entry.kind == "busy" and entry.ends is not None:
        return entry.starts < end and begin < entry.ends
    return begin <= entry.starts < end


async def _booked(db: Database, expert_id: int, plan: Plan, now: datetime) -> list[Entry]:
    """Sessions, threads and held slots that are not over, soonest first."""
    rows = await db.fetch(
        f"""SELECT b.id, b.status, b.is_now, b.starts_at, upper(b.during) AS ends_at, o.public_id, o.item_name,
                   o.payer_name, o.pay_deadline
            FROM bookings b JOIN orders o ON o.id = b.order_id
            WHERE b.expert_id = $1 AND {_LIVE} AND coalesce(upper(b.blocked), b.starts_at) > $2
            ORDER BY b.starts_at, b.id""",
        expert_id,
        now,
    )
    return [
        Entry(
            kind=_kind(row["status"], row["ends_at"]),
            starts=row["starts_at"],
            ends=row["ends_at"],
            title=row["item_name"],
            who=row["payer_name"] if row["status"] == "confirmed" else "",
            public_id=row["public_id"],
            booking_id=row["id"],
            pay_deadline=row["pay_deadline"],
            # "Sekarang" is asked for by the switch, not by the hours.
            outside=row["status"] == "confirmed"
            and row["ends_at"] is not None
            and not row["is_now"]
            and not plan.covers(row["starts_at"], row["ends_at"]),
        )
        for row in rows
    ]


def _kind(status: str, ends: datetime | None) -> Kind:
    if status == "pending":
        return "held"
    return "session" if ends else "thread"


async def _busy(db: Database, expert_id: int, start: datetime, end: datetime) -> list[Entry]:
    """When calendars outside say busy, each stretch once, cut to the days shown."""
    rows = await db.fetch(
        """SELECT lower(part) AS starts, upper(part) AS ends
           FROM unnest((SELECT range_agg(during * tstzrange($2, $3)) FROM busy_times
                        WHERE expert_id = $1 AND during && tstzrange($2, $3))) AS part""",
        expert_id,
        start,
        end,
    )
    return [Entry("busy", row["starts"], row["ends"]) for row in rows]


async def _free(
    db: Database,
    expert_id: int,
    minutes: int | None,
    within: tuple[datetime, datetime],
    plan: Plan,
    taken: Sequence[Entry],
) -> list[Entry]:
    """The slots everybody is offered for the shortest service, made into stretches."""
    if minutes is None:
        return []
    rows = await db.fetch(
        "SELECT starts_at FROM free_slots($1, $2, $3, $4) ORDER BY starts_at", expert_id, minutes, *within
    )
    length, step = timedelta(minutes=minutes), timedelta(minutes=plan.rules.step_minutes)
    breaks = [entry.starts for entry in taken if entry.kind != "thread"]
    found: list[Entry] = []
    last: datetime | None = None
    for at in (row["starts_at"] for row in rows):
        same_day = last and last.astimezone(plan.zone).date() == at.astimezone(plan.zone).date()
        if (
            last
            and same_day
            and at - last <= max(step, length)
            and not any(last < pause < at for pause in breaks)
        ):
            found[-1] = replace(found[-1], ends=at + length)
        else:
            found.append(Entry("free", at, at + length))
        last = at
    return found
