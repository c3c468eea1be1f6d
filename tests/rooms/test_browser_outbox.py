"""Messages that wait on the device: over a reload, a closed tab, a second tab; never twice, never out of order."""

import asyncio

from playwright.async_api import Browser, Page, Route, expect

from mentorinaja.rooms import actions
from tests.support.browsers import (
    EVENTS,
    POSTS,
    connected,
    in_room,
    kept,
    running,
    send,
    shown,
    signed_in_context,
)
from tests.support.rooms import Meeting, room_path, texts
from tests.support.site import Site


async def test_what_was_not_sent_outlives_a_reload(site: Site, chromium: Browser) -> None:
    meeting = await running(site)
    async with in_room(chromium, site, meeting, meeting.user) as user:
        await user.route(POSTS, lambda route: route.abort())
        await send(user, "belum terkirim")
        await user.locator("#pesan").press_sequentially("masih diketik")
        await user.unroute(POSTS)
        await user.reload()
        await expect(user.locator("#message-2 .state")).to_have_text("Terkirim")
        assert await shown(user) == ["belum terkirim"]
        await expect(user.locator("#pesan")).to_have_value("masih diketik")


async def both_tabs(context_page: Page, meeting: Meeting) -> Page:
    """A second tab of the same person in the same room."""
    second = await context_page.context.new_page()
    await second.goto(room_path(meeting))
    await connected(second)
    return second


async def test_a_closed_tab_loses_nothing(site: Site, chromium: Browser) -> None:
    meeting = await running(site)
    async with signed_in_context(chromium, site, meeting.user) as context:
        page = await context.new_page()
        await page.goto(room_path(meeting))
        await context.route(POSTS, lambda route: route.abort())
        for text in ("satu", "dua"):
            await send(page, text)
        await page.fill("#pesan", "masih diketik")
        assert await kept(page) == 2
        await page.close()
        await context.unroute(POSTS)
        again = await context.new_page()
        await again.goto(room_path(meeting))
        await expect(again.locator("#message-3 .state")).to_have_text("Terkirim")
        assert await shown(again) == ["satu", "dua"] == texts(await meeting.items())
        await expect(again.locator("#pesan")).to_have_value("masih diketik")
        assert await kept(again) == 0


async def test_what_arrived_before_its_answer_was_lost_is_not_sent_again(
    site: Site, chromium: Browser
) -> None:
    meeting = await running(site)
    async with signed_in_context(chromium, site, meeting.user) as context:
        page = await context.new_page()
        await context.route(EVENTS, lambda route: route.abort())
        await page.goto(room_path(meeting))

        async def lose_the_answer(route: Route) -> None:
            await route.fetch()
            await route.abort()

        await context.route(POSTS, lose_the_answer)
        await send(page, "sekali saja")
        await expect(
            page.get_by_role("button", name="Gagal, coba lagi").or_(page.get_by_text("Menunggu koneksi…"))
        ).to_be_visible()
        await context.unroute(POSTS)
        await context.unroute(EVENTS)
        await page.reload()
        await expect(page.locator("#message-2")).to_be_visible()
        await page.wait_for_function("() => !Object.keys(localStorage).some(key => key.includes('/out/'))")
        assert await shown(page) == ["sekali saja"] == texts(await meeting.items())


async def test_two_tabs_send_one_after_the_other_and_nothing_twice(site: Site, chromium: Browser) -> None:
    meeting = await running(site)
    async with in_room(chromium, site, meeting, meeting.user) as first:
        second = await both_tabs(first, meeting)
        posts: list[str] = []
        first.context.on(
            "request",
            lambda request: posts.append(request.post_data or "") if POSTS.search(request.url) else None,
        )
        await first.context.set_offline(True)
        expected = []
        for n in range(3):
            for tab, name in ((first, "kiri"), (second, "kanan")):
                await send(tab, f"{name} {n}")
                expected.append(f"{name} {n}")
        # Each tab shows what the other one has waiting, in the same order.
        await expect(second.locator(".msg")).to_have_count(6)
        assert await shown(first) == await shown(second) == expected
        posts.clear()
        await first.context.set_offline(False)
        for tab in (first, second):
            await expect(tab.locator("#message-7 .state")).to_have_text("Terkirim")
            await expect(tab.locator(".msg")).to_have_count(6)
            assert await shown(tab) == expected
        assert texts(await meeting.items()) == expected
        assert len(posts) == 6, "each message was sent by one tab, once"


async def test_a_second_tab_sends_what_a_closed_one_left(site: Site, chromium: Browser) -> None:
    meeting = await running(site)
    async with in_room(chromium, site, meeting, meeting.user) as first:
        second = await both_tabs(first, meeting)
        held = asyncio.Event()

        async def hold(route: Route) -> None:
            held.set()
            await asyncio.Event().wait()

        await first.route(POSTS, hold)
        await send(first, "dari tab yang ditutup")
        await held.wait()
        await first.close()
        await expect(second.locator("#message-2 .state")).to_have_text("Terkirim")
        assert texts(await meeting.items()) == ["dari tab yang ditutup"]


async def test_a_browser_without_locks_or_storage_still_sends_once_and_in_order(
    site: Site, chromium: Browser
) -> None:
    meeting = await running(site)
    async with signed_in_context(chromium, site, meeting.user) as context:
        await context.add_init_script(
            """Object.defineProperty(navigator, 'locks', {value: undefined});
               Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('no') }});
               crypto.randomUUID = undefined;"""
        )
        page = await context.new_page()
        await page.goto(room_path(meeting))
        for n in range(5):
            await send(page, str(n))
        await expect(page.locator("#message-6 .state")).to_have_text("Terkirim")
        assert texts(await meeting.items()) == [str(n) for n in range(5)]


async def test_what_did_not_go_out_before_the_end_is_given_back(site: Site, chromium: Browser) -> None:
    meeting = await running(site)
    async with in_room(chromium, site, meeting, meeting.user) as user:
        await user.context.set_offline(True)
        await send(user, "tidak sempat")
        await user.fill("#pesan", "dan ini")
        await actions.end(site.db, meeting.expert, meeting.booking_id)
        await user.context.set_offline(False)
        await expect(user.get_by_text("Session Telah Berakhir")).to_be_visible()
        await expect(user.locator("#pesan")).to_have_value("tidak sempat\n\ndan ini")
        await user.reload()
        await expect(user.locator("#pesan")).to_have_value("tidak sempat\n\ndan ini")
        await expect(user.locator("#refusal")).to_contain_text("Sesi sudah berakhir")
        await user.get_by_role("button", name="Hapus teks ini").click()
        await expect(user.locator("#composer")).to_be_hidden()
        await user.reload()
        await expect(user.locator("#composer")).to_be_hidden()


async def test_reading_old_messages_takes_nothing_from_what_waits(site: Site, chromium: Browser) -> None:
    meeting = await running(site)
    for n in range(60):
        await meeting.say(meeting.expert, f"Nomor {n}")
    async with in_room(chromium, site, meeting, meeting.user) as user:
        await user.route(POSTS, lambda route: route.abort())
        await send(user, "belum terkirim")
        await user.fill("#pesan", "masih diketik")
        await user.goto(f"{room_path(meeting)}&before=12")
        await expect(user.locator("#message-11")).to_be_visible()
        await expect(user.locator("#pesan")).to_be_editable()
        await expect(user.locator("#refusal")).to_be_hidden()
        await user.unroute(POSTS)
        await user.get_by_role("link", name="Ke pesan terbaru").click()
        await expect(user.locator("#message-62 .state")).to_have_text("Terkirim")
        await expect(user.locator("#pesan")).to_have_value("masih diketik")


async def test_signing_out_takes_everything_along(site: Site, chromium: Browser) -> None:
    meeting = await running(site)
    async with in_room(chromium, site, meeting, meeting.user) as user:
        await user.context.set_offline(True)
        await send(user, "rahasia")
        await user.fill("#pesan", "draf rahasia")
        await user.context.set_offline(False)
        await user.route(POSTS, lambda route: route.abort())
        await user.goto("/")
        assert await user.evaluate("localStorage.length") > 0
        await user.get_by_role("button", name="Logout").click()
        await expect(user.get_by_role("link", name="Login")).to_be_visible()
        assert await user.evaluate("localStorage.length + sessionStorage.length") == 0
