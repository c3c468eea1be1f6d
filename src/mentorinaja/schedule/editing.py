"""Writing one part of a schedule at a time, as its expert edits it; each change rewrites what lists show."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from mentorinaja import clock
from mentorinaja.db.pool import Connection, atomic
from mentorinaja.schedule import rules
from mentorinaja.schedule.actions import lock_schedule, refresh, write_rules, write_week
from mentorinaja.schedule.plan import plan_of, print_of, print_of_rules, special_days, week_of
from mentorinaja.schedule.rules import DAY_NAMES, Hours, Rules, ScheduleChanged, ScheduleInvalid, clock_text

MOST_RANGES = 8
NOTE_LENGTH = 60


@dataclass(frozen=True, slots=True)
class MadeOff:
    """How many days are off now that were not, and how many extra ranges went with them."""

    days: int
    extra_dropped: int


@atomic
async def set_day(
    tx: Connection,
    expert_id: int,
    weekday: int,
    ranges: Sequence[Hours],
    *,
    seen: str,
    also: Collection[int] = (),
) -> None:
    """Replace the hours of an ISO weekday, and of the days `also`, by `ranges`.

    `seen` is the print of the hours its form was opened with. Raises ScheduleInvalid, and ScheduleChanged when
    the weekday has other hours by now; sent twice, the second changes nothing.
    """
    wanted = dict.fromkeys([weekday, *also], tuple(sorted(ranges)))
    rules.check_week(wanted)
    if len(ranges) > MOST_RANGES:
        raise ScheduleInvalid(f"Paling banyak {MOST_RANGES} rentang jam sehari.")
    await lock_schedule(tx, expert_id)
    there = await week_of(tx, expert_id)
    if all(there.get(day, ()) == hours for day, hours in wanted.items()):
        return
    if print_of(there.get(weekday, ())) != seen:
        raise ScheduleChanged(
            f"Jam hari {DAY_NAMES[weekday - 1]} sekarang {print_of(there.get(weekday, ())) or 'kosong'}."
            " Simpan lagi untuk menggantinya dengan isian Anda."
        )
    await tx.execute(
        "DELETE FROM weekly_hours WHERE expert_id = $1 AND weekday = ANY($2)", expert_id, list(wanted)
    )
    await write_week(tx, expert_id, wanted)
    await refresh(tx, expert_id)


@atomic
async def change_rules(tx: Connection, expert_id: int, new: Rules, *, seen: str) -> None:
    """Change zone, step, buffer, notice and horizon; sessions already booked stay at their instant.

    `seen` is the print of the rules its form was opened with. Raises ScheduleInvalid and ScheduleChanged.
    """
    rules.check_rules(new)
    await lock_schedule(tx, expert_id)
    there = (await plan_of(tx, expert_id)).rules
    if there == new:
        return
    if print_of_rules(there) != seen:
        raise ScheduleChanged("Ini yang berlaku sekarang. Simpan lagi untuk menggantinya dengan isian Anda.")
    await write_rules(tx, expert_id, new)
    await refresh(tx, expert_id)


@atomic
async def add_days_off(tx: Connection, expert_id: int, first: date, last: date, note: str = "") -> MadeOff:
    """Make every day from `first` to `last` a day off; extra ranges on them go. Raises ScheduleInvalid."""
    await lock_schedule(tx, expert_id)
    rules.check_span(first, last, await _today(tx, expert_id))
    days = {first + timedelta(days=n): note for n in range((last - first).days + 1)}
    return await _make_off(tx, expert_id, days)


@atomic
async def add_holidays(tx: Connection, expert_id: int, days: Mapping[date, str]) -> MadeOff:
    """Make holidays days off, each under its name; those that are past stay as they are."""
    await lock_schedule(tx, expert_id)
    today = await _today(tx, expert_id)
    return await _make_off(tx, expert_id, {day: name for day, name in days.items() if day >= today})


@atomic
async def remove_days_off(tx: Connection, expert_id: int, first: date, last: date) -> int:
    """The weekly hours hold again from `first` to `last`; answers on how many days they did not."""
    await lock_schedule(tx, expert_id)
    gone = await tx.fetch(
        """DELETE FROM schedule_exceptions
           WHERE expert_id = $1 AND kind = 'off' AND day BETWEEN $2 AND $3 RETURNING id""",
        expert_id,
        first,
        last,
    )
    await refresh(tx, expert_id)
    return len(gone)


@atomic
async def add_extra(tx: Connection, expert_id: int, day: date, hours: Hours) -> None:
    """Work on a date in addition, also when it is off. The same range again is there already.

    Raises ScheduleInvalid.
    """
    await lock_schedule(tx, expert_id)
    rules.check_span(day, day, await _today(tx, expert_id))
    there = [each.hours for each in await special_days(tx, expert_id, day, day) if each.hours]
    if hours in there:
        return
    rules.check_apart(hours, there)
    if len(there) >= MOST_RANGES:
        raise ScheduleInvalid(f"Paling banyak {MOST_RANGES} rentang tambahan sehari.")
    await tx.execute(
        """INSERT INTO schedule_exceptions (expert_id, day, kind, starts, ends)
           VALUES ($1, $2, 'extra', $3::text::time, $4::text::time)""",
        expert_id,
        day,
        clock_text(hours.starts),
        clock_text(hours.ends),
    )
    await refresh(tx, expert_id)


@atomic
async def remove_extra(tx: Connection, expert_id: int, day: date, starts: int) -> bool:
    """Take the extra range of `day` away that begins at minute `starts`; False when there is none."""
    await lock_schedule(tx, expert_id)
    gone = await tx.fetch(
        """DELETE FROM schedule_exceptions
           WHERE expert_id = $1 AND kind = 'extra' AND day = $2 AND starts = $3::text::time RETURNING id""",
        expert_id,
        day,
        clock_text(starts),
    )
    await refresh(tx, expert_id)
    return bool(gone)


async def _make_off(tx: Connection, expert_id: int, days: Mapping[date, str]) -> MadeOff:
    wanted = list(days)
    dropped = await tx.fetch(
        """DELETE FROM schedule_exceptions
           WHERE expert_id = $1 AND kind = 'extra' AND day = ANY($2) RETURNING id""",
        expert_id,
        wanted,
    )
    # A day that is off already keeps its reason unless a new one is told.
    rows = await tx.fetch(
        """INSERT INTO schedule_exceptions AS x (expert_id, day, kind, note)
           SELECT $1, day, 'off', note FROM unnest($2::date[], $3::text[]) AS told (day, note)
           ON CONFLICT (expert_id, day) WHERE kind = 'off'
             DO UPDATE SET note = CASE WHEN excluded.note = '' THEN x.note ELSE excluded.note END
           RETURNING xmax = 0 AS is_new""",
        expert_id,
        wanted,
        [days[day] for day in wanted],
    )
    await refresh(tx, expert_id)
    return MadeOff(sum(row["is_new"] for row in rows), len(dropped))


async def _today(tx: Connection, expert_id: int) -> date:
    """The day it is on the expert's own wall clock."""
    zone = await tx.fetchval("SELECT time_zone FROM schedules WHERE expert_id = $1", expert_id)
    now: datetime = await clock.now(tx)
    return now.astimezone(ZoneInfo(zone)).date()
