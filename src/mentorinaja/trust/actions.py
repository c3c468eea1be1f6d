"""Counting an expert's facts; pausing an expert who does not come or answer, or whom an admin takes off the lists."""

from __future__ import annotations

import asyncpg

from mentorinaja.audit import actions as audit
from mentorinaja.db.pool import Connection, atomic
from mentorinaja.errors import DomainError, NotThere
from mentorinaja.experts.actions import refresh_listing
from mentorinaja.notices import actions as notices
from mentorinaja.trust import queries
from mentorinaja.trust.counting import count_anew
from mentorinaja.trust.rules import Cause
from mentorinaja.web.viewer import Viewer

# The mails that tell an expert of a pause, and that an admin ended one.
PAUSED, RELISTED = "paused", "relisted"


class StaysOff(DomainError):
    """An admin took this expert off the lists; only an admin lists the expert again."""

    title = "Profil Anda diturunkan oleh tim kami"


class NotListable(DomainError):
    """An admin's decision on a listing that does not fit how it stands; the text says how."""

    title = "Ini tidak berlaku untuk mentor ini sekarang"


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
    await tx.execute("UPDATE experts SET status = 'paused', ready_until = NULL WHERE id = $1", expert_id)
    await _begin(tx, expert_id, cause)
    return cause


@atomic
async def resume(tx: Connection, expert_id: int) -> bool:
    """The expert wants to be listed again; False when nothing was paused (any more). Raises StaysOff."""
    status = await tx.fetchval("SELECT status FROM experts WHERE id = $1 FOR NO KEY UPDATE", expert_id)
    if status != "paused":
        return False
    if await tx.fetchval(_IS_OFF, expert_id):
        raise StaysOff("Balas email pemberitahuannya setelah diperbaiki; kami memeriksanya lagi.")
    await _list(tx, expert_id)
    return True


@atomic
async def unlist(tx: Connection, admin: Viewer, expert_id: int, reason: str) -> None:
    """Take an expert off the lists until an admin says otherwise; the expert reads `reason` (10 to 1,000 characters).

    The page stays without anything to book, and what is booked stands. Raises NotThere, NotListable.
    """
    row = await _decidable(tx, admin, expert_id)
    if row["status"] not in ("published", "paused"):
        raise NotListable("Mentor ini tidak sedang tampil di daftar.")
    if await tx.fetchval(_IS_OFF, expert_id):
        raise NotListable("Mentor ini sudah diturunkan dari daftar oleh admin lain.")
    await tx.execute(
        "UPDATE expert_pauses SET ended_at = greatest(app_now(), began_at) WHERE expert_id = $1 AND ended_at IS NULL",
        expert_id,
    )
    await tx.execute("UPDATE experts SET status = 'paused', ready_until = NULL WHERE id = $1", expert_id)
    await _begin(tx, expert_id, "admin", reason.strip())
    await audit.record(tx, admin, "expert.unlisted", "expert", str(expert_id), reason=reason)


@atomic
async def relist(tx: Connection, admin: Viewer, expert_id: int, reason: str) -> None:
    """List a paused expert again, whoever paused; told by mail. Raises NotThere, NotListable."""
    row = await _decidable(tx, admin, expert_id)
    if row["status"] != "paused":
        raise NotListable("Mentor ini tidak sedang dijeda.")
    pause_id = await tx.fetchval(
        "SELECT id FROM expert_pauses WHERE expert_id = $1 AND ended_at IS NULL", expert_id
    )
    await _list(tx, expert_id)
    await notices.queue(tx, RELISTED, user_id=row["user_id"], about=f"jeda-{pause_id}")
    await audit.record(tx, admin, "expert.relisted", "expert", str(expert_id), reason=reason)


_IS_OFF = (
    "SELECT EXISTS (SELECT FROM expert_pauses WHERE expert_id = $1 AND ended_at IS NULL AND cause = 'admin')"
)


async def _decidable(tx: Connection, admin: Viewer, expert_id: int) -> asyncpg.Record:
    if admin.role != "admin":
        raise NotThere
    row = await tx.fetchrow("SELECT user_id, status FROM experts WHERE id = $1 FOR NO KEY UPDATE", expert_id)
    if row is None:
        raise NotThere
    if row["user_id"] == admin.id:
        raise NotListable("Ini profil Anda sendiri; admin lain yang memutuskan.")
    return row


async def _begin(tx: Connection, expert_id: int, cause: str, words: str = "") -> None:
    """A pause that holds from now on, and its mail."""
    pause_id = await tx.fetchval(
        "INSERT INTO expert_pauses (expert_id, cause, reason) VALUES ($1, $2, $3) RETURNING id",
        expert_id,
        cause,
        words,
    )
    user_id: int = await tx.fetchval("SELECT user_id FROM experts WHERE id = $1", expert_id)
    await notices.queue(tx, PAUSED, user_id=user_id, about=f"jeda-{pause_id}")


async def _list(tx: Connection, expert_id: int) -> None:
    """Shown again; the pause ends by its trigger."""
    await tx.execute("UPDATE experts SET status = 'published' WHERE id = $1", expert_id)
    await refresh_listing(tx, expert_id)
