"""Hearts and bells with a real browser: by keyboard on a small phone, and without script."""

from playwright.async_api import Browser, expect

from mentorinaja.favourites import queries
from tests.support.bookings import make_user
from tests.support.browsers import visitor
from tests.support.experts import Told, make_expert
from tests.support.site import Site


async def test_a_heart_and_a_bell_by_keyboard_and_without_script(site: Site, chromium: Browser) -> None:
    full = await make_expert(site.db, Told(name="Dimas Pratama Kusumaningrat", slug="dimas", week={}))
    open_ = await make_expert(site.db, Told(slug="sari"))
    budi = await make_user(site.db)
    async with visitor(chromium, site, budi, viewport={"width": 320, "height": 640}) as page:
        await page.goto("/")
        await page.evaluate("window.isTheSame = true")
        heart = page.locator(f"#heart-{open_}")
        await heart.focus()
        await page.keyboard.press("Enter")
        await expect(heart).to_have_attribute("aria-pressed", "true")
        await expect(heart).to_be_focused()
        assert "Tersimpan" in (await heart.inner_text()) and await page.evaluate("window.isTheSame")
        await page.keyboard.press("Enter")
        await expect(heart).to_have_attribute("aria-pressed", "false")
        await page.goto("/expert/dimas")
        bell = page.locator(f"#bell-{full}")
        await bell.focus()
        await page.keyboard.press("Enter")
        await expect(bell).to_have_text("Anda akan dikabari", use_inner_text=True)
        assert await page.evaluate("document.documentElement.scrollWidth") <= 320
        await page.goto("/user/favorites")
        assert await page.evaluate("document.documentElement.scrollWidth") <= 320

    async with visitor(chromium, site, budi, script=False) as page:
        await page.goto("/expert/dimas")
        await page.click(f"#heart-{full}")
        await expect(page.locator(".flash")).to_contain_text("Tersimpan di Favorit Anda.")
        assert page.url.endswith("/expert/dimas")
        await page.click(f"#bell-{full}")
        await expect(page.locator(".flash")).to_contain_text("tidak lagi menunggu")
        await page.goto("/user/favorites")
        await page.click(f"#heart-{full}")
        await expect(page.locator(".empty")).to_contain_text("Belum ada favorit")
    kept = await queries.kept_by(site.db, budi.id)
    assert (kept.hearts, kept.bells) == (frozenset(), frozenset())
