"""Lines to a server: one that a test can cut and mend, and one as slow and lossy as a bad phone's."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

# What fits into one packet on most lines.
_PACKET = 1400


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


@dataclass(frozen=True, slots=True)
class Line:
    """How bad a line is: seconds for a round trip, bytes a second each way, share of packets that come late.

    TCP sends a lost packet again after a while, and everything behind it waits: to what runs above, loss is a stall.
    """

    round_trip: float = 0.4
    bytes_a_second: float = 12_500.0
    loss: float = 0.05
    stall: float = 0.6


class SlowRelay:
    """Passes bytes on to `host:port` as a bad line would; all connections share its width."""

    def __init__(self, host: str, port: int, line: Line, seed: int) -> None:
        self._target = (host, port)
        self._line = line
        self._chance = random.Random(seed)
        self._free_at = {"up": 0.0, "down": 0.0}
        self._writers: set[asyncio.StreamWriter] = set()
        self._deliveries: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self.port = 0

    async def open(self) -> None:
        """Take connections."""
        self._server = await asyncio.start_server(self._pass_on, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Drop everything, also what is on its way."""
        assert self._server is not None
        self._server.close()
        for delivery in self._deliveries:
            delivery.cancel()
        for writer in self._writers:
            writer.transport.abort()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_connection(*self._target)
        self._writers |= {writer, there_writer}
        # The handshake: on a real line nothing is sent before it has gone there and back.
        opened_at = asyncio.get_running_loop().time() + self._line.round_trip
        with contextlib.suppress(OSError):
            await asyncio.gather(
                self._carry(reader, there_writer, "up", opened_at),
                self._carry(there_reader, writer, "down", opened_at),
            )

    async def _carry(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: str, opened_at: float
    ) -> None:
        """Read packets as the line's width allows, deliver each in order after its time on the way."""
        loop = asyncio.get_running_loop()
        packets: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        delivery = loop.create_task(_deliver(packets, writer))
        self._deliveries.add(delivery)
        behind = opened_at
        try:
            while data := await reader.read(_PACKET):
                self._free_at[way] = (
                    max(self._free_at[way], loop.time()) + len(data) / self._line.bytes_a_second
                )
                leaves = self._free_at[way]
                late = self._line.stall if self._chance.random() < self._line.loss else 0.0
                behind = max(behind, leaves + self._line.round_trip / 2 + late)
                packets.put_nowait((behind, data))
                await asyncio.sleep(max(0.0, leaves - loop.time()))
        finally:
            packets.put_nowait((behind, b""))
            await asyncio.wait({delivery})
            self._deliveries.discard(delivery)


async def _deliver(packets: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter) -> None:
    while True:
        due, data = await packets.get()
        await asyncio.sleep(max(0.0, due - asyncio.get_running_loop().time()))
        if not data:
            break
        with contextlib.suppress(OSError):
            writer.write(data)
            await writer.drain()
    writer.close()


@asynccontextmanager
async def bad_line(url: str, line: Line | None = None, seed: int = 1) -> AsyncIterator[str]:
    """The address of the same site over a bad line: 400 ms there and back, 100 kbit/s, one packet in 20 lost."""
    parts = urlsplit(url)
    relay = SlowRelay(parts.hostname or "127.0.0.1", parts.port or 80, line or Line(), seed)
    await relay.open()
    try:
        yield urlunsplit(parts._replace(netloc=f"{parts.hostname}:{relay.port}"))
    finally:
        await relay.close()
