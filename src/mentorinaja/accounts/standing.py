"""What admins decide about an account: whether its owner is let in, and which devices stay signed in."""

from __future__ import annotations

from datetime import datetime

import asyncpg

from mentorinaja.accounts import sessions
from mentorinaja.audit import actions as audit
from mentorinaja.db.pool import Connection, atomic
from mentorinaja.errors import DomainError, NotThere
from mentorinaja.notices.actions import queue as queue_mail
from mentorinaja.web.viewer import Viewer

SUSPENDED, UNSUSPENDED = "suspended", "unsuspended"
REASON_LENGTH = (10, 1000)


class NotForThisAccount(DomainError):
    """This account is not one about which this can be decided now; the text says why."""

    title = "Keputusan ini tidak berlaku untuk akun ini"


@atomic
async def suspend(tx: Connection, admin: Viewer, user_id: int, reason: str) -> None:
    """Let somebody in no longer: every sign-in and stream ends, a mentor's page goes, and a mail says why.

    What was booked stands. Raises NotThere, NotForThisAccount for oneself, for admins and for who is suspended.
    """
    person = await lock_person(tx, admin, user_id)
    if person["role"] == "admin":
        raise NotForThisAccount(
            "Akun ini admin. Ajukan dulu agar perannya kembali menjadi pengguna; admin lain menyetujuinya."
        )
    if person["suspended"]:
        raise NotForThisAccount("Akun ini sudah ditangguhkan.")
    await tx.execute("UPDATE users SET suspended_at = app_now() WHERE id = $1", user_id)
    await sessions.end_sign_ins(tx, user_id)
    suspension_id = await tx.fetchval(
        "INSERT INTO suspensions (user_id, reason, suspended_by) VALUES ($1, $2, $3) RETURNING id",
        user_id,
        check_reason(reason),
        admin.id,
    )
    await queue_mail(tx, SUSPENDED, user_id=user_id, about=f"suspension-{suspension_id}")
    await audit.record(tx, admin, "user.suspended", "user", str(user_id), reason=reason)


@atomic
async def unsuspend(tx: Connection, admin: Viewer, user_id: int, reason: str) -> None:
    """Let somebody in again, and show a mentor as before; told by mail. Raises NotThere, NotForThisAccount."""
    person = await lock_person(tx, admin, user_id)
    if not person["suspended"]:
        raise NotForThisAccount("Akun ini tidak sedang ditangguhkan.")
    await tx.execute("UPDATE users SET suspended_at = NULL WHERE id = $1", user_id)
    suspension_id = await tx.fetchval(
        """UPDATE suspensions SET ended_at = app_now(), lifted_by = $2, lifted_because = $3
           WHERE user_id = $1 AND ended_at IS NULL RETURNING id""",
        user_id,
        admin.id,
        check_reason(reason),
    )
    if suspension_id is not None:  # who was suspended before admins had a desk has no row
        await queue_mail(tx, UNSUSPENDED, user_id=user_id, about=f"suspension-{suspension_id}")
    await audit.record(tx, admin, "user.unsuspended", "user", str(user_id), reason=reason)


@atomic
async def end_devices(tx: Connection, admin: Viewer, user_id: int, reason: str) -> int:
    """Sign somebody out everywhere; answers how many sign-ins ended. Raises NotThere, NotForThisAccount."""
    await lock_person(tx, admin, user_id)
    count: int = await tx.fetchval(
        "SELECT count(*) FROM login_sessions WHERE user_id = $1 AND ended_at IS NULL AND expires_at > app_now()",
        user_id,
    )
    if not count:
        raise NotForThisAccount("Tidak ada perangkat yang masih login.")
    await sessions.end_sign_ins(tx, user_id)
    await audit.record(
        tx, admin, "user.devices_ended", "user", str(user_id), reason=reason, detail={"count": count}
    )
    return count


@atomic
async def end_device(tx: Connection, admin: Viewer, user_id: int, session_id: int) -> None:
    """Sign somebody out on one device. Raises NotThere, NotForThisAccount when that sign-in is over already."""
    await lock_person(tx, admin, user_id)
    row = await tx.fetchrow(
        """UPDATE login_sessions SET ended_at = app_now()
           WHERE id = $2 AND user_id = $1 AND ended_at IS NULL AND expires_at > app_now()
           RETURNING host(address) AS address, user_agent""",
        user_id,
        session_id,
    )
    if row is None:
        raise NotForThisAccount("Perangkat itu sudah keluar.")
    await audit.record(tx, admin, "user.device_ended", "user", str(user_id), detail=dict(row))


@atomic
async def send_verification(tx: Connection, admin: Viewer, user_id: int, now: datetime) -> None:
    """Send the link that confirms the address once more. Raises NotThere, NotForThisAccount."""
    person = await lock_person(tx, admin, user_id)
    if person["verified"]:
        raise NotForThisAccount("Email akun ini sudah dikonfirmasi.")
    if person["suspended"]:
        raise NotForThisAccount("Akun ini sedang ditangguhkan.")
    await queue_mail(tx, "verify", user_id=user_id, about=f"account:{user_id}", version=int(now.timestamp()))
    await audit.record(tx, admin, "user.verification_sent", "user", str(user_id))


async def lock_person(tx: Connection, admin: Viewer, user_id: int) -> asyncpg.Record:
    """The person's row (`role`, `suspended`, `verified`), held; somebody else than the admin who decides.

    Raises NotThere, NotForThisAccount for the admin's own account.
    """
    if admin.role != "admin":
        raise NotThere
    row = await tx.fetchrow(
        """SELECT role, suspended_at IS NOT NULL AS suspended, email_verified_at IS NOT NULL AS verified
           FROM users WHERE id = $1 FOR UPDATE""",
        user_id,
    )
    if row is None:
        raise NotThere
    if user_id == admin.id:
        raise NotForThisAccount("Ini akun Anda sendiri. Admin lain yang memutuskannya.")
    return row


def check_reason(reason: str) -> str:
    """The reason without spaces around it. Raises NotForThisAccount when it says too little or too much."""
    least, most = REASON_LENGTH
    said = reason.strip()
    if not least <= len(said) <= most:
        raise NotForThisAccount(f"Alasan berisi {least} sampai {most} karakter.")
    return said
