"""The room on a bad line: 400 ms there and back, 100 kbit/s, one packet in twenty lost."""

import asyncio
import re

from playwright.async_api import Browser, Route, expect

from tests.support.browsers import connected, running, send, shown, visitor
from tests.support.relay import bad_line
from tests.support.rooms import room_path, texts
from tests.support.site import Site

SCRIPTS = re.compile(r"/static/.*\.js$")


async def test_messages_are_readable_before_any_script_has_come(site: Site, chromium: Browser) -> None:
    meeting = await running(site)
    await meeting.say(meeting.expert, "Selamat datang")
    async with bad_line(site.url) as url, visitor(chromium, site, meeting.user, base_url=url) as user:
        arrived = asyncio.Event()

        async def hold(route: Route) -> None:
            await arrived.wait()
            await route.continue_()

        await user.route(SCRIPTS, hold)
        await user.goto(room_path(meeting), wait_until="commit")
        await expect(user.locator("#message-2")).to_be_visible()
        assert await user.evaluate("typeof htmx") == "undefined"
        arrived.set()
        await connected(user)


async def test_sending_never_blocks_typing_and_everything_arrives_in_order(
    site: Site, chromium: Browser
) -> None:
    meeting = await running(site)
    async with bad_line(site.url) as url, visitor(chromium, site, meeting.user, base_url=url) as user:
        await user.goto(room_path(meeting))
        for n in range(4):
            await send(user, f"pesan {n}")
            # The words are in the thread and the box is free at once, whatever is still on its way.
            assert await shown(user) == [f"pesan {m}" for m in range(n + 1)]
            await expect(user.locator("#pesan")).to_have_value("")
        await user.keyboard.type("sambil menulis lagi")
        await meeting.say(meeting.expert, "balasan")
        await expect(user.locator(".msg")).to_have_count(5)
        await expect(user.locator(".msg.sending")).to_have_count(0)
        await expect(user.locator("#pesan")).to_have_value("sambil menulis lagi")
        assert await shown(user) == texts(await meeting.items())
        own = [text for text in texts(await meeting.items()) if text != "balasan"]
        assert own == [f"pesan {n}" for n in range(4)]
