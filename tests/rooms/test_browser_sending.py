"""Sending in a real browser: there at once, sent, read; what failed keeps its text; the box and the keys."""

import asyncio

from playwright.async_api import Browser, Route, expect

from tests.support.browsers import DESK, POSTS, in_room, running, send, shown, visitor
from tests.support.rooms import room_path
from tests.support.site import Site


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


async def test_what_the_other_one_really_saw_is_read(site: Site, chromium: Browser) -> None:
    meeting = await running(site)
    async with in_room(chromium, site, meeting, meeting.user) as user:
        await send(user, "Sudah baca?")
        await expect(user.locator("#message-2 .state")).to_have_text("Terkirim")
        async with visitor(chromium, site, meeting.expert) as expert:
            # A tab that nobody looks at reads nothing.
            await expert.add_init_script(
                "Object.defineProperty(document, 'hidden', {get: () => window.away ?? true})"
            )
            async with expert.expect_response("**/here"):
                await expert.goto(room_path(meeting))
            await expect(expert.locator("#message-2")).to_be_visible()
            assert (await meeting.room()).expert_read == 0
            await expect(user.locator("#message-2 .state")).to_have_text("Terkirim")
            await expert.evaluate(
                "window.away = false; document.dispatchEvent(new Event('visibilitychange'))"
            )
            await expect(user.locator("#message-2 .state")).to_have_text("Dibaca")
        await user.reload()
        await expect(user.locator("#message-2 .state")).to_have_text("Dibaca")


async def test_the_box_keeps_the_focus_and_takes_words_while_the_last_ones_are_on_their_way(
    site: Site, chromium: Browser
) -> None:
    meeting = await running(site)
    async with in_room(chromium, site, meeting, meeting.user) as user:
        answered = asyncio.Event()

        async def hold(route: Route) -> None:
            await answered.wait()
            await route.continue_()

        await user.route(POSTS, hold)
        await send(user, "satu")
        await expect(user.locator("#pesan")).to_be_focused()
        await user.keyboard.type("dua")
        await user.click(".composer .send")
        await user.keyboard.type("masih saya tulis")
        await expect(user.locator(".msg.sending")).to_have_count(2)
        answered.set()
        await expect(user.locator("#message-3")).to_be_visible()
        assert await shown(user) == ["satu", "dua"]
        await expect(user.locator("#pesan")).to_have_value("masih saya tulis")
        await expect(user.locator("#pesan")).to_be_focused()


async def test_the_box_grows_with_what_is_written(site: Site, chromium: Browser) -> None:
    meeting = await running(site)
    async with in_room(chromium, site, meeting, meeting.user) as user:
        low = await user.locator("#pesan").evaluate("box => box.offsetHeight")
        await user.fill("#pesan", "baris\n" * 4)
        assert await user.locator("#pesan").evaluate("box => box.offsetHeight") > low + 40
        await user.fill("#pesan", "baris\n" * 40)
        assert await user.locator("#pesan").evaluate("box => box.offsetHeight") < 180
