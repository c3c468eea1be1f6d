"""Who is who: reads about accounts and sign-ins."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_network

import asyncpg

from mentorinaja.accounts import rules
from mentorinaja.accounts.problems import NotAnAdmin
from mentorinaja.db.pool import Connection, Database
from mentorinaja.web.networks import network_of
from mentorinaja.web.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Credentials:
    """What is needed to let somebody in."""

    user_id: int
    email: str
    password_hash: str
    suspended: bool
    is_admin: bool

    @property
    def binding(self) -> str:
        """What a link for a new password is bound to: that password, and the mailbox it was sent to."""
        return f"{self.password_hash}:{self.email.casefold()}"


@dataclass(frozen=True, slots=True)
class Account:
    """A person's own data, for the person."""

    full_name: str
    email: str
    phone: str
    time_zone: str
    email_verified: bool


@dataclass(frozen=True, slots=True)
class EmailChange:
    """An address that was asked for and is neither confirmed nor over."""

    id: int
    user_id: int
    old_email: str
    new_email: str
    expires_at: datetime

    @property
    def binding(self) -> str:
        """What a link to confirm it is bound to."""
        return f"{self.id}:{self.old_email.casefold()}:{self.new_email.casefold()}"


def _seconds(time: timedelta) -> str:
    return f"interval '{int(time.total_seconds())} seconds'"


# `seen` is who an admin looks as; nobody looks as an admin, nor as who is suspended.
_VIEWER = f"""
    SELECT coalesce(seen.id, u.id) AS id, coalesce(seen.full_name, u.full_name) AS full_name,
      coalesce(seen.email, u.email)::text AS email, coalesce(seen.role, u.role) AS role,
      coalesce(seen.time_zone, u.time_zone) AS time_zone, s.id AS session_id, e.id AS expert_id,
      CASE WHEN seen.id IS NOT NULL THEN u.id END AS seen_by
    FROM login_sessions s JOIN users u ON u.id = s.user_id
      LEFT JOIN users seen ON seen.id = s.viewing_as AND u.role = 'admin' AND seen.role <> 'admin'
        AND seen.suspended_at IS NULL AND s.viewing_since > app_now() - {_seconds(rules.VIEWING_FOR)}
      LEFT JOIN experts e ON e.user_id = coalesce(seen.id, u.id)
    WHERE s.token_hash = {{}} AND s.ended_at IS NULL AND s.expires_at > app_now() AND u.suspended_at IS NULL
      AND (u.role <> 'admin' OR s.second_factor_at IS NOT NULL
        AND s.created_at > app_now() - {_seconds(rules.ADMIN_LIFETIME)}
        AND s.last_seen_at > app_now() - {_seconds(rules.ADMIN_IDLE)})
"""


_CREDENTIALS = """
    SELECT id AS user_id, email::text AS email, password_hash, suspended_at IS NOT NULL AS suspended,
      role = 'admin' AS is_admin FROM users
"""


async def find_viewer(db: Database, token_hash: bytes) -> Viewer | None:
    """Who is signed in with this session, or whom its admin looks as.

    None when it is unknown, ended or over, or its owner suspended; an admin's also when idle or without a code.
    """
    row = await db.fetchrow(_VIEWER.format("$1"), token_hash)
    return Viewer(**row) if row else None


async def find_viewers(db: Database, token_hashes: Collection[bytes]) -> dict[bytes, Viewer]:
    """Who is signed in with each of these sessions; those nobody is signed in with are left out."""
    # One after the other by their indexes, with a plan that is kept: see rooms/queries.py.
    rows = await db.fetch(
        f"""SELECT want.token_hash, viewer.* FROM unnest((SELECT $1::bytea[])) AS want (token_hash),
              LATERAL ({_VIEWER.format("want.token_hash")} OFFSET 0) AS viewer""",
        token_hashes,
    )
    return {token_hash: Viewer(*viewer) for token_hash, *viewer in rows}


async def admin_by_email(db: Database, email: str) -> Viewer:
    """The admin with this address (its case is ignored), for what is done without a page.

    Raises `NotAnAdmin` when there is none.
    """
    row = await db.fetchrow(
        """SELECT id, full_name, email::text AS email, role, time_zone FROM users
           WHERE email = $1::text::citext AND role = 'admin' AND suspended_at IS NULL""",
        email,
    )
    if row is None:
        raise NotAnAdmin(f"{email} bukan admin.")
    return Viewer(**dict(row), session_id=0)


async def credentials_by_email(db: Database, email: str) -> Credentials | None:
    """What lets the owner of this address in (its case is ignored), or None."""
    return _credentials(await db.fetchrow(f"{_CREDENTIALS} WHERE email = $1::text::citext", email))


async def credentials_of(db: Database, user_id: int) -> Credentials | None:
    """What lets this person in, or None."""
    return _credentials(await db.fetchrow(f"{_CREDENTIALS} WHERE id = $1", user_id))


async def confirmed_lately(db: Database, session_id: int) -> bool:
    """Whether whoever is signed in gave the password a short while ago (`rules.CONFIRMED_FOR`)."""
    lately: bool | None = await db.fetchval(
        "SELECT confirmed_at > app_now() - $2::interval FROM login_sessions WHERE id = $1",
        session_id,
        rules.CONFIRMED_FOR,
    )
    return bool(lately)


async def account_for(db: Database, user_id: int) -> Account | None:
    """A person's own data, or None when there is no such account."""
    row = await db.fetchrow(
        """SELECT full_name, email::text AS email, phone, time_zone, email_verified_at IS NOT NULL AS email_verified
           FROM users WHERE id = $1""",
        user_id,
    )
    return Account(**row) if row else None


async def is_expert(db: Database, user_id: int) -> bool:
    """Whether the person has an expert profile."""
    found: bool = await db.fetchval("SELECT EXISTS (SELECT FROM experts WHERE user_id = $1)", user_id)
    return found


async def email_taken(db: Database | Connection, email: str) -> bool:
    """Whether somebody has registered with this address."""
    taken: bool = await db.fetchval("SELECT EXISTS (SELECT FROM users WHERE email = $1::text::citext)", email)
    return taken


async def pending_email(db: Database | Connection, user_id: int) -> EmailChange | None:
    """The address this person has asked for and not confirmed yet, or None."""
    row = await db.fetchrow(
        """SELECT id, user_id, old_email::text AS old_email, new_email::text AS new_email, expires_at
           FROM email_changes WHERE user_id = $1 AND ended_at IS NULL AND expires_at > app_now()""",
        user_id,
    )
    return EmailChange(**row) if row else None


async def signed_in_before(db: Database, email: str, address: str) -> bool:
    """Whether the owner of the account has lately signed in from this address or its network."""
    known: bool = await db.fetchval(
        """SELECT EXISTS (SELECT FROM login_sessions s JOIN users u ON u.id = s.user_id
                          WHERE u.email = $1::text::citext AND s.address <<= $2
                            AND s.created_at > app_now() - $3::interval)""",
        email,
        ip_network(network_of(address)),
        rules.KNOWN_FOR,
    )
    return known


def _credentials(row: asyncpg.Record | None) -> Credentials | None:
    return Credentials(**row) if row else None
