"""A server of calendars on loopback, which answers what a test puts there, and calendars to put."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.support.serve import free_socket, serving


@dataclass
class Host:
    """Path → (status, headers, body); `asked` are the headers of every request, in order."""

    origin: str
    answers: dict[str, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)
    asked: list[dict[str, str]] = field(default_factory=list)
    # A path that answers nothing until this is set.
    silent: asyncio.Event = field(default_factory=asyncio.Event)

    def put(self, path: str, body: bytes, status: int = 200, **headers: str) -> str:
        """From now on this stands there; answers its address. `content_type` and the like name headers."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers[path] = (status, {"content-type": "text/calendar"} | named, body)
        return self.origin + path

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer as ASGI wants it."""
        if scope["type"] == "lifespan":
            await _live(receive, send)
            return
        asked = {name.decode(): value.decode() for name, value in scope["headers"]}
        self.asked.append(asked)
        if scope["path"] == "/silent":
            await self.silent.wait()
        status, headers, body = self.answers.get(scope["path"], (404, {}, b""))
        if "etag" in headers and asked.get("if-none-match") == headers["etag"]:
            status, body = 304, b""
        sent = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": status, "headers": sent})
        await send({"type": "http.response.body", "body": body})


@asynccontextmanager
async def calendar_host() -> AsyncIterator[Host]:
    """The server, until the block ends."""
    listening, origin = free_socket()
    host = Host(origin)
    async with serving(host, listening):
        try:
            yield host
        finally:
            host.silent.set()


def calendar(*events: str) -> bytes:
    """A calendar with these events, each its lines without BEGIN and END."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Uji//ID"]
    for number, event in enumerate(events):
        own = [] if "UID:" in event else [f"UID:{number}@luar.test"]
        lines += ["BEGIN:VEVENT", *own, *event.split("\n"), "END:VEVENT"]
    return "\r\n".join([*lines, "END:VCALENDAR", ""]).encode()


def meeting(starts: datetime, ends: datetime, *more: str) -> str:
    """An event between two instants (aware UTC), with a title nobody may keep."""
    said = [f"DTSTART:{starts:%Y%m%dT%H%M%SZ}", f"DTEND:{ends:%Y%m%dT%H%M%SZ}", "SUMMARY:Rapat rahasia"]
    return "\n".join([*said, *more])


async def _live(receive: Callable[[], Any], send: Callable[[Any], Any]) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
