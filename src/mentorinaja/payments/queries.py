"""Reading attempts, transactions and links."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from mentorinaja.db.pool import Connection, Database
from mentorinaja.payments.link_queries import LinkStock, link_stock
from mentorinaja.payments.rules import MONEY_CAME, AttemptState, Known
from mentorinaja.payments.snap import Payable

__all__ = ["LinkStock", "link_stock"]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try at paying an order; `enabled` None means every method. Amounts in whole rupiah."""

    id: int
    order_id: int
    public_id: str
    number: int
    gateway_order_id: str
    amount: int
    enabled: list[str] | None
    state: AttemptState
    snap_token: str | None
    redirect_url: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the payment of an order is, for its page."""

    attempt: Attempt | None
    waiting_type: str | None

    @property
    def is_waiting(self) -> bool:
        """A method was chosen and the money has not come."""
        return self.waiting_type is not None


_ATTEMPT = """
    SELECT a.id, a.order_id, o.public_id, a.number, a.gateway_order_id, a.amount, a.enabled_payments AS enabled,
      a.state, a.snap_token, a.redirect_url, a.created_at
    FROM payment_attempts a JOIN orders o ON o.id = a.order_id
"""
_LIVING = "a.state IN ('creating', 'unknown', 'open')"
# An order `o` whose expert may have the money now: a reported problem holds it until it is decided.
RELEASABLE = """o.release_at <= app_now() AND NOT EXISTS (
  SELECT FROM session_reports r JOIN bookings b ON b.id = r.booking_id
  WHERE b.order_id = o.id AND r.decided_at IS NULL)"""


async def attempt_of(db: Connection | Database, gateway_order_id: str) -> Attempt | None:
    """The attempt Midtrans knows by this id; asks for no permission."""
    row = await db.fetchrow(f"{_ATTEMPT} WHERE a.gateway_order_id = $1", gateway_order_id)
    return Attempt(**dict(row)) if row else None


async def living_attempt(db: Connection | Database, order_id: int) -> Attempt | None:
    """The attempt of an order that can (perhaps) be paid: at most one."""
    row = await db.fetchrow(f"{_ATTEMPT} WHERE a.order_id = $1 AND {_LIVING}", order_id)
    return Attempt(**dict(row)) if row else None


async def living_attempt_of(db: Connection | Database, public_id: str) -> Attempt | None:
    """As `living_attempt`, by the order's public id."""
    row = await db.fetchrow(f"{_ATTEMPT} WHERE o.public_id = $1 AND {_LIVING}", public_id)
    return Attempt(**dict(row)) if row else None


async def payable(db: Connection | Database, order_id: int, gateway_order_id: str) -> Payable:
    """What Snap is told of an order."""
    row = await db.fetchrow(
        """SELECT coalesce('svc-' || b.service_id, o.kind || '-' || o.id) AS item_id, o.item_name, o.subtotal,
             o.admin_fee, o.total, o.payer_name, u.email::text AS email, u.phone, o.pay_deadline AS deadline
           FROM orders o LEFT JOIN bookings b ON b.order_id = o.id JOIN users u ON u.id = o.user_id
           WHERE o.id = $1""",
        order_id,
    )
    assert row is not None, "payments are opened for orders that exist"
    return Payable(gateway_order_id=gateway_order_id, **dict(row))


async def progress(db: Connection | Database, order_id: int) -> Progress:
    """How far the payment of an order is."""
    attempt = await living_attempt(db, order_id)
    waiting: str | None = await db.fetchval(
        """SELECT t.payment_type FROM payment_transactions t JOIN payment_attempts a ON a.id = t.attempt_id
           WHERE a.order_id = $1 AND t.state = 'waiting' ORDER BY t.began_at DESC LIMIT 1""",
        order_id,
    )
    return Progress(attempt, waiting)


async def undecided_attempts(db: Connection | Database, order_id: int) -> list[str]:
    """Gateway order ids of an order's attempts that may still bring money, newest first; at most three."""
    rows = await db.fetch(
        f"""SELECT a.gateway_order_id FROM payment_attempts a
            WHERE a.order_id = $1 AND ({_LIVING} OR EXISTS (SELECT FROM payment_transactions t
              WHERE t.attempt_id = a.id AND t.state IN ('unknown', 'waiting', 'review')))
            ORDER BY a.number DESC LIMIT 3""",
        order_id,
    )
    return [row["gateway_order_id"] for row in rows]


async def returning(db: Connection | Database, order_id: int) -> int:
    """Rupiah of an order that are on their way back to the payer."""
    amount: int = await db.fetchval(
        """SELECT coalesce(sum(amount), 0)::bigint FROM refunds
           WHERE order_id = $1 AND state IN ('requested', 'approved', 'sent')""",
        order_id,
    )
    return amount


async def undecided_transactions(db: Connection | Database, attempt_id: int) -> list[str]:
    """Transactions of an attempt that may still change, newest first; at most five."""
    rows = await db.fetch(
        """SELECT transaction_id FROM payment_transactions
           WHERE attempt_id = $1 AND state IN ('unknown', 'waiting', 'review', 'paid')
           ORDER BY began_at DESC LIMIT 5""",
        attempt_id,
    )
    return [row["transaction_id"] for row in rows]


async def known_transactions(db: Connection | Database, attempt_id: int) -> list[Known]:
    """What polling needs to know of an attempt's transactions."""
    rows = await db.fetch(
        """SELECT state, payment_type, gateway_status, changed_at FROM payment_transactions
           WHERE attempt_id = $1""",
        attempt_id,
    )
    return [Known(**dict(row)) for row in rows]


async def waiting_transactions(db: Connection | Database, attempt_id: int) -> list[str]:
    """Transactions of an attempt that wait for money."""
    rows = await db.fetch(
        "SELECT transaction_id FROM payment_transactions WHERE attempt_id = $1 AND state = 'waiting'",
        attempt_id,
    )
    return [row["transaction_id"] for row in rows]


async def checks_due(db: Connection | Database, limit: int = 100) -> list[str]:
    """Gateway order ids that Midtrans is to be asked about now."""
    rows = await db.fetch(
        """SELECT gateway_order_id FROM payment_attempts WHERE next_check_at <= app_now()
           ORDER BY next_check_at LIMIT $1""",
        limit,
    )
    return [row["gateway_order_id"] for row in rows]


async def comparisons_due(db: Connection | Database, limit: int = 200) -> list[Attempt]:
    """Attempts that are to be compared with the ledger now."""
    rows = await db.fetch(
        f"{_ATTEMPT} WHERE a.next_compare_at <= app_now() ORDER BY a.next_compare_at, a.id LIMIT $1", limit
    )
    return [Attempt(**dict(row)) for row in rows]


async def transactions_with_money(db: Connection | Database, attempt_id: int) -> list[str]:
    """Transactions of an attempt whose money came, whatever became of it."""
    rows = await db.fetch(
        """SELECT transaction_id FROM payment_transactions
           WHERE attempt_id = $1 AND state = ANY($2) ORDER BY began_at, transaction_id""",
        attempt_id,
        sorted(MONEY_CAME),
    )
    return [row["transaction_id"] for row in rows]


async def earnings_due(db: Connection | Database, limit: int = 500) -> list[str]:
    """Public ids of orders whose earnings become available now."""
    rows = await db.fetch(
        f"SELECT o.public_id FROM orders o WHERE {RELEASABLE} ORDER BY o.release_at, o.id LIMIT $1", limit
    )
    return [row["public_id"] for row in rows]


async def paying_transactions(tx: Connection, order_id: int) -> list[str]:
    """Ids of the transactions whose money an order has, whole or in part."""
    rows = await tx.fetch(
        """SELECT t.transaction_id FROM payment_transactions t
             JOIN payment_attempts a ON a.id = t.attempt_id
           WHERE a.order_id = $1 AND t.state IN ('paid', 'partially_refunded', 'chargeback')
           ORDER BY t.transaction_id""",
        order_id,
    )
    return [row["transaction_id"] for row in rows]


async def pays_order(db: Connection | Database, order_id: int, transaction_id: str) -> bool:
    """Whether the transaction's money paid the order and was not taken back by the bank, whatever else became of it."""
    pays: bool = await db.fetchval(
        """SELECT EXISTS (SELECT FROM ledger_journals WHERE order_id = $1 AND transaction_id = $2
                            AND kind = 'payment')
             AND NOT EXISTS (SELECT FROM ledger_journals WHERE transaction_id = $2 AND kind = 'reversal')""",
        order_id,
        transaction_id,
    )
    return pays


async def paying_transaction(tx: Connection, order_id: int) -> str | None:
    """The transaction that pays an order: whose money was booked as its sale and not taken back by the bank."""
    transaction_id: str | None = await tx.fetchval(
        """SELECT j.transaction_id FROM ledger_journals j
           WHERE j.order_id = $1 AND j.kind = 'payment' AND NOT EXISTS (
             SELECT FROM ledger_journals r WHERE r.transaction_id = j.transaction_id AND r.kind = 'reversal')""",
        order_id,
    )
    return transaction_id


async def left_over_attempts(db: Connection | Database, limit: int = 100) -> list[Attempt]:
    """Attempts that can be paid at Midtrans although their order does not wait for money any more."""
    rows = await db.fetch(
        f"{_ATTEMPT} WHERE {_LIVING} AND o.payment_status <> 'waiting' ORDER BY a.id LIMIT $1", limit
    )
    return [Attempt(**dict(row)) for row in rows]


async def meeting_link(db: Connection | Database, booking_id: UUID) -> str | None:
    """The meeting link of a paid video booking; None before payment, or while it follows."""
    url: str | None = await db.fetchval(
        """SELECT l.url FROM meeting_link_uses u JOIN meeting_links_pool l ON l.id = u.link_id
             JOIN bookings b ON b.id = u.booking_id
           WHERE b.id = $1 AND b.status IN ('confirmed', 'completed')""",
        booking_id,
    )
    return url
