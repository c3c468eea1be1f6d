"""+15 menit: the user of a running session asks for more time, its expert answers, an order of its own is paid."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from mentorinaja.bookings import actions as bookings
from mentorinaja.bookings.rules import LEAST_TOTAL
from mentorinaja.db.pool import Connection, Database, atomic
from mentorinaja.errors import DomainError
from mentorinaja.formats import clock_time, rupiah
from mentorinaja.rooms import actions as rooms
from mentorinaja.rooms import more_time
from mentorinaja.rooms.more_time import MoreTime, Stage
from mentorinaja.rooms.room import Room
from mentorinaja.web.viewer import Viewer

_NEW = timedelta(minutes=more_time.MINUTES)


class NotExtendable(DomainError):
    """More time cannot be asked for now; the text says why."""

    title = "Waktu belum bisa ditambah"


class NothingAsked(DomainError):
    """There is no question to answer, or it is too late for an answer."""

    title = "Tidak ada permintaan yang menunggu"


class TimeTaken(DomainError):
    """The time after the session is somebody else's."""

    title = "Waktu tidak dapat ditambah"


class NoAnswer(DomainError):
    """The expert sent neither yes nor no."""

    status = 422
    title = "Pilih jawaban"


async def extend(db: Database, user: Viewer, booking_id: UUID, answer: str | None) -> None:
    """The user asks, or the expert answers (`yes` or `no`): who does which is decided by the sign-in.

    Asking while a question is open is the same question, answering twice the same answer. Raises `NotThere`
    for anybody else, `NotExtendable`, `NothingAsked`, `NoAnswer`, and `TimeTaken` when the expert agreed but
    the time after is taken: that is written down as a no.
    """
    if not await _extend(db, user, booking_id, answer):
        raise TimeTaken("Waktu setelah sesi ini sudah terisi.", _back(booking_id))


@atomic
async def _extend(tx: Connection, user: Viewer, booking_id: UUID, answer: str | None) -> bool:
    """False when the time after the session is taken."""
    room, side = await rooms.locked(tx, user, booking_id)
    if side == "user":
        await _ask(tx, room)
        return True
    if answer not in ("yes", "no"):
        raise NoAnswer("Tekan “Setuju” atau “Tolak”.", _back(booking_id))
    return await _answer(tx, user, room, agrees=answer == "yes")


async def _ask(tx: Connection, room: Room) -> None:
    more = room.more_time(room.read_at)
    if more is not None and more.stage in ("asked", "to_pay", "closing"):
        return
    if more is None or not more.can_ask:
        raise NotExtendable(_why_not(room, more), _back(room.booking_id))
    # What was agreed to, and then not paid, is over with a new question.
    await tx.execute(
        "UPDATE session_extensions SET state = 'lapsed' WHERE booking_id = $1 AND state = 'agreed'",
        room.booking_id,
    )
    await tx.execute(
        """INSERT INTO session_extensions (booking_id, number, minutes)
           SELECT $1, coalesce(max(number), 0) + 1, $2 FROM session_extensions WHERE booking_id = $1""",
        room.booking_id,
        more_time.MINUTES,
    )


async def _answer(tx: Connection, user: Viewer, room: Room, *, agrees: bool) -> bool:
    more, wish = room.more_time(room.read_at), room.extension
    if wish is not None and wish.state == ("agreed" if agrees else "declined"):
        return True
    if wish is None or wish.state != "asked" or more is None or more.stage != "asked":
        raise NothingAsked(
            f"{room.user_name} belum meminta waktu tambahan, atau waktunya sudah terlalu dekat dengan akhir sesi.",
            _back(room.booking_id),
        )
    if not agrees:
        await _write(tx, room, "declined")
        return True
    assert room.ends_at is not None, "only a session that runs goes on"
    if not await bookings.prolong(tx, room.booking_id, room.ends_at + _NEW):
        await _write(tx, room, "declined")
        return False
    order_id = await bookings.order_more_time(tx, room.booking_id, wish.minutes, room.ends_at, user.id)
    await _write(tx, room, "agreed", order_id)
    return True


async def _write(tx: Connection, room: Room, state: str, order_id: int | None = None) -> None:
    assert room.extension is not None, "there is one to answer"
    await tx.execute(
        """UPDATE session_extensions SET state = $3, answered_at = app_now(), order_id = $4
           WHERE booking_id = $1 AND number = $2""",
        room.booking_id,
        room.extension.number,
        state,
        order_id,
    )


def _why_not(room: Room, more: MoreTime | None) -> str:
    if not room.timed:
        return "Waktu tambahan hanya ada di sesi chat yang berdurasi."
    phase = room.phase(room.read_at)
    if phase not in ("running", "paused") or room.end_at is None:
        return (
            "Sesi sudah berakhir." if phase == "ended" else "Waktu tambahan baru bisa diminta di akhir sesi."
        )
    zone = room.user_zone
    if room.cut:
        return (
            f"Sesi mentor berikutnya mulai {clock_time(room.end_at, zone)}, jadi waktu tidak dapat ditambah."
        )
    if phase == "paused":
        return "Waktu sedang dijeda. Waktu tambahan bisa diminta setelah waktu berjalan lagi."
    if more is not None and more.stage in _WHY_NOT:
        return _WHY_NOT[more.stage].format(
            expert=room.expert_name, price=rupiah(more.total), least=rupiah(LEAST_TOTAL)
        )
    first, last = room.end_at - more_time.ASK_FROM, room.end_at - more_time.ASK_UNTIL
    return (
        "Waktu tambahan bisa diminta dari lima sampai dua menit sebelum sesi berakhir, "
        f"kali ini pukul {clock_time(first, zone)} sampai {clock_time(last, zone)}."
    )


_WHY_NOT: dict[Stage, str] = {
    "too_cheap": "Tambahan 15 menit sesi ini seharga {price}, di bawah pembayaran paling kecil {least}.",
    "unanswered": "{expert} belum sempat menjawab, dan sekarang terlalu dekat dengan akhir sesi.",
    "refused": "{expert} sudah dua kali tidak dapat menambah waktu.",
}


def _back(booking_id: UUID) -> list[tuple[str, str]]:
    return [("Kembali ke sesi", f"/session?bookingId={booking_id}")]
