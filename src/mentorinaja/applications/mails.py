"""Mails about applications: that one came, to its author and the admins, and what was decided on it."""

from __future__ import annotations

import asyncpg

from mentorinaja.applications.actions import REJECTED, SUBMITTED, VERIFIED, WAITING
from mentorinaja.db.pool import Database
from mentorinaja.notices.kinds import Load, Mail, MailContent, OutboxRow
from mentorinaja.settings import Settings

# The last event by its id tells whether what a mail says is still true.
_STATE = """
SELECT e.id, e.slug, e.status, e.position_title, e.company, u.full_name AS applicant, x.reason,
  x.id = (SELECT max(id) FROM application_events WHERE expert_id = e.id) AS latest
FROM application_events x JOIN experts e ON e.id = x.expert_id JOIN users u ON u.id = e.user_id
WHERE x.id = $1
"""


def _telling(subject: str, template: str, status: str) -> Load:
    """A mail that is sent while `status` is what its event made, and nothing happened to the application since."""

    async def load(db: Database, settings: Settings, row: OutboxRow) -> MailContent | None:
        state = await _state(db, row)
        if not state["latest"] or state["status"] != status:
            return None
        return MailContent(
            subject.format(name=state["applicant"]),
            template,
            {
                "state": state,
                "apply": f"{settings.base_url}/expert/apply",
                "dashboard": f"{settings.base_url}/expert/dashboard",
                "page": f"{settings.base_url}/expert/{state['slug']}",
                "desk": f"{settings.base_url}/admin/experts/{state['id']}",
            },
        )

    return load


async def _state(db: Database, row: OutboxRow) -> asyncpg.Record:
    state = await db.fetchrow(_STATE, int(row.about.removeprefix("application-")))
    assert state is not None, "what happened to an application is never deleted"
    return state


MAILS = [
    Mail(SUBMITTED, _telling("Lamaran mentor Anda kami terima", "application_submitted", "submitted")),
    Mail(WAITING, _telling("Lamaran mentor baru: {name}", "application_waiting", "submitted")),
    Mail(VERIFIED, _telling("Anda sekarang mentor di MentorinAja", "application_verified", "published")),
    Mail(REJECTED, _telling("Lamaran mentor Anda perlu diperbaiki", "application_rejected", "rejected")),
]
