"""Writing bookings: what other features and pages call, each a transaction or a step of the caller's."""

from __future__ import annotations

from mentorinaja.bookings import queries, rules
from mentorinaja.bookings.deciding import (
    cancel_unpaid_by_admin,
    lock_decided,
    may_be_moved,
    move_by_admin,
    stand_again,
)
from mentorinaja.bookings.making import Wish, book
from mentorinaja.bookings.moves import (
    EXPIRE_DUE,
    FILL_LINKS,
    RELEASE_DUE,
    ROOMS_DUE,
    Actor,
    cancel,
    confirm,
    expire,
    record_event,
    take_again,
    turn_money,
    unconfirm,
)
from mentorinaja.bookings.moving import free_time, lock_session, move, why_not_moved
from mentorinaja.bookings.placing import NewOrder, place_order
from mentorinaja.bookings.prolonging import close_payment, order_more_time, prolong
from mentorinaja.bookings.proposing import accept, decline, propose, withdraw
from mentorinaja.bookings.refusals import (
    AlreadyPaid,
    CannotCancel,
    CannotMove,
    CannotStandAgain,
    LessGoesBack,
    NotASlot,
    NotReceiving,
    OwnCase,
    OwnOverlap,
    SlotTaken,
)
from mentorinaja.bookings.slots import why_lost
from mentorinaja.bookings.sold import call_off, complete, hold_anew, keep_rest, mark_owed
from mentorinaja.bookings.telling import tell_cancelled, tell_user
from mentorinaja.db.pool import Connection, atomic
from mentorinaja.errors import NotThere
from mentorinaja.web.viewer import Viewer

__all__ = [
    "EXPIRE_DUE",
    "FILL_LINKS",
    "RELEASE_DUE",
    "ROOMS_DUE",
    "Actor",
    "AlreadyPaid",
    "CannotCancel",
    "CannotMove",
    "CannotStandAgain",
    "LessGoesBack",
    "NewOrder",
    "NotASlot",
    "NotReceiving",
    "OwnCase",
    "OwnOverlap",
    "SlotTaken",
    "Wish",
    "accept",
    "book",
    "call_off",
    "cancel_unpaid",
    "cancel_unpaid_by_admin",
    "close_payment",
    "complete",
    "confirm",
    "decline",
    "expire",
    "free_time",
    "hold_anew",
    "keep_rest",
    "lock_decided",
    "lock_session",
    "mark_owed",
    "may_be_moved",
    "move",
    "move_by_admin",
    "order_more_time",
    "place_order",
    "prolong",
    "propose",
    "record_event",
    "stand_again",
    "take_again",
    "tell_cancelled",
    "tell_user",
    "turn_money",
    "unconfirm",
    "why_lost",
    "why_not_moved",
    "withdraw",
]


@atomic
async def cancel_unpaid(tx: Connection, user: Viewer, public_id: str) -> rules.OrderKind:
    """The payer gives up an order that is not paid; doing so twice is once. Answers what it was for.

    Raises `NotThere` for anybody else's order, `AlreadyPaid` when the money came first.
    """
    order = await queries.lock_order(tx, public_id)
    if order.user_id != user.id:
        raise NotThere
    if order.given_up:
        return order.kind
    if rules.after(order.state, "cancel") is None:
        raise AlreadyPaid.now()
    await cancel(tx, order, user.id)
    return order.kind
