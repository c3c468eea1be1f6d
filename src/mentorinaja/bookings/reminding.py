"""Mails that are written beforehand and wait for their time: pay soon, and the session is near.

Each is one row for a person, a kind and the very time it speaks of (its `version`, in seconds): whatever happens
to the order until then is asked when it is sent, and another time has rows of its own.
"""

from __future__ import annotations

from datetime import datetime

from mentorinaja.bookings import rules
from mentorinaja.bookings.locked import Order
from mentorinaja.db.pool import Connection
from mentorinaja.notices import actions as notices

BOOKED = "booked"
PAY_SOON = "pay_soon"
# Of an answer that is due only its expert is reminded, and not in the last minutes.
_OF_THREADS = ("reminder_24h", "reminder_1h")


async def tell_booked(tx: Connection, user_id: int, order_id: int, public_id: str) -> None:
    """The payer is told what was booked and until when it can be paid."""
    await notices.queue(tx, BOOKED, user_id=user_id, about=public_id, order_id=order_id)


async def warn_before_deadline(
    tx: Connection, user_id: int, order_id: int, public_id: str, now: datetime, deadline: datetime
) -> None:
    """The payer is told in time that an order of `now` is to be paid by `deadline`, should it be unpaid then."""
    zone: str = await tx.fetchval("SELECT time_zone FROM users WHERE id = $1", user_id)
    at = rules.pay_soon_at(now, deadline, zone)
    if at is not None:
        await notices.queue(
            tx,
            PAY_SOON,
            user_id=user_id,
            about=public_id,
            order_id=order_id,
            version=speaks_of(deadline),
            at=at,
        )


async def remind(tx: Connection, order: Order) -> None:
    """Both will be reminded of a paid session before its start; what is past already is left out."""
    starts = order.starts_at
    if starts is None:
        return
    expert_user_id: int = await tx.fetchval("SELECT user_id FROM experts WHERE id = $1", order.expert_id)
    people = (expert_user_id,) if order.hold is None else (order.user_id, expert_user_id)
    times = {
        kind: starts - lead
        for kind, lead in rules.REMINDERS.items()
        if starts - lead > order.now and (order.hold is not None or kind in _OF_THREADS)
    }
    await notices.queue_ahead(
        tx, times, user_ids=people, about=order.public_id, order_id=order.id, version=speaks_of(starts)
    )


def speaks_of(at: datetime) -> int:
    """The time a mail is about, as its version."""
    return int(at.timestamp())
