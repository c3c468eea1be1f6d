"""Which times can be chosen: every answer comes from the one SQL function, and all times are aware UTC.

For a session (so many `minutes`) these are its free starts; for a thread (`minutes` None) they are the times its
answer can be due, which nothing else that is booked takes away. The time of the booking `besides` counts as free:
another one is looked for it.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from mentorinaja.db.pool import Connection, Database


async def free_slots(
    db: Connection | Database,
    expert_id: int,
    minutes: int | None,
    day: date,
    zone: str,
    user_id: int | None = None,
    besides: UUID | None = None,
) -> list[datetime]:
    """The times of `day` as the viewer's `zone` counts days, in order.

    With `user_id`, that person's own live bookings block too.
    """
    rows = await db.fetch(
        """SELECT starts_at FROM bookable_times($1, $2,
             $3::date::timestamp AT TIME ZONE $4, ($3::date + 1)::timestamp AT TIME ZONE $4, $5, $6)""",
        expert_id,
        minutes,
        day,
        zone,
        user_id,
        besides,
    )
    return [row["starts_at"] for row in rows]


async def days_with_slots(
    db: Connection | Database,
    expert_id: int,
    minutes: int | None,
    zone: str,
    user_id: int | None = None,
    besides: UUID | None = None,
) -> list[date]:
    """The days of `zone` that have such a time, as far ahead as the expert allows."""
    rows = await db.fetch(
        """SELECT DISTINCT (starts_at AT TIME ZONE $3)::date AS day
           FROM bookable_times($1, $2, '-infinity', 'infinity', $4, $5) ORDER BY day""",
        expert_id,
        minutes,
        zone,
        user_id,
        besides,
    )
    return [row["day"] for row in rows]


async def nearest_slots(
    db: Connection | Database,
    expert_id: int,
    minutes: int | None,
    around: datetime,
    user_id: int | None = None,
    count: int = 3,
    besides: UUID | None = None,
) -> list[datetime]:
    """The `count` times nearest to `around`, in order: what a lost race offers instead."""
    rows = await db.fetch(
        """SELECT starts_at FROM bookable_times($1, $2, '-infinity', 'infinity', $4, $6)
           ORDER BY abs(extract(epoch FROM starts_at - $3)), starts_at LIMIT $5""",
        expert_id,
        minutes,
        around,
        user_id,
        count,
        besides,
    )
    return sorted(row["starts_at"] for row in rows)


async def ready_now(
    db: Connection | Database, expert_id: int, minutes: int | None, user_id: int | None = None
) -> bool:
    """Whether a session can start "Sekarang": the switch is on and the time is free. A thread never does."""
    return bool(await db.fetchval("SELECT ready_now($1, $2, $3)", expert_id, minutes, user_id))


async def slot_is_free(
    db: Connection | Database,
    expert_id: int,
    minutes: int | None,
    starts_at: datetime,
    user_id: int | None = None,
    besides: UUID | None = None,
) -> bool:
    """Whether exactly `starts_at` is one of the times. For a slot the booking's constraint has the last word."""
    return bool(
        await db.fetchval(
            "SELECT EXISTS (SELECT FROM bookable_times($1, $2, $3, $3::timestamptz + interval '1 second', $4, $5)"
            " f WHERE f.starts_at = $3)",
            expert_id,
            minutes,
            starts_at,
            user_id,
            besides,
        )
    )


async def busy_elsewhere(
    db: Connection | Database, expert_id: int, starts: datetime, blocked_until: datetime
) -> bool:
    """Whether a calendar outside has a time, with the buffer after it, in a session that blocks so long."""
    return bool(
        await db.fetchval(
            """SELECT EXISTS (
                 SELECT FROM busy_times t JOIN schedules s USING (expert_id)
                 WHERE t.expert_id = $1 AND upper(t.during) + make_interval(mins => s.buffer_minutes) > $2
                   AND lower(t.during) < $3)""",
            expert_id,
            starts,
            blocked_until,
        )
    )
