"""LAYANAN in a real browser: the dialog by keyboard, what a price earns while it is typed, the order by hand."""

import re

from playwright.async_api import Browser, expect

from mentorinaja.experts import services
from mentorinaja.experts.rules import NewService
from mentorinaja.web.viewer import Viewer
from tests.journeys.conftest import chromium
from tests.support.bookings import make_seller
from tests.support.browsers import visitor
from tests.support.site import Site

__all__ = ["chromium"]


async def test_services_are_added_changed_moved_and_put_away_by_keyboard(
    chromium: Browser, site: Site
) -> None:
    seller = await make_seller(site.db)
    expert = Viewer(seller.user_id, "Sari", "", "expert", "Asia/Jakarta", 0, seller.id)
    video = await services.add(site.db, seller.id, NewService("Video Call", "online_video", 60, 300_000))
    async with visitor(chromium, site, expert) as page:
        await page.goto("/expert/dashboard/layanan")
        dialog = page.locator("dialog#dialog")
        keys = page.keyboard
        await page.get_by_role("link", name="+ Tambah Layanan").focus()
        await keys.press("Enter")
        await expect(dialog).to_be_visible()
        await expect(dialog.locator("#name")).to_be_focused()
        await keys.type("Tinjau CV")
        for _ in range(3):
            await keys.press("Tab")
        await expect(dialog.locator("#untimed")).to_be_focused()
        await keys.press("Space")
        await keys.press("Tab")
        await keys.type("Rp 15")
        await keys.press("Enter")
        await expect(dialog.locator("#price-error")).to_be_visible()
        await expect(dialog.locator("#error-summary")).to_be_focused()
        await expect(dialog.locator("#price")).to_have_value("Rp 15")
        await dialog.locator("#price").fill("150.000")
        await expect(dialog.locator("#earning")).to_contain_text("Rp 126.000")
        await keys.press("Enter")
        await expect(dialog).to_be_hidden()
        shelf = page.locator("#layanan")
        await expect(shelf.get_by_role("status")).to_contain_text("“Tinjau CV” ditambahkan")
        await expect(page.get_by_role("link", name="+ Tambah Layanan")).to_be_focused()
        await expect(shelf.locator("h3").last).to_have_text("Tinjau CV")

        up = page.get_by_role("button", name="Naikkan Tinjau CV")
        for names in (["Chat Konsultasi", "Tinjau CV", "Video Call"],
                      ["Tinjau CV", "Chat Konsultasi", "Video Call"]):  # fmt: skip
            await up.focus()
            await keys.press("Enter")
            await expect(shelf.locator("h3")).to_have_text(names)
            await expect(up).to_be_focused()

        switch = page.get_by_role("button", name=re.compile("Dapat dipesan.*Video Call"))
        await switch.focus()
        await keys.press("Space")
        await expect(switch).to_have_attribute("aria-pressed", "false")
        await expect(page.locator(f"#service-{video}")).to_contain_text("Non-aktif")
        await expect(switch).to_be_focused()

        await page.get_by_role("link", name="Edit Video Call").focus()
        await keys.press("Enter")
        await expect(dialog.locator("#name")).to_be_focused()
        await expect(dialog.locator("#price")).to_have_value("300000")
        await keys.press("Escape")
        await expect(dialog).to_be_hidden()
        await page.get_by_role("link", name="Edit Video Call").click()
        await dialog.locator("#name").fill("Video 1-on-1")
        await dialog.get_by_role("button", name="Simpan Perubahan").click()
        await expect(page.locator(f"#service-{video} h3")).to_have_text("Video 1-on-1")

        await page.get_by_role("link", name="Hapus Video 1-on-1").focus()
        await keys.press("Enter")
        await expect(dialog).to_contain_text("Belum ada yang memesannya")
        await dialog.get_by_role("button", name="Ya, hapus").focus()
        await keys.press("Enter")
        await expect(dialog).to_be_hidden()
        await expect(page.locator(f"#service-{video}")).to_have_count(0)
        await expect(shelf.get_by_role("status")).to_be_focused()

        await page.get_by_role("link", name="+ Tambah Produk").click()
        await dialog.locator("#name").fill("Panduan")
        await dialog.locator("#price").fill("50000")
        await expect(dialog.locator("#earning")).to_contain_text("Rp 42.000")
        await dialog.locator("#link").fill("https://drive.example.com/a")
        await dialog.get_by_role("button", name="Simpan").click()
        await expect(page.locator("h1")).to_contain_text("Edit Produk")
        await page.goto("/expert/dashboard/layanan")
        await page.get_by_role("button", name=re.compile("Dapat dibeli.*Panduan")).click()
        await expect(page.locator("#produk")).to_contain_text("Non-aktif")
        await expect(page.locator("#produk").get_by_role("status")).to_contain_text("tidak tampil")
