"""What the end of a session means for its money: unused time goes back, the latest extension's first."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from mentorinaja import money
from mentorinaja.bookings import actions as bookings
from mentorinaja.db.pool import Connection
from mentorinaja.payments import actions as payments
from mentorinaja.rooms import rules, telling
from mentorinaja.rooms.room import Room

Actor = Literal["user", "expert", "system"]

_REASONS = {"pause_limit": "interrupted", "next_booking": "interrupted", "expert": "ended_early"}


async def give_unused_back(
    tx: Connection, room: Room, *, cause: str, at: datetime, actor: Actor, actor_id: int | None
) -> None:
    """Return the share of the time that was left at `at`, where whoever ended it owes that; tell both by mail."""
    if reason := _REASONS.get(cause):
        await _give_back(tx, room, unused_seconds(room, at), reason, actor, actor_id)
    await telling.queue_over(tx, room.booking_id)


async def lock_extension(tx: Connection, booking_id: UUID) -> None:
    """Keep the order of an agreed extension as it is until the transaction ends; the room's row is locked."""
    await tx.execute(
        """SELECT FROM orders WHERE id IN (
             SELECT order_id FROM session_extensions WHERE booking_id = $1 AND state = 'agreed')
           FOR NO KEY UPDATE""",
        booking_id,
    )


async def lapse_extension(tx: Connection, booking_id: UUID) -> None:
    """The session is over: what was asked for or agreed to is, too, and can be paid no longer. Both are locked."""
    rows = await tx.fetch(
        """UPDATE session_extensions SET state = 'lapsed' WHERE booking_id = $1 AND state IN ('asked', 'agreed')
           RETURNING order_id""",
        booking_id,
    )
    for row in rows:
        if row["order_id"] is not None:
            await bookings.close_payment(tx, row["order_id"])


async def give_extension_back(tx: Connection, room: Room) -> None:
    """Money for more time came after the time: it goes back, and the wish is over."""
    assert room.extension is not None and room.extension.total is not None, "there is one to give back"
    order_id = await tx.fetchval(
        """UPDATE session_extensions SET state = 'lapsed' WHERE booking_id = $1 AND number = $2
           RETURNING order_id""",
        room.booking_id,
        room.extension.number,
    )
    await payments.owe_order_back(tx, order_id, room.extension.total, "extension_unused", actor="system")


def unused_seconds(room: Room, at: datetime) -> int:
    """Whole seconds (rounded up) that were left when the session ended at `at`; a pause used none."""
    if not room.timed or room.ends_at is None:
        return 0
    left = room.ends_at - min(at, room.paused_at or at)
    return max(0, -(-left // timedelta(seconds=1)))


async def _give_back(
    tx: Connection, room: Room, unused: int, reason: str, actor: Actor, actor_id: int | None
) -> None:
    assert room.duration is not None, "only a timed session has time left"
    booked = int(room.duration.total_seconds())
    extensions = await tx.fetch(
        """SELECT x.order_id, o.total, x.minutes * 60 AS seconds
           FROM session_extensions x JOIN orders o ON o.id = x.order_id
           WHERE x.booking_id = $1 AND x.state = 'paid' ORDER BY x.number DESC""",
        room.booking_id,
    )
    whole = booked + sum(row["seconds"] for row in extensions)
    if unused <= 0 or (reason == "ended_early" and unused * 10_000 <= whole * rules.EARLY_END_BPS):
        return
    for row in extensions:
        part = min(unused, row["seconds"])
        unused -= part
        if part:
            amount = money.unused_share(row["total"], part, row["seconds"])
            await payments.owe_order_back(tx, row["order_id"], amount, reason, actor=actor, actor_id=actor_id)
    if unused:
        amount = money.unused_share(room.total, min(unused, booked), booked)
        await payments.owe_back(tx, room.booking_id, amount, reason, actor=actor, actor_id=actor_id)
