"""Payments in the database of a test: attempts as the product writes them, and what Midtrans says of them."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from mentorinaja.bookings import actions as bookings
from mentorinaja.bookings.queries import Order, lock_order
from mentorinaja.db.pool import Connection, Database
from mentorinaja.ledger import actions as ledger
from mentorinaja.notices import actions as notices
from mentorinaja.payments import actions
from mentorinaja.payments.gateway_words import GatewayStatus


async def call_off(tx: Connection, booking_id: UUID, amount: int) -> None:
    """An admin calls a paid session off for `amount` rupiah; the rest is earned in its time."""
    await actions.cancel_and_owe(tx, booking_id, amount, "cancelled_by_admin", actor="admin")
    public_id: str = await tx.fetchval(
        "SELECT o.public_id FROM bookings b JOIN orders o ON o.id = b.order_id WHERE b.id = $1", booking_id
    )
    await bookings.keep_rest(tx, await lock_order(tx, public_id))


async def open_attempt(db: Database | Connection, public_id: str, number: int = 1) -> str:
    """An attempt as it is once Snap has opened its page; answers its gateway order id."""
    gateway_order_id = public_id if number == 1 else f"{public_id}-{number}"
    await db.execute(
        """INSERT INTO payment_attempts (order_id, number, gateway_order_id, amount, state, snap_token,
             redirect_url, expires_at, next_check_at)
           SELECT id, $2, $3, total, 'open', $4, 'https://app.midtrans.test/' || $4, pay_deadline,
             app_now() + interval '1 minute' FROM orders WHERE public_id = $1""",
        public_id,
        number,
        gateway_order_id,
        str(uuid4()),
    )
    return gateway_order_id


def said(gateway_order_id: str, status: str = "settlement", **changes: Any) -> GatewayStatus:
    """What the status API says of an attempt; `changes` by field."""
    values: dict[str, Any] = {
        "order_id": gateway_order_id,
        "transaction_id": str(uuid4()),
        "status": status,
        "fraud": None,
        "payment_type": "bank_transfer",
        "amount": 157_500,
        "currency": "IDR",
        "status_code": "200",
        "returned": 0,
        "began_at": None,
        "raw": {"transaction_status": status},
    } | changes
    values["raw"] = {**values["raw"], "transaction_id": values["transaction_id"]}
    return GatewayStatus(**values)


async def pay(db: Database, public_id: str, number: int = 1, **changes: Any) -> str:
    """Pay an order as Midtrans's word does, with everything that follows; answers the transaction's id."""
    gateway_order_id = await open_attempt(db, public_id, number)
    status = said(gateway_order_id, **changes)
    await actions.hear(db, gateway_order_id, status)
    return status.transaction_id


async def write_payment(tx: Connection, order: Order, paid_at: datetime | None = None) -> str:
    """The rows a payment leaves beside the booking's own, for tests that confirm a booking by hand."""
    gateway_order_id = await open_attempt(tx, order.public_id)
    transaction_id = str(uuid4())
    await tx.execute(
        "UPDATE payment_attempts SET state = 'closed' WHERE gateway_order_id = $1", gateway_order_id
    )
    await tx.execute(
        """INSERT INTO payment_transactions (transaction_id, attempt_id, payment_type, gateway_status, state,
             amount, currency, began_at)
           SELECT $1, id, 'qris', 'settlement', 'paid', amount, 'IDR', coalesce($3, app_now())
           FROM payment_attempts WHERE gateway_order_id = $2""",
        transaction_id,
        gateway_order_id,
        paid_at,
    )
    await ledger.record_payment(tx, order.id, transaction_id)
    expert_user_id = await tx.fetchval("SELECT user_id FROM experts WHERE id = $1", order.expert_id)
    for kind, user_id in (("paid", order.user_id), ("new_booking", expert_user_id)):
        await notices.queue(tx, kind, user_id=user_id, about=order.public_id, order_id=order.id)
    return transaction_id
