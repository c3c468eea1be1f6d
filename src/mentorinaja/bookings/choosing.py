"""What the booking form offers: days, times, ways to pay and the sum, all for one service as one person sees it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from mentorinaja import formats
from mentorinaja.bookings import rules
from mentorinaja.bookings.refusals import NotReceiving
from mentorinaja.db.pool import Database
from mentorinaja.errors import NotThere
from mentorinaja.experts import queries as experts
from mentorinaja.experts.queries import ListedExpert, Service
from mentorinaja.money import Price
from mentorinaja.policies import queries as policies
from mentorinaja.schedule import queries as schedule

# No horizon reaches further, and no sum of times overflows.
FURTHEST = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Times:
    """What times can be chosen for a session of so many minutes (None: a thread's answer).

    `slots` are those of `day`, which is a day of `zone`; `ready`: "Sekarang" is offered.
    """

    minutes: int | None
    zone: str
    days: list[date]
    day: date | None
    slots: list[datetime]
    ready: bool

    @property
    def is_thread(self) -> bool:
        """Whether the times are those at which an answer can be due."""
        return self.minutes is None

    @property
    def times(self) -> list[tuple[str, str]]:
        """The times as (value, label) of the form's field, "Sekarang" first when it is offered."""
        labels = [formats.clock_time(slot, self.zone) for slot in self.slots]
        return [*([("now", "Sekarang")] if self.ready else []), *((label, label) for label in labels)]

    def slot(self, clock: str | None) -> datetime | None:
        """The free start that reads `clock` (`14:00`), or None."""
        return next((slot for slot in self.slots if formats.clock_time(slot, self.zone) == clock), None)


@dataclass(frozen=True, slots=True)
class Choice(Times):
    """What can be chosen now of all that an expert sells; `totals` are what each service costs, by its id."""

    expert: ListedExpert
    services: list[Service]
    service: Service
    price: Price
    admin_fee_bps: int
    refusals: dict[str, str]
    totals: dict[int, int]


async def seller(db: Database, slug: str) -> tuple[ListedExpert, list[Service]]:
    """The expert at this address, perhaps an old one, and what can be booked. Raises `NotThere`, `NotReceiving`."""
    expert = await experts.shown_expert_by_slug(db, slug)
    if expert is None and (today := await experts.slug_today(db, slug)):
        expert = await experts.shown_expert_by_slug(db, today)
    if expert is not None and expert.paused:
        raise NotReceiving.of(expert.display_name)
    services = await experts.services_of(db, expert.id) if expert else []
    if expert is None or not services:
        raise NotThere
    return expert, services


async def look(
    db: Database,
    expert: ListedExpert,
    services: list[Service],
    service: Service,
    *,
    zone: str,
    day: date | None,
    user_id: int,
) -> Choice:
    """What this person can choose of `service`; without `day` the first one that has a free time."""
    policy = await policies.current(db)
    price = policy.price(service.price)
    minutes = service.duration_minutes
    times = await look_at_times(db, expert.id, minutes, zone=zone, day=day, user_id=user_id)
    return Choice(
        minutes=minutes,
        zone=zone,
        days=times.days,
        day=times.day,
        slots=times.slots,
        ready=await schedule.ready_now(db, expert.id, minutes, user_id),
        expert=expert,
        services=services,
        service=service,
        price=price,
        admin_fee_bps=policy.admin_fee_bps,
        refusals=_refusals(price.total),
        totals={each.id: policy.price(each.price).total for each in services},
    )


async def look_at_times(
    db: Database,
    expert_id: int,
    minutes: int | None,
    *,
    zone: str,
    day: date | None,
    user_id: int,
    besides: UUID | None = None,
) -> Times:
    """The times this person can choose; without `day` of the first one that has any. "Sekarang" is none of them.

    The time of the booking `besides` counts as free.
    """
    days = await schedule.days_with_slots(db, expert_id, minutes, zone, user_id, besides)
    if day is None:
        day = days[0] if days else None
    elif day not in days:
        days = sorted([*days, day])
    slots = await schedule.free_slots(db, expert_id, minutes, day, zone, user_id, besides) if day else []
    return Times(minutes, zone, days, day, slots, ready=False)


async def nearest(
    db: Database, expert_id: int, times: Times, around: datetime, user_id: int, besides: UUID | None = None
) -> list[tuple[str, datetime]]:
    """The three times nearest to one that was just taken; each with what a button sends that shows it."""
    slots = await schedule.nearest_slots(db, expert_id, times.minutes, around, user_id, besides=besides)
    return [(f"{slot.astimezone(ZoneInfo(times.zone)):%Y-%m-%dT%H:%M}", slot) for slot in slots]


def showable(day: date | None, now: datetime, zone: str) -> date | None:
    """The day that was asked for, or None for one that is past or out of reach."""
    today = now.astimezone(ZoneInfo(zone)).date()
    return day if day and today <= day <= today + FURTHEST else None


def instant(day: date, clock: str, zone: str) -> datetime:
    """`14:00` on `day` on the wall clocks of `zone`; Indonesia's zones know no summer time."""
    return datetime.combine(day, time.fromisoformat(clock), ZoneInfo(zone))


def _refusals(total: int) -> dict[str, str]:
    reasons = {method: rules.method_refusal(method, total) for method in rules.METHODS}
    return {method: reason for method, reason in reasons.items() if reason}
