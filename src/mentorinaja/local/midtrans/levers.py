"""What the control API's verbs do to an attempt."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec

from mentorinaja.local.midtrans import bodies, rules
from mentorinaja.local.midtrans.errors import NOT_MODIFIABLE, ApiError
from mentorinaja.local.midtrans.faults import Fault, tamper
from mentorinaja.local.midtrans.methods import CARD
from mentorinaja.local.midtrans.simulator import Simulator
from mentorinaja.local.midtrans.state import Attempt, Json, Transaction

_MOVES = {
    "settle": "settlement",
    "capture": "capture",
    "challenge": "capture",
    "deny": "deny",
    "expire": "expire",
}
"""Verbs that end a payment, and the status they end it with; they begin one when there is none."""
_DEFAULT_METHODS = {"settle": "bca_va", "expire": "bca_va"}
_FRAUD = {"capture": "accept", "challenge": "challenge"}
_REVERSED = {"settlement": "deny", "capture": "cancel"}
"""What becomes of a payment that is taken back."""
_DEAD = ("deny", "cancel", "expire")
VERBS = (*_MOVES, "approve", "reverse", "refund", "chargeback")
LEVERS = {
    "settle": "Lunasi",
    "capture": "Tagih kartu",
    "challenge": "Tahan untuk diperiksa",
    "approve": "Setujui",
    "deny": "Tolak",
    "expire": "Kedaluwarsa",
    "reverse": "Batalkan pelunasan",
    "refund": "Kembalikan dana",
    "chargeback": "Tarik balik oleh bank",
}
"""The verbs in the words of the page."""


class Order(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What a verb may be told: a method, rupiah, one certain transaction, and whether to notify."""

    method: str | None = None
    amount: Annotated[int, msgspec.Meta(ge=1)] | None = None
    transaction_id: str | None = None
    refund_key: str | None = None
    notify: bool = True


class Hint(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A notice to send now: its status, other fields, how many at once, a wrong signature."""

    status: str | None = None
    repeat: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 1
    forge: bool = False
    transaction_id: str | None = None
    amount: str | None = None
    set: dict[str, Any] = {}


def pull(simulator: Simulator, attempt: Attempt, verb: str, order: Order, now: datetime) -> None:
    """Carry out one of `VERBS`; 412 or 414 when the bank would not, 404 for an unknown transaction.

    A verb that ends a payment begins a new one when there is none, when the last one failed, or when
    `method` names another than the last one's: so a second payment of one order can be made. Money that was
    paid can be reversed, refunded and charged back whatever the method: a lever is the hand of the bank.
    """
    if verb in _MOVES:
        _end_payment(simulator, attempt, verb, order, now)
        return
    transaction = _chosen(attempt, order.transaction_id)
    if transaction is None:
        raise ApiError(404, "the attempt has no such transaction")
    if verb == "approve":
        simulator.approve(attempt, transaction, notify=order.notify)
    elif verb == "reverse":
        if transaction.status not in _REVERSED:
            raise ApiError(412, NOT_MODIFIABLE)
        status = _REVERSED[transaction.status]
        simulator.move(attempt, transaction, status, now, notify=order.notify, forced=True)
    elif verb == "refund":
        key = order.refund_key or bodies.new_id()
        simulator.refund(
            attempt, transaction, key, order.amount, "control", now, notify=order.notify, by_hand=True
        )
    else:
        simulator.charge_back(attempt, transaction, order.amount, notify=order.notify)


def told_body(simulator: Simulator, order_id: str, hint: Hint) -> Json:
    """A signed notice about an order id; made up as a settled transfer when there is no transaction."""
    key = simulator.config.server_key
    attempt = simulator.store.attempts.get(order_id)
    transaction = _chosen(attempt, hint.transaction_id) if attempt else None
    if attempt is not None and transaction is not None:
        body = bodies.notification(attempt, transaction, key)
    else:
        body = _made_up(order_id, attempt.gross_amount if attempt else 10_000, key)
    lie = Fault(edited_status=hint.status, wrong_amount=hint.amount, wrong_signature=hint.forge, set=hint.set)
    return tamper(body, lie, key)


def _end_payment(simulator: Simulator, attempt: Attempt, verb: str, order: Order, now: datetime) -> None:
    transaction = _chosen(attempt, order.transaction_id)
    wanted = order.method or (transaction.method if transaction else _usual(attempt, verb))
    if verb in ("capture", "challenge") and wanted != CARD:
        if order.method is not None:
            raise ApiError(412, "only cards are captured")
        wanted = CARD
    if transaction is None or transaction.status in _DEAD or transaction.method != wanted:
        transaction = simulator.begin(attempt, wanted, now, amount=order.amount)
    elif not _may_end(transaction, verb):
        raise ApiError(412, NOT_MODIFIABLE)
    elif order.amount is not None:
        transaction.gross_amount = order.amount
    fraud = "deny" if verb == "deny" and rules.under_review(transaction) else _FRAUD.get(verb)
    simulator.move(attempt, transaction, _MOVES[verb], now, fraud=fraud, notify=order.notify)


def _usual(attempt: Attempt, verb: str) -> str:
    """How somebody pays who was not told how: as the payment page lets them."""
    wanted = _DEFAULT_METHODS.get(verb, CARD)
    if attempt.enabled is None or wanted in attempt.enabled:
        return wanted
    return next(iter(attempt.enabled), wanted)


def _may_end(transaction: Transaction, verb: str) -> bool:
    """Settled money is taken back by `reverse`, not by `deny`."""
    if verb == "deny" and transaction.status == "settlement":
        return False
    return rules.may_become(transaction, _MOVES[verb])


def _chosen(attempt: Attempt, transaction_id: str | None) -> Transaction | None:
    if transaction_id is None:
        return rules.current(attempt)
    return next((t for t in attempt.transactions if t.transaction_id == transaction_id), None)


def _made_up(order_id: str, amount: int, server_key: str) -> Json:
    body = {
        "order_id": order_id,
        "transaction_id": bodies.new_id(),
        "transaction_status": "settlement",
        "status_code": "200",
        "status_message": "midtrans payment notification",
        "payment_type": "bank_transfer",
        "merchant_id": bodies.MERCHANT_ID,
        "gross_amount": bodies.rupiah(amount),
        "currency": "IDR",
        "fraud_status": "accept",
    }
    return bodies.signed(body, server_key)
