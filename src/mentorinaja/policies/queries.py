"""Reading policies: what holds now, what held at a time, and the whole history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mentorinaja.db.pool import Connection, Database
from mentorinaja.policies.rules import Policy

_SELECT = """SELECT id, since, admin_fee_bps, platform_fee_bps, tax_bps, cancel_steps, now_bps, thread_bps,
               product_bps, least_withdrawal, downloads, changed_by, reason FROM policies"""


@dataclass(frozen=True, slots=True)
class Change:
    """A set with the name of the admin who made it (None: the product began with it)."""

    policy: Policy
    by: str | None


async def current(db: Connection | Database) -> Policy:
    """What holds for whatever is sold or asked for now: the newest set."""
    row = await db.fetchrow(f"{_SELECT} ORDER BY id DESC LIMIT 1")
    assert row is not None, "the product begins with a set"
    return _policy(dict(row))


async def policy_at(db: Connection | Database, at: datetime) -> Policy:
    """What held at a time; before the first set, that one."""
    # The order of ids counts: a clock that was moved back does not bring an older set back.
    row = await db.fetchrow(f"{_SELECT} ORDER BY CASE WHEN since <= $1 THEN id ELSE -id END DESC LIMIT 1", at)
    assert row is not None, "the product begins with a set"
    return _policy(dict(row))


async def history(db: Connection | Database) -> list[Change]:
    """Every set there ever was, newest first."""
    rows = await db.fetch(
        f"SELECT p.*, u.full_name AS by FROM ({_SELECT}) p LEFT JOIN users u ON u.id = p.changed_by"
        " ORDER BY p.id DESC"
    )
    return [Change(_policy({k: v for k, v in row.items() if k != "by"}), row["by"]) for row in rows]


def _policy(values: dict[str, Any]) -> Policy:
    values["cancel_steps"] = tuple((minutes, bps) for minutes, bps in values["cancel_steps"])
    return Policy(**values)
