"""A line to a server that a test can cut and mend."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit, urlunsplit


class Relay:
    """Passes bytes on to `host:port`; `cut()` drops every connection and refuses new ones until `mend()`.

    With `most_bytes` each connection breaks once so many bytes went there.
    """

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self.port = 0
        self.most_bytes: int | None = None

    async def mend(self) -> None:
        """Take connections (again), always on the same port."""
        self._server = await asyncio.start_server(self._pass_on, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """Drop everything."""
        assert self._server is not None
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_connection(*self._target)
        self._writers |= {writer, there_writer}
        with contextlib.suppress(OSError):
            await asyncio.gather(
                self._pump(reader, there_writer, self.most_bytes), self._pump(there_reader, writer)
            )

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, most: int | None = None
    ) -> None:
        passed = 0
        while data := await reader.read(65536):
            passed += len(data)
            if most is not None and passed > most:
                writer.transport.abort()
                raise ConnectionAbortedError
            writer.write(data)
            await writer.drain()
        writer.close()


@asynccontextmanager
async def relayed(dsn: str) -> AsyncIterator[tuple[str, Relay]]:
    """The address of the same database over a line of one's own."""
    parts = urlsplit(dsn)
    relay = Relay(parts.hostname or "127.0.0.1", parts.port or 5432)
    await relay.mend()
    try:
        netloc = f"{parts.netloc.rsplit(':', 1)[0]}:{relay.port}"
        yield urlunsplit(parts._replace(netloc=netloc)), relay
    finally:
        await relay.cut()
