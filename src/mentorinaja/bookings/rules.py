"""What may happen to a booking and what it costs in time: pure, no database, no clock."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from mentorinaja.formats import WIB, rupiah

BookingStatus = Literal["pending", "confirmed", "completed", "cancelled"]
PaymentStatus = Literal[
    "waiting", "paid", "failed", "expired", "cancelled", "paid_late", "refund_pending",
    "refunded", "partially_refunded", "reversed", "chargeback",
]  # fmt: skip
Move = Literal[
    "confirm", "cancel", "expire", "fail", "take_again", "hold_anew", "reopen", "reverse", "reverse_started", "complete",
    "call_off", "stand_again", "owe",
]  # fmt: skip
# What an order sells: a session, more time for one, a file. Only a session has a booking of its own.
OrderKind = Literal["booking", "extension", "product"]
# An order without a booking of its own is in a state of payment alone: (None, "waiting").
State = tuple[BookingStatus | None, PaymentStatus]

# No look-alikes: no 0, 1, I, O.
ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"

PAY_WITHIN = timedelta(days=3)
PAY_BEFORE_START = timedelta(minutes=60)
PAY_NOW_WITHIN = timedelta(minutes=15)
# After a `now` booking is paid the expert has this long to arrive.
ARRIVE_WITHIN = timedelta(minutes=10)
# Money for `now` that is late by no more than this still gets its session: the expert can still arrive.
NOW_GRACE = timedelta(minutes=5)

# From here on the user of a chat whose expert has not come may choose what to do.
ABSENT_AFTER = timedelta(minutes=10)

# So long may somebody whose money came late choose another time, if the old one has not come before.
CHOOSE_WITHIN = timedelta(days=7)

REVIEW_WITHIN = timedelta(days=30)
# The expert's reply to a review can be changed for so long after it was written.
REPLY_WITHIN = timedelta(days=14)
# So long after a video or offline session either side can say that something was wrong.
REPORT_WITHIN = timedelta(hours=24)
# What an expert earned can be asked for a day after the session: until then it is held.
HELD_AFTER_COMPLETION = timedelta(hours=24)

# Mails before a session, by their kind: how long before its start. Each is sent until the next one is due.
REMINDERS: dict[str, timedelta] = {
    "reminder_24h": timedelta(hours=24),
    "reminder_1h": timedelta(hours=1),
    "reminder_10m": timedelta(minutes=10),
}
# Who has less time to pay needs no second mail about it; nobody is written to at night.
_SECOND_MAIL_FROM = timedelta(hours=2)
_WARNED_BEFORE = (timedelta(hours=1), timedelta(hours=6))
_NIGHT = (time(22), time(7))
_EVENING = time(21)

MOST_UNPAID = 2

TOPIC_LENGTH = (5, 150)
NOTES_LENGTH = 2000
LEAST_TOTAL = 10_000

# What was sold, and money of which some may be there: that can be promised back.
_SOLD: tuple[BookingStatus | None, ...] = ("confirmed", "completed", "cancelled", None)
_THERE: tuple[PaymentStatus, ...] = ("paid", "partially_refunded", "refund_pending", "chargeback")

# Every move of an order, with its booking if it has one. Where no entry stands, the move does not exist.
_MOVES: dict[tuple[State, Move], State] = {
    (("pending", "waiting"), "confirm"): ("confirmed", "paid"),
    (("pending", "waiting"), "cancel"): ("cancelled", "cancelled"),
    (("pending", "waiting"), "expire"): ("cancelled", "expired"),
    (("pending", "waiting"), "fail"): ("cancelled", "failed"),
    # Late money: the slot is still free.
    (("cancelled", "expired"), "take_again"): ("pending", "waiting"),
    (("cancelled", "failed"), "take_again"): ("pending", "waiting"),
    # Late money: its payer chose another time.
    (("cancelled", "paid_late"), "hold_anew"): ("pending", "waiting"),
    # A reversal before the start, with time left to pay once more, and without.
    (("confirmed", "paid"), "reopen"): ("pending", "waiting"),
    (("confirmed", "paid"), "reverse"): ("cancelled", "reversed"),
    # Money never undoes a session that has begun.
    (("confirmed", "paid"), "reverse_started"): ("confirmed", "reversed"),
    (("completed", "paid"), "reverse_started"): ("completed", "reversed"),
    (("cancelled", "paid"), "reverse_started"): ("cancelled", "reversed"),
    (("confirmed", "paid"), "complete"): ("completed", "paid"),
    (("confirmed", "partially_refunded"), "complete"): ("completed", "partially_refunded"),
    (("confirmed", "refunded"), "complete"): ("completed", "refunded"),
    (("confirmed", "reversed"), "complete"): ("completed", "reversed"),
    (("confirmed", "chargeback"), "complete"): ("completed", "chargeback"),
    (("confirmed", "refund_pending"), "complete"): ("completed", "refund_pending"),
    # A paid session does not take place; what becomes of its money is another move.
    (("confirmed", "paid"), "call_off"): ("cancelled", "paid"),
    (("confirmed", "refund_pending"), "call_off"): ("cancelled", "refund_pending"),
    (("confirmed", "partially_refunded"), "call_off"): ("cancelled", "partially_refunded"),
    (("confirmed", "refunded"), "call_off"): ("cancelled", "refunded"),
    (("confirmed", "reversed"), "call_off"): ("cancelled", "reversed"),
    (("confirmed", "chargeback"), "call_off"): ("cancelled", "chargeback"),
    # An admin had called it off by mistake, and none of its money has gone.
    (("cancelled", "paid"), "stand_again"): ("confirmed", "paid"),
    **{((status, payment), "owe"): (status, "refund_pending") for status in _SOLD for payment in _THERE},
    # Without a booking only the money moves; what was sold with it stays sold.
    ((None, "waiting"), "confirm"): (None, "paid"),
    ((None, "waiting"), "cancel"): (None, "cancelled"),
    ((None, "waiting"), "expire"): (None, "expired"),
    ((None, "waiting"), "fail"): (None, "failed"),
    ((None, "paid"), "reverse_started"): (None, "reversed"),
    # A product can be delivered whenever its money comes.
    ((None, "expired"), "take_again"): (None, "waiting"),
    ((None, "failed"), "take_again"): (None, "waiting"),
}

# What money may turn into once it came.
_MONEY: dict[PaymentStatus, frozenset[PaymentStatus]] = {
    "expired": frozenset({"paid_late"}),
    "failed": frozenset({"paid_late"}),
    "cancelled": frozenset({"paid_late"}),
    "paid": frozenset({"refund_pending", "partially_refunded", "refunded", "chargeback"}),
    "paid_late": frozenset({"refund_pending", "partially_refunded", "refunded", "reversed", "chargeback"}),
    # Paid again: an admin stopped the refund before it was sent.
    "refund_pending": frozenset({"paid", "partially_refunded", "refunded", "reversed", "chargeback"}),
    "partially_refunded": frozenset({"refund_pending", "refunded", "reversed", "chargeback"}),
    # A bank takes back what is left, or what had gone back already; a transfer by hand comes back after all.
    "refunded": frozenset({"refund_pending", "chargeback"}),
    "chargeback": frozenset({"chargeback"}),
}


@dataclass(frozen=True, slots=True)
class Method:
    """A way to pay; `most` is the largest total in rupiah that any of its channels takes (None: no limit)."""

    name: str
    icon: str
    note: str
    most: int | None


METHODS = {
    "card": Method("Credit/Debit Card", "card", "Visa, Mastercard, JCB", 999_999_999),
    "bank_transfer": Method("Bank Transfer", "bank", "BCA, Mandiri, BNI, BRI, Permata", None),
    "ewallet": Method("E-Wallet (GoPay, OVO, Dana)", "wallet", "Juga ShopeePay", 20_000_000),
    "qris": Method("QRIS", "qris", "Pindai dengan aplikasi apa pun", 10_000_000),
    "cstore": Method("Gerai (Indomaret, Alfamart)", "store", "Bayar di kasir", 5_000_000),
}


@dataclass(frozen=True, slots=True)
class Hold:
    """A booking's time: `[starts, ends)` for the two people, held for the expert until `blocked_until`."""

    starts: datetime
    ends: datetime
    blocked_until: datetime


def after(state: State, move: Move) -> State | None:
    """The state a move leads to, or None when it may not happen."""
    return _MOVES.get((state, move))


def after_money(state: State, into: PaymentStatus, *, stays: bool) -> State | None:
    """The state once money turned `into`, or None when that may not follow.

    Money that went back whole before the start takes the booking with it; it `stays` once the session has
    begun, or when only part of the money is gone.
    """
    status, payment = state
    if into not in _MONEY.get(payment, frozenset()):
        return None
    if status == "confirmed" and into == "refund_pending":
        return None  # a session that still stands earns its money
    if status == "confirmed" and not stays and into in ("refunded", "chargeback"):
        return "cancelled", into
    return status, into


def new_public_id(now: datetime, kind: str = "BE") -> str:
    """`BE-20261126-ABC123`: the day it is in WIB and six random characters."""
    letters = "".join(secrets.choice(ALPHABET) for _ in range(6))
    return f"{kind}-{now.astimezone(ZoneInfo(WIB)):%Y%m%d}-{letters}"


def pay_deadline(created: datetime, starts: datetime, *, is_now: bool) -> datetime:
    """Until when an order made at `created` can be paid."""
    if is_now:
        return created + PAY_NOW_WITHIN
    return min(created + PAY_WITHIN, starts - PAY_BEFORE_START)


def pay_soon_at(made: datetime, deadline: datetime, zone: str) -> datetime | None:
    """When to say that an order made at `made` must be paid soon, for somebody in `zone`; None: not at all.

    A quarter of the time before the deadline, an hour at least and six at most; what would come at night comes
    in the morning after, or in the evening before when the morning is too late.
    """
    if deadline - made < _SECOND_MAIL_FROM:
        return None
    least, most = _WARNED_BEFORE
    at = deadline - max(least, min(most, (deadline - made) / 4))
    local = at.astimezone(ZoneInfo(zone))
    if _NIGHT[1] <= local.time() < _NIGHT[0]:
        return at
    night_began = local.date() - timedelta(days=local.time() < _NIGHT[1])
    morning = datetime.combine(night_began + timedelta(days=1), _NIGHT[1], local.tzinfo)
    evening = datetime.combine(night_began, _EVENING, local.tzinfo)
    if morning <= deadline - least:
        return morning
    return evening if evening - made >= least else None


def reminder_until(kind: str, starts: datetime) -> datetime:
    """Until when a reminder of this kind still says something: then the next one is due, or the session begins."""
    shorter = [lead for lead in REMINDERS.values() if lead < REMINDERS[kind]]
    return starts - max(shorter, default=timedelta())


def last_moment(starts: datetime | None, deadline: datetime, *, is_now: bool) -> datetime:
    """Until when money that comes late still buys what it was for; without a start of its own: until it is due."""
    if is_now:
        return deadline + NOW_GRACE
    return deadline if starts is None else starts


def hold(starts: datetime, minutes: int, buffer_minutes: int, *, is_now: bool) -> Hold:
    """What an unpaid booking holds. `now` leaves room to pay and to arrive."""
    slack = PAY_NOW_WITHIN + ARRIVE_WITHIN if is_now else timedelta()
    ends = starts + slack + timedelta(minutes=minutes)
    return Hold(starts, ends, ends + timedelta(minutes=buffer_minutes))


def paid_now(held: Hold, paid_at: datetime, minutes: int) -> Hold:
    """The time of a `now` booking once paid: it starts at the payment and never leaves what it held."""
    starts = min(max(paid_at, held.starts), held.starts + PAY_NOW_WITHIN)
    ends = starts + timedelta(minutes=minutes)
    return Hold(starts, ends, ends + ARRIVE_WITHIN + (held.blocked_until - held.ends))


def prolonged(held: Hold, until: datetime, buffer_minutes: int) -> Hold:
    """The time of a session that goes on until `until`: never less than it holds already."""
    ends = max(held.ends, until)
    return Hold(held.starts, ends, max(held.blocked_until, ends + timedelta(minutes=buffer_minutes)))


def expert_is_late(starts: datetime, ends: datetime, now: datetime, *, came: bool) -> bool:
    """Whether a chat's expert is so late that its user may choose: nobody came, and it is not over by itself."""
    return not came and starts + ABSENT_AFTER <= now < ends


def may_move(state: State, *, expert_late: bool) -> bool:
    """Whether the payer may take another time for a session: the expert did not come to this one."""
    return state in (("confirmed", "paid"), ("confirmed", "partially_refunded")) and expert_late


def choose_until(starts: datetime, came_at: datetime) -> datetime | None:
    """Until when another time can be had for money that came at `came_at`, too late for `starts`; None: never."""
    return None if came_at >= starts else min(starts, came_at + CHOOSE_WITHIN)


def review_until(ends: datetime) -> datetime:
    """Until when a session that ended at `ends` can be reviewed."""
    return ends + REVIEW_WITHIN


def page_number(text: str) -> int:
    """The page asked for in an address: 1 for anything that is no sensible number."""
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) <= 6 else 1


def method_refusal(method: str, total: int) -> str | None:
    """Why a total in rupiah cannot be paid this way, or None when it can."""
    if total < LEAST_TOTAL:
        return f"Pembayaran paling sedikit {rupiah(LEAST_TOTAL)}."
    most = METHODS[method].most
    if most is not None and total > most:
        return f"Paling banyak {rupiah(most)}."
    return None
