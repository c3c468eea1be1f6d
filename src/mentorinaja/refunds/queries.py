"""Reading refunds: the row locked for a step, what is due, and the account that money goes to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mentorinaja.bookings import queries as orders
from mentorinaja.bookings.queries import Order
from mentorinaja.db.pool import Connection, Database
from mentorinaja.refunds.rules import CONFIRMED_WITHIN, NEEDS_APPROVAL, TRANSFERRED_WITHIN, Payment, Way


@dataclass(frozen=True, slots=True)
class Refund:
    """A refund whose order is locked by the caller's transaction; `amount` in whole rupiah.

    `left_at`: when the money left us; `sent_since`: when it was last begun to be sent; `bounces`: how many
    transfers by hand came back; `transferred`: what went by hand; `due`: what of it has not gone back in any
    way, if it has not left; `now` is the database's time.
    """

    id: int
    order_id: int
    transaction_id: str
    amount: int
    reason: str
    state: str
    refund_key: str
    not_before: datetime | None
    way: Way | None
    tries: int
    next_try_at: datetime | None
    left_at: datetime | None
    account_id: int | None
    sent_since: datetime | None
    bounces: int
    transferred: int | None
    due: int
    now: datetime

    @property
    def waits_for_gateway(self) -> bool:
        """Whether the gateway is to be told of it, or to say what became of it."""
        return self.way != "bank" and self.state in ("approved", "sent")


@dataclass(frozen=True, slots=True)
class Account:
    """Where money goes; the number is sealed, `tail` its last digits."""

    id: int
    bank: str
    number_sealed: bytes
    tail: str
    holder: str


@dataclass(frozen=True, slots=True)
class OpenRefund:
    """A refund that is not finished, for whoever looks after it; `amount` and, of it, `due` in whole rupiah."""

    id: int
    state: str
    amount: int
    due: int
    reason: str
    created_at: datetime
    not_before: datetime | None
    way: Way | None
    tries: int
    problem: str | None
    public_id: str
    item_name: str
    payer_name: str
    payer_email: str
    payment_type: str
    bank: str | None
    number_sealed: bytes | None
    holder: str | None


# What of a refund `r` that has not left us is still due: what a bank took otherwise covers the oldest first.
_DUE = """(r.amount - greatest(0, least(r.amount,
    (SELECT sum(f.amount) FROM refunds f WHERE f.transaction_id = r.transaction_id AND f.id >= r.id
       AND f.state <> 'rejected' AND f.left_at IS NULL)
    + (SELECT coalesce(sum(e.amount), 0) FROM ledger_journals j JOIN ledger_entries e ON e.journal_id = j.id
         JOIN ledger_accounts a ON a.id = e.account_id
       WHERE j.transaction_id = r.transaction_id AND a.kind = 'refund_due'))))::bigint AS due"""


async def lock(tx: Connection, refund_id: int) -> tuple[Refund, Order] | None:
    """A refund and its order, the order locked first as everywhere; None when there is no such refund."""
    public_id: str | None = await tx.fetchval(
        "SELECT o.public_id FROM refunds r JOIN orders o ON o.id = r.order_id WHERE r.id = $1", refund_id
    )
    if public_id is None:
        return None
    order = await orders.lock_order(tx, public_id)
    # A statement of its own: it sees what was committed while the lock was waited for.
    row = await tx.fetchrow(
        f"""SELECT r.id, r.order_id, r.transaction_id, r.amount, r.reason, r.state, r.refund_key, r.not_before, r.way,
             r.tries, r.next_try_at, r.left_at, r.account_id, r.transferred, {_DUE},
             (SELECT max(s.at) FROM refund_steps s WHERE s.refund_id = r.id AND s.state = 'sent') AS sent_since,
             (SELECT count(*) FROM ledger_journals j WHERE j.kind = 'refund_bounced'
                AND j.key LIKE 'bounced:' || r.refund_key || ':%') AS bounces,
             app_now() AS now
           FROM refunds r WHERE r.id = $1 FOR UPDATE OF r""",
        refund_id,
    )
    assert row is not None, "refunds are never deleted"
    return Refund(**dict(row)), order


async def is_of_a_sale(tx: Connection, refund: Refund) -> bool:
    """Whether somebody had earned the money of a refund."""
    owed: bool = await tx.fetchval(
        "SELECT EXISTS (SELECT FROM ledger_journals WHERE key = $1)", f"owed:{refund.refund_key}"
    )
    return owed


async def payment_of(tx: Connection, transaction_id: str) -> Payment:
    """What the gateway last said of a transaction."""
    row = await tx.fetchrow(
        """SELECT payment_type, gateway_status, amount, returned, began_at FROM payment_transactions
           WHERE transaction_id = $1""",
        transaction_id,
    )
    assert row is not None, "a refund is of a transaction"
    return Payment(**dict(row))


async def gateway_order_of(db: Connection | Database, transaction_id: str) -> str:
    """The attempt a transaction came under, as the gateway names it."""
    name: str = await db.fetchval(
        """SELECT a.gateway_order_id FROM payment_transactions t JOIN payment_attempts a ON a.id = t.attempt_id
           WHERE t.transaction_id = $1""",
        transaction_id,
    )
    return name


async def account_of(db: Connection | Database, order_id: int, tail: str | None = None) -> Account | None:
    """The account the payer of an order gave last (with these last digits), unless a transfer to it came back."""
    row = await db.fetchrow(
        """SELECT id, bank, number_sealed, tail, holder FROM refund_accounts
           WHERE order_id = $1 AND bounced_at IS NULL AND tail = coalesce($2, tail) ORDER BY id DESC LIMIT 1""",
        order_id,
        tail,
    )
    return Account(**dict(row)) if row else None


async def unfinished(db: Database) -> list[OpenRefund]:
    """Every refund that is neither done nor rejected, oldest first."""
    rows = await db.fetch(
        f"""SELECT r.id, r.state, r.amount, {_DUE}, r.reason, r.created_at, r.not_before, r.way, r.tries, r.problem,
             o.public_id, o.item_name, o.payer_name, u.email::text AS payer_email, t.payment_type,
             a.bank, a.number_sealed, a.holder
           FROM refunds r JOIN orders o ON o.id = r.order_id JOIN users u ON u.id = o.user_id
             JOIN payment_transactions t USING (transaction_id)
             LEFT JOIN LATERAL (
               SELECT * FROM refund_accounts
               WHERE order_id = o.id AND CASE WHEN r.account_id IS NULL THEN bounced_at IS NULL ELSE id = r.account_id END
               ORDER BY id DESC LIMIT 1) a ON true
           WHERE r.state NOT IN ('done', 'rejected') ORDER BY r.id"""
    )
    return [OpenRefund(**dict(row)) for row in rows]


async def dues_of(db: Database, order_id: int) -> dict[int, int]:
    """What of each refund of an order that has not left us is still due, in whole rupiah, by the refund's id."""
    rows = await db.fetch(
        f"SELECT r.id, {_DUE} FROM refunds r WHERE r.order_id = $1 AND r.left_at IS NULL", order_id
    )
    return {row["id"]: row["due"] for row in rows}


async def to_approve(db: Database) -> list[int]:
    """Refunds that follow from a rule and wait for nothing any more."""
    return await _ids(
        db,
        """state = 'requested' AND reason <> ALL($1) AND transaction_id IS NOT NULL
           AND coalesce(not_before, created_at) <= app_now()""",
        list(NEEDS_APPROVAL),
    )


async def to_send(db: Database) -> list[int]:
    """Refunds about which the gateway is to be told or asked now."""
    return await _ids(
        db,
        """way IS DISTINCT FROM 'bank' AND state IN ('approved', 'sent') AND transaction_id IS NOT NULL
           AND coalesce(next_try_at, created_at) <= app_now()""",
    )


async def arrived(db: Database) -> list[int]:
    """Refunds that were sent so long ago that they have arrived, though nobody says so."""
    return await _ids(
        db,
        """state = 'sent' AND (way = 'bank' AND left_at + $1 <= app_now() OR left_at + $2 <= app_now())""",
        TRANSFERRED_WITHIN,
        CONFIRMED_WITHIN,
    )


async def _ids(db: Database, where: str, *given: object) -> list[int]:
    rows = await db.fetch(f"SELECT id FROM refunds WHERE {where} ORDER BY id LIMIT 200", *given)
    return [row["id"] for row in rows]
