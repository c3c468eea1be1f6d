"""Admins who sign in as people do: with password and code."""

import re

from mentorinaja.accounts import codes
from mentorinaja.accounts.actions import create_admin
from mentorinaja.db.pool import Database
from tests.support.accounts import PASSWORD
from tests.support.site import Browser, Site

ADMIN = "admin@contoh.test"


async def make_desk_account(db: Database, email: str = ADMIN) -> int:
    """An admin with PASSWORD, who has set up no device yet; answers the user's id."""
    return await create_admin(db, email=email, full_name="Admin Meja", phone="08110000000", password=PASSWORD)


async def give_password(browser: Browser, email: str = ADMIN, door: str = "/login") -> None:
    """Come as far as the page that asks for the code."""
    await browser.get(door)
    await browser.submit(values={"email": email, "password": PASSWORD})


def secret_shown(browser: Browser) -> str:
    """The secret on the page that sets a device up, as somebody would type it."""
    shown = browser.page.css_first("#secret")
    assert shown is not None, browser.text
    return re.sub(r"\s", "", shown.text())


def codes_shown(browser: Browser) -> list[str]:
    """The recovery codes on the page that shows them once."""
    return [line.text(strip=True) for line in browser.page.css("#recovery-codes li")]


async def code_now(db: Database, secret: str, user_id: int) -> str:
    """A code that is accepted now, as if half a minute had gone by since the last one."""
    last = await db.fetchval("SELECT last_step FROM second_factors WHERE user_id = $1", user_id)
    code = codes.next_code(secret, codes.real_now(), last or 0)
    if code is None:
        await db.execute("UPDATE second_factors SET last_step = 0 WHERE user_id = $1", user_id)
        code = codes.app_code(secret, codes.step_at(codes.real_now()))
    return code


async def set_up(site: Site, email: str = ADMIN) -> tuple[Browser, str, list[str]]:
    """An admin's first sign-in: the browser at the recovery codes, the secret, and those codes."""
    browser = await site.browser()
    await give_password(browser, email)
    secret = secret_shown(browser)
    await browser.submit(values={"code": codes.app_code(secret, codes.step_at(codes.real_now()))})
    fresh = codes_shown(browser)
    assert len(fresh) == codes.RECOVERY_CODES, browser.text
    return browser, secret, fresh
