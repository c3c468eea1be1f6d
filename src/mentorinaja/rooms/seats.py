"""One open stream of a room: how far it has read, and what waits to be written."""

from __future__ import annotations

import asyncio

from mentorinaja.rooms.rules import Side

# A browser that takes nothing while this much waits has stalled: cut, and repaired from its cursor.
_MOST_FRAMES = 500
_MOST_BYTES = 512 * 1024


class Seat:
    """A bounded buffer between the room, which never waits, and one browser, which may be slow."""

    __slots__ = ("_buffer", "_bytes", "_over", "_waiter", "cursor", "side", "suspect")

    def __init__(self, side: Side, cursor: int) -> None:
        self.side = side
        self.cursor = cursor
        # Set when the person's sign-in changed: look again whether this stream may go on.
        self.suspect = False
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

    def doubt(self) -> None:
        """Make the stream check its access before it writes on."""
        self.suspect = True
        self._wake()

    async def take(self) -> bytes | None:
        """Everything that waits, as one write; empty when only the access is to be checked; None at the end."""
        while not self.suspect:
            if piece := self._drain():
                return piece
            if self._over:
                return None
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        return b""

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
