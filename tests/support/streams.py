"""Readers of event streams: what a browser's extension does, with everything it saw kept."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx


@dataclass(frozen=True)
class Event:
    """One message of a stream."""

    data: str
    event: str | None = None
    id: str | None = None


async def events(answer: httpx.Response) -> AsyncIterator[Event]:
    """The messages of an open stream as they come."""
    async for event in events_in(answer.aiter_text()):
        yield event


async def events_in(chunks: AsyncIterator[str]) -> AsyncIterator[Event]:
    """The messages in a stream's text, by the rules of the HTML standard."""
    data: list[str] = []
    fields: dict[str, str] = {}
    async for line in _lines(chunks):
        if line:
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if name == "data":
                data.append(value)
            elif name:
                fields[name] = value
        elif data or fields.keys() & {"event", "id"}:
            yield Event("\n".join(data), fields.get("event"), fields.get("id"))
            data, fields = [], {}


@dataclass
class Reader:
    """Reads a room's stream, comes back with its cursor whenever the line drops, keeps messages by number."""

    client: httpx.AsyncClient
    address: str
    cursor: int = 0
    seen: list[Event] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    opened: int = 0
    over: bool = False
    status: int | None = None
    _answer: httpx.Response | None = None

    async def read(self) -> None:
        """Read until the server says that it is over."""
        while not self.over:
            with contextlib.suppress(httpx.HTTPError):
                await self.read_once()
            await asyncio.sleep(0.02)

    async def read_once(self) -> None:
        """Read one connection to its end."""
        async with self.client.stream("GET", f"{self.address}?after={self.cursor}") as answer:
            self.status, self._answer = answer.status_code, answer
            self.opened += 1
            self.over = self.status == 204
            if self.status != 200:
                return
            async for event in events(answer):
                self.take(event)

    def take(self, event: Event) -> None:
        """Keep an event and move the cursor."""
        self.seen.append(event)
        if event.id is not None:
            self.numbers.append(int(event.id))
            self.cursor = int(event.id)
        if event.event == "ended":
            self.over = True

    async def cut(self) -> None:
        """Drop the line, as a phone in a tunnel does."""
        if self._answer is not None:
            await self._answer.aclose()

    def texts(self) -> list[str]:
        """The texts of the messages seen, unescaped as far as tests need it."""
        found = [
            re.search(r'<div class="text" dir="auto">(.*?)</div>', e.data, re.S) for e in self.seen if e.id
        ]
        return [match.group(1) for match in found if match]


@asynccontextmanager
async def listening(client: httpx.AsyncClient, address: str, after: int = 0) -> AsyncIterator[Reader]:
    """A reader at work until the block ends."""
    reader = Reader(client, address, after)
    task = asyncio.create_task(reader.read())
    try:
        await eventually(lambda: bool(reader.seen) or reader.over)
        yield reader
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def eventually(condition: Callable[[], bool | Awaitable[bool]], seconds: float = 30) -> None:
    """Wait until something is so; fails after a deadline."""
    deadline = asyncio.get_running_loop().time() + seconds
    while True:
        answer = condition()
        if answer if isinstance(answer, bool) else await answer:
            return
        assert asyncio.get_running_loop().time() < deadline, "it did not happen in time"
        await asyncio.sleep(0.01)


async def _lines(chunks: AsyncIterator[str]) -> AsyncIterator[str]:
    """Lines ended by a line feed only: other separators belong to the text."""
    rest = ""
    async for chunk in chunks:
        *lines, rest = (rest + chunk).split("\n")
        for line in lines:
            yield line
