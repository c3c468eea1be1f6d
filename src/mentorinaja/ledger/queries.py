"""Balances and histories, always as sums of the ledger's entries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mentorinaja.db.pool import Connection, Database
from mentorinaja.ledger import rules
from mentorinaja.ledger.flow import Flow, Movement, Side, flow_from
from mentorinaja.ledger.lines import EARNED, OWED, Line, Lines, earned_by_month, lines_of

__all__ = ["EARNED", "OWED", "Earnings", "Flow", "Line", "Lines", "Movement", "OrderEntry", "Side",
           "earned_by_month", "lines_of"]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Earnings:
    """What an expert earned, in whole rupiah, by where it is now; `owed` is to be taken from what comes."""

    held: int
    available: int
    withdrawing: int
    withdrawn: int
    owed: int

    @property
    def total(self) -> int:
        """All that was ever earned and not taken back again; what is owed is still in it."""
        return self.of(EARNED)

    def of(self, kinds: tuple[str, ...]) -> int:
        """What is on the accounts of these kinds together."""
        amount: int = sum(getattr(self, kind.removeprefix("expert_")) for kind in kinds)
        return amount


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
        held=by_kind.get("expert_held", 0),
        available=by_kind.get("expert_available", 0),
        withdrawing=by_kind.get("expert_withdrawing", 0),
        withdrawn=by_kind.get("expert_withdrawn", 0),
        owed=-by_kind.get("expert_owed", 0),
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


async def where_went(db: Connection | Database, order_id: int) -> Flow:
    """Where every rupiah of an order is and how it got there; asks for no permission."""
    order = await db.fetchrow(
        "SELECT public_id, expert_name, admin_fee_bps, platform_fee_bps, tax_bps FROM orders WHERE id = $1",
        order_id,
    )
    assert order is not None, "orders are never deleted"
    entries = await db.fetch(
        """SELECT j.id AS journal, j.at, j.kind, j.transaction_id, a.kind AS account, e.amount
           FROM ledger_journals j JOIN ledger_entries e ON e.journal_id = j.id
             JOIN ledger_accounts a ON a.id = e.account_id
           WHERE j.order_id = $1 ORDER BY j.id""",
        order_id,
    )
    return flow_from(dict(order), map(dict, entries))


async def held(db: Connection | Database, transaction_id: str) -> int:
    """Rupiah of a transaction that are with the gateway, as far as is booked."""
    amount: int = await db.fetchval(
        """SELECT coalesce(sum(e.amount), 0)::bigint FROM ledger_entries e
             JOIN ledger_accounts a ON a.id = e.account_id JOIN ledger_journals j ON j.id = e.journal_id
           WHERE j.transaction_id = $1 AND a.kind = 'gateway'""",
        transaction_id,
    )
    return amount


async def gone_back(db: Connection | Database, transaction_id: str) -> int:
    """Rupiah of a transaction that were owed to the payer and have left us since, and did not come back."""
    amount: int = await db.fetchval(
        """SELECT coalesce(sum(e.amount), 0)::bigint FROM ledger_entries e
             JOIN ledger_accounts a ON a.id = e.account_id JOIN ledger_journals j ON j.id = e.journal_id
           WHERE j.transaction_id = $1 AND a.kind = 'refund_due'
             AND j.kind IN ('refund', 'chargeback', 'refund_bounced')""",
        transaction_id,
    )
    return amount


async def still_due(db: Connection | Database, transaction_id: str) -> int:
    """Rupiah of a transaction that are owed to its payer and have not left us."""
    amount: int = await db.fetchval(
        """SELECT coalesce(-sum(e.amount), 0)::bigint FROM ledger_entries e
             JOIN ledger_accounts a ON a.id = e.account_id JOIN ledger_journals j ON j.id = e.journal_id
           WHERE j.transaction_id = $1 AND a.kind = 'refund_due'""",
        transaction_id,
    )
    return amount


async def due_if_bounced(db: Connection | Database, transaction_id: str, amount: int) -> int:
    """Rupiah that would be owed again if `amount` transferred for a transaction came back: less what a bank took since."""
    rows = await db.fetch(
        """SELECT a.kind, sum(e.amount)::bigint AS amount FROM ledger_entries e
             JOIN ledger_accounts a ON a.id = e.account_id JOIN ledger_journals j ON j.id = e.journal_id
           WHERE j.transaction_id = $1 AND a.kind IN ('gateway', 'refunded') GROUP BY a.kind""",
        transaction_id,
    )
    return -rules.bounce({row["kind"]: row["amount"] for row in rows}, amount).get("refund_due", 0)


async def balance(db: Connection | Database, kind: str) -> int:
    """The balance of all accounts of a kind: positive is debit (money at the gateway), negative is credit."""
    amount: int = await db.fetchval(
        """SELECT coalesce(sum(e.amount), 0)::bigint
           FROM ledger_accounts a JOIN ledger_entries e ON e.account_id = a.id WHERE a.kind = $1""",
        kind,
    )
    return amount
