"""One open stream of a room: how far it has read, and what waits to be written."""

from __future__ import annotations

import asyncio

from mentorinaja.rooms.room import Side

# A browser that takes nothing while this much waits has stalled: cut, and repaired from its cursor.
_MOST_FRAMES = 500
_MOST_BYTES = 512 * 1024


class Seat:
    """A bounded buffer between the room, which never waits, and one browser, which may be slow."""

    __slots__ = ("_buffer", "_bytes", "_over", "_waiter", "answers", "cursor", "side")

    def __init__(self, side: Side, cursor: int, *, answers: bool) -> None:
        self.side = side
        self.cursor = cursor
        # The page says by itself that it is there; a line that only stands open may have gone dead unheard.
        self.answers = answers
        self._buffer: list[tuple[int | None, bytes]] = []
        self._bytes = 0
        self._over = False
        self._waiter: asyncio.Future[None] | None = None

    def put(self, piece: bytes, seq: int | None = None) -> None:
        """Add a frame to be written; `seq` for those that move the cursor."""
        if self._over:
            return
        self._buffer.append((seq, piece))
        self._bytes += len(piece)
        if self._bytes > _MOST_BYTES or len(self._buffer) > _MOST_FRAMES:
            self._buffer.clear()
            self._over = True
        self._wake()

    def close(self) -> None:
        """Write what waits, then end."""
        self._over = True
        self._wake()

    async def take(self) -> bytes | None:
        """Everything that waits, as one write; None at the end."""
        while True:
            if piece := self._drain():
                return piece
            if self._over:
                return None
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter

    def _drain(self) -> bytes:
        pieces = []
        for seq, piece in self._buffer:
            if seq is None:
                pieces.append(piece)
            elif seq == self.cursor + 1:
                self.cursor = seq
                pieces.append(piece)
            elif seq > self.cursor + 1:
                self._over = True  # never show a gap: the browser comes back with its cursor
                break
        self._buffer.clear()
        self._bytes = 0
        return b"".join(pieces)

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
