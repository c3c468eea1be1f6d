"""Sending an application, taking it back, and deciding on it: each once, under the lock of the expert's row."""

from __future__ import annotations

import asyncpg

from mentorinaja.applications import queries, rules
from mentorinaja.applications.rules import OPEN, NotComplete, NotDecidable, NotOpen
from mentorinaja.audit import actions as audit
from mentorinaja.db.pool import Connection, atomic
from mentorinaja.errors import NotThere
from mentorinaja.experts import actions as experts
from mentorinaja.notices import actions as notices
from mentorinaja.web.viewer import Viewer

SUBMITTED, VERIFIED, REJECTED = "application_submitted", "application_verified", "application_rejected"
WAITING = "application_waiting"


@atomic
async def submit(tx: Connection, user: Viewer) -> None:
    """Ask an admin to look at the profile; the applicant and the admins are told by mail. Again is fine.

    Raises NotThere without a profile, NotOpen when it was decided meanwhile, NotComplete naming what is missing.
    """
    row = await _lock(tx, "user_id = $1", user.id)
    if row["status"] == "submitted":
        return
    if row["status"] not in OPEN:
        raise NotOpen("Lamaran Anda sudah diterima.", [("Buka Dashboard", "/expert/dashboard")])
    application = await queries.application_for(tx, user.id)
    if missing := [hint for hint in rules.hints(application.facts) if hint.required and not hint.done]:
        raise NotComplete(
            f"Lengkapi dulu: {'; '.join(hint.text for hint in missing)}.", [("Lengkapi", missing[0].path)]
        )
    event_id = await _write(tx, row["id"], "submitted", "submitted", user)
    await notices.queue(tx, SUBMITTED, user_id=user.id, about=f"application-{event_id}")
    await notices.queue_for_admins(tx, WAITING, about=f"application-{event_id}")


@atomic
async def withdraw(tx: Connection, user: Viewer) -> None:
    """Take an application back to change it; again is fine. Raises NotThere, NotOpen when it was decided already."""
    row = await _lock(tx, "user_id = $1", user.id)
    if row["status"] == "draft":
        return
    if row["status"] != "submitted":
        raise NotOpen("Lamaran Anda sudah diputuskan.", [("Lihat hasilnya", "/expert/apply")])
    await _write(tx, row["id"], "draft", "withdrawn", user)


@atomic
async def verify(tx: Connection, admin: Viewer, slug: str, note: str = "", seen: str | None = None) -> None:
    """Publish an expert whose application waits, and tell so; `note` is for the record.

    `seen` is the `queries.profile_version` that was looked at (None: whatever it is now): what nobody looked at is not
    published. Raises NotThere, NotDecidable when it does not wait, changed since or its owner is suspended,
    NotPublishable when something every page needs was taken away since it was sent.
    """
    row = await _decidable(tx, admin, slug)
    # Asked behind the lock: whoever suspends holds the same row.
    if await tx.fetchval("SELECT suspended_at IS NOT NULL FROM users WHERE id = $1", row["user_id"]):
        raise NotDecidable("Akun pelamar sedang ditangguhkan.")
    if seen is not None and seen != await queries.profile_version(tx, row["id"]):
        raise NotDecidable("Profilnya diubah sejak Anda membukanya. Periksa lagi sebelum memutuskan.")
    await experts.publish(tx, row["id"])
    said = note.strip()[: rules.REASON_LENGTH[1]]
    event_id = await _write(tx, row["id"], "published", "verified", admin, said)
    await notices.queue(tx, VERIFIED, user_id=row["user_id"], about=f"application-{event_id}")
    await audit.record(tx, admin, "expert.verified", "expert", str(row["id"]), reason=said)


@atomic
async def reject(tx: Connection, admin: Viewer, slug: str, reason: str) -> None:
    """Send an application back with a `reason` (10 to 1,000 characters) its author reads; it can be sent again.

    Raises NotThere, NotDecidable.
    """
    said = rules.check_reason(reason)
    row = await _decidable(tx, admin, slug)
    event_id = await _write(tx, row["id"], "rejected", "rejected", admin, said)
    await notices.queue(tx, REJECTED, user_id=row["user_id"], about=f"application-{event_id}")
    await audit.record(tx, admin, "expert.rejected", "expert", str(row["id"]), reason=said)


async def _decidable(tx: Connection, admin: Viewer, slug: str) -> asyncpg.Record:
    if admin.role != "admin":
        raise NotThere
    row = await _lock(tx, "slug = $1", slug)
    if row["user_id"] == admin.id:
        raise NotDecidable("Lamaran sendiri diputuskan oleh admin lain.")
    if row["status"] != "submitted":
        raise NotDecidable(await _what_happened(tx, row["id"]))
    return row


async def _what_happened(tx: Connection, expert_id: int) -> str:
    """Why there is nothing to decide, in the words of what happened last."""
    last = await tx.fetchrow(
        """SELECT x.event, u.full_name FROM application_events x JOIN users u ON u.id = x.actor_id
           WHERE x.expert_id = $1 ORDER BY x.id DESC LIMIT 1""",
        expert_id,
    )
    words = {
        "verified": "sudah diterima oleh",
        "rejected": "sudah dikembalikan oleh",
        "withdrawn": "ditarik oleh",
    }
    if last is None or last["event"] not in words:
        return "Lamaran ini tidak sedang menunggu keputusan."
    return f"Lamaran ini {words[last['event']]} {last['full_name']}."


async def _lock(tx: Connection, which: str, value: object) -> asyncpg.Record:
    """The expert's row, held: whatever happens to an application happens one after the other. Raises NotThere."""
    row = await tx.fetchrow(f"SELECT id, user_id, status FROM experts WHERE {which} FOR UPDATE", value)
    if row is None:
        raise NotThere
    return row


async def _write(
    tx: Connection, expert_id: int, status: str, event: str, actor: Viewer, reason: str = ""
) -> int:
    """The new state and the event that made it; answers the event's id."""
    await tx.execute("UPDATE experts SET status = $2 WHERE id = $1", expert_id, status)
    event_id: int = await tx.fetchval(
        """INSERT INTO application_events (expert_id, event, actor_id, reason)
           VALUES ($1, $2, $3, $4) RETURNING id""",
        expert_id,
        event,
        actor.id,
        reason,
    )
    return event_id
