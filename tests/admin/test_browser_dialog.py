"""A decision's dialog in a real browser, by keyboard: where the focus is, and what stays of what was typed."""

from playwright.async_api import Browser, expect

from tests.support.bookings import make_user
from tests.support.browsers import DESK, visitor
from tests.support.desk import make_admin
from tests.support.site import Site


async def test_what_was_typed_stays_when_the_session_ended_meanwhile(site: Site, chromium: Browser) -> None:
    user, reason = await make_user(site.db), "Alasan yang tidak boleh hilang."
    async with visitor(chromium, site, await make_admin(site.db), viewport=DESK) as page:
        await page.goto(f"/admin/users/{user.id}")
        link, dialog = page.get_by_role("link", name="Tangguhkan akun"), page.get_by_role("dialog")
        await link.press("Enter")
        words = dialog.get_by_label("Alasan")
        await expect(words).to_be_focused()
        await words.fill("pendek")
        await dialog.get_by_role("button", name="Tangguhkan akun").press("Enter")
        await expect(dialog.locator("#error-summary")).to_be_focused()
        await words.fill(reason)
        await site.db.execute("UPDATE login_sessions SET ended_at = app_now()")
        await dialog.get_by_role("button", name="Tangguhkan akun").press("Enter")
        way = dialog.get_by_role("alert").get_by_role("link", name="Login")
        await expect(way).to_be_focused()
        await expect(way).to_have_attribute("href", f"/login?next=/admin/users/{user.id}")
        await expect(words).to_have_value(reason)
        await page.keyboard.press("Escape")
        await expect(dialog).to_be_hidden()
        await expect(link).to_be_focused()
        await expect(page.locator("#problems")).to_be_empty()
