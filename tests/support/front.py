"""One address before several servers, and everything that can go wrong on the way to them."""

import asyncio
import contextlib
import itertools
import random
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit


@dataclass(eq=False)
class _Line:
    near: asyncio.StreamWriter
    far: asyncio.StreamWriter
    loses_answer: bool = False

    def abort(self) -> None:
        self.near.transport.abort()
        self.far.transport.abort()


class Front:
    """Spreads connections over the servers that answer, in turn.

    `swallowing` makes it a black hole: lines stand, nothing passes, no end is told. `delay` holds every piece
    back for so many seconds. Of the POSTs a share of `lost_answers` reaches the server, whose answer is cut off.
    """

    def __init__(self, servers: Sequence[tuple[str, int]] = (), seed: int = 0) -> None:
        self.servers = list(servers)
        self.swallowing = False
        self.delay = 0.0
        self.lost_answers = 0.0
        self.lost = 0
        self.taken = Counter[tuple[str, int]]()
        self.port = 0
        self._lines: set[_Line] = set()
        self._turn = itertools.count()
        self._chance = random.Random(seed)
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        """The address as `http://127.0.0.1:PORT`."""
        return f"http://127.0.0.1:{self.port}"

    async def open(self) -> None:
        """Take connections."""
        self._server = await asyncio.start_server(self._pass_on, "127.0.0.1", self.port, backlog=1024)
        self.port = self._server.sockets[0].getsockname()[1]

    def cut(self) -> None:
        """Drop every line there is; new ones are taken."""
        for line in tuple(self._lines):
            line.abort()

    def close(self) -> None:
        """Drop everything and refuse what comes."""
        if self._server is not None:
            self._server.close()
        self.cut()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there = await self._reach()
        if there is None:
            writer.transport.abort()
            return
        line = _Line(writer, there[1])
        self._lines.add(line)
        try:
            with contextlib.suppress(OSError):
                await asyncio.gather(self._out(line, reader), self._back(line, there[0]))
        finally:
            self._lines.discard(line)
            line.abort()

    async def _reach(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        first = next(self._turn)
        for offset in range(len(self.servers)):
            server = self.servers[(first + offset) % len(self.servers)]
            with contextlib.suppress(OSError):
                line = await asyncio.open_connection(*server)
                self.taken[server] += 1
                return line
        return None

    async def _out(self, line: _Line, reader: asyncio.StreamReader) -> None:
        while data := await reader.read(65536):
            if self.swallowing:
                continue
            if data.startswith(b"POST ") and self._chance.random() < self.lost_answers:
                line.loses_answer = True
            await self._write(line.far, data)
        if not self.swallowing:
            line.far.close()

    async def _back(self, line: _Line, reader: asyncio.StreamReader) -> None:
        while data := await reader.read(65536):
            if line.loses_answer:
                self.lost += 1
                line.abort()
                return
            if not self.swallowing:
                await self._write(line.near, data)
        if not self.swallowing:
            line.near.close()

    async def _write(self, writer: asyncio.StreamWriter, data: bytes) -> None:
        if self.delay:
            await asyncio.sleep(self.delay)
        writer.write(data)
        await writer.drain()


@asynccontextmanager
async def fronted(dsn: str) -> AsyncIterator[tuple[str, Front]]:
    """The same database at another address, over a line that can be made a black hole."""
    parts = urlsplit(dsn)
    front = Front([(parts.hostname or "127.0.0.1", parts.port or 5432)])
    await front.open()
    try:
        netloc = f"{parts.netloc.rsplit(':', 1)[0]}:{front.port}"
        yield urlunsplit(parts._replace(netloc=netloc)), front
    finally:
        front.close()
