"""The room in every state as people see it: on a phone and a desk, light and dark; all of it reachable and readable."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, FilePayload, Page, expect

from mentorinaja.rooms import actions, presence
from mentorinaja.threads import actions as threads
from tests.journeys.conftest import SCREENSHOTS
from tests.support import extensions, files
from tests.support.browsers import POSTS, in_room, running, send, visitor
from tests.support.rooms import Meeting, meet_in_writing, meet_later, meet_now, room_path
from tests.support.site import Site

VIEWS = {"360-light": (360, 740, "light"), "360-dark": (360, 740, "dark"), "1280-light": (1280, 800, "light"),
         "1280-dark": (1280, 800, "dark"), "320-light": (320, 568, "light")}  # fmt: skip

ACTIVE = "(at => at.id || at.className || at.tagName)(document.activeElement)"


async def look_at(page: Page, name: str) -> list[str]:
    """Photograph the room as it stands in every view; answers what is wrong with it."""
    SCREENSHOTS.mkdir(exist_ok=True)
    wrong: list[str] = []
    for view, (width, height, scheme) in VIEWS.items():
        await page.set_viewport_size({"width": width, "height": height})
        await page.emulate_media(
            color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce"
        )
        await page.screenshot(path=SCREENSHOTS / f"room-{name}-{view}.png")
        if await page.evaluate("document.documentElement.scrollWidth") > width:
            wrong.append(f"{name} is wider than {width} px")
        wrong += [f"{name} {view}: {small} is smaller than 44 px" for small in await too_small(page)]
        if width == 360:
            found = (await Axe().run(page)).response["violations"]
            wrong += [f"{name} {view}: {one['id']} {one['nodes'][0]['html'][:160]}" for one in found]
    return wrong


async def too_small(page: Page) -> list[str]:
    """Buttons and links outside running text that a thumb would miss."""
    return list(
        await page.evaluate(
            """[...document.querySelectorAll("button, label.attach, .room a.btn, .room-tools a, .room-head a")]
               .filter(node => node.offsetParent && !node.closest(".text, dialog:not([open])"))
               .filter(node => node.getBoundingClientRect().height < 43.5 || node.getBoundingClientRect().width < 43.5)
               .map(node => node.outerHTML.slice(0, 90))"""
        )
    )


async def talk(meeting: Meeting) -> None:
    await meeting.say(meeting.user, "Halo Mbak Sari, saya ingin tanya tentang pindah karier ke PM. "
                                    "Saat ini saya Software Engineer, 3 tahun.")  # fmt: skip
    await meeting.say(meeting.expert, "Hai! Senang bisa bantu. Ceritakan dulu produk yang sekarang Anda kerjakan, "
                                      "dan bagian mana yang paling Anda nikmati.")  # fmt: skip
    await meeting.say(meeting.user, "Saya pegang alur pembayaran.\nPaling suka saat riset ke pengguna sebelum menulis "
                                    "kode. Contohnya ada di https://contoh.test/riset-pengguna-2026.")  # fmt: skip


async def waiting(site: Site) -> Meeting:
    meeting = await meet_later(site.db)
    await meeting.go_to((await meeting.room()).starts_at - timedelta(minutes=4))
    return meeting


async def talking(site: Site) -> Meeting:
    meeting = await running(site)
    await talk(meeting)
    return meeting


async def paused(site: Site) -> Meeting:
    meeting = await talking(site)
    await site.db.execute(
        "UPDATE room_presence SET streaming = false, seen_at = app_now() WHERE side = 'expert'"
    )
    await meeting.go_to((await meeting.room()).read_at + timedelta(seconds=95))
    await actions.advance(site.db, meeting.booking_id)
    return meeting


async def last_minute(site: Site) -> Meeting:
    meeting = await meet_now(site.db, minutes=5)
    await meeting.begin()
    await talk(meeting)
    return meeting


async def video(site: Site) -> Meeting:
    return await beside(site, "online_video")


async def offline(site: Site) -> Meeting:
    return await beside(site, "offline_event")


async def beside(site: Site, category: str) -> Meeting:
    meeting = await meet_later(site.db, category=category)
    await meeting.go_to((await meeting.room()).starts_at - timedelta(minutes=4))
    return meeting


async def absent(site: Site) -> Meeting:
    meeting = await meet_later(site.db)
    await meeting.go_to((await meeting.room()).starts_at + timedelta(minutes=11))
    return meeting


async def thread(site: Site) -> Meeting:
    meeting = await meet_in_writing(site.db)
    await meeting.say(meeting.user, "Ini CV saya, mohon dibahas bagian pengalaman kerjanya.")
    await meeting.say(
        meeting.expert, "Sudah saya baca. Tiga catatan: mulai dari hasil, sebut angka, dan buang jargon."
    )
    return meeting


async def thread_finished(site: Site) -> Meeting:
    meeting = await thread(site)
    await threads.finish(site.db, meeting.expert, meeting.booking_id)
    return meeting


async def more_time(site: Site) -> Meeting:
    return (await extensions.agreed(site.db))[0]


STATES: dict[str, Callable[[Site], Awaitable[Meeting]]] = {
    "waiting": waiting, "running": talking, "paused": paused, "last-minute": last_minute, "video": video,
    "offline": offline, "absent": absent, "thread": thread, "thread-finished": thread_finished, "more-time": more_time,
}  # fmt: skip


@pytest.mark.parametrize("state", STATES)
async def test_a_state_is_fit_to_be_seen(site: Site, chromium: Browser, state: str) -> None:
    meeting = await STATES[state](site)
    async with in_room(chromium, site, meeting, meeting.user) as user:
        if state == "last-minute":
            ends_at = (await meeting.room()).ends_at
            assert ends_at is not None
            await meeting.go_to(ends_at - timedelta(seconds=50))
            await actions.enter(site.db, meeting.expert, meeting.booking_id)
            await expect(user.locator("#countdown.last")).to_be_visible()
        wrong = await look_at(user, state)
    assert not wrong, "\n".join(wrong)


async def test_what_is_asked_of_the_expert_is_fit_to_be_seen(site: Site, chromium: Browser) -> None:
    meeting = await extensions.running(site.db)
    async with in_room(chromium, site, meeting, meeting.expert) as expert:
        await extensions.ask(meeting)
        await expect(expert.locator("#panel")).to_contain_text("+15 menit")
        wrong = await look_at(expert, "asked")
    meeting = await thread(site)
    async with in_room(chromium, site, meeting, meeting.expert) as expert:
        wrong += await look_at(expert, "thread-expert")
    assert not wrong, "\n".join(wrong)


async def test_a_pause_is_told_by_the_clock_and_a_small_box(site: Site, chromium: Browser) -> None:
    meeting = await paused(site)
    async with in_room(chromium, site, meeting, meeting.user) as user:
        await user.set_viewport_size({"width": 360, "height": 740})
        await expect(user.locator("#countdown")).to_contain_text("Waktu dijeda")
        assert await user.get_by_text("dijeda").locator("visible=true").count() == 2, (
            "the clock, and its notice"
        )
        box = await user.locator("#waiting").bounding_box()
        assert box is not None and box["height"] <= 120


async def test_typing_takes_nothing_from_the_last_message(site: Site, chromium: Browser) -> None:
    meeting = await talking(site)
    async with in_room(chromium, site, meeting, meeting.user) as user:
        before = await user.locator("#thread").bounding_box()
        await presence.typing(site.db, meeting.booking_id, "expert")
        await expect(user.locator("#typing")).to_contain_text("sedang mengetik")
        assert await user.locator("#thread").bounding_box() == before, "nothing jumps"
        typing = await user.locator("#typing").bounding_box()
        last = await user.locator(".msg").last.bounding_box()
        composer = await user.locator("#composer").bounding_box()
        assert typing and last and composer and before
        assert last["y"] + last["height"] <= typing["y"]
        assert before["y"] + before["height"] == composer["y"], "no strip between thread and box"


async def test_after_the_end_nothing_empty_takes_room(site: Site, chromium: Browser) -> None:
    meeting = await talking(site)
    await actions.end(site.db, meeting.expert, meeting.booking_id)
    async with visitor(chromium, site, meeting.user) as user:
        await user.goto(room_path(meeting))
        over, thread = user.locator("#ended"), user.locator("#thread")
        above, below = await over.bounding_box(), await thread.bounding_box()
        assert above and below and above["y"] + above["height"] == below["y"]
        last = await over.locator(".btn").last.bounding_box()
        assert last and above["y"] + above["height"] - last["y"] - last["height"] <= 20


async def test_files_are_fit_to_be_seen(site: Site, chromium: Browser) -> None:
    meeting = await talking(site)
    async with in_room(chromium, site, meeting, meeting.user) as user:
        for name, media_type, content in (
            ("Foto papan tulis.jpg", "image/jpeg", files.picture()),
            (
                "Curriculum Vitae Budi Santoso 2026 revisi terakhir.png",
                "image/png",
                files.picture("PNG", (300, 900)),
            ),
        ):
            await user.set_input_files(
                "#lampiran", FilePayload(name=name, mimeType=media_type, buffer=content)
            )
            await expect(user.locator(".chosen")).to_contain_text(name)
            await user.fill("#pesan", "Ini yang saya maksud")
            await user.click(".composer .send")
            await expect(user.locator(".msg.sending")).to_have_count(0)
        wrong = await look_at(user, "files")
        screen = FilePayload(name="layar.png", mimeType="image/png", buffer=files.picture("PNG"))
        await user.route(POSTS, lambda route: asyncio.Event().wait())
        await user.set_input_files("#lampiran", screen)
        await expect(user.locator(".chosen")).to_be_visible()
        await user.click(".composer .send")
        await expect(user.locator(".msg progress")).to_be_visible()
        await user.set_input_files("#lampiran", screen)
        await expect(user.locator(".chosen canvas")).to_be_visible()
        wrong += await look_at(user, "files-sending")
    assert not wrong, "\n".join(wrong)


async def test_a_lost_line_is_fit_to_be_seen(site: Site, chromium: Browser) -> None:
    meeting = await talking(site)
    async with in_room(chromium, site, meeting, meeting.user) as user:
        await user.context.set_offline(True)
        await send(user, "Apakah pengalaman riset itu cukup?")
        await expect(user.locator("#connection")).to_be_visible()
        await expect(user.locator(".msg.sending")).to_contain_text("Menunggu koneksi…")
        wrong = await look_at(user, "lost")
        await user.context.set_offline(False)
    assert not wrong, "\n".join(wrong)


async def test_the_end_is_fit_to_be_seen(site: Site, chromium: Browser) -> None:
    meeting = await talking(site)
    async with in_room(chromium, site, meeting, meeting.user) as user:
        await user.fill("#pesan", "Satu pertanyaan lagi")
        await actions.end(site.db, meeting.expert, meeting.booking_id)
        await expect(user.get_by_text("Session Telah Berakhir")).to_be_visible()
        wrong = await look_at(user, "ended")
    async with visitor(chromium, site, meeting.expert) as expert:
        await expert.goto(room_path(meeting))
        wrong += await look_at(expert, "ended-expert")
    assert not wrong, "\n".join(wrong)


async def test_the_room_without_script_is_fit_to_be_seen(site: Site, chromium: Browser) -> None:
    meeting = await talking(site)
    async with visitor(chromium, site, meeting.user, script=False) as user:
        await user.goto(room_path(meeting))
        await expect(user.frame_locator("iframe").locator("#message-4")).to_be_visible()
        await user.screenshot(path=SCREENSHOTS / "room-plain-360-light.png")
        await user.set_viewport_size({"width": 1280, "height": 800})
        await user.screenshot(path=SCREENSHOTS / "room-plain-1280-light.png")


async def test_everything_is_reached_by_keyboard_in_the_order_it_stands(
    site: Site, chromium: Browser
) -> None:
    meeting = await talking(site)
    async with in_room(chromium, site, meeting, meeting.user) as user:
        reached = []
        for _ in range(10):
            await user.keyboard.press("Tab")
            reached.append(
                await user.evaluate("(at => at.id || at.className || at.tagName)(document.activeElement)")
            )
        in_order = ["skip", "back", "thread", "pesan", "lampiran", "btn send", "sound"]
        assert [name for name in reached if name in in_order] == in_order
        await user.focus("#lampiran")
        ring = await user.locator("label.attach").evaluate("label => getComputedStyle(label).outlineStyle")
        assert ring == "solid", "whoever comes by keyboard sees where they are"


async def test_the_room_works_at_four_times_the_size(site: Site, chromium: Browser) -> None:
    meeting = await talking(site)
    async with in_room(chromium, site, meeting, meeting.user, viewport={"width": 320, "height": 256}) as user:
        await send(user, "Masih terbaca")
        await expect(user.locator(".msg.mine .state").last).to_have_text("Terkirim")
        assert await user.locator("#thread").evaluate("node => node.clientHeight") >= 70
        assert await user.evaluate("document.documentElement.scrollWidth") == 320
        await user.locator("#countdown").scroll_into_view_if_needed()
        await expect(user.locator("#countdown")).to_be_in_viewport()
