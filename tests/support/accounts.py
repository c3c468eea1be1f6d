"""Accounts made as people make them, and browsers in which they are signed in."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from itertools import count

from mentorinaja.accounts.actions import Device, NewAccount, register
from mentorinaja.db.pool import Database
from tests.support.site import Browser, Site

PASSWORD = "kuda baterai benar"
HOME = Device("203.0.113.7", "Tests")
_numbers = count(1)


async def make_account(db: Database, email: str | None = None, *, verified: bool = True) -> int:
    """Somebody who can sign in with PASSWORD; answers the user's id."""
    email = email or f"akun{next(_numbers)}@mentorinaja.test"
    new = NewAccount("Budi Santoso", email, "+6281234567890", PASSWORD)
    return await register(db, new, verified=verified)


async def signed_in(site: Site, email: str, *, verified: bool = True) -> Browser:
    """A new account, signed in through the page."""
    await make_account(site.db, email, verified=verified)
    browser = await site.browser()
    await browser.get("/login")
    await browser.submit(values={"email": email, "password": PASSWORD}, follow=False)
    assert browser.answer is not None and browser.answer.status_code == 303
    return browser


async def eventually(holds: Callable[[], Awaitable[bool]], *, seconds: float = 30) -> None:
    """Wait until `holds`. Raises AssertionError when it does not in time."""
    deadline = time.monotonic() + seconds
    while not await holds():
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.02)
