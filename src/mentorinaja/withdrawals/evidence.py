"""What an admin looks at before money leaves: who asks, whether the account is the usual one, and what was earned."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import asyncpg

from mentorinaja.banks.rules import masked
from mentorinaja.banks.vault import Unreadable, Vault
from mentorinaja.db.pool import Connection, Database
from mentorinaja.ledger import queries as ledger
from mentorinaja.ledger.queries import Earnings, Line

_MOST = 10


@dataclass(frozen=True, slots=True)
class Account:
    """Where an earlier withdrawal went; `account` is masked."""

    public_id: str
    bank_name: str
    account: str
    holder: str
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class Evidence:
    """`last` is the last withdrawal before it that was sent (None: there is none), `changed`: to another account.

    `earned` are the latest orders whose money the expert could ask for, newest first.
    """

    email: str
    email_confirmed: bool
    suspended: bool
    paused: bool
    earnings: Earnings
    last: Account | None
    changed: bool
    earned: tuple[Line, ...]


async def evidence_of(db: Connection | Database, vault: Vault, public_id: str) -> Evidence:
    """What is known about a withdrawal that exists."""
    row = await db.fetchrow(
        """SELECT w.id, w.expert_id, w.bank, w.account_sealed, w.account_tail, w.account_holder, u.email::text AS email,
             u.email_verified_at IS NOT NULL AS email_confirmed, u.suspended_at IS NOT NULL AS suspended,
             e.status = 'paused' AS paused
           FROM withdrawals w JOIN experts e ON e.id = w.expert_id JOIN users u ON u.id = e.user_id
           WHERE w.public_id = $1""",
        public_id,
    )
    assert row is not None, "only what exists is looked at"
    last = await db.fetchrow(
        """SELECT w.public_id, w.bank, w.bank_name, w.account_sealed, w.account_tail, w.account_holder, sent.at
           FROM withdrawals w JOIN LATERAL (SELECT max(s.at) AS at FROM withdrawal_steps s
             WHERE s.withdrawal_id = w.id AND s.state = 'paid') sent ON sent.at IS NOT NULL
           WHERE w.expert_id = $1 AND w.id < $2 ORDER BY w.id DESC LIMIT 1""",
        row["expert_id"],
        row["id"],
    )
    lines = await ledger.lines_of(db, row["expert_id"], ("expert_available",))
    return Evidence(
        email=row["email"],
        email_confirmed=row["email_confirmed"],
        suspended=row["suspended"],
        paused=row["paused"],
        earnings=await ledger.earnings(db, row["expert_id"]),
        last=_account(last) if last else None,
        changed=last is not None and _where(vault, row) != _where(vault, last),
        earned=tuple(line for line in lines.lines if line.order_id)[:_MOST],
    )


def _account(row: asyncpg.Record) -> Account:
    account = masked(row["account_tail"])
    return Account(row["public_id"], row["bank_name"], account, row["account_holder"], row["at"])


def _where(vault: Vault, row: asyncpg.Record) -> tuple[str, str, str]:
    """An account, told by its whole number; by the end of it where the vault's key is another one by now."""
    try:
        number = vault.open(row["account_sealed"])
    except Unreadable:
        number = row["account_tail"]
    return row["bank"], number, row["account_holder"].casefold()
