"""The room in a real browser: sending with patience, a line that breaks, the clock, and everything without script."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from playwright.async_api import Browser, Page, Route, expect

from mentorinaja.rooms import actions
from mentorinaja.web.viewer import Viewer
from tests.journeys.conftest import PHONE
from tests.support.rooms import Meeting, meet_later, meet_now, room_path, signed_in
from tests.support.site import Site

DESK = {"width": 1280, "height": 800}
POSTS = re.compile(r"/session/[0-9a-f-]+/messages$")
EVENTS = re.compile(r"/session/[0-9a-f-]+/events")


# A line that breaks on purpose is told in the console; anything else there is a fault.
EXPECTED = re.compile("Failed to (fetch|load resource)|htmx:sse:error|htmx:error|network error")


@asynccontextmanager
async def visitor(
    browser: Browser, site: Site, who: Viewer, *, script: bool = True, **options: Any
) -> AsyncIterator[Page]:
    """A page of somebody who is signed in, on a phone's screen. Faults of the page fail the test."""
    settings: dict[str, Any] = {"viewport": PHONE, "java_script_enabled": script, "timezone_id": "Asia/Tokyo"}
    context = await browser.new_context(base_url=site.url, **(settings | options))
    cookie = await signed_in(site.db, site.settings, who)
    await context.add_cookies([{"name": cookie.key, "value": str(cookie.value), "url": site.url}])
    page = await context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    try:
        yield page
    finally:
        await context.close()
    assert not [fault for fault in faults if not EXPECTED.search(fault)], faults


@asynccontextmanager
async def in_room(browser: Browser, site: Site, meeting: Meeting, who: Viewer) -> AsyncIterator[Page]:
    """A page in the room with its stream open."""
    async with visitor(browser, site, who) as page:
        await page.goto(room_path(meeting))
        await connected(page)
        yield page


async def connected(page: Page) -> None:
    await page.wait_for_function("() => document.getElementById('stream')?._htmx?.sse?.status === 200")


async def running(site: Site) -> Meeting:
    meeting = await meet_now(site.db)
    await meeting.begin()
    return meeting


async def send(page: Page, text: str) -> None:
    await page.fill("#pesan", text)
    await page.click(".composer .send")


async def shown(page: Page) -> list[str]:
    """The texts of all messages, in the order on the screen."""
    return await page.eval_on_selector_all(".msg .text", "nodes => nodes.map(node => node.textContent)")


async def test_a_message_is_there_at_once_and_then_sent(site: Site, chromium: Browser) -> None:
    meeting = await running(site)
    async with (
        in_room(chromium, site, meeting, meeting.user) as user,
        in_room(chromium, site, meeting, meeting.expert) as expert,
    ):
        answered = asyncio.Event()

        async def hold(route: Route) -> None:
            answer = await route.fetch()
            await answered.wait()
            await route.fulfill(response=answer)

        await user.route(POSTS, hold)
        await send(user, "Halo\n<b onclick=x>Mbak</b> <div hx-get='/' hx-trigger='load'>")
        await expect(user.locator(".msg")).to_have_count(1)
        await expect(user.locator("#pesan")).to_have_value("")
        # The stream's copy comes before the answer: still one message.
        await expect(user.locator("#message-2 .state")).to_have_text("Terkirim")
        await expect(expert.locator("#message-2")).to_contain_text("<b onclick=x>Mbak</b>")
        answered.set()
        await expect(user.locator(".msg")).to_have_count(1)
        assert await expert.locator("#messages [hx-get], #messages b").count() == 0
        await send(user, "Kedua")
        await expect(expert.locator("#message-3")).to_be_visible()
        assert await shown(user) == await shown(expert) != []


async def test_what_failed_keeps_its_text_and_goes_out_once(site: Site, chromium: Browser) -> None:
    meeting = await running(site)
    async with in_room(chromium, site, meeting, meeting.user) as user:
        await user.route(POSTS, lambda route: route.fulfill(status=503, body=""))
        await send(user, "Penting")
        again = user.get_by_role("button", name="Gagal, coba lagi")
        await expect(again).to_be_visible()
        assert await shown(user) == ["Penting"]
        await user.unroute(POSTS)

        async def lose_the_answer(route: Route) -> None:
            await route.fetch()
            await route.abort()

        await user.route(POSTS, lose_the_answer)
        await again.click()
        await expect(user.locator("#message-2 .state")).to_have_text("Terkirim")
        assert await shown(user) == ["Penting"] and len(await meeting.items()) == 2


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
        await expect(user.locator("#connection")).to_be_hidden(timeout=15_000)
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
        await expect(user.locator("#message-2")).to_be_visible(timeout=15_000)
        assert await shown(user) == ["lebih dulu", "sesudahnya"]


async def test_a_restart_of_the_stream_repeats_nothing(site: Site, chromium: Browser) -> None:
    meeting = await running(site)
    async with in_room(chromium, site, meeting, meeting.user) as user:
        for n in range(6):
            await meeting.say(meeting.expert, str(n))
            await user.evaluate("document.getElementById('stream')._htmx?.sse?.reader?.cancel()")
            await meeting.say(meeting.user, f"saya {n}")
        await expect(user.locator("#message-13")).to_be_visible(timeout=15_000)
        expected = [text for n in range(6) for text in (str(n), f"saya {n}")]
        assert await shown(user) == expected


async def test_the_clock_is_the_servers_whatever_the_device_says(site: Site, chromium: Browser) -> None:
    meeting = await meet_now(site.db, minutes=5)
    await meeting.begin()
    ends_at = (await meeting.room()).ends_at
    assert ends_at is not None
    async with visitor(chromium, site, meeting.user) as user:
        await user.add_init_script("const real = Date.now; Date.now = () => real() + 86400000 * 3")
        await user.goto(room_path(meeting))
        await connected(user)
        await meeting.go_to(ends_at - timedelta(seconds=63))
        await expect(user.locator("#announce")).to_have_text("Tersisa 1 menit.", timeout=8_000)
        await expect(user.locator("#countdown")).to_have_class(re.compile("last"))
        for _ in range(4):
            left = (ends_at - (await meeting.room()).read_at).total_seconds()
            assert abs(int(await user.get_attribute("#countdown", "data-remaining") or 0) - left) <= 1.2
            await asyncio.sleep(0.7)


async def test_the_end_shows_itself_and_the_line_stays_closed(site: Site, chromium: Browser) -> None:
    meeting = await meet_now(site.db, minutes=5)
    await meeting.begin()
    ends_at = (await meeting.room()).ends_at
    assert ends_at is not None
    async with in_room(chromium, site, meeting, meeting.user) as user:
        asked: list[str] = []
        user.on("request", lambda request: asked.append(request.url) if EVENTS.search(request.url) else None)
        await user.fill("#pesan", "Belum selesai saya")
        await meeting.go_to(ends_at - timedelta(seconds=2))
        await expect(user.get_by_text("Session Telah Berakhir")).to_be_visible(timeout=10_000)
        await expect(user.get_by_text("Waktu konsultasi telah habis.")).to_be_visible()
        await expect(user.locator("#pesan")).to_have_value("Belum selesai saya")
        await expect(user.locator("#refusal")).to_contain_text("Sesi sudah berakhir")
        await expect(user.locator("#end-session")).to_be_hidden()
        await asyncio.sleep(2)
        assert asked == []


async def test_whoever_comes_back_after_the_end_sees_the_ended_screen(site: Site, chromium: Browser) -> None:
    meeting = await running(site)
    async with visitor(chromium, site, meeting.user) as user:
        await user.route(EVENTS, lambda route: route.abort())
        await user.goto(room_path(meeting))
        await actions.end(site.db, meeting.expert, meeting.booking_id)
        await user.unroute(EVENTS)
        await expect(user.get_by_text("Session Telah Berakhir")).to_be_visible(timeout=15_000)


async def test_the_waiting_room_turns_by_itself_and_keeps_the_question(site: Site, chromium: Browser) -> None:
    meeting = await meet_later(site.db)
    await meeting.go_to((await meeting.room()).starts_at - timedelta(minutes=5))
    async with in_room(chromium, site, meeting, meeting.user) as user:
        await expect(user.locator("#waiting")).to_contain_text("belum hadir")
        await send(user, "Pertanyaan pertama")
        await expect(user.locator("#refusal")).to_contain_text("setelah sesi dimulai")
        await expect(user.locator("#pesan")).to_have_value("Pertanyaan pertama")
        await actions.enter(site.db, meeting.expert, meeting.booking_id)
        await expect(user.locator("#waiting")).to_contain_text("sudah ada di ruang ini")
        await meeting.go_to((await meeting.room()).starts_at)
        await expect(user.locator("#countdown")).to_have_attribute("data-state", "running", timeout=10_000)
        await expect(user.locator("#waiting")).to_be_hidden()
        await expect(user.locator("#end-session")).to_be_visible()
        await user.click(".composer .send")
        await expect(user.locator("#message-2")).to_contain_text("Pertanyaan pertama")


async def test_whoever_reads_above_keeps_their_place(site: Site, chromium: Browser) -> None:
    meeting = await running(site)
    for n in range(70):
        await meeting.say(meeting.expert, f"Pesan panjang nomor {n} " * 4)
    async with in_room(chromium, site, meeting, meeting.user) as user:
        view = user.locator("#thread")
        await expect(user.locator("#message-71")).to_be_in_viewport()
        await view.evaluate("node => { node.scrollTop = -600 }")
        top = await user.locator("#message-60").evaluate("node => node.getBoundingClientRect().top")
        await meeting.say(meeting.expert, "baru " * 60)
        jump = user.get_by_role("button", name="Pesan baru ↓")
        await expect(jump).to_be_visible()
        after = await user.locator("#message-60").evaluate("node => node.getBoundingClientRect().top")
        assert abs(after - top) <= 2
        await jump.click()
        await expect(user.locator("#message-72")).to_be_in_viewport()
        await expect(jump).to_have_count(0)
        await meeting.say(meeting.expert, "dan lagi")
        await expect(user.locator("#message-73")).to_be_in_viewport()
        await user.get_by_role("link", name="Muat pesan sebelumnya").click()
        await expect(user.locator("#message-1")).to_be_attached()
        assert await user.locator("#messages > [data-seq]").count() == 73
        await expect(user.locator("#message-22")).to_be_in_viewport()


async def test_enter_sends_at_a_desk(site: Site, chromium: Browser) -> None:
    meeting = await running(site)
    async with in_room(chromium, site, meeting, meeting.user) as user:
        await user.set_viewport_size(DESK)  # type: ignore[arg-type]  # a size is a size
        await user.locator("#pesan").press_sequentially("baris satu")
        await user.keyboard.press("Shift+Enter")
        await user.locator("#pesan").press_sequentially("baris dua")
        await user.keyboard.press("Enter")
        await expect(user.locator("#message-2 .text")).to_have_text(
            "baris satu\nbaris dua", use_inner_text=True
        )


async def test_enter_is_a_new_line_on_a_phone(site: Site, chromium: Browser) -> None:
    meeting = await running(site)
    async with visitor(chromium, site, meeting.user, has_touch=True, is_mobile=True) as user:
        await user.goto(room_path(meeting))
        await user.locator("#pesan").press_sequentially("a")
        await user.keyboard.press("Enter")
        await user.locator("#pesan").press_sequentially("b")
        await expect(user.locator("#pesan")).to_have_value("a\nb")


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


async def test_ending_asks_first(site: Site, chromium: Browser) -> None:
    meeting = await running(site)
    async with (
        in_room(chromium, site, meeting, meeting.user) as user,
        in_room(chromium, site, meeting, meeting.expert) as expert,
    ):
        await user.get_by_role("link", name="End Session").click()
        dialog = user.get_by_role("dialog")
        await expect(dialog).to_contain_text("Anda yakin ingin mengakhiri session?")
        await expect(dialog).to_contain_text(re.compile(r"Waktu yang tersisa: (30:00|29:\d\d)"))
        await dialog.get_by_text("Batal").click()
        await expect(dialog).to_be_hidden()
        await user.get_by_role("link", name="End Session").click()
        await dialog.get_by_role("button", name="Ya, Akhiri").click()
        for page in (user, expert):
            await expect(page.get_by_text("Session Telah Berakhir")).to_be_visible()
        assert (await meeting.room()).ended_by == "user"


async def test_a_sign_out_elsewhere_leads_to_the_sign_in_page(site: Site, chromium: Browser) -> None:
    meeting = await running(site)
    async with in_room(chromium, site, meeting, meeting.user) as user:
        await site.db.execute(
            "UPDATE login_sessions SET ended_at = app_now() WHERE user_id = $1", meeting.user.id
        )
        await user.wait_for_url(re.compile("/login"), timeout=10_000)


async def test_without_script_the_frame_refreshes_and_the_box_is_left_alone(
    site: Site, chromium: Browser
) -> None:
    meeting = await running(site)
    async with visitor(chromium, site, meeting.user, script=False) as user:
        await user.goto(room_path(meeting))
        frame = user.frame_locator("iframe.thread-frame")
        await expect(frame.locator("#message-1")).to_be_visible()
        await expect(user.locator("#thread")).to_be_hidden()
        await user.fill("#pesan", "sedang saya ketik")
        await meeting.say(meeting.expert, "Halo dari mentor")
        await expect(frame.get_by_text("Halo dari mentor")).to_be_visible(timeout=15_000)
        assert await user.input_value("#pesan") == "sedang saya ketik"
        await user.click(".composer .send")
        await expect(frame.get_by_text("sedang saya ketik")).to_be_visible(timeout=15_000)
        await actions.end(site.db, meeting.expert, meeting.booking_id)
        await expect(frame.get_by_text("Session Telah Berakhir")).to_be_visible(timeout=15_000)
