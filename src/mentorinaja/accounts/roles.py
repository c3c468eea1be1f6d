"""Who is an admin: asked for by one admin, decided by another, and never by whom it is about."""

from __future__ import annotations

from typing import Literal

import asyncpg

from mentorinaja.accounts import sessions
from mentorinaja.accounts.standing import NotForThisAccount, check_reason
from mentorinaja.audit import actions as audit
from mentorinaja.db.pool import Connection, atomic
from mentorinaja.errors import NotThere
from mentorinaja.notices import actions as notices
from mentorinaja.web.viewer import Viewer

# Mails: what the role is now, for whom it is about; a change that waits, for the admins who can decide it.
ROLE_CHANGED, ROLE_ASKED = "role_changed", "role_asked"
WantedRole = Literal["admin", "user"]


@atomic
async def ask_role(tx: Connection, admin: Viewer, user_id: int, role: WantedRole, reason: str) -> None:
    """Ask that somebody becomes an admin, or is one no longer; nothing changes until another admin confirms it.

    Whoever may do that is told by mail.
    Raises NotThere, NotForThisAccount.
    """
    people = await _lock(tx, admin, user_id)
    person = people[user_id]
    if user_id == admin.id:
        raise NotForThisAccount("Peran sendiri diajukan oleh admin lain.")
    if (person["role"] == "admin") == (role == "admin"):
        raise NotForThisAccount("Orang ini sudah punya peran itu.")
    if person["suspended"]:
        raise NotForThisAccount("Akun ini sedang ditangguhkan.")
    if await tx.fetchval(
        "SELECT EXISTS (SELECT FROM role_requests WHERE user_id = $1 AND state = 'open')", user_id
    ):
        raise NotForThisAccount("Sudah ada permintaan yang menunggu admin lain.")
    request_id: int = await tx.fetchval(
        "INSERT INTO role_requests (user_id, role, reason, asked_by) VALUES ($1, $2, $3, $4) RETURNING id",
        user_id,
        role,
        check_reason(reason),
        admin.id,
    )
    await notices.queue_for_admins(tx, ROLE_ASKED, about=f"role-{request_id}", but=(admin.id, user_id))
    await _note(tx, admin, "user.role_asked", user_id, role, reason)


@atomic
async def confirm_role(tx: Connection, admin: Viewer, request_id: int) -> None:
    """Give the role that another admin asked for: every sign-in of the person ends, and a mail tells it.

    Raises NotThere, NotForThisAccount when it was decided meanwhile, or is not this admin's to decide.
    """
    request, people = await _decidable(tx, admin, request_id)
    user_id, role = request["user_id"], request["role"]
    _check_other(admin, request)
    asker = people.get(request["asked_by"])
    if asker is None or asker["role"] != "admin" or asker["suspended"]:
        raise NotForThisAccount(
            "Yang mengajukan bukan admin lagi. Tolak permintaan ini, lalu ajukan sendiri."
        )
    if people[user_id]["suspended"]:
        raise NotForThisAccount("Akun ini sedang ditangguhkan.")
    # Whoever confirms is another admin who stays one: the last one never goes.
    await tx.execute(
        """UPDATE users u SET role = CASE WHEN $2 = 'admin' THEN 'admin'
             WHEN EXISTS (SELECT FROM experts e WHERE e.user_id = u.id) THEN 'expert' ELSE 'user' END
           WHERE id = $1""",
        user_id,
        role,
    )
    await sessions.end_sign_ins(tx, user_id)
    await _decide(tx, admin, request_id, "confirmed")
    await notices.queue(tx, ROLE_CHANGED, user_id=user_id, about=f"role-{request_id}")
    await _note(tx, admin, "user.role_confirmed", user_id, role)


@atomic
async def decline_role(tx: Connection, admin: Viewer, request_id: int, reason: str) -> None:
    """Leave the role as it is. Raises as `confirm_role`."""
    request, _ = await _decidable(tx, admin, request_id)
    _check_other(admin, request)
    await _decide(tx, admin, request_id, "declined")
    await _note(tx, admin, "user.role_declined", request["user_id"], request["role"], check_reason(reason))


@atomic
async def withdraw_role(tx: Connection, admin: Viewer, request_id: int) -> None:
    """Whoever asked does not any more. Raises NotThere, NotForThisAccount."""
    request, _ = await _decidable(tx, admin, request_id)
    if request["asked_by"] != admin.id:
        raise NotForThisAccount("Hanya yang mengajukan yang dapat menariknya.")
    await _decide(tx, admin, request_id, "withdrawn")
    await _note(tx, admin, "user.role_withdrawn", request["user_id"], request["role"])


async def _decidable(
    tx: Connection, admin: Viewer, request_id: int
) -> tuple[asyncpg.Record, dict[int, asyncpg.Record]]:
    user_id = await tx.fetchval("SELECT user_id FROM role_requests WHERE id = $1", request_id)
    if user_id is None:
        raise NotThere
    people = await _lock(tx, admin, user_id)
    request = await tx.fetchrow(
        """SELECT r.user_id, r.role, r.asked_by, r.state, u.full_name AS decider
           FROM role_requests r LEFT JOIN users u ON u.id = r.decided_by WHERE r.id = $1""",
        request_id,
    )
    assert request is not None, "requests are never deleted while their person is there"
    if request["state"] != "open":
        raise NotForThisAccount(f"Permintaan ini sudah diputuskan oleh {request['decider']}.")
    return request, people


async def _lock(tx: Connection, admin: Viewer, user_id: int) -> dict[int, asyncpg.Record]:
    """All admins and this person, by id, held in one order: who is an admin changes one after the other.

    Raises NotThere when there is no such person, or who decides is an admin no longer.
    """
    rows = await tx.fetch(
        """SELECT id, role, suspended_at IS NOT NULL AS suspended FROM users
           WHERE role = 'admin' OR id = $1 ORDER BY id FOR UPDATE""",
        user_id,
    )
    people = {row["id"]: row for row in rows}
    decider = people.get(admin.id)
    if user_id not in people or decider is None or decider["role"] != "admin" or decider["suspended"]:
        raise NotThere
    return people


def _check_other(admin: Viewer, request: asyncpg.Record) -> None:
    if admin.id == request["asked_by"]:
        raise NotForThisAccount("Anda yang mengajukan; admin lain yang memutuskan.")
    if admin.id == request["user_id"]:
        raise NotForThisAccount("Ini peran Anda sendiri; admin lain yang memutuskan.")


async def _decide(tx: Connection, admin: Viewer, request_id: int, state: str) -> None:
    await tx.execute(
        "UPDATE role_requests SET state = $2, decided_by = $3, decided_at = app_now() WHERE id = $1",
        request_id,
        state,
        admin.id,
    )


async def _note(
    tx: Connection, admin: Viewer, action: str, user_id: int, role: str, reason: str = ""
) -> None:
    await audit.record(tx, admin, action, "user", str(user_id), reason=reason, detail={"role": role})
