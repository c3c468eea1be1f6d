"""Counting an expert's facts, pausing an expert who does not come or answer, and going on after that."""

from __future__ import annotations

from mentorinaja.db.pool import Connection, atomic
from mentorinaja.experts.actions import refresh_listing
from mentorinaja.notices import actions as notices
from mentorinaja.trust import queries
from mentorinaja.trust.counting import count_anew
from mentorinaja.trust.rules import Cause

# The mail that tells an expert of a pause.
PAUSED = "paused"


@atomic
async def count(tx: Connection, expert_id: int) -> None:
    """Count an expert's facts unless somebody else does; takes no other lock.

    What is wanted from now on stays wanted: it is taken away before the sessions are read.
    """
    await tx.execute(
        "INSERT INTO expert_facts (expert_id) VALUES ($1) ON CONFLICT (expert_id) DO NOTHING", expert_id
    )
    if await tx.fetchval(
        "SELECT true FROM expert_facts WHERE expert_id = $1 FOR UPDATE SKIP LOCKED", expert_id
    ):
        await tx.execute("DELETE FROM expert_facts_wanted WHERE expert_id = $1", expert_id)
        await count_anew(tx, expert_id)


@atomic
async def judge(tx: Connection, expert_id: int) -> Cause | None:
    """Pause a listed expert whose record asks for it, and tell by mail; answers why, or None.

    Bookings that stand are not touched. One that is made at this moment comes before, and stands, or finds the
    expert paused: both lock the expert's row.
    """
    status = await tx.fetchval("SELECT status FROM experts WHERE id = $1 FOR NO KEY UPDATE", expert_id)
    if status != "published":
        return None
    cause = (await queries.record_of(tx, expert_id)).cause
    if cause is None:
        return None
    user_id = await tx.fetchval(
        "UPDATE experts SET status = 'paused', ready_until = NULL WHERE id = $1 RETURNING user_id", expert_id
    )
    pause_id = await tx.fetchval(
        "INSERT INTO expert_pauses (expert_id, cause) VALUES ($1, $2) RETURNING id", expert_id, cause
    )
    await notices.queue(tx, PAUSED, user_id=user_id, about=f"jeda-{pause_id}")
    return cause


@atomic
async def resume(tx: Connection, expert_id: int) -> bool:
    """The expert wants to be listed again; False when nothing was paused (any more)."""
    listed = await tx.fetchval(
        "UPDATE experts SET status = 'published' WHERE id = $1 AND status = 'paused' RETURNING true",
        expert_id,
    )
    if listed:
        await refresh_listing(tx, expert_id)
    return bool(listed)
