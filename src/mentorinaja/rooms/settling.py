"""What the end of a session means for its money: unused time goes back, the latest extension's first."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from mentorinaja import money
from mentorinaja.bookings import actions as bookings
from mentorinaja.db.pool import Connection, Database
from mentorinaja.payments import actions as payments
from mentorinaja.rooms import rules, telling
from mentorinaja.rooms.room import Room, Side

Actor = Literal["user", "expert", "system"]


async def give_unused_back(
    tx: Connection, room: Room, *, cause: str, at: datetime, actor: Actor, actor_id: int | None
) -> None:
    """Return the paid time that is owed at the end of the session at `at`; tell both by mail."""
    seconds, reason = rules.owed_at_end(room, cause, at)
    if reason is not None:
        for order_id, amount in await _shares(tx, room, seconds):
            await payments.owe_order_back(tx, order_id, amount, reason, actor=actor, actor_id=actor_id)
    await telling.queue_over(tx, room.booking_id)


async def would_go_back(db: Database, room: Room, side: Side) -> int:
    """Rupiah that would go back if `side` ended the session at `room.read_at`."""
    seconds, _ = rules.owed_at_end(room, side, room.read_at)
    return sum(amount for _, amount in await _shares(db, room, seconds))


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


async def _shares(db: Connection | Database, room: Room, seconds: int) -> list[tuple[int, int]]:
    """Which orders so many seconds of paid time were bought with, and their share in rupiah; the latest first."""
    bought = await db.fetch(
        """SELECT o.id, o.total, x.minutes * 60 AS seconds
           FROM session_extensions x JOIN orders o ON o.id = x.order_id
           WHERE x.booking_id = $1 AND x.state = 'paid'
           UNION ALL
           SELECT o.id, o.total, b.duration_minutes * 60 FROM bookings b JOIN orders o ON o.id = b.order_id
           WHERE b.id = $1 AND b.duration_minutes IS NOT NULL
           ORDER BY id DESC""",
        room.booking_id,
    )
    shares = []
    for row in bought:
        part = min(seconds, row["seconds"])
        seconds -= part
        if part:
            shares.append((row["id"], money.unused_share(row["total"], part, row["seconds"])))
    return shares
