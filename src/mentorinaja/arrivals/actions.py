"""Arriving at a video or offline session: the meeting link opened through us, the code given when the two meet."""

from __future__ import annotations

import hmac
import re
from uuid import UUID

from mentorinaja.db.pool import Connection, Database, atomic
from mentorinaja.errors import DomainError, NotThere
from mentorinaja.formats import when
from mentorinaja.rooms import actions as rooms
from mentorinaja.rooms import queries
from mentorinaja.rooms.room import Room, Side
from mentorinaja.web.limits import limit
from mentorinaja.web.viewer import Viewer

# Far from enough to guess one of a million, and room for a slip of the finger.
MOST_TRIES = 5
TRIES_SECONDS = 600
_CODE = re.compile(r"[0-9]{6}")
_SPACING = re.compile(r"[\s.-]+")
_OPEN = ("waiting", "running")


class NotNow(DomainError):
    """Arrivals are recorded from ten minutes before the start to the end."""

    title = "Sesi tidak sedang terbuka"


class NoLink(DomainError):
    """There is no meeting link to go to (yet)."""

    title = "Tautan rapat belum ada"


class WrongCode(DomainError):
    """What was typed is not the code of this session."""

    status = 422
    title = "Kode tidak cocok"


async def open_link(db: Database, user: Viewer, booking_id: UUID) -> str:
    """One of the two goes to the video meeting: recorded once a side; answers the meeting's https address.

    Raises `NotThere` for anybody else and where no meeting belongs to the session, `NotNow` and `NoLink`.
    """
    await _come(db, user, booking_id, "online_video")
    return await _open_link(db, user, booking_id)


async def give_code(db: Database, user: Viewer, booking_id: UUID, typed: str) -> None:
    """The expert types what the user said on arrival: both are recorded as having met; again is fine.

    Raises `NotThere` for anybody but the expert and where no code belongs to the session, `NotNow`, `WrongCode`,
    and `TooMany` after five tries within ten minutes. Every try counts before it is looked at, so that many at
    once are no way around.
    """
    await _come(db, user, booking_id, "offline_event", only="expert")
    code = _SPACING.sub("", typed)
    if not _CODE.fullmatch(code):
        raise WrongCode("Kode terdiri dari 6 angka. Tanyakan kepada pengguna, lalu ketik lagi.")
    await limit(db, "arrival-code", str(booking_id), most=MOST_TRIES, seconds=TRIES_SECONDS)
    if not await _meet(db, user, booking_id, code):
        raise WrongCode("Kode ini tidak cocok. Periksa angkanya bersama pengguna, lalu ketik lagi.")


@atomic
async def _open_link(tx: Connection, user: Viewer, booking_id: UUID) -> str:
    room, side = await rooms.locked(tx, user, booking_id)
    _check_open(room, side)
    if room.meeting_url is None or not room.meeting_url.startswith("https://"):
        raise NoLink(
            "Tautan rapat menyusul: muncul di ruang sesi dan dikirim lewat email.", [_back_to(booking_id)]
        )
    if await _record(tx, room, side, "link"):
        await rooms.note(tx, booking_id, "arrived", f"link:{side}", room.read_at)
    return room.meeting_url


@atomic
async def _meet(tx: Connection, user: Viewer, booking_id: UUID, code: str) -> bool:
    room, side = await rooms.locked(tx, user, booking_id)
    _check_open(room, side)
    if room.arrival_code is None or not hmac.compare_digest(code, room.arrival_code):
        return False
    # The code proves that both were there, whoever typed it.
    met = [await _record(tx, room, one, "code") for one in ("user", "expert")]
    if any(met):
        await rooms.note(tx, booking_id, "arrived", "code", room.read_at)
    return True


async def _come(
    db: Database, user: Viewer, booking_id: UUID, category: str, *, only: Side | None = None
) -> None:
    """`user` (of side `only`) comes to a session of this category that is open now; its room exists afterwards."""
    room = await queries.room_for(db, user, booking_id)
    side = room.side_of(user.id) if room else None
    if room is None or side is None or room.kind != "scheduled" or room.category != category:
        raise NotThere
    if only is not None and side != only:
        raise NotThere
    _check_open(room, side)
    if room.status is None:
        await rooms.open_room(db, booking_id)


def _check_open(room: Room, side: Side) -> None:
    phase = room.phase(room.read_at)
    if phase in _OPEN:
        return
    if phase == "early":
        text = f"Sesi ini dibuka 10 menit sebelum mulai: {when(room.opens_at, room.zone_of(side))}."
    elif phase == "ended":
        text = "Sesi ini sudah selesai."
    elif phase == "unpaid":
        text = "Sesi ini terbuka setelah pembayaran kami terima."
    else:
        text = "Booking ini sudah dibatalkan, jadi sesi ini tidak berlangsung."
    raise NotNow(text, [_back_to(room.booking_id)])


async def _record(tx: Connection, room: Room, side: Side, kind: str) -> bool:
    """Whether this is the first arrival of its kind; the room's row is locked."""
    new = await tx.fetchval(
        """INSERT INTO session_arrivals (booking_id, side, kind, at) VALUES ($1, $2, $3, $4)
           ON CONFLICT DO NOTHING RETURNING true""",
        room.booking_id,
        side,
        kind,
        room.read_at,
    )
    return bool(new)


def _back_to(booking_id: UUID) -> tuple[str, str]:
    return ("Kembali ke ruang sesi", f"/session?bookingId={booking_id}")
