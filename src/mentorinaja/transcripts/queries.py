"""A conversation after its end, as its two people may read and keep it for twelve months."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from mentorinaja.db.pool import Database
from mentorinaja.errors import DomainError
from mentorinaja.rooms import queries as rooms
from mentorinaja.rooms.room import Item, Notice, Room, Side
from mentorinaja.transcripts.seals import Sealed, file_digest

# A conversation up to this long is one page.
PAGE_ITEMS = 2000
_AT_ONCE = 500

_FACTS = """
    SELECT o.item_name AS service, s.last_seq, s.last_seal, s.kept_until, s.kept_until <= app_now() AS due,
      EXISTS (SELECT FROM forgotten_rooms f WHERE f.booking_id = s.booking_id) AS forgotten
    FROM active_sessions s JOIN bookings b ON b.id = s.booking_id JOIN orders o ON o.id = b.order_id
    WHERE s.booking_id = $1
"""
_LINES = """
    SELECT * FROM (
      (SELECT m.seq, 'message' AS kind, m.sender_type AS who, m.client_id::text AS id, m.created_at AS at,
         m.text AS words, m.seal, a.name, a.media_type, a.size_bytes, a.sha256, a.small_sha256
       FROM chat_messages m LEFT JOIN attachments a ON a.id = m.attachment_id
       WHERE m.booking_id = $1 AND m.seq > $2 ORDER BY m.seq LIMIT $3)
      UNION ALL
      (SELECT seq, 'notice', kind, '', at, cause, seal, NULL, NULL, NULL, NULL, NULL
       FROM session_events WHERE booking_id = $1 AND seq > $2 ORDER BY seq LIMIT $3)
    ) line ORDER BY seq LIMIT $3
"""


class NotOver(DomainError):
    """The transcript is there when the session is over."""

    title = "Transkrip belum tersedia"


class Gone(DomainError):
    """Twelve months have passed: said to the two, who know that there was one."""

    status = 404
    title = "Transkrip sudah dihapus"


@dataclass(frozen=True, slots=True)
class Transcript:
    """A conversation that is over, for one of its two: whose, and the seal that stands for all of it."""

    room: Room
    side: Side
    service: str
    last_seq: int
    last_seal: bytes
    kept_until: datetime | None

    @property
    def zone(self) -> str:
        """The reader's time zone."""
        return self.room.zone_of(self.side)

    @property
    def other_zone(self) -> str:
        """The time zone of the other one."""
        return self.room.zone_of("expert" if self.side == "user" else "user")

    @property
    def paused(self) -> timedelta:
        """How long the clock stood still, all pauses together."""
        room = self.room
        last = room.ended_at - room.paused_at if room.ended_at and room.paused_at else timedelta()
        return room.paused_for + max(timedelta(), last)


@dataclass(frozen=True, slots=True)
class File:
    """What a transcript tells of a file: the size in bytes, the SHA-256 of it and of its small picture."""

    name: str
    media_type: str
    size_bytes: int
    sha256: bytes
    small_sha256: bytes | None

    @property
    def digest(self) -> str:
        """What it is sealed with."""
        return file_digest(self.sha256, self.small_sha256, self.media_type, self.size_bytes, self.name)


@dataclass(frozen=True, slots=True)
class Line:
    """An item as it was sealed, with its seal and the file that came with it."""

    sealed: Sealed
    seal: bytes
    file: File | None

    @property
    def notice(self) -> Notice:
        """A notice as the room tells it."""
        # The database knows only these kinds.
        return Notice(self.sealed.seq, self.sealed.who, self.sealed.words, self.sealed.at)  # type: ignore[arg-type]


async def transcript_of(db: Database, room: Room, side: Side) -> Transcript:
    """The transcript of this room for one of its two.

    Raises `NotOver` before the session's end and `Gone` twelve months after it, also where nobody deleted it yet.
    """
    row = await db.fetchrow(_FACTS, room.booking_id)
    if row is None or (room.ended_at is None and room.booking_status != "cancelled"):
        raise NotOver(
            "Transkrip bisa dibaca dan diunduh setelah sesi berakhir.",
            [("Ke ruang sesi", f"/session?bookingId={room.booking_id}")],
        )
    if row["forgotten"] or row["due"]:
        raise Gone(
            "Transkrip disimpan 12 bulan setelah sesi berakhir, lalu dihapus untuk menjaga privasi Anda."
        )
    return Transcript(room, side, row["service"], row["last_seq"], row["last_seal"], row["kept_until"])


async def page_of(db: Database, booking_id: UUID, after: int) -> list[Item]:
    """The items of one page, which begins after number `after`."""
    items = await rooms.items_after(db, {booking_id: after}, PAGE_ITEMS)
    return items.get(booking_id, [])[:PAGE_ITEMS]


async def lines_of(db: Database, booking_id: UUID) -> AsyncIterator[Line]:
    """Every item in order, read in parts: a slow reader holds no connection."""
    seq = 0
    while rows := await db.fetch(_LINES, booking_id, seq, _AT_ONCE):
        for row in rows:
            yield _line(row)
        seq = rows[-1]["seq"]


def _line(row: asyncpg.Record) -> Line:
    file = None
    if row["name"] is not None:
        file = File(*(row[name] for name in ("name", "media_type", "size_bytes", "sha256", "small_sha256")))
    digest = file.digest if file else ""
    sealed = Sealed(
        row["seq"], row["kind"], row["who"], row["id"], row["at"], digest=digest, words=row["words"]
    )
    return Line(sealed, row["seal"], file)
