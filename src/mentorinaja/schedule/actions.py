"""Writing schedules: each change also rewrites what lists show of the expert."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from mentorinaja import clock
from mentorinaja.db.pool import Connection, atomic, run
from mentorinaja.schedule import rules
from mentorinaja.schedule.rules import NotListed, Rules, SpecialDay, Week, clock_text
from mentorinaja.schedule.tables import Schedules


async def open_schedule(
    tx: Connection, expert_id: int, time_zone: str, week: Week = rules.OFFICE_WEEK
) -> None:
    """A new expert's schedule: the usual rules in the own zone, office hours unless `week` says otherwise."""
    await tx.execute("INSERT INTO schedules (expert_id, time_zone) VALUES ($1, $2)", expert_id, time_zone)
    await write_week(tx, expert_id, week)


@atomic
async def set_week(tx: Connection, expert_id: int, week: Week) -> None:
    """Replace the weekly hours. Raises ScheduleInvalid."""
    await lock_schedule(tx, expert_id)
    await tx.execute("DELETE FROM weekly_hours WHERE expert_id = $1", expert_id)
    await write_week(tx, expert_id, week)
    await refresh(tx, expert_id)


@atomic
async def set_exceptions(tx: Connection, expert_id: int, days: Sequence[SpecialDay]) -> None:
    """Replace days off and extra ranges; a day is off once. Raises ScheduleInvalid."""
    rules.check_exceptions(days)
    await lock_schedule(tx, expert_id)
    await tx.execute("DELETE FROM schedule_exceptions WHERE expert_id = $1", expert_id)
    await tx.executemany(
        """INSERT INTO schedule_exceptions (expert_id, day, kind, starts, ends, note)
           VALUES ($1, $2, $3, $4::text::time, $5::text::time, $6) ON CONFLICT DO NOTHING""",
        [
            (
                expert_id,
                special.day,
                special.kind,
                special.hours and clock_text(special.hours.starts),
                special.hours and clock_text(special.hours.ends),
                special.note,
            )
            for special in days
        ],
    )
    await refresh(tx, expert_id)


@atomic
async def set_rules(tx: Connection, expert_id: int, new: Rules) -> None:
    """Change zone, step, buffer, notice and horizon; sessions already booked stay. Raises ScheduleInvalid."""
    rules.check_rules(new)
    await lock_schedule(tx, expert_id)
    await write_rules(tx, expert_id, new)
    await refresh(tx, expert_id)


@atomic
async def set_ready(
    tx: Connection, expert_id: int, on: bool, until: datetime | None = None
) -> datetime | None:
    """Turn "Siap sekarang" on, for four hours or until `until` if that is sooner, or off.

    Answers when it turns itself off. Only new bookings are affected. Raises ScheduleInvalid when `until`
    is past, NotListed when an expert who is not listed turns it on.
    """
    ends = rules.ready_until(await clock.now(tx), until) if on else None
    changed = await tx.fetchval(
        """UPDATE experts SET ready_until = $2
           WHERE id = $1 AND ($2::timestamptz IS NULL OR status = 'published') RETURNING true""",
        expert_id,
        ends,
    )
    if not changed:
        raise NotListed(
            "“Siap sekarang” dapat dinyalakan begitu halaman Anda tampil untuk umum.",
            [("Buka Dashboard", "/expert/dashboard")],
        )
    await refresh(tx, expert_id)
    return ends


async def lock_schedule(tx: Connection, expert_id: int) -> None:
    """Two windows that replace the same rows take turns, until the transaction ends."""
    await tx.execute("SELECT FROM schedules WHERE expert_id = $1 FOR UPDATE", expert_id)


async def write_week(tx: Connection, expert_id: int, week: Week) -> None:
    """Add weekly hours to those that are there; the caller holds the lock. Raises ScheduleInvalid."""
    rules.check_week(week)
    await tx.executemany(
        """INSERT INTO weekly_hours (expert_id, weekday, starts, ends)
           VALUES ($1, $2, $3::text::time, $4::text::time)""",
        [
            (expert_id, weekday, clock_text(hours.starts), clock_text(hours.ends))
            for weekday, ranges in week.items()
            for hours in ranges
        ],
    )


async def refresh(tx: Connection, expert_id: int) -> None:
    """Rewrite what lists show of the expert."""
    # experts stands right of schedule, so its SQL function is called, not its action.
    await tx.execute("SELECT refresh_listing($1)", expert_id)


async def write_rules(tx: Connection, expert_id: int, new: Rules) -> None:
    """Write rules that were checked; the caller rewrites the listing."""
    await run(
        tx,
        Schedules.update(
            {
                Schedules.time_zone: new.time_zone,
                Schedules.step_minutes: new.step_minutes,
                Schedules.buffer_minutes: new.buffer_minutes,
                Schedules.notice_minutes: new.notice_minutes,
                Schedules.horizon_days: new.horizon_days,
            }
        ).where(Schedules.expert_id == expert_id),
    )
