"""Balances and histories, always as sums of the ledger's entries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mentorinaja.db.pool import Connection, Database


@dataclass(frozen=True, slots=True)
class Earnings:
    """What an expert earned, in whole rupiah, by where it is now."""

    held: int
    available: int
    withdrawing: int
    withdrawn: int

    @property
    def total(self) -> int:
        """All that was ever earned."""
        return self.held + self.available + self.withdrawing + self.withdrawn


@dataclass(frozen=True, slots=True)
class OrderEntry:
    """One line of where an order's money went: positive is debit, negative is credit, in whole rupiah."""

    at: datetime
    journal: str
    kind: str
    account: str
    amount: int


async def earnings(db: Connection | Database, expert_id: int) -> Earnings:
    """An expert's balances; all zero for somebody who never earned."""
    rows = await db.fetch(
        """SELECT a.kind, -sum(e.amount)::bigint AS amount
           FROM ledger_accounts a JOIN ledger_entries e ON e.account_id = a.id
           WHERE a.expert_id = $1 GROUP BY a.kind""",
        expert_id,
    )
    by_kind = {row["kind"]: row["amount"] for row in rows}
    return Earnings(
        *(by_kind.get(f"expert_{name}", 0) for name in ("held", "available", "withdrawing", "withdrawn"))
    )


async def order_entries(db: Connection | Database, order_id: int) -> list[OrderEntry]:
    """Every movement of an order's money, oldest first."""
    rows = await db.fetch(
        """SELECT j.at, j.key AS journal, j.kind, a.kind AS account, e.amount
           FROM ledger_journals j JOIN ledger_entries e ON e.journal_id = j.id
             JOIN ledger_accounts a ON a.id = e.account_id
           WHERE j.order_id = $1 ORDER BY j.id, e.amount DESC, a.kind""",
        order_id,
    )
    return [OrderEntry(**dict(row)) for row in rows]


async def gone_back(db: Connection | Database, transaction_id: str) -> int:
    """Rupiah of a transaction that were owed to the payer and have left the gateway since."""
    amount: int = await db.fetchval(
        """SELECT coalesce(sum(e.amount), 0)::bigint FROM ledger_entries e
             JOIN ledger_accounts a ON a.id = e.account_id JOIN ledger_journals j ON j.id = e.journal_id
           WHERE j.transaction_id = $1 AND a.kind = 'refund_due' AND e.amount > 0
             AND j.kind IN ('refund', 'chargeback')""",
        transaction_id,
    )
    return amount


async def balance(db: Connection | Database, kind: str) -> int:
    """The balance of all accounts of a kind: positive is debit (money at the gateway), negative is credit."""
    amount: int = await db.fetchval(
        """SELECT coalesce(sum(e.amount), 0)::bigint
           FROM ledger_accounts a JOIN ledger_entries e ON e.account_id = a.id WHERE a.kind = $1""",
        kind,
    )
    return amount
