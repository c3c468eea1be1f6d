"""What news of a transaction does to its order: booking, ledger, link, invoice, refunds and mails, together."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from mentorinaja.bookings import actions as bookings
from mentorinaja.bookings import queries as orders
from mentorinaja.bookings.queries import Order
from mentorinaja.bookings.rules import choose_until
from mentorinaja.db.pool import Connection
from mentorinaja.invoices import actions as invoices
from mentorinaja.jobs.queue import enqueue
from mentorinaja.ledger import actions as ledger
from mentorinaja.notices import actions as notices
from mentorinaja.payments import queries, refunds
from mentorinaja.payments.gateway_words import GatewayRefund
from mentorinaja.payments.links import give_link
from mentorinaja.payments.rules import MONEY_CAME, WENT_BACK, TransactionState
from mentorinaja.products import actions as products

Book = Callable[[Connection, int, str], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class News:
    """One transaction's state before and now; `returned` is what went back of `amount`, in whole rupiah.

    `refunds` are those of it that were asked for through Midtrans.
    """

    transaction_id: str
    payment_type: str
    before: TransactionState | None
    state: TransactionState
    amount: int
    currency: str
    returned: int
    refunds: tuple[GatewayRefund, ...] = ()

    @property
    def has_gone_back(self) -> bool:
        """Whether some of it went back in a currency that we keep books in."""
        return self.state in WENT_BACK or (self.returned > 0 and self.currency == "IDR")

    @property
    def is_whole(self) -> bool:
        """Whether all of it went back."""
        return self.returned >= self.amount


async def follow(tx: Connection, order: Order, news: News) -> str | None:
    """Do to the order what the news asks for; the order is locked by the caller.

    Answers a word when somebody should look at it. Called once per change of a transaction's state.
    """
    alert = None
    if news.state == "reversed":
        if news.before != "reversed":
            alert = await _taken_back(tx, order, news)
    elif news.state in MONEY_CAME:
        if news.before not in MONEY_CAME:
            alert = await _came(tx, order, news)
        if news.has_gone_back:
            alert = await _went_back(tx, order, news) or alert
    elif news.state != "unknown":
        detail = {"payment_type": news.payment_type}
        await bookings.record_event(tx, order.id, "midtrans", f"payment_{news.state}", detail=detail)
    if news.state == "reversed" or news.has_gone_back:
        await invoices.credit(tx, order.id)
    await _mark(tx, order.id)
    await tx.execute("SELECT live_publish($1)", f"order:{order.public_id}")
    return "unknown_status" if news.state == "unknown" else alert


async def _came(tx: Connection, order: Order, news: News) -> str | None:
    if news.state == "quarantined":
        if news.currency == "IDR" and news.amount > 0:
            await ledger.record_refund_due(tx, order.id, news.transaction_id, news.amount)
            await refunds.want(tx, order.id, news.transaction_id, news.amount, "quarantined")
        return "amount"
    if order.payment_status in ("waiting", "expired", "failed") and await bookings.take_again(tx, order):
        await confirm(tx, order, news.transaction_id, ledger.record_payment)
        return None
    return await _keep_to_return(tx, order, news)


async def _keep_to_return(tx: Connection, order: Order, news: News) -> str:
    """Money for a session that cannot be, or is over, or for what is paid already."""
    await ledger.record_refund_due(tx, order.id, news.transaction_id, news.amount)
    late: refunds.Unearned = "extension_unused" if order.kind == "extension" else "paid_late"
    if order.waits:  # overdue and begun, and nobody has written it down yet
        await bookings.expire(tx, order)
    if await bookings.turn_money(tx, order, "paid_late"):
        choice = _choice_until(order)
        await refunds.want(tx, order.id, news.transaction_id, news.amount, late, not_before=choice)
        if choice is not None:
            await bookings.tell_user(tx, order, "late_choice", 0)
        return "paid_late"
    reason: refunds.Unearned = late if order.payment_status == "reversed" else "paid_twice"
    await refunds.want(tx, order.id, news.transaction_id, news.amount, reason)
    await bookings.record_event(tx, order.id, "midtrans", reason)
    return reason


def _choice_until(order: Order) -> datetime | None:
    """Until when the payer can have another time for money that comes now; None where nobody can."""
    if order.is_now or order.hold is None:  # what takes no time has no other
        return None
    return choose_until(order.hold.starts, order.now)


async def confirm(tx: Connection, order: Order, transaction_id: str, book: Book) -> None:
    """The transaction's money pays the order, which waits for it: `book` writes it into the ledger."""
    confirmed = await bookings.confirm(tx, order, order.now)
    await book(tx, order.id, transaction_id)
    if order.booking_id is not None:
        await give_link(tx, order.booking_id)
    elif order.kind == "extension":
        await enqueue(tx, bookings.ROOMS_DUE)
    await _tell_both(tx, confirmed)
    await invoices.issue(tx, order.id)


async def _tell_both(tx: Connection, order: Order) -> None:
    # Confirmed anew after a reversal: told anew.
    times: int = await tx.fetchval(
        "SELECT count(*) FROM order_events WHERE order_id = $1 AND event = 'confirmed'", order.id
    )
    if order.kind == "product":
        await products.deliver(tx, order, version=times - 1)
        return
    expert_user_id: int = await tx.fetchval("SELECT user_id FROM experts WHERE id = $1", order.expert_id)
    for kind, user_id in (("paid", order.user_id), ("new_booking", expert_user_id)):
        await notices.queue(
            tx, kind, user_id=user_id, about=order.public_id, order_id=order.id, version=times - 1
        )


async def _taken_back(tx: Connection, order: Order, news: News) -> str:
    """The bank gave the payer the money back by itself."""
    pays = await queries.pays_order(tx, order.id, news.transaction_id)
    late = await refunds.reason_of(tx, news.transaction_id) in refunds.TOO_LATE
    await ledger.record_reversal(tx, order.id, news.transaction_id)
    await refunds.call_off(tx, news.transaction_id)
    if news.before not in MONEY_CAME:
        # Heard the wrong way round: an order that was over is left as money that came late leaves it.
        if await bookings.turn_money(tx, order, "paid_late"):
            await bookings.turn_money(tx, order, "reversed")
        return "money_after_failure"
    if pays and order.payment_status == "paid":
        after = await bookings.unconfirm(tx, order)
        if after.payment_status == "reversed" and after.status != "cancelled":
            return "reversed_after_start"
        await _let_second_pay(tx, order)
    elif pays or late:
        await bookings.turn_money(tx, order, "reversed")
    return "reversed"


async def _let_second_pay(tx: Connection, order: Order) -> None:
    """The payer had paid twice and one of the two was taken back: the other pays after all."""
    second: str | None = await tx.fetchval(
        """SELECT r.transaction_id FROM refunds r JOIN payment_transactions t USING (transaction_id)
           WHERE r.order_id = $1 AND r.reason = 'paid_twice' AND r.state IN ('requested', 'approved')
             AND t.state = 'paid'
           ORDER BY r.id LIMIT 1""",
        order.id,
    )
    if second is None:
        return
    order = await orders.relock(tx, order)
    if order.payment_status == "waiting" and await bookings.take_again(tx, order):
        await refunds.call_off(tx, second)
        await confirm(tx, order, second, ledger.move_to_sale)


async def _went_back(tx: Connection, order: Order, news: News) -> str | None:
    """Midtrans gave money back: asked for by us, from its dashboard, or taken by the card's bank."""
    pays = await queries.pays_order(tx, order.id, news.transaction_id)
    reason = await refunds.reason_of(tx, news.transaction_id)
    charged_back = news.state == "chargeback"
    is_more = await ledger.record_returned(
        tx, order.id, news.transaction_id, news.returned, chargeback=charged_back
    )
    await refunds.settle(tx, news.transaction_id, news.refunds)
    order = await orders.relock(tx, order)
    if order.payment_status == "refund_pending" and await refunds.is_open(tx, news.transaction_id):
        if is_more:
            detail = {"returned": news.returned}  # part of it: the order still waits for the rest
            await bookings.record_event(tx, order.id, "midtrans", news.state, detail=detail)
    elif news.state in WENT_BACK and (pays or reason in refunds.TOO_LATE):
        into = "chargeback" if charged_back else await refunds.outcome(tx, news.transaction_id)
        await bookings.turn_money(tx, order, into, whole=news.is_whole)
    return news.state if charged_back or (is_more and reason is None) else None


async def _mark(tx: Connection, order_id: int) -> None:
    """What the waiting order's page says of its tries: under review, or failed the last time."""
    await tx.execute(
        """WITH tries AS (
             SELECT coalesce(bool_or(t.state = 'review' OR t.state = 'quarantined' AND t.returned < t.amount), false)
                 AS review,
               coalesce((array_agg(t.state ORDER BY t.began_at DESC, t.transaction_id))[1]
                 IN ('failed', 'reversed'), false) AS failed
             FROM payment_transactions t JOIN payment_attempts a ON a.id = t.attempt_id WHERE a.order_id = $1)
           UPDATE orders SET under_review = tries.review, last_attempt_failed = tries.failed FROM tries
           WHERE id = $1 AND payment_status = 'waiting'
             AND (under_review, last_attempt_failed) IS DISTINCT FROM (tries.review, tries.failed)""",
        order_id,
    )
