"""Accounts as admins read them: who somebody is, where they are signed in, what was decided about them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mentorinaja.db.pool import Connection, Database

MOST_DEVICES = 30


@dataclass(frozen=True, slots=True)
class Person:
    """An account. `suspended_because` is of the suspension that holds; `has_factor`: a second factor is set."""

    id: int
    full_name: str
    email: str
    phone: str
    role: str
    time_zone: str
    verified_at: datetime | None
    suspended_at: datetime | None
    suspended_because: str
    created_at: datetime
    expert_id: int | None
    expert_slug: str
    expert_status: str
    has_factor: bool


@dataclass(frozen=True, slots=True)
class SignIn:
    """One sign-in on one device; `open`: it still lets its owner in."""

    id: int
    user_agent: str
    address: str
    created_at: datetime
    last_seen_at: datetime
    open: bool


@dataclass(frozen=True, slots=True)
class Suspension:
    """A time in which an account was let in no longer; `ended_at` None: it still is not."""

    reason: str
    began_at: datetime
    suspended_by: str
    ended_at: datetime | None
    lifted_by: str
    lifted_because: str


@dataclass(frozen=True, slots=True)
class RoleRequest:
    """Somebody is to become an admin ("admin") or to be one no longer ("user"); `decider` is empty while it waits."""

    id: int
    user_id: int
    full_name: str
    role: str
    reason: str
    asked_by: int
    asker: str
    asked_at: datetime
    state: str
    decider: str
    decided_at: datetime | None

    @property
    def words(self) -> str:
        """What is asked for, as it is said on the screen."""
        return "Menjadi admin" if self.role == "admin" else "Tidak lagi menjadi admin"


_REQUEST = """
    SELECT r.id, r.user_id, u.full_name, r.role, r.reason, r.asked_by, a.full_name AS asker, r.asked_at, r.state,
      coalesce(d.full_name, '') AS decider, r.decided_at
    FROM role_requests r JOIN users u ON u.id = r.user_id JOIN users a ON a.id = r.asked_by
      LEFT JOIN users d ON d.id = r.decided_by
"""


async def person_of(db: Connection | Database, user_id: int) -> Person | None:
    """The account with this id, or None."""
    row = await db.fetchrow(
        """SELECT u.id, u.full_name, u.email::text AS email, u.phone, u.role, u.time_zone,
             u.email_verified_at AS verified_at, u.suspended_at, coalesce(s.reason, '') AS suspended_because,
             u.created_at, e.id AS expert_id, coalesce(e.slug, '') AS expert_slug,
             coalesce(e.status, '') AS expert_status,
             EXISTS (SELECT FROM second_factors f WHERE f.user_id = u.id) AS has_factor
           FROM users u LEFT JOIN experts e ON e.user_id = u.id
             LEFT JOIN suspensions s ON s.user_id = u.id AND s.ended_at IS NULL
           WHERE u.id = $1""",
        user_id,
    )
    return Person(**row) if row else None


async def sign_ins_of(db: Connection | Database, user_id: int) -> list[SignIn]:
    """Where this person is or was signed in lately, those that still hold first, then the latest."""
    rows = await db.fetch(
        """SELECT id, user_agent, host(address) AS address, created_at, last_seen_at,
             ended_at IS NULL AND expires_at > app_now() AS open
           FROM login_sessions WHERE user_id = $1 ORDER BY open DESC, last_seen_at DESC, id DESC LIMIT $2""",
        user_id,
        MOST_DEVICES,
    )
    return [SignIn(**row) for row in rows]


async def suspensions_of(db: Connection | Database, user_id: int) -> list[Suspension]:
    """Every time this account was suspended, the first first."""
    rows = await db.fetch(
        """SELECT s.reason, s.began_at, a.full_name AS suspended_by, s.ended_at, s.lifted_because,
             coalesce(l.full_name, '') AS lifted_by
           FROM suspensions s JOIN users a ON a.id = s.suspended_by LEFT JOIN users l ON l.id = s.lifted_by
           WHERE s.user_id = $1 ORDER BY s.id""",
        user_id,
    )
    return [Suspension(**row) for row in rows]


async def role_requests_of(db: Connection | Database, user_id: int) -> list[RoleRequest]:
    """What was asked about this person's role, the first first."""
    rows = await db.fetch(f"{_REQUEST} WHERE r.user_id = $1 ORDER BY r.id", user_id)
    return [RoleRequest(**row) for row in rows]


async def role_request(db: Connection | Database, request_id: int) -> RoleRequest | None:
    """A request that was made once, decided or not."""
    row = await db.fetchrow(f"{_REQUEST} WHERE r.id = $1", request_id)
    return RoleRequest(**row) if row else None


async def waiting_role_requests(db: Connection | Database) -> list[RoleRequest]:
    """What waits for another admin, the oldest first."""
    rows = await db.fetch(f"{_REQUEST} WHERE r.state = 'open' ORDER BY r.id LIMIT 50")
    return [RoleRequest(**row) for row in rows]
