"""When more time can be asked for, answered and paid, and what each side sees of it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from mentorinaja import money
from mentorinaja.bookings.rules import LEAST_TOTAL
from mentorinaja.payments.rules import CLOSING

MINUTES = 15
# Asking and agreeing are possible from five to two minutes before the end: later it could not be paid any more.
ASK_FROM = timedelta(minutes=5)
ASK_UNTIL = CLOSING
MOST_DECLINED = 2

# offered: can be asked for; too_cheap: costs less than can be paid; asked: the expert is asked; unanswered: too
# late for an answer; to_pay: agreed; closing: agreed, a new payment cannot be opened; declined: the expert said no
# (for the last time: refused); lapsed: agreed, and not paid in time or given up; too_late: it is offered no more;
# None: nothing to say
Stage = Literal[
    "offered", "too_cheap", "asked", "unanswered", "to_pay", "closing", "declined", "refused", "lapsed", "too_late",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Extension:
    """The latest wish for more time. `order_id` is the public id; `paid_at` when its money came.

    `declined` counts the times the expert said no since time was last added.
    """

    number: int
    minutes: int
    state: Literal["asked", "agreed", "declined", "paid", "lapsed"]
    asked_at: datetime
    declined: int
    order_id: str | None
    total: int | None
    payment_status: str | None
    pay_deadline: datetime | None
    paid_at: datetime | None


@dataclass(frozen=True, slots=True)
class MoreTime:
    """What can be done about more time at a moment; `total` is what it costs in rupiah.

    Until `until` it can be asked for and answered, then it is `too_late`; until `pay_until` paying can be opened.
    """

    stage: Stage
    can_ask: bool
    too_late: bool
    total: int
    until: datetime
    pay_until: datetime | None


def total(subtotal: int, duration: timedelta, admin_fee_bps: int) -> int:
    """What more time costs with its fee, in rupiah, for a session of `subtotal` rupiah."""
    minutes = duration // timedelta(minutes=1)
    price = money.pro_rata(subtotal, MINUTES, minutes)
    return price + money.share(price, admin_fee_bps)


def look(
    more: Extension | None, total: int, ends_at: datetime, now: datetime, *, running: bool
) -> MoreTime | None:
    """What a session that ends at `ends_at` offers at `now`; None when there is nothing to say.

    Nothing is asked for while its clock rests (`running` is false).
    """
    if more is not None and more.state == "agreed" and more.payment_status == "paid":
        return None  # the clock is about to move
    left = ends_at - now
    window = running and ASK_UNTIL < left <= ASK_FROM
    stage = _stage(more, left, now)
    if stage is None and running and left <= ASK_FROM:
        stage = _offer(left, total)
    if stage is None:
        return None
    can_ask = window and total >= LEAST_TOTAL and stage in ("offered", "declined", "lapsed")
    pay_until = more.pay_deadline - CLOSING if more and more.pay_deadline else None
    too_late = running and left <= ASK_UNTIL and stage in ("too_late", "declined", "lapsed")
    return MoreTime(stage, can_ask, too_late, total, ends_at - ASK_UNTIL, pay_until)


def changes_at(ends_at: datetime) -> list[datetime]:
    """The moments at which what is offered changes by itself."""
    return [ends_at - ASK_FROM, ends_at - ASK_UNTIL]


def _offer(left: timedelta, total: int) -> Stage:
    if total < LEAST_TOTAL:
        return "too_cheap"
    return "offered" if left > ASK_UNTIL else "too_late"


def _stage(more: Extension | None, left: timedelta, now: datetime) -> Stage | None:
    if more is None or more.state == "paid":
        return None
    if more.state == "asked":
        return "asked" if left > ASK_UNTIL else "unanswered"
    if more.state == "agreed":
        return _paying(more, now)
    if left > ASK_FROM:
        return None
    if more.state == "lapsed":
        return "lapsed"
    return "declined" if more.declined < MOST_DECLINED else "refused"


def _paying(more: Extension, now: datetime) -> Stage:
    if more.payment_status != "waiting" or more.pay_deadline is None or more.pay_deadline <= now:
        return "lapsed"
    return "to_pay" if more.pay_deadline - CLOSING > now else "closing"
