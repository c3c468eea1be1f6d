"""The conversation as it is read: the reader's place, older messages, days, who is typing, what is new."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from playwright.async_api import Browser, expect

from mentorinaja import clock
from tests.support.browsers import connected, in_room, running, send, visitor
from tests.support.rooms import meet_now, room_path
from tests.support.site import Site

HIDE = "Object.defineProperty(document, 'hidden', {configurable: true, get: () => true})"
SHOW = "delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))"


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


async def test_new_messages_are_counted_for_whoever_reads_above(site: Site, chromium: Browser) -> None:
    meeting = await running(site)
    for n in range(30):
        await meeting.say(meeting.expert, f"Pesan panjang nomor {n} " * 4)
    async with in_room(chromium, site, meeting, meeting.user) as user:
        await user.locator("#thread").evaluate("node => { node.scrollTop = -900 }")
        for n in range(3):
            await meeting.say(meeting.expert, f"baru {n}")
        await expect(user.locator(".jump .count")).to_have_text("3")
        assert (await meeting.room()).user_read < 34
        await send(user, "balasan saya")
        await expect(user.locator(".msg.mine")).to_be_in_viewport()
        await expect(user.locator(".jump")).to_have_count(0)


async def test_older_messages_come_by_scrolling_up(site: Site, chromium: Browser) -> None:
    meeting = await running(site)
    for n in range(120):
        await meeting.say(meeting.expert, f"Pesan nomor {n} " * 5)
    async with in_room(chromium, site, meeting, meeting.user) as user:
        view = user.locator("#thread")
        assert await user.locator("#messages > [data-seq]").count() == 50
        await view.evaluate("node => { node.scrollTop = -node.scrollHeight }")
        await expect(user.locator("#message-30")).to_be_attached()
        assert not await user.locator("#message-5").count()
        await view.evaluate("node => { node.scrollTop = -node.scrollHeight }")
        await expect(user.locator("#message-1")).to_be_attached()
        await expect(user.locator("#older")).to_have_count(0)
        numbers = await user.eval_on_selector_all(
            "#messages > [data-seq]", "all => all.map(one => +one.dataset.seq)"
        )
        assert numbers == list(range(1, 122))
        assert await user.locator("#messages > .day").count() == 1


async def test_a_new_day_has_its_line_pushed_or_loaded(site: Site, chromium: Browser) -> None:
    now = await clock.now(site.db)
    half_past_eleven = now.astimezone(ZoneInfo("Asia/Jakarta")).replace(hour=23, minute=30)
    await clock.shift(site.db, half_past_eleven - now)
    meeting = await meet_now(site.db, minutes=60)
    await meeting.begin()
    await meeting.say(meeting.expert, "sebelum tengah malam")
    async with in_room(chromium, site, meeting, meeting.user) as user:
        await expect(user.locator(".day")).to_have_count(1)
        await meeting.go_to(half_past_eleven + timedelta(minutes=35))
        await meeting.say(meeting.expert, "sesudah tengah malam")
        await expect(user.locator(".day")).to_have_count(2)
        await send(user, "selamat pagi")
        await expect(user.locator(".msg.mine .state")).to_have_text("Terkirim")
        pushed = await user.locator("#messages > li").all_inner_texts()
        await user.reload()
        await connected(user)
        assert await user.locator("#messages > li").all_inner_texts() == pushed
        assert await user.locator(".day").count() == 2


async def test_typing_is_shown_and_gone_with_the_message(site: Site, chromium: Browser) -> None:
    meeting = await running(site)
    async with (
        in_room(chromium, site, meeting, meeting.user) as user,
        in_room(chromium, site, meeting, meeting.expert) as expert,
    ):
        await expert.locator("#pesan").press_sequentially("Sebentar")
        await expect(user.locator("#typing")).to_have_text("Sari Wulandari sedang mengetik…")
        await expect(expert.locator("#typing")).to_be_empty()
        await expert.click(".composer .send")
        await expect(user.locator("#message-2")).to_be_visible()
        await expect(user.locator("#typing")).to_be_empty()
        # Who writes on at once is seen at once, too.
        await expert.locator("#pesan").press_sequentially("Satu lagi")
        await expect(user.locator("#typing")).not_to_be_empty()


async def test_typing_that_stopped_is_gone_after_six_seconds(site: Site, chromium: Browser) -> None:
    meeting = await running(site)
    async with (
        in_room(chromium, site, meeting, meeting.user) as user,
        in_room(chromium, site, meeting, meeting.expert) as expert,
    ):
        await expert.locator("#pesan").press_sequentially("Hm")
        await expect(user.locator("#typing")).not_to_be_empty()
        await expect(user.locator("#typing")).to_be_empty()


async def test_a_hidden_tab_counts_in_its_title(site: Site, chromium: Browser) -> None:
    meeting = await running(site)
    async with in_room(chromium, site, meeting, meeting.user) as user:
        title = await user.title()
        await user.evaluate(HIDE)
        for text in ("satu", "dua"):
            await meeting.say(meeting.expert, text)
        await expect(user).to_have_title(f"(2) {title}")
        assert (await meeting.room()).user_read < 2
        await user.evaluate(SHOW)
        await expect(user).to_have_title(title)


async def test_a_sound_for_the_others_messages_after_the_first_touch(site: Site, chromium: Browser) -> None:
    meeting = await running(site)
    async with visitor(chromium, site, meeting.user) as user:
        await user.add_init_script(
            "window.rung = 0; const start = OscillatorNode.prototype.start;"
            "OscillatorNode.prototype.start = function (...at) { rung += 1; return start.apply(this, at) }"
        )
        await user.goto(room_path(meeting))
        await connected(user)
        await meeting.say(meeting.expert, "sebelum disentuh")
        await expect(user.locator("#message-2")).to_be_visible()
        assert await user.evaluate("rung") == 0
        async with user.expect_response("**/room-sound*"):
            await user.click("#pesan")
        await meeting.say(meeting.expert, "sesudah disentuh")
        await expect(user.locator("#message-3")).to_be_visible()
        assert await user.evaluate("rung") == 1
        await send(user, "milik sendiri tidak berbunyi")
        await expect(user.locator("#message-4 .state")).to_have_text("Terkirim")
        await user.get_by_role("switch", name="Suara").click()
        await meeting.say(meeting.expert, "tanpa suara")
        await expect(user.locator("#message-5")).to_be_visible()
        assert await user.evaluate("rung") == 1
        await user.reload()
        await expect(user.get_by_role("switch", name="Suara")).not_to_be_checked()


async def test_each_message_enters_the_live_region_once(site: Site, chromium: Browser) -> None:
    meeting = await running(site)
    async with in_room(chromium, site, meeting, meeting.user) as user:
        await user.evaluate(
            """() => {
                 window.added = [];
                 new MutationObserver(all => all.forEach(change => change.addedNodes.forEach(node => {
                   const words = node.textContent.match(/(halo|hai) \\d/);
                   if (words) added.push(words[0]);
                 }))).observe(document.getElementById('thread'), {childList: true, subtree: true});
               }"""
        )
        for n in range(3):
            await send(user, f"halo {n}")
            await meeting.say(meeting.expert, f"hai {n}")
        await expect(user.locator(".msg")).to_have_count(6)
        await expect(user.locator(".msg.sending")).to_have_count(0)
        assert sorted(await user.evaluate("added")) == sorted(
            f"{word} {n}" for word in ("halo", "hai") for n in range(3)
        )
        assert await user.get_attribute("#thread", "aria-live") == "polite"
