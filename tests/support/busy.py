"""Calendars outside and the times at which they say that an expert is busy, written as bare rows."""

import secrets
from collections.abc import Sequence
from datetime import datetime

from mentorinaja.db.pool import Database


async def make_source(db: Database, expert_id: int) -> int:
    """A calendar that nobody can read, as its address is sealed with no key; answers its id."""
    source_id: int = await db.fetchval(
        """INSERT INTO calendar_sources (expert_id, host, sealed, digest, next_try_at)
           VALUES ($1, 'kalender.test', 'x', $2, app_now() + interval '1 year') RETURNING id""",
        expert_id,
        secrets.token_bytes(32),
    )
    return source_id


async def make_busy(db: Database, expert_id: int, times: Sequence[tuple[datetime, datetime]]) -> None:
    """One source for each time, so that they may overlap; lists are not rewritten."""
    for starts, ends in times:
        await db.execute(
            "INSERT INTO busy_times (expert_id, source_id, during) VALUES ($1, $2, tstzrange($3, $4))",
            expert_id,
            await make_source(db, expert_id),
            starts,
            ends,
        )
