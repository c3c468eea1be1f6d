"""People in the room with a real browser: signed in, on a phone, with every fault of the page counted."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from playwright.async_api import Browser, BrowserContext, Page

from mentorinaja.web.viewer import Viewer
from tests.journeys.conftest import PHONE
from tests.support.rooms import Meeting, meet_now, room_path, signed_in
from tests.support.site import Site

DESK = {"width": 1280, "height": 800}
POSTS = re.compile(r"/session/[0-9a-f-]+/messages$")
EVENTS = re.compile(r"/session/[0-9a-f-]+/events")
HERE = re.compile(r"/session/[0-9a-f-]+/here$")
# A line that breaks on purpose is told in the console; anything else there is a fault.
EXPECTED = re.compile("Failed to (fetch|load resource)|htmx:sse:error|htmx:error|network error")


@asynccontextmanager
async def signed_in_context(
    browser: Browser, site: Site, who: Viewer, *, script: bool = True, **options: Any
) -> AsyncIterator[BrowserContext]:
    """A browser's profile of somebody who is signed in, on a phone's screen and in another time zone.

    Faults of its pages fail the test.
    """
    settings: dict[str, Any] = {"viewport": PHONE, "java_script_enabled": script, "timezone_id": "Asia/Tokyo"}
    context = await browser.new_context(**({"base_url": site.url} | settings | options))
    url = options.get("base_url", site.url)
    cookie = await signed_in(site.db, site.settings, who)
    await context.add_cookies([{"name": cookie.key, "value": str(cookie.value), "url": url}])
    faults: list[str] = []
    context.on("weberror", lambda error: faults.append(str(error.error)))
    context.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    try:
        yield context
    finally:
        await context.close()
    assert not [fault for fault in faults if not EXPECTED.search(fault)], faults


@asynccontextmanager
async def visitor(
    browser: Browser, site: Site, who: Viewer, *, script: bool = True, **options: Any
) -> AsyncIterator[Page]:
    """A page of somebody who is signed in."""
    async with signed_in_context(browser, site, who, script=script, **options) as context:
        yield await context.new_page()


@asynccontextmanager
async def in_room(
    browser: Browser, site: Site, meeting: Meeting, who: Viewer, **options: Any
) -> AsyncIterator[Page]:
    """A page in the room with its stream open."""
    async with visitor(browser, site, who, **options) as page:
        await page.goto(room_path(meeting))
        await connected(page)
        yield page


async def connected(page: Page) -> None:
    """Wait until the stream is open."""
    await page.wait_for_function("() => document.getElementById('stream')?._htmx?.sse?.status === 200")


async def running(site: Site) -> Meeting:
    """A chat of half an hour whose clock runs; the mentor was seen for all of it, however slow the browser is."""
    meeting = await meet_now(site.db)
    await meeting.begin()
    await site.db.execute(
        "UPDATE room_presence SET seen_at = app_now() + interval '30 minutes' WHERE side = 'expert'"
    )
    return meeting


async def send(page: Page, text: str) -> None:
    """Write a message and press the button."""
    await page.fill("#pesan", text)
    await page.click(".composer .send")


async def shown(page: Page) -> list[str]:
    """The texts of all messages, in the order on the screen."""
    found = await page.eval_on_selector_all(".msg .text", "nodes => nodes.map(node => node.textContent)")
    return [str(text) for text in found]


async def kept(page: Page) -> int:
    """How many messages wait on the device."""
    return int(await page.evaluate("Object.keys(localStorage).filter(key => key.includes('/out/')).length"))
