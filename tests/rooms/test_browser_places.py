"""Sessions elsewhere in a real browser: the meeting opened beside the room, the code typed while people write."""

from playwright.async_api import Browser, expect

from tests.support.browsers import in_room
from tests.support.places import LINK, code_of, meet_by_video, meet_in_person, open_doors, wrong_code_of
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
