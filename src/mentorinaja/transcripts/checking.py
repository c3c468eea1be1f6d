"""Checking conversations against their seals: one moment of the database, streamed, whatever its size."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

import asyncpg

from mentorinaja.db.pool import Connection, Database
from mentorinaja.transcripts.seals import Chain, Sealed, file_digest
from mentorinaja.transcripts.told import Told


class ReadDigest(Protocol):
    """The SHA-256 of what is stored of a room's attachment, or of its small picture; None when nothing is."""

    def __call__(
        self, booking_id: UUID, attachment_id: UUID, /, *, small: bool = False
    ) -> Awaitable[bytes | None]: ...


_AT_ONCE = 500
_ROOMS = """
    SELECT s.booking_id, s.last_seq, s.last_seal, s.user_id, s.expert_user_id,
      (s.user_id, s.expert_user_id) IS NOT DISTINCT FROM (b.user_id, e.user_id) AS of_the_two,
      f.last_seq AS kept_seq, f.last_seal AS kept_seal,
      f.forgotten_at < twelve_months_after(coalesce(s.ended_at, s.scheduled_at
        + make_interval(secs => coalesce(s.duration_seconds, 0)))) AS too_early,
      s.status, s.started_at, s.ended_at, s.ends_at, s.paused_for,
      s.started_at + make_interval(secs => s.duration_seconds) + s.paused_for
        + make_interval(mins => (SELECT coalesce(sum(x.minutes), 0)::int FROM session_extensions x
            WHERE x.booking_id = s.booking_id AND x.state = 'paid')) AS should_end_at
    FROM active_sessions s
    LEFT JOIN bookings b ON b.id = s.booking_id
    LEFT JOIN experts e ON e.id = b.expert_id
    LEFT JOIN forgotten_rooms f ON f.booking_id = s.booking_id
    WHERE $1::uuid IS NULL OR s.booking_id = $1
    ORDER BY s.booking_id
"""
_ITEMS = """
    SELECT item.*, a.name, a.media_type, a.size_bytes, a.sha256, a.small_sha256 FROM (
      SELECT booking_id, seq, 'message' AS kind, sender_type AS who, client_id::text AS id, created_at AS at,
        text AS words, seal, sender_id, attachment_id
      FROM chat_messages WHERE $1::uuid IS NULL OR booking_id = $1
      UNION ALL
      SELECT booking_id, seq, 'notice', kind, '', at, cause, seal, NULL, NULL
      FROM session_events WHERE $1::uuid IS NULL OR booking_id = $1
    ) item LEFT JOIN attachments a ON a.id = item.attachment_id
    ORDER BY item.booking_id, item.seq
"""


@dataclass(frozen=True, slots=True)
class RoomCheck:
    """What came out for one room.

    `problem` is None when everything fits; else `number` is the first one that does not (None: the room itself).
    `kept_at` is the number of the seal that was asked for; `last_seq` and `last_seal` are what the room remembers.
    """

    booking_id: UUID
    items: int
    files: int
    forgotten: bool
    last_seq: int
    last_seal: bytes
    number: int | None = None
    problem: str | None = None
    kept_at: int | None = None


async def check_rooms(
    db: Database,
    booking_id: UUID | None = None,
    *,
    kept: bytes | None = None,
    read_digest: ReadDigest | None = None,
) -> AsyncIterator[RoomCheck]:
    """Every room, or the one of `booking_id`; files too when there is a way to read them."""
    async with db.snapshot() as tx:
        # One long read on purpose: files may come slowly from far away.
        await tx.execute("SET LOCAL statement_timeout = 0")
        await tx.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        items = _Items(tx, booking_id)
        async for room in tx.cursor(_ROOMS, booking_id, prefetch=_AT_ONCE):
            async for stray in items.before(room["booking_id"]):
                yield _without_room(stray)
            yield await _Check(room, kept, read_digest).run(items)
        async for stray in items.before(None):
            yield _without_room(stray)


class _Items:
    """All items in the order of rooms and numbers, taken room by room."""

    def __init__(self, tx: Connection, booking_id: UUID | None) -> None:
        self._rows = aiter(tx.cursor(_ITEMS, booking_id, prefetch=_AT_ONCE))
        self._next: asyncpg.Record | None = None

    async def of(self, booking_id: UUID) -> AsyncIterator[asyncpg.Record]:
        """The items of this room, which is the next in order."""
        while (row := await self._peek()) is not None and row["booking_id"] == booking_id:
            self._next = None
            yield row

    async def before(self, booking_id: UUID | None) -> AsyncIterator[asyncpg.Record]:
        """What belongs to no room that there is; None: everything that is left."""
        while (row := await self._peek()) is not None and (
            booking_id is None or row["booking_id"] < booking_id
        ):
            self._next = None
            yield row

    async def _peek(self) -> asyncpg.Record | None:
        if self._next is None:
            self._next = await anext(self._rows, None)
        return self._next


class _Check:
    """One room: its chain, who wrote, its files; remembers the first thing that does not fit."""

    def __init__(self, room: asyncpg.Record, kept: bytes | None, read_digest: ReadDigest | None) -> None:
        self._room = room
        self._chain = Chain(room["booking_id"])
        self._kept, self._kept_at = kept, None if kept is None or self._chain.seal != kept else 0
        self._read_digest = read_digest
        self._told = Told()
        self._items = self._files = 0
        self._number: int | None = None
        self._problem: str | None = None

    async def run(self, items: _Items) -> RoomCheck:
        room = self._room
        if not room["of_the_two"]:
            self._problem = "its two people are not those of the booking"
        async for row in items.of(room["booking_id"]):
            self._items += 1
            await self._follow(row)
        self._end()
        return RoomCheck(
            room["booking_id"], self._items, self._files, room["kept_seq"] is not None, room["last_seq"],
            room["last_seal"], self._number, self._problem, self._kept_at,
        )  # fmt: skip

    async def _follow(self, row: asyncpg.Record) -> None:
        if self._problem is not None:
            return
        item = _sealed(row)
        expected = self._chain.seq + 1
        wrong = self._chain.follow(item, row["seal"])
        if wrong is None:
            wrong = self._wrong_sender(row) or await self._wrong_file(row)
        if wrong is not None:
            self._number, self._problem = min(item.seq, expected), wrong
        elif self._chain.seal == self._kept:
            self._kept_at = item.seq
        self._told.hear(item)

    def _wrong_sender(self, row: asyncpg.Record) -> str | None:
        if row["kind"] == "notice":
            return None
        writer = self._room["user_id" if row["who"] == "user" else "expert_user_id"]
        return None if row["sender_id"] == writer else "changed: its sender is not one of the two"

    async def _wrong_file(self, row: asyncpg.Record) -> str | None:
        if row["attachment_id"] is None or self._read_digest is None:
            return None
        self._files += 1
        stored = await self._read_digest(row["booking_id"], row["attachment_id"])
        if stored is None:
            return "without its file"
        if stored != row["sha256"]:
            return "changed: its file is another one"
        if row["small_sha256"] is None:
            return None
        small = await self._read_digest(row["booking_id"], row["attachment_id"], small=True)
        if small is None:
            return "without its small picture"
        return None if small == row["small_sha256"] else "changed: its small picture is another one"

    def _end(self) -> None:
        room = self._room
        if self._problem is not None:
            return
        if room["kept_seq"] is None:
            self._problem = self._chain.end(room["last_seq"], room["last_seal"])
            if self._problem is None:
                self._problem = self._told.unlike(room)
                return
        elif self._items:
            self._problem = "there, in a conversation that was deleted"
        elif (room["kept_seq"], room["kept_seal"]) != (room["last_seq"], room["last_seal"]):
            self._problem = "not what was kept of the deleted conversation"
        elif room["too_early"]:
            self._problem = "the last of a conversation that was deleted before its time"
        elif room["kept_seal"] == self._kept:
            self._kept_at = room["kept_seq"]
        if self._problem is not None:
            self._number = self._chain.seq + (1 if self._chain.seq < room["last_seq"] else 0)


def _sealed(row: asyncpg.Record) -> Sealed:
    digest = ""
    if row["attachment_id"] is not None and row["sha256"] is not None:
        digest = file_digest(
            *(row[name] for name in ("sha256", "small_sha256", "media_type", "size_bytes", "name"))
        )
    return Sealed(
        row["seq"], row["kind"], row["who"], row["id"], row["at"], digest=digest, words=row["words"]
    )


def _without_room(row: asyncpg.Record) -> RoomCheck:
    return RoomCheck(row["booking_id"], 1, 0, False, 0, b"", row["seq"], "in a room that is not there")
