"""What the user of a chat may do whose expert has not come: take the money back, or wait on.

Taking another time is a move of the booking, which takes its room along.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from mentorinaja.db.pool import Connection, Database, atomic
from mentorinaja.errors import DomainError, NotThere
from mentorinaja.rooms import steps, telling
from mentorinaja.rooms.room import ABSENT_AFTER, Room
from mentorinaja.web.viewer import Viewer

WAIT = timedelta(minutes=5)


class NotAbsent(DomainError):
    """There is nothing to choose (any more)."""

    title = "Pilihan ini sudah tidak berlaku"


class NotYet(NotAbsent):
    """The expert is still waited for."""

    title = "Belum tersedia"


class UnknownChoice(DomainError):
    """Neither money back nor waiting."""

    status = 422
    title = "Pilihan ini tidak dikenal"


@atomic
async def refund(tx: Connection, user: Viewer, booking_id: UUID) -> None:
    """ "Minta pengembalian dana": the session is cancelled and all of it goes back. Doing so twice is once.

    Raises `NotThere` for anybody but the user, `NotAbsent` when the expert has come, or it is too early.
    """
    room = await _locked(tx, user, booking_id)
    if room.phase(room.read_at) == "cancelled":
        return
    _check(room)
    await steps.call_off(tx, room, by="user", cause="expert_absent", at=room.read_at, user_id=user.id)


@atomic
async def wait(tx: Connection, user: Viewer, booking_id: UUID) -> None:
    """ "Tunggu lagi": five minutes more, no longer than the session. Raises as `refund` does."""
    room = await _locked(tx, user, booking_id)
    if room.phase(room.read_at) == "cancelled":
        raise NotAbsent("Sesi ini sudah dibatalkan dan dananya dikembalikan.", _back(room))
    _check(room)
    await tx.execute(
        "UPDATE active_sessions SET user_waits_until = $2 WHERE booking_id = $1",
        booking_id,
        min(room.read_at + WAIT, room.scheduled_end),
    )


async def to_tell(db: Database) -> list[UUID]:
    """Rooms whose user may choose now and has no mail about it yet."""
    rows = await db.fetch(
        """SELECT s.booking_id FROM active_sessions s JOIN bookings b ON b.id = s.booking_id
           JOIN orders o ON o.id = b.order_id
           WHERE s.status = 'waiting' AND s.timed AND b.status = 'confirmed' AND s.expert_joined_at IS NULL
             AND b.starts_at <= app_now() - $1::interval AND upper(b.during) > app_now()
             AND NOT EXISTS (SELECT FROM outbox m
               WHERE m.order_id = o.id AND m.kind = 'absent_choice' AND m.created_at >= b.starts_at)
           ORDER BY b.starts_at""",
        ABSENT_AFTER,
    )
    return [row["booking_id"] for row in rows]


@atomic
async def tell(tx: Connection, booking_id: UUID) -> None:
    """The user of an absent expert is told by mail what there is to choose; once for each time booked."""
    await telling.queue_choice(tx, booking_id)


async def _locked(tx: Connection, user: Viewer, booking_id: UUID) -> Room:
    room, side = await steps.locked(tx, user, booking_id)
    if side != "user":
        raise NotThere
    return room


def _check(room: Room) -> None:
    if room.absent(room.read_at):
        return
    if room.joined("expert"):
        raise NotAbsent(f"{room.expert_name} sudah masuk. Sesi Anda menunggu di ruangnya.", _back(room))
    if room.timed and room.phase(room.read_at) in ("early", "waiting"):
        raise NotYet("Mentor masih ditunggu sampai 10 menit setelah sesi mulai.", _back(room))
    raise NotAbsent("Sesi ini tidak menunggu pilihan Anda.", _back(room))


def _back(room: Room) -> list[tuple[str, str]]:
    return [("Buka ruang sesi", f"/session?bookingId={room.booking_id}")]
