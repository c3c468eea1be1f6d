"""Frames as the browser reads them, and a response that ends when it should."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import httpx
import pytest
from litestar import Litestar, get
from litestar.types import ASGIApp

from mentorinaja.live import stream
from mentorinaja.live.stream import Stream, frame, opening
from tests.support.serve import free_socket, serving
from tests.support.streams import events, eventually


class Talker:
    """An application with one stream; knows how many are open."""

    def __init__(self, chunk: bytes = frame("halo", id=1)) -> None:
        self.open = 0
        self.chunk = chunk
        self.more = asyncio.Event()

        @get("/stream")
        async def talk() -> ASGIApp:
            return Stream(self.talk())  # type: ignore[return-value]  # one protocol, typed twice

        self.app = Litestar([talk], openapi_config=None)

    async def talk(self) -> AsyncGenerator[bytes, None]:
        self.open += 1
        try:
            yield opening()
            yield self.chunk
            while not self.more.is_set():
                await asyncio.sleep(0.01)
                yield self.chunk if len(self.chunk) > 1000 else b""
            yield frame("selesai")
        finally:
            self.open -= 1


def test_a_frame_is_what_the_standard_reads() -> None:
    assert frame("a\nb", event="x", id=3) == b"id: 3\nevent: x\ndata: a\ndata: b\n\n"
    assert frame("") == b"data: \n\n"
    assert frame("a\u2028b\x0bc\x85d\r\ne") == "data: a\u2028b\x0bc\x85d\ndata: e\n\n".encode()


async def test_a_stream_is_read_to_its_end_and_closed() -> None:
    talker = Talker()
    listening, url = free_socket()
    async with (
        serving(talker.app, listening),
        httpx.AsyncClient(base_url=url) as client,
        client.stream("GET", "/stream") as answer,
    ):
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["cache-control"] == "no-store" and answer.headers["x-accel-buffering"] == "no"
        heard = []
        async for event in events(answer):
            heard.append(event.data)
            talker.more.set()
        assert heard == ["halo", "selesai"]
    assert talker.open == 0


async def test_a_browser_that_goes_ends_its_stream() -> None:
    talker = Talker()
    listening, url = free_socket()
    async with serving(talker.app, listening), httpx.AsyncClient(base_url=url) as client:
        async with client.stream("GET", "/stream"):
            await eventually(lambda: talker.open == 1)
        await eventually(lambda: talker.open == 0)


async def test_a_reader_that_takes_nothing_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "SEND_TIMEOUT_SECONDS", 0.2)
    talker = Talker(frame("x" * 100_000))
    listening, url = free_socket()
    async with serving(talker.app, listening):
        host, port = url.removeprefix("http://").split(":")
        _, writer = await asyncio.open_connection(host, int(port), limit=1)
        writer.write(b"GET /stream HTTP/1.1\r\nHost: x\r\n\r\n")
        await eventually(lambda: talker.open == 1)
        await eventually(lambda: talker.open == 0)
        writer.close()


async def test_two_servers_in_one_process_end_their_own_streams_only() -> None:
    talkers = Talker(), Talker()
    (first, first_url), (second, second_url) = free_socket(), free_socket()
    async with (
        serving(talkers[1].app, second),
        httpx.AsyncClient() as client,
        client.stream("GET", f"{second_url}/stream") as kept,
    ):
        async with serving(talkers[0].app, first), asyncio.TaskGroup() as group:
            group.create_task(_read_to_the_end(client, f"{first_url}/stream"))
            await eventually(lambda: talkers[0].open == 1 and talkers[1].open == 1)
            talkers[0].more.set()
        assert talkers[1].open == 1
        talkers[1].more.set()
        assert [event.data async for event in events(kept)] == ["halo", "selesai"]


async def _read_to_the_end(client: httpx.AsyncClient, url: str) -> list[Any]:
    async with client.stream("GET", url) as answer:
        return [event async for event in events(answer)]
