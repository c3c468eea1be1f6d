"""Streams of HTML to one browser: frames for htmx, and a response that gives up on readers that never read."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncGenerator, Callable
from weakref import WeakKeyDictionary

from sse_starlette import EventSourceResponse
from starlette.types import Receive, Scope, Send

from mentorinaja.live.hub import Hub
from mentorinaja.live.visits import Visit, Visits

# htmx reconnects after this many milliseconds when the line drops.
RETRY_MS = 1000
SEND_TIMEOUT_SECONDS = 10
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
# What ends a line in an event stream; str.splitlines() knows more, and would break texts that contain them.
_LINE_END = re.compile("\r\n|\r|\n")

Loop = asyncio.AbstractEventLoop


class Stream(EventSourceResponse):
    """An SSE response made light, for thousands of open ones.

    sse-starlette gives each stream four tasks. Here the request's own task writes and one more waits for the
    browser to go; there is no ping (the streams beat themselves); one watcher per event loop hears from
    sse-starlette that the server stops, and ends all of them. A reader that takes nothing for ten seconds
    is dropped.
    """

    def __init__(self, frames: AsyncGenerator[bytes, None]) -> None:
        super().__init__(frames, ping=0, headers=_HEADERS)
        self._frames = frames
        self._writer: asyncio.Task[None] | None = None
        self._ended = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Write frames until they end, the browser goes, or the server stops."""
        if scope["method"] == "HEAD":
            await super().__call__(scope, receive, send)
            return
        self._writer = asyncio.current_task()
        try:
            self.begin()
            gone = asyncio.create_task(self._end_when_gone(receive))
            try:
                await self._write(send)
            finally:
                gone.cancel()
        finally:
            self.finish()
            await self._frames.aclose()

    def begin(self) -> None:
        """Before the first byte: what may still refuse the stream raises a `DomainError`."""
        _open(self)

    def finish(self) -> None:
        """Nothing more is written; may be called more than once."""
        _close(self)

    def end(self) -> None:
        """Stop writing: the rest of the frames is not sent, the answer is completed."""
        if not self._ended and self._writer:
            self._ended = True
            self.finish()
            self._writer.cancel()

    async def _write(self, send: Send) -> None:
        try:
            await send(
                {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
            )
            async for chunk in self._frames:
                try:
                    async with asyncio.timeout(SEND_TIMEOUT_SECONDS):
                        await send({"type": "http.response.body", "body": chunk, "more_body": True})
                except TimeoutError:
                    return
        except asyncio.CancelledError:
            if not self._ended or self._writer is None or self._writer.uncancel() > 0:
                raise
        self._ended = True
        self.finish()  # a reader that never reads counts no longer, and does not hold its connection either
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SEND_TIMEOUT_SECONDS):
                await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _end_when_gone(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self.end()


# How a stream hears that what it was opened on holds no longer: called with the stream's end, answers how to stop.
Watch = Callable[[Callable[[], None]], Callable[[], None]]


class PersonalStream(Stream):
    """The stream of somebody signed in: counted among theirs, ended when `watch` says so."""

    def __init__(
        self, frames: AsyncGenerator[bytes, None], person: int, address: str, tab: str, watch: Watch
    ) -> None:
        super().__init__(frames)
        self._visit = Visit(person, address, tab, self.end)
        self._watch = watch
        self._unwatch: Callable[[], None] | None = None

    def begin(self) -> None:
        """Raises `TooMany` when the person or the network has too many open."""
        _visits().enter(self._visit)
        self._unwatch = self._watch(self.end)
        super().begin()

    def finish(self) -> None:
        """Makes room for the next one."""
        super().finish()
        _visits().leave(self._visit)
        if self._unwatch:
            self._unwatch()
            self._unwatch = None


def frame(html: str, *, event: str | None = None, id: int | str | None = None) -> bytes:
    """One SSE message. Unnamed ones are swapped by htmx; named ones become DOM events; `id` moves the cursor."""
    lines = [f"data: {line}" for line in _LINE_END.split(html)]
    if event:
        lines.insert(0, f"event: {event}")
    if id is not None:
        lines.insert(0, f"id: {id}")
    return ("\n".join(lines) + "\n\n").encode()


def opening() -> bytes:
    """What every stream says first: when to come back, and a comment that gets the headers through proxies."""
    return f"retry: {RETRY_MS}\n: mulai\n\n".encode()


class Doorbell:
    """Waits for a topic to ring; use as a context manager so that the listener always goes away.

    Rings that come while nobody waits are remembered, so "subscribe, read, wait" misses nothing.
    """

    def __init__(self, hub: Hub, *topics: str) -> None:
        self._rang = asyncio.Event()
        self._stops: list[Callable[[], None]] = []
        self._hub, self._topics = hub, topics

    def __enter__(self) -> Doorbell:
        self._stops = [self._hub.listen(topic, lambda _rest: self._rang.set()) for topic in self._topics]
        return self

    def __exit__(self, *_exc: object) -> None:
        for stop in self._stops:
            stop()

    async def wait(self, seconds: float) -> bool:
        """True when it rang since the last wait, False when `seconds` passed in silence."""
        try:
            async with asyncio.timeout(seconds):
                await self._rang.wait()
        except TimeoutError:
            return False
        finally:
            self._rang.clear()
        return True


# Of each event loop: its open streams, whose they are, and the watcher that ends them when the server stops.
_streams: WeakKeyDictionary[Loop, set[Stream]] = WeakKeyDictionary()
_visits_of: WeakKeyDictionary[Loop, Visits] = WeakKeyDictionary()
_watchers: WeakKeyDictionary[Loop, asyncio.Task[None]] = WeakKeyDictionary()


def _visits() -> Visits:
    return _visits_of.setdefault(asyncio.get_running_loop(), Visits())


def _open(stream: Stream) -> None:
    loop = asyncio.get_running_loop()
    streams = _streams.setdefault(loop, set())
    if loop not in _watchers or _watchers[loop].done():
        _watchers[loop] = loop.create_task(_end_all_at_exit(streams), name="live-exit")
    streams.add(stream)


def _close(stream: Stream) -> None:
    _streams.setdefault(asyncio.get_running_loop(), set()).discard(stream)


async def _end_all_at_exit(streams: set[Stream]) -> None:
    await EventSourceResponse._listen_for_exit_signal()
    for stream in tuple(streams):
        stream.end()
