"""The bank's rules: which status may follow which, what a page still takes, what can be refunded."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from mentorinaja.local.midtrans.errors import NOT_MODIFIABLE, ApiError
from mentorinaja.local.midtrans.methods import CARD, METHODS, Method, Refunds
from mentorinaja.local.midtrans.state import Attempt, Refund, Transaction

_NEXT = {
    "pending": {"settlement", "capture", "deny", "cancel", "expire"},
    "capture": {"settlement", "cancel"},
    "settlement": {"refund", "partial_refund", "chargeback", "partial_chargeback", "deny"},
    "partial_refund": {"refund", "partial_refund"},
    "partial_chargeback": {"chargeback", "partial_chargeback"},
}
_HOLDS_MONEY = {"capture", "settlement", "partial_refund", "partial_chargeback"}
_CARD_ONLY = {"capture", "chargeback", "partial_chargeback"}
CARD_SETTLES_AFTER = timedelta(days=1)
REFUND_KEY_LIFE = timedelta(days=7)


class PageState(StrEnum):
    """What the payment page of an attempt has to show."""

    OPEN = "open"
    WAITING = "waiting"
    PAID = "paid"
    CANCELED = "canceled"
    EXPIRED = "expired"


def may_become(transaction: Transaction, status: str) -> bool:
    """Whether Midtrans lets this transaction take `status` next."""
    if under_review(transaction) and status == "deny":
        return True
    if status in _CARD_ONLY and transaction.method != CARD:
        return False
    if transaction.status == "settlement" and status == "deny":
        return METHODS[transaction.method].reversible
    if under_review(transaction) and status == "settlement":
        return False
    return status in _NEXT.get(transaction.status, ())


def under_review(transaction: Transaction) -> bool:
    """A card that was charged but waits for the merchant's word, because fraud is suspected."""
    return transaction.status == "capture" and transaction.fraud_status == "challenge"


def holds_money(transaction: Transaction) -> bool:
    """Whether the payer's money is (partly) with the merchant."""
    return transaction.status in _HOLDS_MONEY


def paid_status(method: str) -> str:
    """What a successful payment is called: cards are captured, everything else settles at once."""
    return "capture" if method == CARD else "settlement"


def current(attempt: Attempt) -> Transaction | None:
    """The transaction an order id stands for: the one with the money, else the latest."""
    paid = [transaction for transaction in attempt.transactions if holds_money(transaction)]
    tried = paid or attempt.transactions
    return tried[-1] if tried else None


def page_state(attempt: Attempt, now: datetime) -> PageState:
    """What the payment page shows; a denied try leaves it open for another method."""
    latest = current(attempt)
    status = latest.status if latest is not None else "none"
    if status not in ("none", "pending", "deny", "expire", "cancel"):
        return PageState.PAID
    if attempt.canceled_at is not None or status == "cancel" or _was_reversed(latest):
        return PageState.CANCELED
    if attempt.page_expires_at <= now or status == "expire":
        return PageState.EXPIRED
    return PageState.WAITING if status == "pending" else PageState.OPEN


def expires_at(attempt: Attempt, method: Method, now: datetime) -> datetime:
    """When a transaction begun now runs out: the merchant's limit, else the method's."""
    if attempt.expiry is None:
        return now + method.lifetime
    return (attempt.expiry.start or now) + attempt.expiry.duration


def refunded(transaction: Transaction) -> int:
    """Rupiah given back so far."""
    return sum(refund.amount for refund in transaction.refunds)


def repeated_refund(transaction: Transaction, key: str, amount: int | None, now: datetime) -> Refund | None:
    """The refund this call repeats; raises 406 when the key is used up or meant another amount."""
    earlier = next((refund for refund in transaction.refunds if refund.key == key), None)
    if earlier is None:
        return None
    if now - earlier.created_at > REFUND_KEY_LIFE or amount not in (None, earlier.amount):
        raise ApiError(406, "Duplicate refund ID")
    return earlier


def check_refund(transaction: Transaction, amount: int, now: datetime) -> None:
    """Raise 412 or 414 unless `amount` rupiah of this transaction can be refunded by the API now."""
    method = METHODS[transaction.method]
    if transaction.status not in ("settlement", "partial_refund"):
        raise ApiError(412, NOT_MODIFIABLE)
    if method.refunds is Refunds.NONE:
        raise ApiError(412, "Refund is not supported for this payment method")
    if transaction.paid_at is None or now - transaction.paid_at > _refund_window(transaction, method):
        raise ApiError(412, "The refund window of this payment method has passed")
    if not 0 < amount <= transaction.gross_amount - refunded(transaction):
        raise ApiError(414, "Refund amount exceeds the amount that can be refunded")
    if method.refunds is Refunds.WHOLE and amount != transaction.gross_amount:
        raise ApiError(414, "This payment method takes full refunds only")


def check_refund_by_hand(transaction: Transaction, amount: int) -> None:
    """Raise 412 or 414 unless the merchant holds `amount` rupiah of this transaction."""
    if not holds_money(transaction) or under_review(transaction):
        raise ApiError(412, NOT_MODIFIABLE)
    if not 0 < amount <= transaction.gross_amount - refunded(transaction):
        raise ApiError(414, "Refund amount exceeds the amount that can be refunded")


def _was_reversed(transaction: Transaction | None) -> bool:
    return transaction is not None and transaction.status == "deny" and transaction.settled_at is not None


def _refund_window(transaction: Transaction, method: Method) -> timedelta:
    paid_by_own_qr = transaction.payment_type == "qris" and method.name == "gopay"
    return timedelta(days=45) if paid_by_own_qr else method.refund_window
