"""The photo in a real browser: chosen and saved by keyboard, told what is wrong, taken away; the focus never lost."""

from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from mentorinaja.formats import WIB
from mentorinaja.web.viewer import Viewer
from tests.support import files
from tests.support.bookings import make_seller
from tests.support.browsers import visitor
from tests.support.site import Site


@pytest.mark.parametrize("script", [True, False])
async def test_a_mentor_changes_the_photo_by_keyboard(
    site: Site, chromium: Browser, tmp_path: Path, script: bool
) -> None:
    seller = await make_seller(site.db)
    good, bad = tmp_path / "wajah.jpg", tmp_path / "gambar.gif"
    good.write_bytes(files.picture("JPEG", (900, 1200)))
    bad.write_bytes(b"GIF89a" + bytes(60))
    who = Viewer(seller.user_id, "", "", "expert", WIB, 0, seller.id)
    async with visitor(chromium, site, who, script=script) as page:
        await page.goto("/expert/dashboard")
        await page.set_input_files("#photo", good)
        await page.focus("#photo")
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await expect(page.locator("body")).to_contain_text("Foto disimpan.")
        if script:
            await expect(page.locator("#foto [role=status]")).to_be_focused()
        for place in ("#foto", "#portal-face"):
            shown = page.locator(f"{place} img")
            await shown.scroll_into_view_if_needed()
            await expect(shown).to_have_js_property("complete", True)
            wide = await shown.evaluate("image => image.currentSrc.endsWith('.webp') && image.naturalWidth")
            assert wide == (480 if place == "#foto" else 160)
        await page.set_input_files("#photo", bad)
        await page.click("text=Simpan Foto")
        await expect(page.locator("#photo-error")).to_contain_text("Gambar bergerak")
        await expect(page.locator("#photo")).to_be_focused()
        await expect(page.locator("#foto img")).to_have_count(1)
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        await page.click("text=Hapus foto")
        await expect(page.locator("#portal-face")).to_have_text("SW")
        await expect(page.locator("#foto img")).to_have_count(0)
