"""The rooms somebody of this process looks at: read once, rendered once for each side, pushed to every stream."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID

import asyncpg
import structlog
from jinja2 import Environment

from mentorinaja.db.pool import Database
from mentorinaja.errors import DomainError
from mentorinaja.live.hub import Hub
from mentorinaja.rooms import actions, clock, queries
from mentorinaja.rooms.frames import OVER, RELOAD, Frames, is_end
from mentorinaja.rooms.room import IN_ROOM, Item, Notice, Room, Side
from mentorinaja.rooms.seats import Seat
from mentorinaja.rooms.signs import Signs
from mentorinaja.rooms.watched import LiveRoom, same

log = structlog.get_logger(__name__)

# One beat for all streams. Each room hears the time every ten seconds at most, spread so that they do not all write
# at once.
_TICK_SECONDS = 0.25
_TICKS_A_SECOND = 4
_TICKS_A_ROUND = 38
_MOST_ROOMS_A_READ = 500
_MOST_ITEMS_A_READ = 200
_PAUSE_AFTER_TROUBLE_SECONDS = 0.5
_STOP_SECONDS = 3.0

_TROUBLE = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)


class Rooms:
    """Feeds the room streams of this process.

    A ring of the doorbell marks a room; one reader asks PostgreSQL for all marked rooms at once. Rooms are
    marked every ten seconds without a ring too, and all of them when the doorbell was deaf for a while.
    """

    def __init__(self, db: Database, hub: Hub, templates: Environment) -> None:
        self._db = db
        self._hub = hub
        self._frames = Frames(templates)
        self._rooms: dict[UUID, LiveRoom] = {}
        # Rooms to read, and whether the room itself may have changed, not only its messages.
        self._marks: dict[UUID, bool] = {}
        self._marked = asyncio.Event()
        self._next_beat = 0
        self._reader: asyncio.Task[None] | None = None
        self._beater: asyncio.Task[None] | None = None
        self._moves: set[asyncio.Task[None]] = set()
        self._signs = Signs(db)
        hub.listen("room", self._on_ring)
        hub.listen("clock", self._on_clock)

    async def stop(self) -> None:
        """Feed nobody any more; what is just being written down is waited for, for a moment."""
        for task in (self._reader, self._beater):
            if task:
                task.cancel()
        if self._moves:
            await asyncio.wait(self._moves, timeout=_STOP_SECONDS)
        await self._signs.stop(_STOP_SECONDS)

    async def stream(
        self,
        room: Room,
        side: Side,
        cursor: int,
        *,
        answers: bool,
    ) -> AsyncGenerator[bytes, None]:
        """Frames for one browser: how the room is, what it missed after `cursor`, then everything as it happens.

        The open line is a sign of life, unless the page `answers`: then what it posts is.
        Ends after the ended screen, when the browser reads too slowly, and when PostgreSQL is gone: it comes
        back with its cursor.
        """
        seat = Seat(side, cursor, answers=answers)
        live = self._join(room, seat)
        # From here on everything after `live.seq` comes through the seat.
        missed_until = max(room.last_seq, live.seq)
        del room  # thousands of streams stand open for hours: each looks at the one in `live`
        try:
            self._signs.add(live.room.booking_id, side)
            self._signs.write()
            yield self._frames.opening(live.room, side, self._hub.clock.now())
            while seat.cursor < missed_until:
                items = await self._missed(live, seat)
                yield self._render_missed(items, live, seat)
                if is_end(items[-1]):
                    yield OVER
                    return
            while (piece := await seat.take()) is not None:
                yield piece
        except _TROUBLE as problem:
            log.warning("rooms.stream_broken", problem=type(problem).__name__)
        finally:
            self._leave(live, seat)

    def _join(self, room: Room, seat: Seat) -> LiveRoom:
        live = self._rooms.get(room.booking_id)
        if live is None:
            self._next_beat = (self._next_beat + 1) % _TICKS_A_ROUND
            live = self._rooms[room.booking_id] = LiveRoom(room, self._next_beat)
            # Rings since `room` was read were not for anybody here.
            self._mark(room.booking_id, changed=True)
        live.seats.add(seat)
        if self._reader is None or self._reader.done():
            self._reader = self._serve(self._read_forever(), "rooms-reader")
        if self._beater is None or self._beater.done():
            self._beater = self._serve(self._beat_forever(), "rooms-beat")
        return live

    def _serve(self, forever: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        """Run what all streams live on; should it break, they end: browsers come back to a new one."""

        def end_streams(task: asyncio.Task[None]) -> None:
            if not task.cancelled() and (fault := task.exception()):
                log.error("rooms.broken", exc_info=fault)
                for live in self._rooms.values():
                    live.close()

        task = asyncio.create_task(forever, name=name)
        task.add_done_callback(end_streams)
        return task

    def _leave(self, live: LiveRoom, seat: Seat) -> None:
        live.seats.discard(seat)
        if live.room.status != "ended" and all(other.side != seat.side for other in live.seats):
            self._signs.leave(live.room.booking_id, seat.side, seen=not seat.answers)
        if not live.seats and self._rooms.get(live.room.booking_id) is live:
            del self._rooms[live.room.booking_id]
            self._marked.set()  # the reader ends when no room is left

    async def _missed(self, live: LiveRoom, seat: Seat) -> list[Item]:
        """The next of what this browser has not seen, from the table."""
        booking_id = live.room.booking_id
        items = (await queries.items_after(self._db, {booking_id: seat.cursor}, _MOST_ITEMS_A_READ))[
            booking_id
        ]
        if is_end(items[-1]) and live.room.status != "ended":
            await self._refresh({booking_id})
        return items

    def _render_missed(self, items: list[Item], live: LiveRoom, seat: Seat) -> bytes:
        now = self._hub.clock.now()
        seat.cursor = items[-1].seq
        return b"".join(self._frames.item(item, live.room, seat.side, now) for item in items)

    def _on_ring(self, topic: str | None) -> None:
        if topic is None:
            self._mark_all()
            return
        name, _, tail = topic.partition(":")
        live = self._rooms.get(UUID(name))
        if live is None:
            return
        word, _, rest = tail.partition(":")
        if word == "typing":
            self._show_typing(live, rest)
        elif word == "read":
            self._show_read(live, rest)
        else:
            self._mark(live.room.booking_id, changed=not word)

    def _show_typing(self, live: LiveRoom, writer: str) -> None:
        if writer == "user":
            live.put_to("expert", self._frames.typing(live.room, "user"))
        else:
            live.put_to("user", self._frames.typing(live.room, "expert"))

    def _show_read(self, live: LiveRoom, rest: str) -> None:
        reader, _, seq = rest.partition(":")
        if reader == "user":
            live.room = replace(live.room, user_read=int(seq))
            live.put_to("expert", self._frames.read_mark(live.room, "expert"))
        else:
            live.room = replace(live.room, expert_read=int(seq))
            live.put_to("user", self._frames.read_mark(live.room, "user"))

    def _on_clock(self, _rest: str | None) -> None:
        now = self._hub.clock.now()
        for live in self._rooms.values():
            live.put(self._frames.countdown(live.room, now))
        self._mark_all()

    def _mark(self, booking_id: UUID, *, changed: bool) -> None:
        self._marks[booking_id] = changed or self._marks.get(booking_id, False)
        self._marked.set()

    def _mark_all(self) -> None:
        for booking_id in self._rooms:
            self._mark(booking_id, changed=True)

    async def _read_forever(self) -> None:
        while self._rooms:
            await self._marked.wait()
            self._marked.clear()
            marks = dict(islice(self._marks.items(), _MOST_ROOMS_A_READ))
            for booking_id in marks:
                del self._marks[booking_id]
            try:
                await self._read(marks)
            except _TROUBLE as problem:
                log.warning("rooms.unread", problem=type(problem).__name__)
                for booking_id, changed in marks.items():
                    self._mark(booking_id, changed=changed)
                await asyncio.sleep(_PAUSE_AFTER_TROUBLE_SECONDS)
            if self._marks:
                self._marked.set()

    async def _read(self, marks: dict[UUID, bool]) -> None:
        cursors = {
            booking_id: self._rooms[booking_id].seq for booking_id in marks if booking_id in self._rooms
        }
        if not cursors:
            return
        found = await queries.items_after(self._db, cursors, _MOST_ITEMS_A_READ)
        noticed = {name for name, items in found.items() if any(isinstance(item, Notice) for item in items)}
        if changed := noticed | {name for name in cursors if marks[name]}:
            await self._refresh(changed)
        now = self._hub.clock.now()
        for booking_id, items in found.items():
            if live := self._rooms.get(booking_id):
                self._push(live, items, now)
                if len(items) >= _MOST_ITEMS_A_READ:
                    self._mark(booking_id, changed=False)

    async def _refresh(self, booking_ids: set[UUID]) -> None:
        """Read the rooms themselves again, and tell their streams what changed; the end is told by its notice."""
        for booking_id, room in (await queries.rooms_by_id(self._db, booking_ids)).items():
            live = self._rooms.get(booking_id)
            if live is None:
                continue
            # The database's clock may have been moved on and this process not have heard of it.
            now = max(self._hub.clock.now(), room.read_at)
            before, looks_at = live.room, live.looks_at
            live.show(room)
            passed = looks_at is not None and looks_at <= now
            if room.phase(now) not in IN_ROOM:
                live.put(RELOAD)
                live.close()
            elif room.status != "ended" and (passed or not same(before, room)):
                self._show_state(live, now)

    def _show_state(self, live: LiveRoom, now: datetime) -> None:
        for side, seats in live.sides():
            piece = self._frames.state(live.room, side, now)
            for seat in seats:
                seat.put(piece)

    def _push(self, live: LiveRoom, items: list[Item], now: datetime) -> None:
        for item in items:
            if item.seq <= live.seq:
                continue
            live.seq = item.seq
            for side, seats in live.sides():
                piece = self._frames.item(item, live.room, side, now)
                for seat in seats:
                    seat.put(piece, item.seq)
            if is_end(item):
                live.put(OVER)
                live.close()

    async def _beat_forever(self) -> None:
        tick = 0
        while self._rooms:
            await asyncio.sleep(_TICK_SECONDS)
            tick += 1
            now = self._hub.clock.now()
            for live in tuple(self._rooms.values()):
                self._beat(live, tick, now)
            if tick % _TICKS_A_SECOND == 0:
                self._signs.write()

    def _beat(self, live: LiveRoom, tick: int, now: datetime) -> None:
        if (tick + live.beat) % _TICKS_A_ROUND == 0:
            live.put(self._frames.countdown(live.room, now))
            self._mark(live.room.booking_id, changed=True)
            for seat in live.seats:
                if not seat.answers:
                    self._signs.add(live.room.booking_id, seat.side)
        elif live.hurries_at and now >= live.hurries_at and live.shows_another_second(now):
            live.put(self._frames.countdown(live.room, now))
        if live.looks_at is not None and now >= live.looks_at:
            live.looks_at = clock.next_look_at(live.room, now)
            self._show_state(live, now)
        if not live.moving and live.steps_at is not None and now >= live.steps_at:
            live.moving = True
            move = asyncio.create_task(self._move(live))
            self._moves.add(move)
            move.add_done_callback(self._moves.discard)

    async def _move(self, live: LiveRoom) -> None:
        """Move the clock of a room that is looked at the moment a step is due; the jobs do it for all the others."""
        try:
            await actions.advance(self._db, live.room.booking_id)
            self._mark(live.room.booking_id, changed=True)
        except (*_TROUBLE, DomainError) as problem:
            log.warning("rooms.unmoved", problem=type(problem).__name__)
            await asyncio.sleep(_PAUSE_AFTER_TROUBLE_SECONDS)
        finally:
            live.moving = False
