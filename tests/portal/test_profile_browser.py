"""PROFIL on a phone, by keyboard alone: every section is edited in place, and the focus is where the news is."""

from playwright.async_api import Browser, Page, expect

from mentorinaja.experts import details, editing
from mentorinaja.experts.details import PARTS, Achievement
from mentorinaja.web.viewer import Viewer
from tests.support.bookings import make_seller
from tests.support.browsers import visitor
from tests.support.site import Site


async def press_on(page: Page, selector: str) -> None:
    """Press Enter on what has this selector, as somebody does who came to it with Tab."""
    await page.focus(selector)
    await page.keyboard.press("Enter")


async def test_every_section_by_keyboard(site: Site, chromium: Browser) -> None:
    seller = await make_seller(site.db)
    for title in ("Juara", "Pembicara"):
        await editing.add_entry(site.db, seller.id, PARTS["pencapaian"], Achievement(title))
    who = Viewer(seller.user_id, "Sari Wulandari", "", "expert", "Asia/Jakarta", 0, seller.id)
    async with visitor(chromium, site, who) as page:
        await page.goto("/expert/dashboard")
        await check_person(page)
        await check_tags(page)
        await check_rows(page)
        await press_on(page, "#email-section a")
        await expect(page.locator("#email-section [name=email]")).to_be_focused()
        await page.fill("#email-section [name=email]", "salah")
        await page.keyboard.press("Enter")
        await expect(page.locator("#error-summary")).to_be_focused()
        assert page.url.endswith("/expert/dashboard"), "all of it in place"
        assert await page.evaluate("document.documentElement.scrollWidth") <= 360
    order = [entry.told for entry in await details.entries_of(site.db, seller.id, PARTS["pencapaian"])]
    assert order == [Achievement("Pembicara"), Achievement("Penulis")]


async def check_person(page: Page) -> None:
    await page.fill("#slug", "s\u0430ri")
    await expect(page.locator("#slug-state")).to_contain_text("bukan huruf a–z biasa")
    await page.fill("#slug", "sari-baru")
    await expect(page.locator("#slug-state")).to_contain_text("bisa dipakai")
    await page.fill("#country", "")
    await press_on(page, "#data button[type=submit]")
    await expect(page.locator("#error-summary")).to_be_focused()
    await page.fill("#country", "Indonesia")
    await press_on(page, "#data button[type=submit]")
    await expect(page.locator("#data-said")).to_have_text("Perubahan disimpan.")
    await expect(page.locator("#halaman")).to_contain_text("/expert/sari-baru")
    await expect(page.locator("#data button[type=submit]")).to_be_focused()


async def check_tags(page: Page) -> None:
    await page.fill("#add-skill", "SQL")
    await page.keyboard.press("Enter")
    await expect(page.locator("#keahlian [role=status]")).to_be_focused()
    await page.fill("#add-skill", "sql")
    await page.keyboard.press("Enter")
    await expect(page.locator("#add-skill[aria-invalid=true]")).to_be_focused()
    await press_on(page, "#keahlian button[value=SQL]")
    await expect(page.locator("#keahlian [role=status]")).to_have_text("“SQL” dihapus.")


async def check_rows(page: Page) -> None:
    await press_on(page, "#pencapaian-add")
    await expect(page.locator("#pencapaian [name=title]")).to_be_focused()
    await page.keyboard.type("Penulis")
    await page.keyboard.press("Enter")
    await expect(page.locator("#pencapaian > [role=status]")).to_be_focused()
    await press_on(page, "#pencapaian li:last-child button[value=up]")
    await expect(page.locator("#pencapaian li:nth-child(2) button[value=up]")).to_be_focused()
    await expect(page.locator("#pencapaian li:nth-child(2)")).to_contain_text("Penulis")
    await press_on(page, "#pencapaian li:nth-child(2) button[value=down]")
    await expect(page.locator("#pencapaian li:last-child")).to_contain_text("Penulis")
    await press_on(page, "#pencapaian li:first-child a[href$=hapus]")
    await expect(page.locator("#pencapaian h2")).to_be_focused()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.locator("#pencapaian > [role=status]")).to_have_text("Dihapus.")
