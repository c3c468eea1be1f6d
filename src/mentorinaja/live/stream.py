"""Streams of HTML to one browser: frames for htmx, and a response that gives up on readers that never read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

from sse_starlette import EventSourceResponse

from mentorinaja.live.hub import Hub

# htmx reconnects after this many milliseconds when the line drops.
RETRY_MS = 1000
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


class Stream(EventSourceResponse):
    """An SSE response without its own ping (the streams beat themselves) that drops stalled readers."""

    def __init__(self, frames: AsyncIterator[bytes]) -> None:
        super().__init__(frames, ping=0, send_timeout=10, headers=_HEADERS)


def frame(html: str, *, event: str | None = None, id: int | str | None = None) -> bytes:
    """One SSE message. Unnamed ones are swapped by htmx; named ones become DOM events; `id` moves the cursor."""
    lines = [f"data: {line}" for line in html.splitlines() or [""]]
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
            await asyncio.wait_for(self._rang.wait(), seconds)
        except TimeoutError:
            return False
        finally:
            self._rang.clear()
        return True
