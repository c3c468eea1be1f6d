"""Telling the gateway to give money back: asked first what is true, told, asked again; each step committed before the next.

Whoever dies in between leaves a refund that is asked about again. The same key is the same refund at the
gateway, so telling it twice sends the money once.
"""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from mentorinaja.bookings import actions as bookings
from mentorinaja.bookings.queries import Order
from mentorinaja.db.pool import Connection, Database, atomic
from mentorinaja.jobs.queue import enqueue
from mentorinaja.ledger import queries as ledger
from mentorinaja.payments import actions as payments
from mentorinaja.payments.gateway_words import GatewayDown, GatewayRefused
from mentorinaja.payments.midtrans import Gateway
from mentorinaja.refunds import accounts, queries, rules
from mentorinaja.refunds.queries import Refund
from mentorinaja.refunds.rules import Way

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Call:
    """What the gateway is to be told; `amount` in whole rupiah."""

    refund_id: int
    way: Way
    transaction_id: str
    key: str
    amount: int
    reason: str


async def send(db: Database, gateway: Gateway, refund_id: int) -> bool:
    """Bring a refund that goes by the gateway as far as it gets now; False when the gateway does not answer.

    It is tried again later, more and more rarely, until the gateway says that the money is there.
    """
    transaction_id = await _take(db, refund_id)
    if transaction_id is None:
        return True
    try:
        await _ask(db, gateway, transaction_id)
        call = await _begin(db, refund_id)
        if call is not None:
            await _tell(db, gateway, call)
            await _ask(db, gateway, transaction_id)
    except GatewayDown as trouble:
        log.warning("refund.gateway_down", refund_id=refund_id, trouble=str(trouble))
        await db.execute(
            "UPDATE refunds SET problem = $2 WHERE id = $1 AND state IN ('approved', 'sent')",
            refund_id,
            "Midtrans belum menjawab.",
        )
        return False
    return True


@atomic
async def _take(tx: Connection, refund_id: int) -> str | None:
    """The refund's transaction, if it is due; the next try is planned before this one begins."""
    found = await queries.lock(tx, refund_id)
    if found is None:
        return None
    refund, _ = found
    if not refund.waits_for_gateway or (refund.next_try_at and refund.next_try_at > refund.now):
        return None
    again = refund.now + rules.pause(refund.tries + 1)
    await tx.execute("UPDATE refunds SET tries = tries + 1, next_try_at = $2 WHERE id = $1", refund_id, again)
    await enqueue(tx, payments.CARRY_OUT, at=again)
    return refund.transaction_id


@atomic
async def _begin(tx: Connection, refund_id: int) -> Call | None:
    """Decide what the gateway is told, and write down that it is sent before it is; None: nothing (now)."""
    found = await queries.lock(tx, refund_id)
    assert found is not None, "refunds are never deleted"
    refund, order = found
    if not refund.waits_for_gateway or refund.left_at is not None:
        return None
    amount = min(refund.amount, await ledger.still_due(tx, refund.transaction_id))
    payment = await queries.payment_of(tx, refund.transaction_id)
    way = rules.way(payment, amount, refund.now)
    if refund.sent_since and refund.now - refund.sent_since > rules.KEY_LIVES and refund.state == "sent":
        way = "bank"  # asked every time since, the gateway has never heard of it
    if way is None or amount <= 0:
        problem = (
            "Pembayaran kartunya belum selesai di Midtrans."
            if way is None
            else "Tidak ada lagi yang harus kembali."
        )
        await tx.execute("UPDATE refunds SET problem = $2 WHERE id = $1", refund.id, problem)
        return None
    if way == "bank":
        await _go_by_bank(tx, refund, order)
        return None
    await tx.execute(
        "UPDATE refunds SET state = 'sent', way = $2, problem = NULL, changed_at = app_now() WHERE id = $1",
        refund.id,
        way,
    )
    if refund.state != "sent":
        detail = {"refund_id": refund.id, "way": way, "amount": amount}
        await bookings.record_event(tx, order.id, "system", "refund_sent", detail=detail)
    return Call(refund.id, way, refund.transaction_id, refund.refund_key, amount, refund.reason)


async def _tell(db: Database, gateway: Gateway, call: Call) -> None:
    try:
        if call.way == "cancel":
            await gateway.cancel(call.transaction_id)
        else:
            await gateway.refund(call.transaction_id, call.key, call.amount, call.reason)
    except GatewayRefused as refusal:
        if refusal.code not in rules.NO_WAY:
            raise GatewayDown(str(refusal)) from None
        # An earlier try whose answer was lost may have been the reason: what is true now decides.
        await _ask(db, gateway, call.transaction_id)
        await _refused(db, call, refusal.code)


@atomic
async def _refused(tx: Connection, call: Call, code: int) -> None:
    """The gateway does not do it: a card payment that settled meanwhile is refunded, all else goes by bank."""
    found = await queries.lock(tx, call.refund_id)
    assert found is not None, "refunds are never deleted"
    refund, order = found
    if refund.state != "sent" or refund.left_at is not None:
        return
    await tx.execute(
        "UPDATE refunds SET state = 'failed', problem = $2, changed_at = app_now() WHERE id = $1",
        refund.id,
        f"Midtrans menolak mengembalikannya (kode {code}).",
    )
    detail = {"refund_id": refund.id, "way": call.way, "code": code}
    await bookings.record_event(tx, order.id, "midtrans", "refund_refused", detail=detail)
    if call.way == "cancel":
        await tx.execute("UPDATE refunds SET state = 'approved', way = NULL WHERE id = $1", refund.id)
    else:
        await _go_by_bank(tx, refund, order)


async def _go_by_bank(tx: Connection, refund: Refund, order: Order) -> None:
    """Somebody transfers it by hand; the payer is asked for an account unless one is known."""
    await tx.execute(
        "UPDATE refunds SET state = 'approved', way = 'bank', next_try_at = NULL, changed_at = app_now() WHERE id = $1",
        refund.id,
    )
    if await queries.account_of(tx, order.id) is None:
        await accounts.ask(tx, refund.id)


async def _ask(db: Database, gateway: Gateway, transaction_id: str) -> None:
    name = await queries.gateway_order_of(db, transaction_id)
    await payments.reconcile(db, gateway, name, transaction_id=transaction_id)
