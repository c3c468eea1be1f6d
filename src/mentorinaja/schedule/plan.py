"""When an expert works, as the expert told it: read whole, and asked about days and times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from mentorinaja.db.pool import Connection, Database
from mentorinaja.schedule.rules import Hours, Rules, SpecialDay, merged

# An expert's own wall clock, without zone.
Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class DaysOff:
    """Days off that follow each other for the same reason, `first` to `last`."""

    first: date
    last: date
    note: str


@dataclass(frozen=True, slots=True)
class Plan:
    """Rules, weekly hours in order, and the days that differ from some day on, in order."""

    rules: Rules
    week: dict[int, tuple[Hours, ...]]
    special: tuple[SpecialDay, ...]

    @property
    def zone(self) -> ZoneInfo:
        """The zone whose clock the hours are of."""
        return ZoneInfo(self.rules.time_zone)

    def hours_of(self, weekday: int) -> tuple[Hours, ...]:
        """The weekly hours of an ISO weekday."""
        return self.week.get(weekday, ())

    def day_off(self, day: date) -> SpecialDay | None:
        """The entry that makes `day` a day off, if there is one."""
        return next((each for each in self.special if each.day == day and each.kind == "off"), None)

    def extra_on(self, day: date) -> list[Hours]:
        """The ranges worked in addition on `day`."""
        return [each.hours for each in self.special if each.day == day and each.hours is not None]

    def hours_on(self, day: date) -> list[Hours]:
        """When the expert works on `day`: weekly hours unless it is off, and extra ones; in order, made one."""
        weekly = () if self.day_off(day) else self.hours_of(day.isoweekday())
        return merged([*weekly, *self.extra_on(day)])

    def covers(self, starts: datetime, ends: datetime) -> bool:
        """Whether the expert works all the time from `starts` to `ends` (aware), over midnight too."""
        first, last = (at.astimezone(self.zone).replace(tzinfo=None) for at in (starts, ends))
        return any(begin <= first and last <= end for begin, end in self._open(first.date(), last.date()))

    def days_off(self) -> list[DaysOff]:
        """Days off in order; neighbours with the same reason are one."""
        found: list[DaysOff] = []
        for each in self.special:
            if each.kind != "off":
                continue
            before = found[-1] if found else None
            if before and before.note == each.note and before.last + timedelta(days=1) == each.day:
                found[-1] = DaysOff(before.first, each.day, each.note)
            else:
                found.append(DaysOff(each.day, each.day, each.note))
        return found

    def extra(self) -> list[SpecialDay]:
        """The extra ranges, in order."""
        return [each for each in self.special if each.kind == "extra"]

    def _open(self, first: date, last: date) -> list[Span]:
        days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        found: list[Span] = []
        for day in days:
            midnight = datetime.combine(day, time())
            for hours in self.hours_on(day):
                begin, end = (midnight + timedelta(minutes=at) for at in (hours.starts, hours.ends))
                if found and found[-1][1] == begin:
                    begin = found.pop()[0]
                found.append((begin, end))
        return found


def print_of(ranges: Sequence[Hours]) -> str:
    """What a form remembers of the ranges it was opened with: `09:00–12:00 13:00–17:00`."""
    return " ".join(map(str, ranges))


def print_of_rules(rules: Rules) -> str:
    """What a form remembers of the rules it was opened with."""
    return (
        f"{rules.time_zone} {rules.step_minutes} {rules.buffer_minutes} {rules.notice_minutes}"
        f" {rules.horizon_days}"
    )


def overlapping(ranges: Sequence[Hours]) -> set[int]:
    """The places in `ranges` of those that overlap an earlier-starting one."""
    places = sorted(range(len(ranges)), key=lambda place: ranges[place])
    return {later for earlier, later in pairwise(places) if ranges[later].starts < ranges[earlier].ends}


async def plan_of(db: Connection | Database, expert_id: int, since: date | None = None) -> Plan:
    """The plan of an expert who is there; days that differ from `since` on, by default from the expert's today."""
    row = await db.fetchrow(
        """SELECT time_zone, step_minutes, buffer_minutes, notice_minutes, horizon_days,
                  (app_now() AT TIME ZONE time_zone)::date AS today
           FROM schedules WHERE expert_id = $1""",
        expert_id,
    )
    assert row is not None, "every expert has a schedule"
    values = dict(row)
    today = values.pop("today")
    return Plan(
        Rules(**values), await week_of(db, expert_id), await special_days(db, expert_id, since or today)
    )


async def week_of(db: Connection | Database, expert_id: int) -> dict[int, tuple[Hours, ...]]:
    """The weekly hours by ISO weekday, those of a day in order."""
    # '24:00' is a time of day only SQL knows: both ends are read as minutes.
    rows = await db.fetch(
        """SELECT weekday, (extract(epoch FROM starts) / 60)::integer AS starts,
                  (extract(epoch FROM ends) / 60)::integer AS ends
           FROM weekly_hours WHERE expert_id = $1 ORDER BY weekday, weekly_hours.starts""",
        expert_id,
    )
    found: dict[int, tuple[Hours, ...]] = {}
    for row in rows:
        found[row["weekday"]] = (*found.get(row["weekday"], ()), Hours(row["starts"], row["ends"]))
    return found


async def special_days(
    db: Connection | Database, expert_id: int, first: date, last: date = date.max
) -> tuple[SpecialDay, ...]:
    """The days from `first` to `last` that differ, in order; of a day its being off first."""
    rows = await db.fetch(
        """SELECT day, kind, note, (extract(epoch FROM starts) / 60)::integer AS starts,
                  (extract(epoch FROM ends) / 60)::integer AS ends
           FROM schedule_exceptions WHERE expert_id = $1 AND day BETWEEN $2 AND $3
           ORDER BY day, kind DESC, schedule_exceptions.starts, id""",
        expert_id,
        first,
        last,
    )
    return tuple(
        SpecialDay(
            row["day"],
            row["kind"],
            None if row["starts"] is None else Hours(row["starts"], row["ends"]),
            row["note"],
        )
        for row in rows
    )
