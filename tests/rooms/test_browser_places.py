"""Sessions elsewhere in a real browser: the meeting opened beside the room, the code typed while people write."""

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, expect

from mentorinaja.arrivals import actions as arrivals
from mentorinaja.payments import actions as payments
from mentorinaja.reports import actions as reports
from mentorinaja.web.viewer import Viewer
from tests.journeys.conftest import photograph
from tests.support.browsers import in_room, visitor
from tests.support.places import (
    LINK,
    be_over,
    code_of,
    meet_by_video,
    meet_in_person,
    open_doors,
    wrong_code_of,
)
from tests.support.rooms import room_path
from tests.support.site import Site


async def test_the_code_is_typed_without_leaving_the_conversation(site: Site, chromium: Browser) -> None:
    meeting = await meet_in_person(site.db)
    await open_doors(meeting)
    wrong, code = await wrong_code_of(meeting), await code_of(meeting)
    async with (
        in_room(chromium, site, meeting, meeting.user) as user,
        in_room(chromium, site, meeting, meeting.expert) as expert,
    ):
        await expect(user.locator("#place")).to_contain_text(code)
        await expert.fill("#pesan", "Saya sudah di")
        await expert.fill("#arrival-code", wrong)
        await expert.click("#arrival button")
        await expect(expert.locator("#arrival-code-error")).to_contain_text("tidak cocok")
        await expect(expert.locator("#arrival-code")).to_have_value(wrong)
        await expert.fill("#arrival-code", code)
        await meeting.say(meeting.user, "Saya di meja dekat pintu")
        await expect(expert.locator("#messages")).to_contain_text("dekat pintu")
        await expect(expert.locator("#arrival-code")).to_have_value(code)
        await expert.press("#arrival-code", "Enter")
        await expect(expert.locator("#arrival")).to_contain_text("Kode cocok")
        await expect(expert.locator("#pesan")).to_have_value("Saya sudah di")
        for page in (user, expert):
            await expect(page.locator("#messages")).to_contain_text("Anda berdua bertemu")
        await expect(user.locator("#place")).to_contain_text("Kode kedatangan dicocokkan")


async def test_a_code_accepted_elsewhere_and_a_link_that_came_are_shown(
    site: Site, chromium: Browser
) -> None:
    meeting, video = await meet_in_person(site.db), await meet_by_video(site.db, link=None)
    await open_doors(meeting)
    await open_doors(video)
    async with (
        in_room(chromium, site, meeting, meeting.user) as user,
        in_room(chromium, site, meeting, meeting.expert) as expert,
        in_room(chromium, site, video, video.user) as viewer,
    ):
        await expert.fill("#arrival-code", "123")
        await expect(viewer.locator("#panel")).to_contain_text("Tautan rapat menyusul")
        await arrivals.give_code(site.db, meeting.expert, meeting.booking_id, await code_of(meeting))
        await payments.add_links(site.db, [LINK])
        await site.sweep()
        await expect(user.locator("#place")).to_contain_text("Kode kedatangan dicocokkan")
        await expect(expert.locator("#place")).to_contain_text("Kode cocok")
        await expect(expert.locator("#arrival-code")).to_have_count(0)
        await expect(viewer.get_by_role("link", name="Buka tautan rapat")).to_be_visible()


async def test_the_meeting_opens_beside_the_room(site: Site, chromium: Browser) -> None:
    meeting = await meet_by_video(site.db)
    await open_doors(meeting)
    async with (
        in_room(chromium, site, meeting, meeting.user) as user,
        in_room(chromium, site, meeting, meeting.expert) as expert,
    ):
        async with user.context.expect_event(
            "request", lambda request: request.url.startswith(LINK)
        ) as asked:
            await user.click("#panel a.btn")
        assert "referer" not in (await (await asked.value).all_headers())
        assert "/session" in user.url
        await expect(expert.locator("#messages")).to_contain_text("Budi Santoso membuka tautan rapat")
        await expect(user.locator("#messages")).to_contain_text("Anda membuka tautan rapat")


async def test_every_page_of_a_place_is_reachable_and_fits_a_phone(site: Site, chromium: Browser) -> None:
    video, person = await meet_by_video(site.db), await meet_in_person(site.db)
    await open_doors(video)
    await open_doors(person)
    over = await meet_by_video(site.db)
    pages = [
        (video.user, room_path(video), "room-video"),
        (person.user, room_path(person), "room-offline-user"),
        (person.expert, room_path(person), "room-offline-expert"),
        (person.expert, f"/session/{person.booking_id}/arrival", "arrival"),
    ]
    await look_at(site, chromium, pages)
    await be_over(over)
    report = f"/session/{over.booking_id}/report"
    pages = [(over.user, room_path(over), "room-video-over"), (over.user, report, "report")]
    await look_at(site, chromium, pages)
    await reports.report(site.db, over.user, over.booking_id, "Mentor tidak datang sampai sesi selesai.")
    pages = [
        (over.user, report, "report-sent"),
        (over.expert, report, "report-other"),
        (over.user, "/user/transactions", "riwayat-reported"),
        (over.expert, f"/invoice/{over.order_id}", "statement-facts"),
    ]
    await look_at(site, chromium, pages)


async def look_at(site: Site, chromium: Browser, pages: list[tuple[Viewer, str, str]]) -> None:
    for who, address, name in pages:
        async with visitor(chromium, site, who) as page:
            await page.goto(address)
            await photograph(page, name)
            found = (await Axe().run(page)).response["violations"]
            assert not found, f"{name}: {[(one['id'], one['nodes'][0]['html']) for one in found]}"
