"""Which way a refund's money can go, who has to say so, and when it is tried again: pure.

Methods and windows: docs.midtrans.com, "Refund Transaction". Where the documents give a range, the longest is
tried: a refusal only costs a call, and the money goes by bank then.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from mentorinaja.errors import DomainError
from mentorinaja.typed import whole_in

# gateway: Midtrans refunds it; cancel: a captured card payment is voided whole; bank: transferred by hand.
Way = Literal["gateway", "cancel", "bank"]

# Money that did not come as it was asked for: somebody looks at it first. Everything else follows from a rule,
# or was decided by an admin already.
NEEDS_APPROVAL: tuple[str, ...] = ("quarantined",)
# All that money goes back for, as `refunds.reason` has it.
REASONS: tuple[str, ...] = (
    "cancelled_by_user", "cancelled_by_expert", "cancelled_by_admin", "expert_absent", "both_absent", "ended_early",
    "interrupted", "undelivered", "disputed", "granted", "paid_late", "paid_twice", "extension_unused", "quarantined",
)  # fmt: skip
# What an admin decided can be taken back by an admin. All else is owed by a rule, and nobody decides otherwise.
KEPT_AT_WILL: tuple[str, ...] = ("disputed", "granted")

# How long after the payment each method can be refunded; what is not here (banks and counters) never can.
_WINDOWS = {
    "credit_card": timedelta(days=365),
    "shopeepay": timedelta(days=365),
    "gopay": timedelta(days=180),
    "qris": timedelta(days=45),
    "dana": timedelta(days=45),
    "ovo": timedelta(days=7),
}
_WHOLE_ONLY = frozenset({"shopeepay", "ovo"})
_SETTLED = frozenset({"settlement", "partial_refund"})

# Midtrans's numbers for "this cannot be refunded": not found, not in this state, not this amount, not this method,
# and the bank said no. Anything else is trouble, and is tried again.
NO_WAY = frozenset({202, 402, 404, 412, 414})

_PAUSES = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=6),
)
# So long a refund key is a safe repetition, less a day.
KEY_LIVES = timedelta(days=6)
# A refund that Midtrans made and no bank ever confirmed has arrived by then.
CONFIRMED_WITHIN = timedelta(days=14)
# A transfer by hand that did not come back by then has arrived.
TRANSFERRED_WITHIN = timedelta(days=5)

REASON_LENGTH = (10, 1000)
# A payer is asked for an account once a day at most. By when we are to do what is ours says `refund_promise` in SQL.
ASKED_AGAIN_AFTER = timedelta(days=1)


class Undecidable(DomainError):
    """This cannot be done with this refund now."""

    title = "Pengembalian dana ini tidak bisa diubah"


class NoAccountNeeded(DomainError):
    """No money waits for an account number."""

    title = "Tidak ada yang perlu diisi"


@dataclass(frozen=True, slots=True)
class Payment:
    """A transaction as the gateway tells it; `amount` and `returned` in whole rupiah."""

    payment_type: str
    gateway_status: str
    amount: int
    returned: int
    began_at: datetime


def name_of(refund_id: int) -> str:
    """`RF-12`: the id that admins and the bank know a refund by."""
    return f"RF-{refund_id}"


def may_bounce(way: Way | None, state: str) -> bool:
    """Whether a transfer by hand can come back: it is on its way, or counts as arrived because it had not come back."""
    return way == "bank" and state in ("sent", "done")


def id_in(name: str) -> int | None:
    """The refund's id in `RF-12`, `rf-12` or `12`; None in anything else."""
    return whole_in(name.strip().upper().removeprefix("RF-"))


def way(payment: Payment, amount: int, now: datetime) -> Way | None:
    """How `amount` rupiah of a payment go back; None: not yet, a card payment that is refunded in part settles first."""
    window = _WINDOWS.get(payment.payment_type)
    whole = amount == payment.amount and payment.returned == 0
    if window is None or now - payment.began_at > window:
        return "bank"
    if payment.payment_type in _WHOLE_ONLY and not whole:
        return "bank"
    if payment.gateway_status == "capture":
        return "cancel" if whole else None
    return "gateway" if payment.gateway_status in _SETTLED else "bank"


def pause(tries: int) -> timedelta:
    """How long to wait after so many tries: 1, 5, 15 minutes, 1 hour, then every 6 hours."""
    return _PAUSES[min(max(tries, 1), len(_PAUSES)) - 1]
