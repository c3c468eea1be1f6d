"""Writing bookings: what other features and pages call, each a transaction or a step of the caller's."""

from __future__ import annotations

from mentorinaja.bookings import queries, rules
from mentorinaja.bookings.making import Wish, book
from mentorinaja.bookings.moves import (
    EXPIRE_DUE,
    RELEASE_DUE,
    ROOMS_DUE,
    Actor,
    call_off,
    cancel,
    complete,
    confirm,
    expire,
    mark_owed,
    record_event,
    take_again,
    turn_money,
    unconfirm,
)
from mentorinaja.bookings.moving import move
from mentorinaja.bookings.prolonging import close_payment, order_more_time, prolong
from mentorinaja.bookings.refusals import AlreadyPaid
from mentorinaja.db.pool import Connection, atomic
from mentorinaja.errors import NotThere
from mentorinaja.web.viewer import Viewer

__all__ = [
    "EXPIRE_DUE",
    "RELEASE_DUE",
    "ROOMS_DUE",
    "Actor",
    "Wish",
    "book",
    "call_off",
    "cancel_unpaid",
    "close_payment",
    "complete",
    "confirm",
    "expire",
    "issue_invoice",
    "mark_owed",
    "move",
    "order_more_time",
    "prolong",
    "record_event",
    "take_again",
    "turn_money",
    "unconfirm",
]


@atomic
async def cancel_unpaid(tx: Connection, user: Viewer, public_id: str) -> rules.OrderKind:
    """The payer gives up an order that is not paid; doing so twice is once. Answers what it was for.

    Raises `NotThere` for anybody else's order, `AlreadyPaid` when the money came first.
    """
    order = await queries.lock_order(tx, public_id)
    if order.user_id != user.id:
        raise NotThere
    if order.given_up:
        return order.kind
    if rules.after(order.state, "cancel") is None:
        raise AlreadyPaid.now()
    await cancel(tx, order, user.id)
    return order.kind


async def issue_invoice(tx: Connection, order_id: int) -> tuple[int, int]:
    """The order's invoice number as (year, number), given on first call and never again.

    Numbers have no gaps within a year (WIB): the counter's row stays locked until the caller's
    transaction ends, and goes back with it. Call it late in the transaction.
    """
    row = await tx.fetchrow("SELECT year, number FROM invoices WHERE order_id = $1", order_id)
    if row is None:
        row = await tx.fetchrow(
            """WITH counted AS (
                 INSERT INTO invoice_counters (year, last_number)
                 VALUES (extract(year FROM app_now() AT TIME ZONE 'Asia/Jakarta'), 1)
                 ON CONFLICT (year) DO UPDATE SET last_number = invoice_counters.last_number + 1
                 RETURNING year, last_number)
               INSERT INTO invoices (order_id, year, number) SELECT $1, year, last_number FROM counted
               RETURNING year, number""",
            order_id,
        )
    assert row is not None, "an insert answers its row"
    return row["year"], row["number"]
