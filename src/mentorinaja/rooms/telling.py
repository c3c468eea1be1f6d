"""Telling both sides by mail how a session went, in the transaction in which it ended."""

from __future__ import annotations

from uuid import UUID

from mentorinaja.db.pool import Connection
from mentorinaja.notices import actions as notices


async def queue_over(tx: Connection, booking_id: UUID) -> None:
    """The session took place: the user is led to the review, the expert told what was earned. Once."""
    await _queue(tx, booking_id, "over", version=0)


async def queue_absent(tx: Connection, booking_id: UUID) -> None:
    """The session was cancelled because somebody did not come. Once."""
    await _queue(tx, booking_id, "absent", version=0)


async def queue_choice(tx: Connection, booking_id: UUID) -> None:
    """The expert has not come: the user, perhaps not looking at the page, may choose. Once for each time booked."""
    moves: int = await tx.fetchval(
        """SELECT count(*) FROM order_events x JOIN bookings b ON b.order_id = x.order_id
           WHERE b.id = $1 AND x.event = 'moved'""",
        booking_id,
    )
    await _queue(tx, booking_id, "absent_choice", version=moves, to_expert=False)


async def queue_undelivered(tx: Connection, booking_id: UUID) -> None:
    """A thread was cancelled because no answer was complete in time. Once."""
    await _queue(tx, booking_id, "undelivered", version=0)


async def _queue(
    tx: Connection, booking_id: UUID, kind: str, *, version: int, to_expert: bool = True
) -> None:
    row = await tx.fetchrow(
        """SELECT o.id AS order_id, o.public_id, o.user_id, e.user_id AS expert_user_id
           FROM bookings b JOIN orders o ON o.id = b.order_id JOIN experts e ON e.id = b.expert_id
           WHERE b.id = $1""",
        booking_id,
    )
    assert row is not None, "rooms belong to bookings"
    for user_id in (row["user_id"], row["expert_user_id"]) if to_expert else (row["user_id"],):
        await notices.queue(
            tx, kind, user_id=user_id, about=row["public_id"], order_id=row["order_id"], version=version
        )
