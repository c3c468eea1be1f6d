"""A browser reduced to its requests, over bare connections that may break at any moment."""

import asyncio
import codecs
import re
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from litestar.datastructures import Cookie

from tests.support.streams import Event, events_in

_HTMX = "HX-Request: true\r\nHX-Request-Type: partial\r\n"
# What a line that breaks raises, and a server that says nothing.
BROKEN = (OSError, EOFError, TimeoutError)


@dataclass(frozen=True)
class Answer:
    """An answer as it came."""

    status: int
    headers: dict[str, str]
    text: str


class Phone:
    """Asks one thing at a time on a kept connection, and reads one stream on another. Raises `BROKEN`."""

    def __init__(self, url: str, cookie: Cookie, patience: float = 10) -> None:
        parts = urlsplit(url)
        self._url, self._cookie = url, cookie
        self._place = (parts.hostname or "", parts.port or 0)
        self._lines = f"Host: {parts.netloc}\r\nOrigin: {url}\r\nCookie: {cookie.key}={cookie.value}\r\n"
        self._patience = patience
        self._kept: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._streaming: asyncio.StreamWriter | None = None
        self._token = ""
        self.stream_status = 0

    async def get(self, path: str) -> Answer:
        """A page."""
        return await self._ask(f"GET {path} HTTP/1.1\r\n{self._lines}\r\n".encode())

    async def post(self, page: str, path: str, form: dict[str, str]) -> Answer:
        """Send a form as the script of `page` does, with the token found there."""
        if not self._token:
            found = re.search(r'name="_csrf" value="([^"]+)"', (await self.get(page)).text)
            self._token = found[1] if found else ""
        body = urlencode({**form, "_csrf": self._token}).encode()
        head = (
            f"POST {path} HTTP/1.1\r\n{self._lines}{_HTMX}"
            f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return await self._ask(head.encode() + body)

    async def stream(self, path: str) -> AsyncIterator[Event]:
        """The events of a stream until it ends; nothing when it is refused."""
        reader, writer = await asyncio.open_connection(*self._place)
        self._streaming = writer
        try:
            writer.write(f"GET {path} HTTP/1.1\r\n{self._lines}Accept: text/event-stream\r\n\r\n".encode())
            async with asyncio.timeout(self._patience):
                self.stream_status, _ = await _head(reader)
            if self.stream_status == 200:
                async with aclosing(events_in(_chunks(reader))) as events:
                    async for event in events:
                        yield event
        finally:
            writer.transport.abort()

    def cut(self) -> None:
        """Lose the stream's line without a word, as in a tunnel."""
        if self._streaming is not None:
            self._streaming.transport.abort()

    def hang_up(self) -> None:
        """Ask the next thing on a new connection."""
        if self._kept is not None:
            self._kept[1].transport.abort()
        self._kept = None

    def close(self) -> None:
        """Drop everything."""
        self.cut()
        self.hang_up()

    def another(self) -> "Phone":
        """The same sign-in in another tab."""
        return Phone(self._url, self._cookie, self._patience)

    async def _ask(self, request: bytes) -> Answer:
        try:
            async with asyncio.timeout(self._patience):
                if self._kept is None:
                    self._kept = await asyncio.open_connection(*self._place)
                reader, writer = self._kept
                writer.write(request)
                status, headers = await _head(reader)
                body = await reader.readexactly(int(headers.get("content-length", 0)))
        except BROKEN:
            self.hang_up()
            raise
        return Answer(status, headers, body.decode())


async def _head(reader: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").rstrip().split("\r\n")
    return int(first.split(" ")[1]), {
        name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)
    }


async def _chunks(reader: asyncio.StreamReader) -> AsyncIterator[str]:
    """The text in a chunked body."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    while size := int(await reader.readuntil(b"\r\n"), 16):
        chunk = await reader.readexactly(size + 2)
        yield decoder.decode(chunk[:-2])
