"""A line that breaks, in a real browser: told, mended, nothing lost; and a room that is open too often."""

import asyncio
import re

from playwright.async_api import Browser, Route, expect

from tests.support.browsers import EVENTS, POSTS, connected, in_room, running, send, shown, visitor
from tests.support.rooms import room_path
from tests.support.site import Site

FULL = "sudah terbuka di 5 tab atau perangkat"


async def test_a_lost_line_is_told_and_everything_goes_out_in_order(site: Site, chromium: Browser) -> None:
    meeting = await running(site)
    async with in_room(chromium, site, meeting, meeting.user) as user:
        await user.context.set_offline(True)
        await expect(user.locator("#connection")).to_be_visible()
        await expect(user.locator("#connection")).to_contain_text("Koneksi terputus. Menyambung kembali…")
        for text in ("satu", "dua", "tiga"):
            await send(user, text)
        await meeting.say(meeting.expert, "sementara itu")
        await expect(user.locator(".msg.mine .state").first).to_have_text("Menunggu koneksi…")
        await user.context.set_offline(False)
        await expect(user.locator("#connection")).to_be_hidden()
        await expect(user.locator("#message-5")).to_be_visible()
        assert await shown(user) == ["sementara itu", "satu", "dua", "tiga"]
        await expect(user.locator(".msg")).to_have_count(4)


async def test_an_answer_that_overtakes_the_stream_loses_nothing_before_it(
    site: Site, chromium: Browser
) -> None:
    meeting = await running(site)
    async with visitor(chromium, site, meeting.user) as user:
        await user.route(EVENTS, lambda route: route.abort())
        await user.goto(room_path(meeting))
        await meeting.say(meeting.expert, "lebih dulu")
        await send(user, "sesudahnya")
        await expect(user.locator("#message-3 .state")).to_have_text("Terkirim")
        assert await shown(user) == ["sesudahnya"]
        # The first connection had failed; hx-sse alone would never try again.
        await user.unroute(EVENTS)
        await expect(user.locator("#message-2")).to_be_visible()
        assert await shown(user) == ["lebih dulu", "sesudahnya"]


async def test_a_restart_of_the_stream_repeats_nothing(site: Site, chromium: Browser) -> None:
    meeting = await running(site)
    async with in_room(chromium, site, meeting, meeting.user) as user:
        for n in range(6):
            await meeting.say(meeting.expert, str(n))
            await user.evaluate("document.getElementById('stream')._htmx?.sse?.reader?.cancel()")
            await meeting.say(meeting.user, f"saya {n}")
        await expect(user.locator("#message-13")).to_be_visible()
        expected = [text for n in range(6) for text in (str(n), f"saya {n}")]
        assert await shown(user) == expected


async def test_a_sign_out_elsewhere_leads_to_the_sign_in_page(site: Site, chromium: Browser) -> None:
    meeting = await running(site)
    async with in_room(chromium, site, meeting, meeting.user) as user:
        await site.db.execute(
            "UPDATE login_sessions SET ended_at = app_now() WHERE user_id = $1", meeting.user.id
        )
        await user.wait_for_url(re.compile("/login"))


async def test_a_tab_is_known_by_a_name_that_a_copy_does_not_share(site: Site, chromium: Browser) -> None:
    meeting = await running(site)
    names: list[str] = []
    async with visitor(chromium, site, meeting.user) as user:

        def note(url: str) -> None:
            if found := re.search("tab=([^&]+)", url):
                names.append(found[1])

        user.context.on("request", lambda request: note(request.url))
        await user.goto(room_path(meeting))
        await connected(user)
        await user.reload()
        await connected(user)
        assert len(names) == 2 and names[0] == names[1]
        async with user.expect_popup() as opened:
            await user.evaluate("address => { window.open(address) }", room_path(meeting))
        await connected(await opened.value)
        assert names[2] != names[0]


async def test_too_many_tabs_are_told_and_nobody_hammers(site: Site, chromium: Browser) -> None:
    meeting = await running(site)
    async with in_room(chromium, site, meeting, meeting.user) as user:
        tabs = [user]
        for _ in range(4):
            tabs.append(await user.context.new_page())
            await tabs[-1].goto(room_path(meeting))
            await connected(tabs[-1])
        sixth = await user.context.new_page()
        asked: list[str] = []
        sixth.on("request", lambda request: asked.append(request.url) if EVENTS.search(request.url) else None)
        await sixth.goto(room_path(meeting))
        await expect(sixth.locator("#connection")).to_contain_text(FULL)
        again = sixth.get_by_role("button", name="Coba sambungkan lagi")
        await expect(again).to_be_visible()
        assert await sixth.locator("#problems").inner_text() == ""
        # Messages go out without a stream, too; and nothing was asked again meanwhile.
        await send(sixth, "Tanpa aliran")
        await expect(sixth.locator("#message-2")).to_be_visible()
        assert len(asked) == 1
        await tabs[1].close()
        async with asyncio.timeout(15):
            while await again.is_visible():  # until the server has noticed, too
                await again.click()
                await asyncio.sleep(0.5)
        await expect(sixth.locator("#connection")).to_be_hidden()


async def test_a_tab_without_a_line_shows_what_another_tab_sent_for_it(site: Site, chromium: Browser) -> None:
    meeting = await running(site)
    async with in_room(chromium, site, meeting, meeting.user) as user:
        sixth = await user.context.new_page()
        await sixth.route(EVENTS, lambda route: route.fulfill(status=429, body=""))
        await sixth.route(POSTS, lambda route: route.abort())
        await sixth.goto(room_path(meeting))
        await expect(sixth.locator("#connection")).to_be_visible()
        await send(sixth, "Dari tab keenam")
        for tab in (user, sixth):
            await expect(tab.locator("#message-2 .state")).to_have_text("Terkirim")
            assert await shown(tab) == ["Dari tab keenam"]


async def test_a_reconnect_that_finds_the_room_full_stops_asking(site: Site, chromium: Browser) -> None:
    meeting = await running(site)
    async with in_room(chromium, site, meeting, meeting.user) as user:
        asked: list[str] = []

        async def refuse(route: Route) -> None:
            asked.append(route.request.url)
            await route.fulfill(status=429, headers={"Retry-After": "60"}, body="")

        await user.route(EVENTS, refuse)
        await user.evaluate("document.getElementById('stream')._htmx.sse.reader.cancel()")
        await expect(user.locator("#connection")).to_contain_text("Ruang ini sudah terbuka di")
        before = len(asked)
        await send(user, "masih bisa")
        await expect(user.locator("#message-2")).to_be_visible()
        assert len(asked) == before <= 2
        await user.unroute(EVENTS)
        await user.get_by_role("button", name="Coba sambungkan lagi").click()
        await expect(user.locator("#connection")).to_be_hidden()


async def test_after_a_minute_the_line_can_be_tried_by_hand(site: Site, chromium: Browser) -> None:
    meeting = await running(site)
    async with visitor(chromium, site, meeting.user) as user:
        await user.clock.install()
        await user.goto(room_path(meeting))
        await connected(user)
        await user.route(EVENTS, lambda route: route.abort())
        await user.evaluate("document.getElementById('stream')._htmx.sse.reader.cancel()")
        again = user.get_by_role("button", name="Coba sambungkan lagi")
        await user.clock.run_for(5_000)
        await expect(user.locator("#connection")).to_be_visible()
        await expect(again).to_be_hidden()
        await user.clock.run_for(60_000)
        await expect(again).to_be_visible()
        await user.unroute(EVENTS)
        await again.click()
        await meeting.say(meeting.expert, "kembali")
        await expect(user.locator("#message-2")).to_be_visible()
        await user.clock.run_for(1_000)
        await expect(user.locator("#connection")).to_be_hidden()
        assert await shown(user) == ["kembali"]
