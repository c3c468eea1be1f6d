"""A withdrawal decided by keyboard, in dialogs, on a phone and at a desk."""

from playwright.async_api import Browser, Page, expect

from tests.support.browsers import DESK, visitor
from tests.support.desk import make_admin
from tests.support.site import Site
from tests.support.withdrawals import ask, make_earner

HERE = "/admin/withdrawals"


async def fits(page: Page) -> None:
    """Nothing of the page stands beyond its right edge."""
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url


async def test_a_withdrawal_is_decided_by_keyboard(chromium: Browser, site: Site) -> None:
    admin, sari = await make_admin(site.db), await make_earner(site.db)
    public_id = await ask(site.db, sari)
    async with visitor(chromium, site, admin, viewport=DESK) as page:
        await page.goto(HERE)
        await page.get_by_role("link", name=public_id).focus()
        await page.keyboard.press("Enter")
        await page.get_by_role("link", name="Setujui").focus()
        await page.keyboard.press("Enter")
        dialog = page.locator("dialog#dialog")
        await expect(dialog).to_contain_text("siap masuk ke berkas bank")
        await dialog.get_by_role("button", name="Setujui").focus()
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("link", name="Tandai terkirim")).to_be_visible()
        await page.get_by_role("link", name="Tandai terkirim").click()
        await dialog.get_by_label("Nomor referensi bank").fill("x")
        await page.keyboard.press("Enter")
        await expect(dialog.locator("#reference-error")).to_be_visible()
        await dialog.get_by_label("Nomor referensi bank").fill("TRF-0001")
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("ditandai terkirim")).to_be_visible()
    async with visitor(chromium, site, admin, viewport={"width": 320, "height": 640}) as page:
        for path in (HERE, f"{HERE}/{public_id}", f"{HERE}/batch", "/admin/settings", "/admin/settings/ubah"):
            await page.goto(path)
            await fits(page)
