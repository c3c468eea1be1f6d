"""Free slots worked out minute by minute in plain Python: slow, obvious, and independent of the SQL function."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from mentorinaja.schedule.rules import MINUTES_A_DAY, Rules, SpecialDay, Week

MINUTE = timedelta(minutes=1)
# Who holds it: the time the expert is blocked, `[start, end)`.
Span = tuple[datetime, datetime]


@dataclass
class Plan:
    """Everything that decides."""

    week: Week
    special: Sequence[SpecialDay]
    rules: Rules
    # Booked time with its buffer; what the person who asks has booked; what outside calendars say.
    blocked: Sequence[Span] = ()
    own: Sequence[Span] = ()
    busy: Sequence[Span] = ()
    ready: bool = False


def free_slots(plan: Plan, minutes: int, now: datetime, start: datetime, end: datetime) -> list[datetime]:
    """The free starts within `[start, end)`."""
    zone = ZoneInfo(plan.rules.time_zone)
    earliest = now + timedelta(minutes=plan.rules.notice_minutes)
    latest = now + timedelta(days=plan.rules.horizon_days)
    first = now.astimezone(zone).date()
    days = [first + timedelta(days=n) for n in range(plan.rules.horizon_days + 3)]
    at_work = {minute for day in days for minute in _open_minutes(plan, day)}
    found = set()
    for day in days:
        for minute in _grid(plan, day):
            at = datetime.combine(date.min, time(), zone) + minute * MINUTE
            if (
                earliest <= at < latest
                and start <= at < end
                and at_work.issuperset(range(minute, minute + minutes))
                and _apart((at, at + (minutes + plan.rules.buffer_minutes) * MINUTE), _kept_clear(plan))
                and _apart((at, at + minutes * MINUTE), plan.own)
            ):
                found.add(at)
    return sorted(found)


def ready_now(plan: Plan, minutes: int, now: datetime) -> bool:
    """Whether "Sekarang" is offered: 15 minutes to pay and 10 to arrive come before the session."""
    ends = now + (25 + minutes) * MINUTE
    return (
        plan.ready
        and _apart((now, ends + plan.rules.buffer_minutes * MINUTE), _kept_clear(plan))
        and _apart((now, ends), plan.own)
    )


def _kept_clear(plan: Plan) -> list[Span]:
    """What no session with its own buffer may touch: bookings have theirs, busy times get today's."""
    buffer = plan.rules.buffer_minutes * MINUTE
    return [*plan.blocked, *((start, end + buffer) for start, end in plan.busy)]


def _grid(plan: Plan, day: date) -> Iterable[int]:
    """Every step from the beginning of each unbroken stretch of this day's open minutes."""
    begin = previous = None
    for minute in sorted(_open_minutes(plan, day)):
        if previous is None or begin is None or minute > previous + 1:
            begin = minute
        if (minute - begin) % plan.rules.step_minutes == 0:
            yield minute
        previous = minute


def _open_minutes(plan: Plan, day: date) -> set[int]:
    """The minutes worked on this day of the expert's own calendar, counted from the beginning of time."""
    midnight = (day - date.min).days * MINUTES_A_DAY
    special = [each for each in plan.special if each.day == day]
    ranges = [each.hours for each in special if each.kind == "extra" and each.hours]
    if not any(each.kind == "off" for each in special):
        ranges += plan.week.get(day.isoweekday(), ())
    return {midnight + n for hours in ranges for n in range(hours.starts, hours.ends)}


def _apart(span: Span, others: Sequence[Span]) -> bool:
    return all(span[1] <= start or end <= span[0] for start, end in others)
