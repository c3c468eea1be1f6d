"""Times at which an outside calendar says that an expert is busy, written as bare rows."""

import secrets
from collections.abc import Sequence
from datetime import datetime

from mentorinaja.db.pool import Database


async def make_busy(db: Database, expert_id: int, times: Sequence[tuple[datetime, datetime]]) -> None:
    """One source for each time, so that they may overlap; lists are not rewritten."""
    for starts, ends in times:
        await db.execute(
            """WITH source AS (
                 INSERT INTO calendar_sources (expert_id, host, sealed, digest, next_try_at)
                 VALUES ($1, 'kalender.test', 'x', $2, app_now() + interval '1 year') RETURNING id
               ) INSERT INTO busy_times (expert_id, source_id, during)
                 SELECT $1, id, tstzrange($3, $4) FROM source""",
            expert_id,
            secrets.token_bytes(32),
            starts,
            ends,
        )
