"""An admin's sign-in with a real browser: by keyboard on a small phone, under the strict policy."""

import re
from pathlib import Path

from playwright.async_api import Browser, ConsoleMessage, expect

from mentorinaja.accounts import codes
from tests.support.accounts import PASSWORD
from tests.support.bookings import make_user
from tests.support.second_factor import ADMIN, make_desk_account
from tests.support.site import Site


async def test_an_admin_sets_a_device_up_keeps_the_codes_and_looks_as_somebody_by_keyboard(
    site: Site, chromium: Browser
) -> None:
    await make_desk_account(site.db)
    budi = await make_user(site.db, "Budi Santoso")
    faults: list[str] = []

    def heard(said: ConsoleMessage) -> None:
        if said.type == "error" and "status of 4" not in said.text:
            faults.append(said.text)

    context = await chromium.new_context(base_url=site.url, viewport={"width": 320, "height": 640})
    context.on("console", heard)
    page = await context.new_page()

    async def fits() -> None:
        assert await page.evaluate("document.documentElement.scrollWidth") <= 320, page.url

    await page.goto("/login")
    await page.fill("#email", ADMIN)
    await page.fill("#password", PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.locator("svg.qr")).to_be_visible()
    await fits()
    secret = re.sub(r"\s", "", await page.locator("#secret").text_content() or "")
    await page.locator("#code").focus()
    await page.keyboard.type("000000" if codes.app_code(secret, 0) != "000000" else "000001")
    await page.keyboard.press("Enter")
    await expect(page.locator("#code-error")).to_be_visible()
    await page.locator("#code").fill(codes.app_code(secret, codes.step_at(codes.real_now())))
    await page.locator("#code").press("Enter")
    await expect(page.locator("#recovery-codes li")).to_have_count(codes.RECOVERY_CODES)
    await fits()
    shown = await page.locator("#recovery-codes li").all_inner_texts()
    async with page.expect_download() as begun:
        await page.locator("a[download]").press("Enter")
    saved = Path(await (await begun.value).path()).read_text()
    assert all(code in saved for code in shown)
    await page.get_by_text("Saya sudah menyimpannya").press("Enter")
    await expect(page).to_have_url(re.compile(r"/admin$"))
    await fits()
    await page.goto("/user/profile/verifikasi")
    await fits()
    await page.goto(f"/lihat-sebagai/{budi.id}")
    await page.locator("#reason").fill("Menelusuri keluhan lewat email")
    await page.get_by_role("button", name="Lihat sebagai").press("Enter")
    stop = page.get_by_role("button", name="Berhenti")
    await expect(stop).to_be_visible()
    await fits()
    await page.goto("/user/profile")
    await page.evaluate("scrollTo(0, 5000)")
    await expect(stop).to_be_in_viewport()
    await stop.press("Enter")
    await expect(page).to_have_url(re.compile(rf"/admin/users/{budi.id}$"))
    await context.close()
    assert not faults
