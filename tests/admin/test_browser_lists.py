"""Lists in a real browser: a row has two lines whatever the names, and is taken along after the password."""

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, expect

from mentorinaja.accounts.passwords import hash_password
from tests.journeys.conftest import PHONE
from tests.reviews.test_replies import reply, reviewed
from tests.support.accounts import PASSWORD
from tests.support.browsers import DESK, visitor
from tests.support.desk import make_admin
from tests.support.site import Site

_HEIGHTS = "[...document.querySelectorAll('table.rows tbody tr')].map(row => row.offsetHeight)"


async def test_long_names_keep_to_two_lines_and_the_file_asks_for_the_password(
    site: Site, chromium: Browser
) -> None:
    db, admin = site.db, await make_admin(site.db)
    await reply(await reviewed(db))
    await db.execute("UPDATE users SET full_name = 'Raden Ayu Jelita Simanjuntak Kusumaningtyas'")
    await db.execute("UPDATE experts SET display_name = 'Ayu Rahmawati Kusumaningtyas'")
    await db.execute("UPDATE reviews SET comment = repeat('Sangat membantu saya. ', 20)")
    await db.execute(
        "UPDATE users SET password_hash = $2 WHERE id = $1", admin.id, await hash_password(PASSWORD)
    )
    async with visitor(chromium, site, admin, viewport=DESK) as page:
        await page.goto("/admin/reviews")
        [height] = await page.evaluate(_HEIGHTS)
        assert height < 70
        await db.execute("UPDATE login_sessions SET confirmed_at = app_now() - interval '11 minutes'")
        await page.get_by_role("button", name="Unduh CSV").click()
        await expect(page.locator("#export")).to_contain_text("1 ulasan")
        found = await Axe().run(page)
        assert not found.response["violations"], found.generate_report()
        await page.set_viewport_size(PHONE)  # type: ignore[arg-type]  # width and height
        assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        await page.get_by_label("Password Anda").fill(PASSWORD)
        async with page.expect_download() as begun:
            await page.get_by_role("button", name="Unduh CSV").click()
        assert (await begun.value).suggested_filename.startswith("reviews-")
