"""What every change of a withdrawal writes: its step, and who is told of it."""

from __future__ import annotations

from datetime import datetime

from mentorinaja.db.pool import Connection
from mentorinaja.notices import actions as notices
from mentorinaja.withdrawals.rules import State

# Mails: a step of the own withdrawal, for its expert; a request that waits, and one that a second admin must
# approve, for the admins.
STEPPED, ASKED, CHECKED = "withdrawal", "withdrawal_asked", "withdrawal_checked"


async def write_step(
    tx: Connection, withdrawal_id: int, state: State, actor_id: int, note: str, at: datetime | None = None
) -> int:
    """Write a state down, since `at` (None: now); answers which one of the withdrawal it is, counted from 1."""
    await tx.execute(
        """INSERT INTO withdrawal_steps (withdrawal_id, state, actor_id, note, at)
           VALUES ($1, $2, $3, $4, coalesce($5, app_now()))""",
        withdrawal_id,
        state,
        actor_id,
        note,
        at,
    )
    number: int = await tx.fetchval(
        "SELECT count(*) FROM withdrawal_steps WHERE withdrawal_id = $1", withdrawal_id
    )
    return number


async def tell_mentor(tx: Connection, user_id: int, public_id: str, number: int) -> None:
    """Its mentor reads this step, counted from 1."""
    await notices.queue(tx, STEPPED, user_id=user_id, about=public_id, version=number)
