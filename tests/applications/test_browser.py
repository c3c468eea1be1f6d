"""From applying to the first paid session in a real browser: on a phone, by keyboard, with what is typed kept."""

from playwright.async_api import Browser, expect

from mentorinaja.applications import actions
from tests.applications.people import BIO, status_of
from tests.journeys.conftest import chromium, photograph
from tests.journeys.test_main_job import book_now, pay_by_card
from tests.support.bookings import make_user
from tests.support.browsers import visitor
from tests.support.desk import make_admin
from tests.support.site import Site

__all__ = ["chromium"]
APPLY = "/expert/apply"


async def test_somebody_applies_by_keyboard_and_has_a_paid_session(chromium: Browser, site: Site) -> None:
    admin, dewi = await make_admin(site.db), await make_user(site.db, "Dewi Anggraini")
    async with visitor(chromium, site, dewi) as page:
        keys = page.keyboard

        async def type_in(*fields: tuple[str, str]) -> None:
            """From the field that has the focus on, one after the other."""
            for name, text in fields:
                await expect(page.locator(f"[name={name}]:focus")).to_have_count(1)
                await keys.press("Control+A")
                await keys.type(text)
                await keys.press("Tab")

        await page.goto(APPLY)
        await page.locator("#position_title").focus()
        await type_in(("position_title", "Senior Data Analyst"), ("company", "Tokopedia"))
        await expect(page.locator("#kept")).to_contain_text("tersimpan sebagai draf")
        await page.reload()
        await expect(page.locator("#company")).to_have_value("Tokopedia")
        await photograph(page, "applying-1")
        await page.locator("#years_experience").focus()
        await keys.press("Enter")
        await expect(page.locator("#error-summary")).to_be_focused()
        await photograph(page, "applying-1-wrong")
        await page.locator("#years_experience").focus()
        await type_in(("years_experience", "7"), ("bio", BIO), ("city", "Bandung"), ("country", "Indonesia"))
        await keys.press("Enter")

        await expect(page).to_have_url(f"{site.url}{APPLY}?step=keahlian")
        await page.locator("#expertise").focus()
        await type_in(("expertise", "Data, Karier"), ("skills", "SQL, Looker"))
        await photograph(page, "applying-2")
        await keys.press("Enter")

        await expect(page).to_have_url(f"{site.url}{APPLY}?step=layanan")
        await page.locator("#name").focus()
        await type_in(("name", "Tanya data"))
        await keys.press("Tab")
        await type_in(("duration", "30"))
        await keys.press("Tab")
        await type_in(("price", "Rp 150.000"))
        await expect(page.locator("#earning")).to_contain_text("Rp 126.000")
        await photograph(page, "applying-3")
        await page.locator("#price").focus()
        await keys.press("Enter")

        await expect(page).to_have_url(f"{site.url}{APPLY}?step=jadwal")
        await page.locator("[name=week]:checked").focus()
        await keys.press("ArrowDown")
        await photograph(page, "applying-4")
        await keys.press("Enter")

        await expect(page).to_have_url(f"{site.url}{APPLY}?step=kirim")
        await photograph(page, "applying-5")
        await page.get_by_role("button", name="Kirim Lamaran").focus()
        await keys.press("Enter")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Lamaran Anda sedang kami periksa")
        await photograph(page, "applying-sent")
        await actions.reject(site.db, admin, "dewi-anggraini", "Ceritakan pengalaman Anda lebih rinci.")
        await page.goto("/expert/dashboard")
        await photograph(page, "applying-rejected-dashboard")
        await page.get_by_role("link", name="Perbaiki dan kirim lagi").click()
        await photograph(page, "applying-rejected")
        await page.get_by_role("button", name="Kirim Lamaran").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Lamaran Anda sedang kami periksa")
        assert await status_of(site.db, dewi) == "submitted"

        await actions.verify(site.db, admin, "dewi-anggraini")
        await page.goto("/expert/dashboard")
        await page.locator("#ready-switch").focus()
        await keys.press("Enter")
        await expect(page.locator("#ready-switch")).to_have_attribute("aria-pressed", "true")
        async with visitor(chromium, site, await make_user(site.db, "Rina Astuti")) as buyer:
            await book_now(buyer, "dewi-anggraini", "Tanya data")
            await buyer.get_by_role("button", name="Bayar Sekarang").click()
            await pay_by_card(buyer.frame_locator("iframe"))
            await expect(buyer.get_by_text("Pembayaran Berhasil!")).to_be_visible()
        await page.reload()
        await expect(page.locator("#strip .next-session")).to_contain_text("Rina Astuti")
