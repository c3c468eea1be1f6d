"""Rooms being used: streams opened for both people, messages sent at a rate, and who saw what when."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import perf_counter
from typing import Protocol

from bench import machine
from bench.servers import Server
from bench.wire import Connections, Stream, open_stream

_DRAIN_SECONDS = 3.0
_OPENED_AT_ONCE = 40
_CONNECTIONS_READY = 24
_BOTH = 0b11


class Requests(Protocol):
    """How one of the servers wants to be asked. `side` is 0 for the user, 1 for the expert."""

    def stream(self, room: int, side: int) -> bytes:
        """The request that opens a stream."""

    def message(self, room: int, side: int, number: int) -> bytes:
        """The request that sends message `number`, whose text carries its mark."""


@dataclass
class Outcome:
    """What became of the messages of one rate: seconds until both people had seen each, and what went wrong."""

    rate: float
    sent: int = 0
    refused: int = 0
    doubled: int = 0
    latencies: list[float] = field(default_factory=list)
    seconds: float = 0.0
    late: float = 0.0
    cpu: float = 0.0
    database_cpu: float = 0.0
    # Processor seconds of the server for each message, until the last one was seen.
    cpu_each: float = 0.0

    @property
    def lost(self) -> int:
        """Messages somebody did not see in time."""
        return self.sent - len(self.latencies)


class Talk:
    """Open streams of some rooms at one server, and messages through them."""

    _last_number = 0

    def __init__(self, server: Server, requests: Requests, rooms: int, database_pid: int) -> None:
        self._server, self._requests, self._rooms = server, requests, rooms
        self._database_pid = database_pid
        self._closed = False
        self._posts = Connections(server.host, server.port)
        self.streams: list[Stream] = []
        self._sent: dict[int, float] = {}
        self._seen: dict[int, int] = {}
        self._last_seen = 0.0
        self._outcome = Outcome(0)
        self._choice = random.Random(7)

    async def open(self, count: int) -> None:
        """Open `count` streams, the two sides of the rooms in turn."""
        turns = asyncio.Semaphore(_OPENED_AT_ONCE)

        async def one(number: int) -> Stream:
            room, side = number // 2 % self._rooms, number % 2
            async with turns:
                return await open_stream(
                    self._server.host,
                    self._server.port,
                    self._requests.stream(room, side),
                    lambda mark, at: self._on_mark(mark, side, at),
                    machine.address_of(number),
                )

        self.streams += await asyncio.gather(*(one(number) for number in range(count)))
        await self._posts.open(_CONNECTIONS_READY)

    def close(self) -> None:
        """Leave all rooms."""
        self._closed = True
        self._posts.close()
        for stream in self.streams:
            stream.close()

    async def say(self, rate: float, seconds: float) -> Outcome:
        """Send `rate` messages a second, come what may, then wait a little for the last to be seen."""
        self._sent, self._seen, self._outcome = {}, {}, Outcome(rate)
        outcome, total = self._outcome, int(rate * seconds)
        used, database_used = self._used()
        begin = perf_counter()
        for number in range(total):
            if (wait := begin + number / rate - perf_counter()) > 0:
                await asyncio.sleep(wait)
            elif number % 16 == 0:
                await asyncio.sleep(0)
            self._send()
        end = perf_counter()
        outcome.seconds = end - begin
        cpu, database_cpu = self._used()
        outcome.cpu = (cpu - used) / outcome.seconds
        outcome.database_cpu = (database_cpu - database_used) / outcome.seconds
        await self._drain(end + _DRAIN_SECONDS)
        outcome.late = max(0.0, self._last_seen - end)
        outcome.cpu_each = (self._used()[0] - used) / max(1, outcome.sent)
        return outcome

    def _used(self) -> tuple[float, float]:
        """Processor seconds of the server and of PostgreSQL up to now."""
        return machine.cpu_seconds(self._server.pid), machine.family_cpu_seconds(self._database_pid)

    async def _drain(self, deadline: float) -> None:
        """Wait until every message was seen by both or refused, or time is up."""
        outcome = self._outcome
        while outcome.sent > len(outcome.latencies) + outcome.refused:
            if perf_counter() > deadline:
                return
            await asyncio.sleep(0.02)

    def _send(self) -> None:
        Talk._last_number += 1
        number, room, side = Talk._last_number, self._choice.randrange(self._rooms), self._choice.randrange(2)
        self._outcome.sent += 1
        self._sent[number] = perf_counter()
        self._posts.ask(self._requests.message(room, side, number), self._on_answer)

    def _on_answer(self, status: int, answer: bytes, _at: float) -> None:
        if not 200 <= status < 300 and not self._closed:
            self._outcome.refused += 1
            if self._outcome.refused == 1:
                print(f"  {self._server.name} refused a message: {status} {_words(answer)}")

    def _on_mark(self, number: int, side: int, at: float) -> None:
        started = self._sent.get(number)
        if started is None:
            return
        seen, bit = self._seen.get(number, 0), 1 << side
        if seen & bit:
            self._outcome.doubled += 1
            return
        self._seen[number] = seen | bit
        if seen | bit == _BOTH:
            self._last_seen = at
            self._outcome.latencies.append(at - started)


@asynccontextmanager
async def talking(server: Server, requests: Requests, rooms: int, database_pid: int) -> AsyncIterator[Talk]:
    """Both streams of `rooms` rooms, open while the block lasts, warmed by a few messages."""
    talk = Talk(server, requests, rooms, database_pid)
    try:
        await talk.open(2 * rooms)
        await talk.say(50, 0.4)
        yield talk
    finally:
        talk.close()
        await asyncio.sleep(0.2)


async def sustained(talk: Talk, start: float, step: float, seconds: float) -> float:
    """The highest of the rates `start`, `start × step`, … at which everything is seen, nothing piling up."""
    best, rate = 0.0, start
    while True:
        outcome = await talk.say(rate, seconds)
        if outcome.lost or outcome.refused or outcome.late > 0.25 or outcome.seconds > 1.05 * seconds:
            return best
        best, rate = outcome.sent / outcome.seconds, rate * step


def _words(answer: bytes) -> str:
    """What an answer says to a person, for the one line that reports a refusal."""
    body = answer.partition(b"\r\n\r\n")[2].decode(errors="replace")
    return " ".join(re.sub(r"<[^>]*>", " ", body).split())[:120]


def join(head: Sequence[str], body: bytes = b"") -> bytes:
    """A request's bytes from its lines."""
    lines = [*head, f"Content-Length: {len(body)}"] if body else list(head)
    return "\r\n".join([*lines, "", ""]).encode() + body
