"""The hub: one supervised LISTEN connection per process, which tells local listeners what rang."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import asyncpg
import structlog

from mentorinaja.clock import Clock

CHANNEL = "live"
_START_SECONDS = 10.0
_HEARTBEAT_SECONDS = 10.0
_TIMEOUT_SECONDS = 5.0
_SHORTEST_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 5.0

log = structlog.get_logger(__name__)

# Called with the rest of the topic ('' when there is none), or None: "anything may have changed, look".
Listener = Callable[[str | None], None]


class Hub:
    """Listens on one channel and calls whoever listens to a topic.

    A topic is `kind:id` with an optional rest (`room:<uuid>:42`); listeners are kept in a dict by `kind:id`,
    or by `kind` alone for those who want all of a kind. A ring is a hint: listeners read the table. After
    the connection was lost and is back, every listener is called with None.
    """

    def __init__(self, dsn: str, clock: Clock) -> None:
        self.clock = clock
        self._dsn = dsn
        self._listeners: dict[str, set[Listener]] = defaultdict(set)
        self._task: asyncio.Task[None] | None = None
        # Set when the supervisor has something to do: the line was lost, or the clock was moved.
        self._stirred = asyncio.Event()
        self._lost = False
        self._clock_moved = False
        self._connected = asyncio.Event()

    @property
    def connected(self) -> bool:
        """Whether PostgreSQL's doorbell is heard at this moment."""
        return self._connected.is_set()

    async def start(self) -> None:
        """Begin listening; returns when the first connection stands. Raises TimeoutError when it does not in 10 s."""
        self._task = asyncio.create_task(self._supervise(), name="live-hub")
        try:
            async with asyncio.timeout(_START_SECONDS):
                await self._connected.wait()
        except TimeoutError:
            await self.stop()
            raise

    async def stop(self) -> None:
        """End the connection and the task."""
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        self._connected.clear()

    def listen(self, topic: str, listener: Listener) -> Callable[[], None]:
        """Call `listener` whenever `topic` rings, until the returned function is called."""
        self._listeners[topic].add(listener)

        def stop() -> None:
            self._listeners[topic].discard(listener)
            if not self._listeners[topic]:
                del self._listeners[topic]

        return stop

    async def _supervise(self) -> None:
        pause = _SHORTEST_PAUSE_SECONDS
        while True:
            try:
                await self._listen_until_lost()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as problem:
                log.warning("live.lost", problem=type(problem).__name__)
            if self._connected.is_set():
                pause = _SHORTEST_PAUSE_SECONDS
            self._connected.clear()
            await asyncio.sleep(pause * random.uniform(0.7, 1.3))  # noqa: S311 jitter, no secret
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)

    async def _listen_until_lost(self) -> None:
        connection = await asyncpg.connect(
            self._dsn, timeout=_TIMEOUT_SECONDS, server_settings={"application_name": "mentorinaja-live"}
        )
        try:
            self._lost = self._clock_moved = False
            connection.add_termination_listener(self._on_termination)
            async with asyncio.timeout(_TIMEOUT_SECONDS):
                await connection.add_listener(CHANNEL, self._on_notify)
            await self._hear_clock(connection)
            self._connected.set()
            self._ring_everyone()
            while not self._lost:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_HEARTBEAT_SECONDS):
                        await self._stirred.wait()
                self._stirred.clear()
                if not self._lost:
                    await self._hear_clock(connection)
        finally:
            connection.terminate()

    async def _hear_clock(self, connection: asyncpg.Connection[asyncpg.Record]) -> None:
        """Ask for the time: it proves that the line is alive and corrects the process's clock.

        Only the supervisor asks, because a connection answers one question at a time.
        """
        moved, self._clock_moved = self._clock_moved, False
        self.clock.set(await connection.fetchval("SELECT app_now()", timeout=_TIMEOUT_SECONDS))
        if moved:
            self._call("clock", "")

    def _on_termination(self, _connection: Any) -> None:
        self._lost = True
        self._stirred.set()

    def _on_notify(self, _connection: Any, _pid: int, _channel: str, topic: Any) -> None:
        kind, _, rest = str(topic).partition(":")
        if kind == "clock":
            self._clock_moved = True
            self._stirred.set()
            return
        name, _, tail = rest.partition(":")
        self._call(f"{kind}:{name}", tail)
        self._call(kind, rest)

    def _call(self, topic: str, rest: str | None) -> None:
        for listener in tuple(self._listeners.get(topic, ())):
            listener(rest)

    def _ring_everyone(self) -> None:
        for topic in tuple(self._listeners):
            self._call(topic, None)
