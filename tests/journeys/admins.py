"""How an admin comes to the desk of the demo, where the page that asks for the code shows it, too."""

import asyncio

from playwright.async_api import Page, expect

ADMIN = "admin@mentorinaja.test"


async def give_password(page: Page, email: str = ADMIN) -> None:
    """As far as the page that asks for the code."""
    await page.goto("/login")
    await page.locator("input[name=email]").fill(email)
    await page.locator("input[name=password]").fill("mentorinaja")
    await page.locator("main").get_by_role("button", name="Login", exact=True).click()
    await expect(page.locator("#demo-code")).to_be_visible()


async def give_code(page: Page) -> None:
    """The code the page shows (where the last one was just used: as soon as there is another), and on to the desk."""
    code = page.locator("#demo-code b")
    async with asyncio.timeout(90):
        while not await code.count():
            await asyncio.sleep(1)
            await page.reload()
    await page.locator("#code").fill(await code.inner_text())
    await page.locator("#code").press("Enter")
    saved = page.get_by_role("link", name="Saya sudah menyimpannya")
    await expect(saved.or_(page.get_by_role("link", name="Ringkasan"))).to_be_visible()
    if await saved.count():
        await saved.click()
    await expect(page.get_by_role("link", name="Ringkasan")).to_be_visible()
