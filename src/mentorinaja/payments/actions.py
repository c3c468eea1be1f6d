"""What other features and the pages call of payments: opening, reconciling, hearing Midtrans, links."""

from __future__ import annotations

from mentorinaja.payments.attempts import open_payment
from mentorinaja.payments.cancelling import cancel_by_expert, cancel_paid, return_product
from mentorinaja.payments.closing import close_attempt, expire_order
from mentorinaja.payments.late import choose as choose_late
from mentorinaja.payments.late import give_back as give_late_back
from mentorinaja.payments.links import add_links, fill_links, give_link
from mentorinaja.payments.notifications import receive
from mentorinaja.payments.owing import cancel_and_owe, close_refunds, owe_back, owe_order_back
from mentorinaja.payments.reconcile import hear, reconcile
from mentorinaja.payments.refunds import CARRY_OUT
from mentorinaja.payments.refunds import settle as settle_refunds
from mentorinaja.payments.refunds import tell as tell_refund

__all__ = [
    "CARRY_OUT",
    "add_links",
    "cancel_and_owe",
    "cancel_by_expert",
    "cancel_paid",
    "choose_late",
    "close_attempt",
    "close_refunds",
    "expire_order",
    "fill_links",
    "give_late_back",
    "give_link",
    "hear",
    "open_payment",
    "owe_back",
    "owe_order_back",
    "receive",
    "reconcile",
    "return_product",
    "settle_refunds",
    "tell_refund",
]
