"""What other features and the pages call of payments: opening, reconciling, hearing Midtrans, links."""

from __future__ import annotations

from mentorinaja.payments.asking import Heard, ask_again
from mentorinaja.payments.attempts import open_payment
from mentorinaja.payments.cancelling import cancel_by_expert, cancel_paid, return_product
from mentorinaja.payments.closing import close_attempt, expire_order
from mentorinaja.payments.deciding import (
    Share,
    cancel_by_admin,
    goes_on,
    may_be_called_off,
    refund_by_admin,
    send_late_back,
)
from mentorinaja.payments.late import choose as choose_late
from mentorinaja.payments.late import give_back as give_late_back
from mentorinaja.payments.link_actions import (
    LinkDecided,
    PasteChanged,
    add_pasted,
    restore_link,
    retire_link,
    set_link_expiry,
)
from mentorinaja.payments.links import add_links, fill_links, give_link
from mentorinaja.payments.mending import close_overdue, compare_again, take_in, write_off
from mentorinaja.payments.notifications import receive
from mentorinaja.payments.owing import cancel_and_owe, close_refunds, owe_back, owe_order_back, reopen_refunds
from mentorinaja.payments.reconcile import hear, reconcile
from mentorinaja.payments.refunds import CARRY_OUT
from mentorinaja.payments.refunds import settle as settle_refunds
from mentorinaja.payments.refunds import tell as tell_refund
from mentorinaja.payments.refunds import tell_done as tell_refund_done
from mentorinaja.payments.replaying import replay

__all__ = [
    "CARRY_OUT",
    "Heard",
    "LinkDecided",
    "PasteChanged",
    "Share",
    "add_links",
    "add_pasted",
    "ask_again",
    "cancel_and_owe",
    "cancel_by_admin",
    "cancel_by_expert",
    "cancel_paid",
    "choose_late",
    "close_attempt",
    "close_overdue",
    "close_refunds",
    "compare_again",
    "expire_order",
    "fill_links",
    "give_late_back",
    "give_link",
    "goes_on",
    "hear",
    "may_be_called_off",
    "open_payment",
    "owe_back",
    "owe_order_back",
    "receive",
    "reconcile",
    "refund_by_admin",
    "reopen_refunds",
    "replay",
    "restore_link",
    "retire_link",
    "return_product",
    "send_late_back",
    "set_link_expiry",
    "settle_refunds",
    "take_in",
    "tell_refund",
    "tell_refund_done",
    "write_off",
]
