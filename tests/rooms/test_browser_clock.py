"""The clock, the waiting room, the pause and the end, in a real browser."""

import asyncio
import re
from datetime import timedelta

from playwright.async_api import Browser, expect

from mentorinaja.rooms import actions
from tests.support.browsers import EVENTS, connected, in_room, running, send, visitor
from tests.support.rooms import meet_later, meet_now, room_path
from tests.support.site import Site
from tests.support.streams import eventually


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
        await expect(user.locator("#announce")).to_have_text("Tersisa 1 menit.")
        await expect(user.locator("#countdown")).to_have_class(re.compile("last"))

        async def agrees() -> bool:
            shown = int(await user.get_attribute("#countdown", "data-remaining") or 0)
            return abs((ends_at - (await meeting.room()).read_at).total_seconds() - shown) <= 1.2

        for _ in range(4):
            await eventually(agrees)
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
        await expect(user.get_by_text("Session Telah Berakhir")).to_be_visible()
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
        await expect(user.get_by_text("Session Telah Berakhir")).to_be_visible()


async def test_the_waiting_room_turns_by_itself_and_keeps_the_question(site: Site, chromium: Browser) -> None:
    meeting = await meet_later(site.db)
    await meeting.go_to((await meeting.room()).starts_at - timedelta(minutes=5))
    async with in_room(chromium, site, meeting, meeting.user) as user:
        await expect(user.locator("#waiting")).to_contain_text("belum hadir")
        await send(user, "Pertanyaan pertama")
        await expect(user.locator("#refusal")).to_contain_text("setelah sesi dimulai")
        await expect(user.locator("#pesan")).to_have_value("Pertanyaan pertama")
        await actions.enter(site.db, meeting.expert, meeting.booking_id)
        await expect(user.locator("#waiting")).to_contain_text("Mentor sudah hadir.")
        await meeting.go_to((await meeting.room()).starts_at)
        await expect(user.locator("#countdown")).to_have_attribute("data-state", "running")
        await expect(user.locator("#waiting")).to_be_hidden()
        await expect(user.locator("#end-session")).to_be_visible()
        await user.click(".composer .send")
        await expect(user.locator("#message-2")).to_contain_text("Pertanyaan pertama")


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


async def test_a_pause_freezes_the_clock_and_says_why(site: Site, chromium: Browser) -> None:
    meeting = await running(site)
    async with in_room(chromium, site, meeting, meeting.user) as user:
        await site.db.execute(
            "UPDATE room_presence SET streaming = false, seen_at = app_now() WHERE side = 'expert'"
        )
        await meeting.go_to((await meeting.room()).read_at + timedelta(seconds=40))
        clock = user.locator("#countdown")
        await expect(clock).to_have_attribute("data-state", "paused")
        await expect(clock).to_contain_text("Waktu dijeda")
        await expect(user.locator("#waiting")).to_contain_text("Waktu Anda tidak berkurang")
        frozen = await clock.locator("b").inner_text()
        await send(user, "Saya tunggu, Mbak")
        await expect(user.locator(".msg.mine .state")).to_have_text("Terkirim")
        assert await clock.locator("b").inner_text() == frozen
        await meeting.say(meeting.expert, "Maaf, sinyal hilang")
        await expect(clock).to_have_attribute("data-state", "running")
        await expect(user.locator("#waiting")).to_be_hidden()


NOTES_WHAT_IS_SAID = """addEventListener('DOMContentLoaded', () => {
  window.said = [];
  new MutationObserver(() => said.push([announce.textContent, performance.now()])).observe(announce, {childList: true});
})"""


async def test_what_is_told_at_five_minutes_is_not_overwritten(site: Site, chromium: Browser) -> None:
    meeting = await running(site)
    ends_at = (await meeting.room()).ends_at
    assert ends_at is not None
    await meeting.go_to(ends_at - timedelta(minutes=5, seconds=4))
    async with visitor(chromium, site, meeting.user) as user:
        await user.add_init_script(NOTES_WHAT_IS_SAID)
        await user.goto(room_path(meeting))
        await connected(user)
        await user.wait_for_function("() => said.length >= 2")
        (first, at), (second, later) = await user.evaluate("said.slice(0, 2)")
        assert {first, second} == {"Tersisa 5 menit.", "Tambah 15 menit?"}
        assert later - at > 1500, "time enough to be read out"


async def test_minutes_are_told_once_each_and_not_when_the_page_opens(site: Site, chromium: Browser) -> None:
    meeting = await running(site)
    ends_at = (await meeting.room()).ends_at
    assert ends_at is not None
    await meeting.go_to(ends_at - timedelta(minutes=8))
    async with visitor(chromium, site, meeting.user) as user:
        await user.add_init_script(NOTES_WHAT_IS_SAID)
        await user.goto(room_path(meeting))
        await connected(user)
        for left, words in ((299, "Tersisa 5 menit."), (59, "Tersisa 1 menit.")):
            await meeting.go_to(ends_at - timedelta(seconds=left))
            await expect(user.locator("#announce")).to_have_text(words)
        assert await user.evaluate(
            "said.map(([words]) => words).filter(words => words.startsWith('Tersisa'))"
        ) == [
            "Tersisa 5 menit.",
            "Tersisa 1 menit.",
        ]


async def test_the_end_takes_the_focus_only_from_the_composer(site: Site, chromium: Browser) -> None:
    meeting = await running(site)
    async with (
        in_room(chromium, site, meeting, meeting.user) as user,
        in_room(chromium, site, meeting, meeting.expert) as expert,
    ):
        await user.focus("#pesan")
        await expert.focus("#thread")
        await actions.end(site.db, meeting.expert, meeting.booking_id)
        for page in (user, expert):
            await expect(page.get_by_text("Session Telah Berakhir")).to_be_visible()
        await expect(user.locator("#ended-title")).to_be_focused()
        await expect(expert.locator("#thread")).to_be_focused()
