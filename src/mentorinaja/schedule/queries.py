"""Which slots are free: every answer comes from the one SQL function, and all times are aware UTC."""

from __future__ import annotations

from datetime import date, datetime

from mentorinaja.db.pool import Connection, Database


async def free_slots(
    db: Connection | Database, expert_id: int, minutes: int, day: date, zone: str, user_id: int | None = None
) -> list[datetime]:
    """Starts for a session of `minutes` on `day` as the viewer's `zone` counts days, in time order.

    With `user_id`, that person's own live bookings block too.
    """
    rows = await db.fetch(
        """SELECT starts_at FROM free_slots($1, $2,
             $3::date::timestamp AT TIME ZONE $4, ($3::date + 1)::timestamp AT TIME ZONE $4, $5)""",
        expert_id,
        minutes,
        day,
        zone,
        user_id,
    )
    return [row["starts_at"] for row in rows]


async def days_with_slots(
    db: Connection | Database, expert_id: int, minutes: int, zone: str, user_id: int | None = None
) -> list[date]:
    """The days of `zone` that have a free slot, as far ahead as the expert allows."""
    rows = await db.fetch(
        """SELECT DISTINCT (starts_at AT TIME ZONE $3)::date AS day
           FROM free_slots($1, $2, '-infinity', 'infinity', $4) ORDER BY day""",
        expert_id,
        minutes,
        zone,
        user_id,
    )
    return [row["day"] for row in rows]


async def nearest_slots(
    db: Connection | Database,
    expert_id: int,
    minutes: int,
    around: datetime,
    user_id: int | None = None,
    count: int = 3,
) -> list[datetime]:
    """The `count` free starts nearest to `around`, in time order: what a lost race offers instead."""
    rows = await db.fetch(
        """SELECT starts_at FROM free_slots($1, $2, '-infinity', 'infinity', $4)
           ORDER BY abs(extract(epoch FROM starts_at - $3)), starts_at LIMIT $5""",
        expert_id,
        minutes,
        around,
        user_id,
        count,
    )
    return sorted(row["starts_at"] for row in rows)


async def ready_now(
    db: Connection | Database, expert_id: int, minutes: int | None, user_id: int | None = None
) -> bool:
    """Whether a session of `minutes` can start "Sekarang": the switch is on and the time is free."""
    return bool(await db.fetchval("SELECT ready_now($1, $2, $3)", expert_id, minutes, user_id))


async def slot_is_free(
    db: Connection | Database, expert_id: int, minutes: int, starts_at: datetime, user_id: int | None = None
) -> bool:
    """Whether exactly `starts_at` is one of the free slots. The booking's constraint has the last word."""
    return bool(
        await db.fetchval(
            "SELECT EXISTS (SELECT FROM free_slots($1, $2, $3, $3::timestamptz + interval '1 second', $4) f"
            " WHERE f.starts_at = $3)",
            expert_id,
            minutes,
            starts_at,
            user_id,
        )
    )
