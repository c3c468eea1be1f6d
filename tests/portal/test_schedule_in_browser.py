"""JADWAL with a real browser, by keyboard on a phone's screen: focus goes where the hand is, nothing reloads."""

from playwright.async_api import Browser, Page, expect

from mentorinaja.schedule.plan import plan_of
from mentorinaja.schedule.rules import Hours
from mentorinaja.web.viewer import Viewer
from tests.support.bookings import make_seller
from tests.support.browsers import visitor
from tests.support.site import Site

JADWAL = "/expert/dashboard/jadwal"


async def test_a_week_is_set_up_by_keyboard_on_a_phone(site: Site, chromium: Browser) -> None:
    seller = await make_seller(site.db)
    who = Viewer(seller.user_id, "Sari Wulandari", "", "expert", "Asia/Jakarta", 0, seller.id)
    async with visitor(chromium, site, who) as page:
        await page.goto(JADWAL)
        await page.evaluate("window.isTheSame = true")
        await page.focus("#jam a[href$='/jam/1']")
        await page.keyboard.press("Enter")
        await expect(page.locator("#r0-starts")).to_be_focused()
        await page.fill("#r0-starts", "09:00")
        await page.fill("#r0-ends", "12:00")
        await _press(page, "button[name=add]")
        await expect(page.locator("#r1-starts")).to_be_focused()
        await expect(page.locator("#r0-ends")).to_have_value("12:00")
        await page.fill("#r1-starts", "11:00")
        await page.fill("#r1-ends", "15:00")
        # Enter in a field saves; what is wrong is said beside the range, which gets the focus.
        await page.keyboard.press("Enter")
        await expect(page.locator("#r1-starts-error")).to_contain_text("bertumpuk")
        await expect(page.locator("#r1-starts")).to_be_focused()
        await page.fill("#r1-starts", "13:00")
        for day in range(5):
            await page.focus(f"#also-{day}")
            await page.keyboard.press("Space")
        await _press(page, "#day-form .actions .btn >> nth=0")
        await expect(page.locator("#jam .flash")).to_be_focused()
        await expect(page.locator("#jam .flash")).to_contain_text("disimpan")

        await _press(page, "#libur a[href$='/libur/baru']")
        await expect(page.locator("#first")).to_be_focused()
        await _press(page, "#libur >> text=Batal")
        await expect(page.locator("#first")).to_have_count(0)
        await expect(page.locator("#libur a[href$='/libur/baru']")).to_be_focused()
        await _press(page, "#aturan a[href$='/aturan']")
        await page.select_option("#buffer_minutes", "15")
        await _press(page, "#aturan .actions .btn >> nth=0")
        await expect(page.locator("#aturan")).to_contain_text("15 menit sesudah setiap sesi")
        await _press(page, "#minggu-berikutnya")
        await expect(page.locator("#minggu-sebelumnya")).to_be_visible()
        assert await page.evaluate("window.isTheSame") and "minggu=" in page.url
        assert await page.evaluate("document.documentElement.scrollWidth") <= 360
    plan = await plan_of(site.db, seller.id)
    split = (Hours.parse("09:00", "12:00"), Hours.parse("13:00", "15:00"))
    assert [plan.hours_of(day) == split for day in range(1, 8)] == [True] * 6 + [False]
    assert plan.rules.buffer_minutes == 15


async def _press(page: Page, selector: str) -> None:
    """Go to a link or button and press Enter."""
    await page.focus(selector)
    await page.keyboard.press("Enter")
