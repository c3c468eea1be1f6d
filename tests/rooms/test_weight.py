"""What a first visit to the room costs a phone: bytes as sent, and requests, without photos."""

import re

import pytest

from tests.support.rooms import known_browser, meet_now, room_path
from tests.support.site import Site

MOST_SHOWN, MOST_ALL, MOST_REQUESTS = 14_000, 35_000, 8


@pytest.mark.parametrize("coding", ["br", "gzip"])
async def test_a_first_visit_is_light(site: Site, coding: str) -> None:
    meeting = await meet_now(site.db)
    await meeting.begin()
    for n in range(4):
        await meeting.say(
            meeting.expert if n % 2 else meeting.user, f"Pesan nomor {n} dengan beberapa kata lagi."
        )
    browser = await known_browser(site, meeting.user)
    browser.client.headers["accept-encoding"] = coding
    sizes: dict[str, int] = {}

    async def fetch(path: str) -> str:
        async with browser.client.stream("GET", path) as answer:
            assert answer.headers["content-encoding"] == coding or path.endswith(".svg")
            raw = [chunk async for chunk in answer.aiter_raw()]
        sizes[path] = sum(map(len, raw))
        return str(answer.url)

    address = room_path(meeting)
    await fetch(address)
    html = re.sub("<noscript>.*?</noscript>", "", (await browser.get(address)).text, flags=re.DOTALL)
    # What waits for a touch or a file is not part of a first visit.
    for path in set(re.findall(r"/static/[^\" ]+", html)):
        if not re.search("room-(files|sound)", path):
            await fetch(path)
    shown = sum(size for path, size in sizes.items() if not path.endswith((".js", ".svg")))
    assert shown <= MOST_SHOWN
    assert sum(sizes.values()) <= MOST_ALL, sum(sizes.values())
    assert len(sizes) <= MOST_REQUESTS
