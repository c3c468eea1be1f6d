"""The dialog in a real browser: opened, filled in wrongly, closed, filled in rightly."""

from playwright.async_api import Browser, expect

from tests.support.browsers import visitor
from tests.support.site import Site
from tests.support.withdrawals import make_earner
from tests.withdrawals.forms import filled


async def test_a_withdrawal_is_asked_for_in_the_dialog(chromium: Browser, site: Site) -> None:
    sari = await make_earner(site.db)
    async with visitor(chromium, site, sari) as page:
        await page.goto("/expert/dashboard/transaksi")
        dialog = page.locator("dialog#withdraw")
        await page.get_by_text("Ajukan Penarikan").first.click()
        await expect(dialog.locator("#amount")).to_be_focused()
        await dialog.locator("#amount").fill("1,000")
        await dialog.get_by_role("button", name="Ajukan").click()
        await expect(dialog.locator("#amount-error")).to_be_visible()
        await expect(dialog.locator("#error-summary")).to_be_focused()
        await expect(dialog.locator("#amount")).to_have_value("1,000")
        await dialog.get_by_text("Batal").click()
        await expect(dialog).to_be_hidden()
        # Opened anew, the form is a new one.
        await page.get_by_text("Ajukan Penarikan").first.click()
        await expect(dialog.locator("#amount")).to_have_value("")
        for name, value in filled().items():
            if name == "bank":
                await dialog.locator("#bank").select_option(value)
            else:
                await dialog.locator(f"#{name}").fill(value)
        await dialog.get_by_role("button", name="Ajukan").click()
        await expect(page.locator("#withdrawals > li")).to_contain_text("Diajukan")
        await expect(page.locator("#balance")).to_contain_text("Rp 26.000")
        await expect(page.get_by_text("sudah diajukan")).to_be_visible()
    assert await site.db.fetchval("SELECT count(*) FROM withdrawals") == 1
