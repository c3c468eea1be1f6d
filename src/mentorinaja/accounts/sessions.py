"""Sign-ins: opened for somebody who has just proved who they are, touched, ended, and forgotten in the end."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from mentorinaja.accounts import rules
from mentorinaja.accounts.problems import CodeNeeded
from mentorinaja.db.pool import Connection, Database, atomic
from mentorinaja.web.auth import token_hash
from mentorinaja.web.networks import usable_address


@dataclass(frozen=True, slots=True)
class Device:
    """Where a sign-in comes from, as the request says."""

    address: str
    user_agent: str


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A fresh sign-in: the token for the cookie, and how long the browser keeps it (None: until it closes)."""

    user_id: int
    token: str
    max_age: int | None


@atomic
async def open_session(
    tx: Connection, user_id: int, device: Device, *, remember: bool = False, replaces: str | None = None
) -> SignedIn:
    """Sign in somebody who has just given the password. Raises CodeNeeded for an admin: that is half of it."""
    return await start(tx, user_id, device, remember=remember, replaces=replaces)


async def start(
    tx: Connection,
    user_id: int,
    device: Device,
    *,
    remember: bool = False,
    replaces: str | None = None,
    password_at: datetime | None = None,
) -> SignedIn:
    """A new token, of which only the hash is kept; the session that the browser had (`replaces`) ends.

    `password_at` says when the password was given to which a code came now; None: just now, without a code.
    """
    # Locked, so that nobody becomes an admin meanwhile.
    role = await tx.fetchval("SELECT role FROM users WHERE id = $1 FOR SHARE", user_id)
    if role == "admin" and password_at is None:
        raise CodeNeeded
    remember = remember and role != "admin"
    token, lifetime = secrets.token_urlsafe(32), rules.lifetime(remember, role)
    if replaces:
        await end(tx, "token_hash = $1", token_hash(replaces))
    await tx.execute(
        """INSERT INTO login_sessions (user_id, token_hash, remember, user_agent, address, expires_at,
                                       confirmed_at, second_factor_at)
           VALUES ($1, $2, $3, $4, $5, app_now() + $6::interval, coalesce($7, app_now()),
                   CASE WHEN $7::timestamptz IS NOT NULL THEN app_now() END)""",
        user_id,
        token_hash(token),
        remember,
        device.user_agent[:300],
        usable_address(device.address),
        lifetime,
        password_at,
    )
    return SignedIn(user_id, token, int(lifetime.total_seconds()) if remember else None)


async def sign_out(db: Database, token: str) -> None:
    """End this session on the server: its cookie is worth nothing from now on."""
    await end(db, "token_hash = $1", token_hash(token))


async def end_sign_ins(tx: Connection, user_id: int, *, but: int | None = None) -> None:
    """End every session of a person (`but` this one), and whatever waits for a code; open streams end with them."""
    await end(tx, "user_id = $1 AND id IS DISTINCT FROM $2::bigint", user_id, but)
    await tx.execute(
        "UPDATE login_challenges SET ended_at = app_now() WHERE user_id = $1 AND ended_at IS NULL", user_id
    )


async def renew_token(tx: Connection, session_id: int) -> str:
    """Another token for this session: it is worth something else now, and no page from before can act in it."""
    token = secrets.token_urlsafe(32)
    await tx.execute("UPDATE login_sessions SET token_hash = $2 WHERE id = $1", session_id, token_hash(token))
    return token


async def touch_session(db: Database, session_id: int) -> None:
    """Remember that somebody was here, at most once a minute."""
    await db.execute(
        """UPDATE login_sessions SET last_seen_at = app_now()
           WHERE id = $1 AND last_seen_at < app_now() - interval '1 minute'""",
        session_id,
    )


async def forget_old_sessions(db: Database) -> None:
    """Drop sign-ins that are over for so long that they no longer tell which addresses are the owner's."""
    await db.execute(
        "DELETE FROM login_sessions WHERE least(ended_at, expires_at) < app_now() - $1::interval",
        rules.KNOWN_FOR,
    )
    await db.execute("DELETE FROM login_challenges WHERE expires_at < app_now() - interval '1 day'")


async def end(connection: Connection | Database, which: str, *args: object) -> None:
    """End the open sessions that `which` (an SQL condition of ours) names."""
    await connection.execute(
        f"UPDATE login_sessions SET ended_at = app_now() WHERE {which} AND ended_at IS NULL", *args
    )
