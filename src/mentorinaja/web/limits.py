"""Rate limits, counted in the database so that they hold over all processes and restarts."""

from __future__ import annotations

from mentorinaja.db.pool import Connection, Database
from mentorinaja.errors import TooMany


async def count_hit(db: Connection | Database, action: str, subject: str, *, most: int, seconds: int) -> bool:
    """Count one use of `action` by `subject`; False when it is over `most` in the current window."""
    hits: int = await db.fetchval(
        """INSERT INTO rate_limits (action, subject, window_start, hits)
           VALUES ($1, $2, to_timestamp(floor(extract(epoch FROM app_now()) / $3) * $3), 1)
           ON CONFLICT (action, subject, window_start) DO UPDATE SET hits = rate_limits.hits + 1
           RETURNING hits""",
        action,
        subject[:200],
        seconds,
    )
    return hits <= most


async def limit(db: Connection | Database, action: str, subject: str, *, most: int, seconds: int) -> None:
    """As `count_hit`, but raises `TooMany` with a sentence that says when to come back."""
    if not await count_hit(db, action, subject, most=most, seconds=seconds):
        raise await too_many(db, seconds=seconds)


async def too_many(db: Connection | Database, *, seconds: int) -> TooMany:
    """The refusal of a limit whose windows are `seconds` long: says in how many minutes the current one ends."""
    left: int = await db.fetchval("SELECT $1 - extract(epoch FROM app_now())::bigint % $1", seconds)
    minutes = max(1, -(-left // 60))
    text = f"Anda sudah mencoba terlalu sering. Coba lagi dalam {minutes} menit."
    return TooMany(text, wait_seconds=left)


async def take_back(db: Connection | Database, action: str, subject: str, *, seconds: int) -> None:
    """Undo one `count_hit` of the current window: it turned out to be nothing to worry about."""
    await db.execute(
        """UPDATE rate_limits SET hits = greatest(hits - 1, 1)
           WHERE action = $1 AND subject = $2
             AND window_start = to_timestamp(floor(extract(epoch FROM app_now()) / $3) * $3)""",
        action,
        subject[:200],
        seconds,
    )


async def forget_old_hits(db: Database) -> None:
    """Drop the counters of windows long past."""
    await db.execute("DELETE FROM rate_limits WHERE window_start < app_now() - interval '2 days'")
