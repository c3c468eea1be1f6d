"""An unhurried thread's own steps: the expert says that the answer is complete, the user accepts it or objects."""

from __future__ import annotations

from uuid import UUID

from mentorinaja.bookings import actions as bookings
from mentorinaja.bookings import queries as orders
from mentorinaja.db.pool import Connection, atomic
from mentorinaja.errors import DomainError, NotThere
from mentorinaja.formats import when
from mentorinaja.jobs.queue import enqueue
from mentorinaja.notices import actions as notices
from mentorinaja.reports import actions as reports
from mentorinaja.reports.rules import AlreadyReported
from mentorinaja.rooms import actions as rooms
from mentorinaja.rooms.room import ACCEPTED_AFTER, Room, Side
from mentorinaja.threads import queries
from mentorinaja.web.viewer import Viewer

# The mail that tells the user of the complete answer.
FINISHED = "finished"
_WITHDRAWN = "Pengguna menerima hasilnya sebelum keberatan diputuskan."


class NothingWritten(DomainError):
    """The expert says to be done and has written nothing."""

    title = "Belum ada jawaban"


class NotFinished(DomainError):
    """There is nothing to accept or to object to yet."""

    title = "Jawaban belum selesai"


class TooLate(DomainError):
    """The thread is over: an objection comes too late."""

    title = "Hasil ini sudah diterima"


@atomic
async def finish(tx: Connection, user: Viewer, booking_id: UUID) -> None:
    """The expert's "Selesai": from now on the user has 72 hours. Doing so twice is once; over already is fine.

    Said again after an objection it changes nothing: an admin decides, or the user accepts after all. Raises
    `NotThere` for anybody but the expert of a thread, `NothingWritten` before the expert's first message.
    """
    room = await _locked(tx, user, booking_id, "expert")
    if room.phase(room.read_at) != "running" or room.finished_at is not None:
        return
    if not await queries.expert_has_written(tx, booking_id):
        raise NothingWritten("Tulis jawaban Anda dulu di percakapan ini, lalu tekan “Selesai”.", _back(room))
    await tx.execute(
        "UPDATE active_sessions SET finished_at = $2 WHERE booking_id = $1", booking_id, room.read_at
    )
    await rooms.note(tx, booking_id, "finished", "expert", room.read_at)
    order = await orders.lock_order_of_booking(tx, booking_id)
    await bookings.record_event(tx, order.id, "expert", "finished", actor_id=user.id)
    await notices.queue(tx, FINISHED, user_id=room.user_id, about=room.order_id, order_id=order.id)
    await enqueue(tx, bookings.ROOMS_DUE, at=room.read_at + ACCEPTED_AFTER)


@atomic
async def accept(tx: Connection, user: Viewer, booking_id: UUID) -> None:
    """The user accepts the answer: the booking is completed, and an objection of before is taken back.

    Over already is fine. Raises `NotThere` for anybody but the user of a thread, `NotFinished` before "Selesai".
    """
    room = await _locked(tx, user, booking_id, "user")
    if room.phase(room.read_at) != "running":
        return
    if room.finished_at is None:
        raise NotFinished(f"{room.expert_name} belum menandai jawabannya selesai.", _back(room))
    await tx.execute(
        """UPDATE session_reports SET decision = 'kept', reason = $3, decided_by = $2, decided_at = app_now()
           WHERE booking_id = $1 AND kind = 'objection' AND decided_at IS NULL""",
        booking_id,
        user.id,
        _WITHDRAWN,
    )
    await rooms.finish(tx, room, by="user", cause="accepted", at=room.read_at, user_id=user.id)


@atomic
async def object_to(tx: Connection, user: Viewer, booking_id: UUID, words: str) -> int:
    """The user does not accept the answer: the 72 hours stand still until an admin decides. Answers the report's id.

    `words` are 10 to 2,000 characters; the same again answer as the first time did. Raises `NotThere` for anybody
    but the user of a thread, `NotFinished` before "Selesai", `TooLate` after the end, `AlreadyReported`.
    """
    room = await _locked(tx, user, booking_id, "user")
    earlier = await tx.fetchrow(
        "SELECT id, words FROM session_reports WHERE booking_id = $1 AND kind = 'objection'", booking_id
    )
    if earlier is not None and earlier["words"] == words:
        known: int = earlier["id"]
        return known
    if earlier is not None:
        raise AlreadyReported("Keberatan pertama Anda sudah kami terima dan tetap berlaku.", _back(room))
    if room.phase(room.read_at) != "running":
        raise _too_late(room)
    if room.finished_at is None:
        raise NotFinished(
            f"{room.expert_name} masih menyiapkan jawabannya. Tulis di percakapan apa yang kurang.",
            _back(room),
        )
    await rooms.note(tx, booking_id, "objected", "user", room.read_at)
    order = await orders.lock_order_of_booking(tx, booking_id)
    return await reports.open_case(tx, order, "user", user.id, "objection", words)


async def _locked(tx: Connection, user: Viewer, booking_id: UUID, wanted: Side) -> Room:
    """The thread as it is under its lock, for one of its sides; for everybody else it is not there."""
    room, side = await rooms.locked(tx, user, booking_id)
    if room.kind != "thread" or side != wanted:
        raise NotThere
    return room


def _too_late(room: Room) -> TooLate:
    if room.ended_at is None or room.booking_status != "completed":
        return TooLate(
            "Percakapan ini sudah dibatalkan, jadi tidak ada hasil yang perlu diterima.", _back(room)
        )
    since = when(room.ended_at, room.user_zone)
    return TooLate(f"Hasilnya diterima pada {since}, jadi keberatan tidak lagi bisa diajukan.", _back(room))


def _back(room: Room) -> list[tuple[str, str]]:
    return [("Kembali ke percakapan", f"/session?bookingId={room.booking_id}")]
