"""What other features and the pages call of payments: opening, reconciling, hearing Midtrans, links."""

from __future__ import annotations

from mentorinaja.payments.attempts import open_payment
from mentorinaja.payments.closing import close_attempt, expire_order
from mentorinaja.payments.links import add_links, fill_links, give_link
from mentorinaja.payments.notifications import receive
from mentorinaja.payments.owing import cancel_and_owe, owe_back, owe_order_back
from mentorinaja.payments.reconcile import hear, reconcile

__all__ = [
    "add_links",
    "cancel_and_owe",
    "close_attempt",
    "expire_order",
    "fill_links",
    "give_link",
    "hear",
    "open_payment",
    "owe_back",
    "owe_order_back",
    "receive",
    "reconcile",
]
