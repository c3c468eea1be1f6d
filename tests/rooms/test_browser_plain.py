"""The room without script: it refreshes itself, posts, shows the right time, ends."""

import asyncio
from datetime import timedelta

from playwright.async_api import Browser, Locator, expect

from mentorinaja.rooms import actions
from tests.support.browsers import running, visitor
from tests.support.places import code_of, meet_in_person, open_doors
from tests.support.rooms import Meeting, meet_later, meet_now, room_path
from tests.support.site import Site

# The frame is five seconds old at most, and the clock shows whole seconds.
REFRESH_SECONDS = 7


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
        await expect(frame.get_by_text("Halo dari mentor")).to_be_visible()
        assert await user.input_value("#pesan") == "sedang saya ketik"
        await user.click(".composer .send")
        await expect(frame.get_by_text("sedang saya ketik")).to_be_visible()
        await actions.end(site.db, meeting.expert, meeting.booking_id)
        await expect(frame.get_by_text("Session Telah Berakhir")).to_be_visible()


async def test_without_script_the_countdown_is_right_at_each_refresh(site: Site, chromium: Browser) -> None:
    meeting = await running(site)
    async with visitor(chromium, site, meeting.user, script=False) as user:
        await user.goto(room_path(meeting))
        clock = user.frame_locator("iframe").locator("#countdown")
        await expect(clock).to_be_visible()
        for _ in range(2):
            await meeting.go_to((await meeting.room()).read_at + timedelta(minutes=3))
            async with asyncio.timeout(15):
                while not -1 <= await behind(clock, meeting) <= REFRESH_SECONDS:
                    await asyncio.sleep(0.2)


async def behind(clock: Locator, meeting: Meeting) -> float:
    """How many seconds more the frame shows than there are."""
    shown = int(await clock.get_attribute("data-remaining") or 0)
    room = await meeting.room()
    return shown - room.remaining(room.read_at)


async def test_without_script_the_question_before_the_end_is_a_page(site: Site, chromium: Browser) -> None:
    meeting = await running(site)
    async with visitor(chromium, site, meeting.user, script=False) as user:
        await user.goto(room_path(meeting))
        await expect(user.locator(".room-tools")).to_be_visible()
        await user.frame_locator("iframe").get_by_role("link", name="End Session").click()
        await expect(user.get_by_text("Anda yakin ingin mengakhiri session?")).to_be_visible()
        await user.get_by_role("button", name="Ya, Akhiri").click()
        await expect(user.get_by_role("heading", name="Session Telah Berakhir")).to_be_visible()
        assert (await meeting.room()).ended_by == "user"


async def test_without_script_the_frame_follows_from_the_waiting_room_to_the_end(
    site: Site, chromium: Browser
) -> None:
    meeting = await meet_later(site.db)
    await meeting.go_to((await meeting.room()).starts_at - timedelta(minutes=5))
    async with visitor(chromium, site, meeting.user, script=False) as user:
        await user.goto(room_path(meeting))
        frame, end = (
            user.frame_locator("iframe"),
            user.frame_locator("iframe").get_by_role("link", name="End Session"),
        )
        await expect(frame.get_by_text("Pesan bisa dikirim setelah sesi dimulai.")).to_be_visible()
        await expect(frame.locator("#room-status")).to_be_visible()
        await expect(user.locator(".room-head #room-status")).to_be_hidden()
        await expect(end).to_have_count(0)
        await meeting.begin()
        await meeting.go_to((await meeting.room()).starts_at)
        await actions.advance(site.db, meeting.booking_id)
        await expect(end).to_be_visible()
        await actions.end(site.db, meeting.expert, meeting.booking_id)
        await frame.get_by_role("link", name="Buka layar akhir sesi").click()
        await expect(user.get_by_role("heading", name="Session Telah Berakhir")).to_be_visible()
        await expect(user.locator("#composer")).to_be_hidden()


async def test_without_script_the_head_of_the_frame_stands_on_one_line(site: Site, chromium: Browser) -> None:
    meeting = await running(site)
    async with visitor(chromium, site, meeting.user, script=False) as user:
        await user.goto(room_path(meeting))
        frame = user.frame_locator("iframe")
        chip = await frame.locator("#room-status .chip").bounding_box()
        clock = await frame.locator("#countdown").bounding_box()
        assert chip is not None and clock is not None
        assert chip["x"] < 40 and clock["x"] + clock["width"] > 320
        assert abs((chip["y"] + chip["height"] / 2) - (clock["y"] + clock["height"] / 2)) < 4


async def test_without_script_the_code_is_given_on_a_page_and_told_in_the_frame(
    site: Site, chromium: Browser
) -> None:
    meeting = await meet_in_person(site.db)
    await open_doors(meeting)
    async with visitor(chromium, site, meeting.expert, script=False) as expert:
        await expert.goto(room_path(meeting))
        await expert.frame_locator("iframe").get_by_role("link", name="Masukkan kode kedatangan").click()
        await expert.fill("#arrival-code", await code_of(meeting))
        await expert.get_by_role("button", name="Catat").click()
        await expect(expert.frame_locator("iframe").locator("#place")).to_contain_text("Kode cocok")


async def test_without_script_a_message_after_the_end_comes_back_into_the_box(
    site: Site, chromium: Browser
) -> None:
    meeting = await running(site)
    async with visitor(chromium, site, meeting.user, script=False) as user:
        await user.goto(room_path(meeting))
        await user.fill("#pesan", "terlambat")
        await actions.end(site.db, meeting.expert, meeting.booking_id)
        await user.click(".composer .send")
        await expect(user.locator("#pesan")).to_have_value("terlambat")
        await expect(user.locator("#refusal")).to_contain_text("Sesi sudah berakhir")


async def test_without_script_the_panel_is_in_the_frame_and_its_buttons_work(
    site: Site, chromium: Browser
) -> None:
    meeting = await meet_now(site.db, minutes=5)
    await meeting.begin()
    async with visitor(chromium, site, meeting.user, script=False) as user:
        await user.goto(room_path(meeting))
        await user.frame_locator("iframe").get_by_role("button", name="+15 menit").click()
        await expect(user.frame_locator("iframe").locator("#panel")).to_contain_text(
            "Menunggu jawaban mentor"
        )
        assert not await user.locator(".room > #panel").is_visible()
