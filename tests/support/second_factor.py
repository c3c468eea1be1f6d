"""Admins who sign in as people do: with password and code."""

import re

from mentorinaja.accounts import challenges, codes, queries
from mentorinaja.accounts.actions import create_admin
from mentorinaja.banks.vault import Vault
from mentorinaja.db.pool import Database
from mentorinaja.web.auth import token_hash
from mentorinaja.web.viewer import Viewer
from tests.support.accounts import HOME, PASSWORD
from tests.support.config import make_settings
from tests.support.site import Browser, Site

ADMIN = "admin@contoh.test"


async def make_desk_account(db: Database, email: str = ADMIN) -> int:
    """An admin with PASSWORD, who has set up no device yet; answers the user's id."""
    return await create_admin(db, email=email, full_name="Admin Meja", phone="08110000000", password=PASSWORD)


def vault_of(db: Database) -> Vault:
    """What opens the secrets of this database's site."""
    return Vault(make_settings(db.dsn))


async def with_device(db: Database, user_id: int) -> tuple[Viewer, str, list[str]]:
    """The admin has set a device up and is signed in; the secret and the recovery codes."""
    vault = vault_of(db)
    challenge = await challenges.find(db, await challenges.begin(db, vault, user_id, HOME, "/"))
    assert challenge is not None and challenge.offered is not None
    secret = vault.open(challenge.offered)
    code = codes.app_code(secret, codes.step_at(codes.real_now()))
    passed = await challenges.answer(db, vault, challenge, code, HOME, replaces=None)
    viewer = await queries.find_viewer(db, token_hash(passed.signed_in.token))
    assert viewer is not None
    return viewer, secret, passed.new_codes


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
