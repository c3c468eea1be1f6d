"""Admins at their desk."""

from __future__ import annotations

from dataclasses import replace

from mentorinaja.db.pool import Database
from mentorinaja.web.viewer import Viewer
from tests.support.bookings import browser_of, make_user
from tests.support.site import Browser, Site


async def make_admin(db: Database, name: str = "Admin MentorinAja") -> Viewer:
    """Somebody who decides, as the command line and the seeds know them (session 0)."""
    admin = await make_user(db, name)
    await db.execute("UPDATE users SET role = 'admin' WHERE id = $1", admin.id)
    return replace(admin, role="admin")


async def desk_of(site: Site, admin: Viewer | None = None) -> Browser:
    """A browser in which an admin (None: a new one) is signed in, the password given just now."""
    return await browser_of(site, admin or await make_admin(site.db))


def first_column(browser: Browser) -> list[str]:
    """What each row of the list leads with, in order."""
    return [node.text(strip=True) for node in browser.page.css("table.rows tbody tr td:first-child a")]


def offered(browser: Browser) -> set[str]:
    """What can be decided about the case that is shown, as its buttons say it."""
    return {node.text(strip=True) for node in browser.page.css("#decisions a.btn")}


async def decide(browser: Browser, case: str, name: str, **values: str) -> int:
    """Open a decision of the case at this address and send its form; answers the last status."""
    assert (await browser.get(f"{case}/{name}")).status_code == 200, f"{name} is not offered at {case}"
    return (await browser.submit("#question", values)).status_code
