"""Signs of life of a process's open streams, written down together however many come at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from uuid import UUID

import asyncpg
import structlog

from mentorinaja.db.pool import Database
from mentorinaja.errors import DomainError
from mentorinaja.rooms import actions, presence
from mentorinaja.rooms.room import Side

log = structlog.get_logger(__name__)

_TROUBLE = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)


class Signs:
    """Writes who has a stream open, in one statement for all that came while the last one was written."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._waiting: set[tuple[UUID, Side]] = set()
        self._writing: asyncio.Task[None] | None = None
        self._leaving: set[asyncio.Task[None]] = set()

    def add(self, booking_id: UUID, side: Side) -> None:
        """This side has a stream open: to be written with the next ones."""
        self._waiting.add((booking_id, side))

    def write(self) -> None:
        """Write what waits, as soon as the last writing is done."""
        if self._waiting and (self._writing is None or self._writing.done()):
            self._writing = asyncio.create_task(self._write_all())

    def leave(self, booking_id: UUID, side: Side, *, seen: bool) -> None:
        """The last stream of this side in this process ended; `seen` when that moment is a sign itself."""
        self._waiting.discard((booking_id, side))
        task = asyncio.create_task(self._tell_left(booking_id, side, seen))
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)

    async def stop(self, seconds: float) -> None:
        """Wait for what is just being written, so long at most."""
        if tasks := {*self._leaving, *([self._writing] if self._writing else [])}:
            await asyncio.wait(tasks, timeout=seconds)

    async def _write_all(self) -> None:
        while self._waiting:
            signs, self._waiting = list(self._waiting), set()
            await self._try(self._write(signs), "rooms.unsigned")

    async def _write(self, signs: list[tuple[UUID, Side]]) -> None:
        # Those who had been silent for too long move their room's clock.
        for booking_id, side in await presence.keep(self._db, signs):
            await actions.streams(self._db, booking_id, side)

    async def _tell_left(self, booking_id: UUID, side: Side, seen: bool) -> None:
        if self._writing:
            await asyncio.wait({self._writing})  # a sign of the stream that ended must not come after its end
        # Untold, the side is gone half a minute after its last sign.
        await self._try(actions.leave(self._db, booking_id, side, seen=seen), "rooms.left_untold")

    async def _try(self, work: Awaitable[None], trouble: str) -> None:
        try:
            await work
        except (*_TROUBLE, DomainError) as problem:
            log.warning(trouble, problem=type(problem).__name__)
