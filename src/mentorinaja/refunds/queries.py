"""Reading refunds: the row locked for a step, what is due, and the account that money goes to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from mentorinaja.bookings import queries as orders
from mentorinaja.bookings.queries import Order
from mentorinaja.db.pool import Connection, Database
from mentorinaja.refunds.looking import (
    Looked,
    Ready,
    Step,
    count_ready,
    looked_at,
    ready,
    steps_of,
)
from mentorinaja.refunds.rules import CONFIRMED_WITHIN, NEEDS_APPROVAL, TRANSFERRED_WITHIN, Payment, Way
from mentorinaja.refunds.standing import BOUNCES, CREDITED, DUE, KEPT, REDECIDED, RESUMED

__all__ = ["Account", "Looked", "Ready", "Refund", "Step", "account_of", "arrived", "asked_at", "count_ready",
           "dues_of", "gateway_order_of", "has_unusable_account", "in_order", "is_of_a_sale", "lock", "looked_at",
           "payment_of", "ready", "steps_of", "to_approve", "to_send"]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Refund:
    """A refund whose order is locked by the caller's transaction; `amount` in whole rupiah.

    `left_at`: when the money left us; `sent_since`: when it was last begun to be sent; `bounces`: how many
    transfers by hand came back; `transferred`: what went by hand, under the bank's `reference`; `due`: what of it
    has not gone back in any way, if it has not left; `kept`: an admin stopped it; `resumed`: how often it was owed
    again after that; `credited`: it had arrived, and a credit note tells so; `redecided`: the decision on a report that
    led to it was taken back; `now` is the database's time.
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
    reference: str | None
    due: int
    kept: bool
    resumed: int
    credited: bool
    redecided: bool
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
             r.tries, r.next_try_at, r.left_at, r.account_id, r.transferred, r.reference, {DUE} AS due,
             (SELECT max(s.at) FROM refund_steps s WHERE s.refund_id = r.id AND s.state = 'sent') AS sent_since,
             {BOUNCES} AS bounces, {KEPT} AS kept, {RESUMED} AS resumed, {CREDITED} AS credited, {REDECIDED} AS redecided,
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


async def has_unusable_account(db: Database, order_id: int) -> bool:
    """Whether the payer of an order gave an account that is used no longer: the bank sent back, or did not take it."""
    found: bool = await db.fetchval(
        "SELECT EXISTS (SELECT FROM refund_accounts WHERE order_id = $1 AND bounced_at IS NOT NULL)", order_id
    )
    return found


async def dues_of(db: Database, order_id: int) -> dict[int, int]:
    """What of each refund of an order that has not left us is still due, in whole rupiah, by the refund's id."""
    rows = await db.fetch(
        f"SELECT r.id, {DUE} AS due FROM refunds r WHERE r.order_id = $1 AND r.left_at IS NULL", order_id
    )
    return {row["id"]: row["due"] for row in rows}


async def in_order(tx: Connection, refund_ids: Sequence[int]) -> list[int]:
    """Those of these refunds that are there, in the order in which everybody locks them."""
    rows = await tx.fetch(
        "SELECT id FROM refunds WHERE id = ANY($1::bigint[]) ORDER BY order_id, id", refund_ids
    )
    return [row["id"] for row in rows]


async def asked_at(db: Connection | Database, refund_id: int) -> datetime | None:
    """When the payer was last asked by mail for an account; None: never."""
    at: datetime | None = await db.fetchval(
        "SELECT max(created_at) FROM outbox WHERE kind = 'refund_account' AND about = $1",
        f"refund-{refund_id}",
    )
    return at


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
