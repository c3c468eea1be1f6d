"""The client: HTTP/1.1 over bare sockets, so cheap that it does not measure itself."""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import Callable
from time import perf_counter
from typing import cast

_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)", re.IGNORECASE)
# How the client knows its messages again: eight digits in square brackets, anywhere in the HTML of a frame.
_MARK = re.compile(rb"\[(\d{8})\]")

_PATIENCE_SECONDS = 20.0

# Called with the status, the whole answer and when it was complete (seconds of perf_counter); status 0: cut.
OnAnswer = Callable[[int, bytes, float], None]
# Called with the number in a mark and when it came.
OnMark = Callable[[int, float], None]


class Connection(asyncio.Protocol):
    """One keep-alive connection: one request at a time, answers with a Content-Length or without a body."""

    def __init__(self) -> None:
        self.open = False
        self._transport: asyncio.Transport | None = None
        self._received = b""
        self._wanted = 0
        self._on_answer: OnAnswer | None = None

    def ask(self, request: bytes, on_answer: OnAnswer) -> None:
        """Send a request; `on_answer` is called once."""
        assert self._transport is not None and self._on_answer is None
        self._on_answer = on_answer
        self._transport.write(request)

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport, self.open = cast(asyncio.Transport, transport), True

    def data_received(self, data: bytes) -> None:
        self._received = self._received + data if self._received else data
        if not self._wanted:
            end = self._received.find(b"\r\n\r\n")
            if end < 0:
                return
            self._wanted = end + 4 + _body_length(self._received[: end + 2])
        if len(self._received) >= self._wanted:
            answer, self._received, self._wanted = self._received, b"", 0
            self._finish(int(answer[9:12]), answer)

    def connection_lost(self, _problem: Exception | None) -> None:
        self.open = False
        self._finish(0, b"")

    def _finish(self, status: int, answer: bytes) -> None:
        if self._on_answer is not None:
            on_answer, self._on_answer = self._on_answer, None
            on_answer(status, answer, perf_counter())


class Connections:
    """Keep-alive connections to one server: the freest is taken, a new one opened while there are fewer than `most`."""

    def __init__(self, host: str, port: int, most: int = 128) -> None:
        self._host, self._port, self._most = host, port, most
        self._free: list[Connection] = []
        self._waiting: deque[tuple[bytes, OnAnswer]] = deque()
        self._all: set[Connection] = set()
        self._opening: set[asyncio.Task[None]] = set()

    async def open(self, count: int) -> None:
        """Have `count` connections ready."""
        while len(self._all) < count:
            await self._add()

    def ask(self, request: bytes, on_answer: OnAnswer) -> None:
        """Send a request on a free connection, or as soon as there is one."""
        self._waiting.append((request, on_answer))
        self._send_waiting()
        if self._waiting and len(self._all) + len(self._opening) < self._most:
            task = asyncio.get_running_loop().create_task(self._add())
            self._opening.add(task)
            task.add_done_callback(self._opening.discard)

    def close(self) -> None:
        """Hang up all."""
        self._waiting.clear()
        for task in self._opening:
            task.cancel()
        for connection in self._all:
            connection.close()

    async def _add(self) -> None:
        _, connection = await asyncio.get_running_loop().create_connection(Connection, self._host, self._port)
        self._all.add(connection)
        self._free.append(connection)
        self._send_waiting()

    def _send_waiting(self) -> None:
        while self._waiting and self._free:
            connection = self._free.pop()
            if not connection.open:
                self._all.discard(connection)
                continue
            request, on_answer = self._waiting.popleft()
            connection.ask(request, self._freeing(connection, on_answer))

    def _freeing(self, connection: Connection, on_answer: OnAnswer) -> OnAnswer:
        def answered(status: int, answer: bytes, at: float) -> None:
            self._free.append(connection)
            on_answer(status, answer, at)
            self._send_waiting()

        return answered


class Stream(asyncio.Protocol):
    """One open SSE stream, read for marks."""

    def __init__(self, request: bytes, on_mark: OnMark) -> None:
        self._request, self._on_mark = request, on_mark
        self._transport: asyncio.Transport | None = None
        self._rest = b""
        self.status = 0
        self.bytes_received = 0
        self.ready = asyncio.get_running_loop().create_future()
        self.ended = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one in all but descent
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        now = perf_counter()
        self.bytes_received += len(data)
        data = self._rest + data if self._rest else data
        # Whole frames only, so that no mark is cut in two; they end with an empty line.
        end = data.rfind(b"\n\n") + 2
        if end == 1:
            self._rest = data
            return
        self._rest = data[end:]
        if not self.status:
            self.status = int(data[9:12])
            if not self.ready.done():
                self.ready.set_result(None)
        for mark in _MARK.findall(data, 0, end):
            self._on_mark(int(mark), now)

    def connection_lost(self, _problem: Exception | None) -> None:
        self.ended = True
        if not self.ready.done():
            self.ready.set_exception(ConnectionError(f"the stream was refused: {self._rest[:200]!r}"))

    def close(self) -> None:
        """Leave, as a phone without network does: without a word."""
        if self._transport is not None:
            self._transport.abort()


async def open_stream(
    host: str, port: int, request: bytes, on_mark: OnMark, source: tuple[str, int] | None = None
) -> Stream:
    """Open a stream, from the address `source`, and wait for its first frame. Raises ConnectionError when refused."""
    loop = asyncio.get_running_loop()
    _, stream = await loop.create_connection(lambda: Stream(request, on_mark), host, port, local_addr=source)
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            await stream.ready
    except TimeoutError:
        stream.close()
        raise ConnectionError(f"the stream said nothing but {stream.bytes_received} bytes") from None
    if stream.status != 200:
        stream.close()
        raise ConnectionError(f"the stream was answered with {stream.status}")
    return stream


def _body_length(head: bytes) -> int:
    if head[9:12] in (b"204", b"304"):
        return 0
    found = _LENGTH.search(head)
    if found is None:
        raise ValueError("an answer without Content-Length")
    return int(found[1])
