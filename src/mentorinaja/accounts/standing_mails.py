"""Mails about what admins decided of an account: suspended, let in again, another role asked for or given."""

from __future__ import annotations

from email.utils import parseaddr

from mentorinaja.accounts import people
from mentorinaja.accounts.roles import ROLE_ASKED, ROLE_CHANGED
from mentorinaja.accounts.standing import SUSPENDED, UNSUSPENDED
from mentorinaja.db.pool import Database
from mentorinaja.notices.kinds import Mail, MailContent, OutboxRow
from mentorinaja.settings import Settings


async def load_suspended(db: Database, settings: Settings, row: OutboxRow) -> MailContent | None:
    """Why the account is suspended; nothing once it is so no longer."""
    found = await db.fetchrow(
        "SELECT reason, began_at FROM suspensions WHERE id = $1 AND ended_at IS NULL", _id(row)
    )
    if found is None:
        return None
    context = {"suspension": found, "contact": parseaddr(settings.mail_from)[1]}
    return MailContent("Akun MentorinAja Anda ditangguhkan", "suspended", context)


async def load_unsuspended(db: Database, settings: Settings, row: OutboxRow) -> MailContent | None:
    """That the account is open again; nothing when it was suspended anew."""
    still = await db.fetchval("SELECT suspended_at IS NULL FROM users WHERE id = $1", row.user_id)
    if not still:
        return None
    context = {"login": f"{settings.base_url}/login"}
    return MailContent("Akun MentorinAja Anda dibuka lagi", "unsuspended", context)


async def load_role_changed(db: Database, settings: Settings, row: OutboxRow) -> MailContent | None:
    """What the role is now, and that another sign-in is needed."""
    role = await db.fetchval("SELECT role FROM role_requests WHERE id = $1", _id(row))
    context = {
        "role": role,
        "login": f"{settings.base_url}/login",
        "contact": parseaddr(settings.mail_from)[1],
    }
    return MailContent("Peran akun MentorinAja Anda berubah", "role_changed", context)


async def load_role_asked(db: Database, settings: Settings, row: OutboxRow) -> MailContent | None:
    """To another admin: a role is to change; nothing once somebody has decided."""
    request = await people.role_request(db, _id(row))
    if request is None or request.state != "open":
        return None
    context = {"request": request, "page": f"{settings.base_url}/admin/users/{request.user_id}"}
    return MailContent(f"Perubahan peran {request.full_name} menunggu Anda", "role_asked", context)


def _id(row: OutboxRow) -> int:
    return int(row.about.rpartition("-")[2])


MAILS = [
    Mail(SUSPENDED, load_suspended),
    Mail(UNSUSPENDED, load_unsuspended),
    Mail(ROLE_CHANGED, load_role_changed),
    Mail(ROLE_ASKED, load_role_asked),
]
