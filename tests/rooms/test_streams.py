"""A room's streams at their limits: too many, too fast, never read, opened and closed again and again."""

import asyncio
import socket
from contextlib import AsyncExitStack, suppress
from typing import Any

import httpx
import pytest

from mentorinaja.live import stream
from mentorinaja.live.visits import MOST_A_PERSON
from mentorinaja.rooms.frames import Frames
from mentorinaja.rooms.rules import MOST_A_MINUTE
from tests.rooms.test_pages import HTMX
from tests.support.rooms import Meeting, enter_site, known_browser, meet_now
from tests.support.site import Browser, Site
from tests.support.streams import eventually, listening


async def running(site: Site) -> Meeting:
    meeting = await meet_now(site.db)
    await meeting.begin()
    return meeting


def address(meeting: Meeting, tab: str = "") -> str:
    return f"/session/{meeting.booking_id}/events?after=0" + (f"&tab={tab}" if tab else "")


async def open_one(stack: AsyncExitStack, browser: Browser, path: str) -> httpx.Response:
    return await stack.enter_async_context(browser.client.stream("GET", path))


async def test_the_sixth_is_refused_in_words_until_one_is_closed(site: Site) -> None:
    meeting = await running(site)
    browser = await known_browser(site, meeting.user)
    async with AsyncExitStack() as stack:
        answers = [await open_one(stack, browser, address(meeting)) for _ in range(MOST_A_PERSON)]
        assert [answer.status_code for answer in answers] == [200] * MOST_A_PERSON
        refused = await browser.get(address(meeting))
        assert refused.status_code == 429 and int(refused.headers["retry-after"]) > 0
        assert "sudah terbuka di 5 tab atau perangkat" in browser.text
        partial = await browser.get(address(meeting), headers=HTMX)
        assert partial.status_code == 429 and "<html" not in partial.text and "5 tab" in partial.text
        await open_one(stack, await known_browser(site, meeting.expert), address(meeting))  # others come in
        await answers[2].aclose()
        await eventually(lambda: _comes_in(browser, meeting))


async def test_a_tab_that_comes_back_never_counts_twice(site: Site) -> None:
    meeting = await running(site)
    browser = await known_browser(site, meeting.user)
    async with AsyncExitStack() as stack:
        for n in range(MOST_A_PERSON - 1):
            await open_one(stack, browser, address(meeting, f"tab-{n}"))
        before = await open_one(stack, browser, address(meeting, "mine"))
        for _ in range(10):
            answer = await open_one(stack, browser, address(meeting, "mine"))
            assert answer.status_code == 200
            async with asyncio.timeout(30):  # the line before it, which may have died unheard, is over
                await before.aread()
            before = answer


async def test_whoever_never_reads_is_forgotten_and_holds_nobody_up(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "SEND_TIMEOUT_SECONDS", 1)
    meeting = await running(site)
    browser = await known_browser(site, meeting.user)
    cookie = "; ".join(f"{name}={value}" for name, value in browser.client.cookies.items())
    deaf = [await _open_and_read_nothing(site, cookie, meeting) for _ in range(MOST_A_PERSON)]
    await eventually(lambda: len(stream._visits()) == MOST_A_PERSON)
    expert = await known_browser(site, meeting.expert)
    async with listening(expert.client, f"/session/{meeting.booking_id}/events") as reader:
        for _ in range(500):
            await meeting.say(
                meeting.expert, "&" * 4000
            )  # five times as long in HTML: no system buffers it all
        await eventually(lambda: len(reader.numbers) == 501)
        assert reader.opened == 1
    await eventually(lambda: _comes_in(browser, meeting))
    for line in deaf:
        line.close()


async def test_a_fault_in_what_all_streams_live_on_costs_a_reconnection(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    meeting = await running(site)
    browser = await known_browser(site, meeting.user)
    render, faults = Frames.item, [ZeroDivisionError()]

    def fail_once(*args: Any) -> bytes:
        if faults:
            raise faults.pop()
        return render(*args)

    async with listening(browser.client, f"/session/{meeting.booking_id}/events", 1) as reader:
        monkeypatch.setattr(Frames, "item", fail_once)
        for n in range(5):
            await meeting.say(meeting.expert, str(n))
        await eventually(lambda: reader.numbers == [2, 3, 4, 5, 6])
        assert reader.opened == 2 and not faults


async def test_opened_and_closed_five_hundred_times_leaves_nothing(site: Site) -> None:
    meeting = await running(site)
    browser = await known_browser(site, meeting.user)

    async def once() -> None:
        with suppress(httpx.HTTPError):
            async with browser.client.stream("GET", address(meeting)) as answer:
                if answer.status_code == 200:
                    await anext(answer.aiter_raw())

    await once()
    await eventually(_nobody_streams)
    before = {task.get_name() for task in asyncio.all_tasks()}
    for _ in range(100):
        await asyncio.gather(*(once() for _ in range(MOST_A_PERSON)))
    await eventually(_nobody_streams)
    loop = asyncio.get_running_loop()
    assert not stream._streams[loop] and len(stream._visits()) == 0
    left = {task.get_name() for task in asyncio.all_tasks()} - before
    assert len(left) < 20, left


@pytest.mark.parametrize("script", [True, False])
async def test_too_many_messages_in_a_minute_are_refused_and_the_text_is_kept(
    site: Site, script: bool
) -> None:
    meeting = await running(site)
    browser = await enter_site(site, meeting, meeting.user)
    await site.db.execute(
        "UPDATE active_sessions SET sent_minute = date_trunc('minute', app_now()), user_sent = $1",
        MOST_A_MINUTE,
    )
    headers = HTMX if script else {}
    answer = await browser.submit("#composer", {"text": "Satu lagi"}, headers=headers)
    assert answer.status_code == 429 and int(answer.headers["retry-after"]) > 0
    assert "Terlalu banyak pesan" in browser.text
    box = browser.page.css_first("#pesan")
    assert script or (box is not None and box.text().strip() == "Satu lagi")


async def _open_and_read_nothing(site: Site, cookie: str, meeting: Meeting) -> socket.socket:
    """A browser that asks for the stream and takes nothing of it; its system takes little."""
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    line.setblocking(False)
    host, port = site.url.removeprefix("http://").split(":")
    loop = asyncio.get_running_loop()
    await loop.sock_connect(line, (host, int(port)))
    request = f"GET {address(meeting)} HTTP/1.1\r\nHost: x\r\nCookie: {cookie}\r\n\r\n"
    await loop.sock_sendall(line, request.encode())
    return line


async def _comes_in(browser: Browser, meeting: Meeting) -> bool:
    return await _status(browser, meeting) == 200


async def _status(browser: Browser, meeting: Meeting) -> int:
    async with browser.client.stream("GET", address(meeting)) as answer:
        return answer.status_code


def _nobody_streams() -> bool:
    return not any("Stream" in repr(task.get_coro()) for task in asyncio.all_tasks())
