"""Connecting a calendar on JADWAL in a real browser, on a phone's screen and by keyboard."""

from datetime import timedelta

from playwright.async_api import Browser, expect

from mentorinaja.calendars.rules import REASONS
from mentorinaja.web.viewer import Viewer
from tests.support.bookings import make_seller, slot_in
from tests.support.browsers import visitor
from tests.support.calendars import Host, calendar, meeting
from tests.support.site import Site


async def test_a_calendar_is_connected_and_let_go_by_keyboard(
    chromium: Browser, site: Site, host: Host
) -> None:
    seller, at = await make_seller(site.db), await slot_in(site.db, days=1)
    expert = Viewer(seller.user_id, "Sari", "", "expert", "Asia/Jakarta", 0, seller.id)
    good = host.put("/a.ics", calendar(meeting(at, at + timedelta(hours=1))))
    async with visitor(chromium, site, expert) as page:
        await page.goto("/expert/dashboard/jadwal#kalender")
        field, section, keys = (
            page.locator("#calendar-address"),
            page.locator("#kalender-luar"),
            page.keyboard,
        )
        await field.focus()
        await keys.type("https://127.0.0.1/a.ics")
        await keys.press("Enter")
        await expect(page.locator("#calendar-address-error")).to_contain_text(REASONS["private"])
        await expect(field).to_be_focused()
        await expect(field).to_have_value("https://127.0.0.1/a.ics")
        await field.fill(good)
        await keys.press("Tab")
        await expect(page.get_by_role("button", name="Hubungkan Kalender")).to_be_focused()
        await keys.press("Enter")
        await expect(section.get_by_role("status")).to_be_focused()
        await expect(section.get_by_role("listitem")).to_contain_text("1 waktu sibuk")
        host.put("/a.ics", b"bukan kalender")
        for name in ("Perbarui sekarang 127.0.0.1", "Hapus 127.0.0.1"):
            await page.get_by_role("button", name=name).focus()
            await keys.press("Enter")
            await expect(section.get_by_role("status")).to_be_focused()
            if name.startswith("Perbarui"):
                await expect(section.get_by_role("listitem")).to_contain_text(REASONS["content"])
                await section.get_by_role("status").evaluate("node => node.remove()")
        await expect(section.get_by_role("listitem")).to_have_count(0)
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert await site.db.fetchval("SELECT count(*) FROM busy_times") == 0
