"""Reading policies: what holds now, what held at a time, what is planned, and the whole history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg

from mentorinaja.db.pool import Connection, Database
from mentorinaja.policies.rules import Policy

_SELECT = """SELECT id, since, admin_fee_bps, platform_fee_bps, tax_bps, cancel_steps, now_bps, thread_bps,
               product_bps, least_withdrawal, downloads, changed_by, reason, planned_at FROM policies p"""
# A plan that was withdrawn never holds.
_STANDS = "NOT EXISTS (SELECT FROM policy_withdrawals w WHERE w.policy_id = p.id)"
_WITHDRAWN = """SELECT w.policy_id, w.at, u.full_name AS by, w.reason
                FROM policy_withdrawals w JOIN users u ON u.id = w.withdrawn_by"""


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A plan was withdrawn before it held."""

    at: datetime
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Change:
    """A set with the name of the admin who made it (None: the product began with it), and the set `before` it.

    `withdrawn`: it was planned, and never held.
    """

    policy: Policy
    by: str | None
    before: Policy | None
    withdrawn: Withdrawal | None


async def current(db: Connection | Database) -> Policy:
    """What holds for whatever is sold or asked for now: the newest set whose time has come."""
    row = await db.fetchrow(
        f"""{_SELECT} WHERE (planned_at IS NULL OR since <= app_now()) AND {_STANDS} ORDER BY id DESC LIMIT 1"""
    )
    assert row is not None, "the product begins with a set"
    return _policy(dict(row))


async def planned(db: Connection | Database) -> Policy | None:
    """The set that waits for its time, or None; there is at most one."""
    row = await db.fetchrow(f"{_SELECT} WHERE planned_at IS NOT NULL AND since > app_now() AND {_STANDS}")
    return _policy(dict(row)) if row else None


async def version(db: Connection | Database) -> str:
    """A name for all that was changed, planned and withdrawn so far."""
    row = await db.fetchrow(
        "SELECT (SELECT max(id) FROM policies) AS last, (SELECT count(*) FROM policy_withdrawals) AS withdrawn"
    )
    assert row is not None, "sums have a row"
    return f"{row['last']}:{row['withdrawn']}"


async def mentors(db: Connection | Database) -> list[int]:
    """The user ids of those who pay fees: mentors whose page is there, also those who are paused."""
    rows = await db.fetch(
        """SELECT u.id FROM experts e JOIN users u ON u.id = e.user_id
           WHERE e.status IN ('published', 'paused') AND u.suspended_at IS NULL ORDER BY u.id"""
    )
    return [row["id"] for row in rows]


async def history(db: Connection | Database) -> list[Change]:
    """Every set there ever was, newest first."""
    rows = await db.fetch(f"{_SELECT} ORDER BY id DESC")
    people = await db.fetch("SELECT id, full_name FROM users WHERE id IN (SELECT changed_by FROM policies)")
    names: dict[int | None, str] = {row["id"]: row["full_name"] for row in people}
    gone = {row["policy_id"]: _withdrawal(row) for row in await db.fetch(_WITHDRAWN)}
    sets = [_policy(dict(row)) for row in rows]
    return [
        Change(one, names.get(one.changed_by), _before(one, sets, gone), gone.get(one.id)) for one in sets
    ]


async def change_of(db: Connection | Database, policy_id: int) -> Change | None:
    """One of the history, or None."""
    return next((change for change in await history(db) if change.policy.id == policy_id), None)


def _before(one: Policy, sets: list[Policy], gone: Mapping[int, Withdrawal]) -> Policy | None:
    """The set that a change was made of: the newest older one that was not withdrawn. `sets` are newest first."""
    return next((other for other in sets if other.id < one.id and other.id not in gone), None)


def _withdrawal(row: asyncpg.Record) -> Withdrawal:
    return Withdrawal(row["at"], row["by"], row["reason"])


def _policy(values: dict[str, Any]) -> Policy:
    values["cancel_steps"] = tuple((minutes, bps) for minutes, bps in values["cancel_steps"])
    return Policy(**values)
