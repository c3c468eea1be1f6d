"""For everybody who is no admin the desk is not there: every address of every desk, asked for in every way."""

from __future__ import annotations

from mentorinaja.admin.desks import DESKS
from mentorinaja.admin.routes import router
from tests.support.bookings import browser_of, make_seller, make_user, seller_browser
from tests.support.desk import make_admin
from tests.support.site import Browser, Site


def addresses() -> list[tuple[str, str]]:
    """Method and address: each desk's list, cases and decisions, and the pages of its own."""
    found = [("GET", "/admin"), ("GET", "/admin/lain")]
    for desk in DESKS:
        here = f"/admin/{desk.name}"
        found += [
            ("GET", here),
            ("POST", f"{here}/export"),
            ("POST", f"{here}/filters"),
            ("GET", f"{here}/1"),
        ]
        found += [("POST", f"{here}/filters/1/delete")]
        for decision in desk.decisions:
            found += [("GET", f"{here}/1/{decision.name}"), ("POST", f"{here}/1/{decision.name}")]
    for route in router.routes:
        if "{" not in route.path and route.path != "/admin":
            found += [(method, route.path) for method in ("GET", "POST")]
    return found


def told(browser: Browser) -> str:
    """What an error page says; not what it offers, which depends on whether anybody was asked for."""
    title, sentence = browser.page.css_first("main h1"), browser.page.css_first("main p")
    assert title is not None and sentence is not None
    return f"{title.text(strip=True)} {sentence.text(strip=True)}"


async def test_everybody_else_gets_the_page_of_an_address_that_is_not_there(site: Site) -> None:
    suspended = await make_admin(site.db, "Bekas Admin")
    people: dict[str, Browser] = {
        "nobody": await browser_of(site, None),
        "user": await browser_of(site, await make_user(site.db)),
        "expert": await seller_browser(site, await make_seller(site.db)),
        "suspended admin": await browser_of(site, suspended),
    }
    await site.db.execute("UPDATE users SET suspended_at = app_now() WHERE id = $1", suspended.id)
    wrong = []
    for who, browser in people.items():
        await browser.get("/tidak/ada/di/sini")
        missing = told(browser)
        await browser.get("/login" if who in ("nobody", "suspended admin") else "/user/profile")
        token = browser.page.css_first("input[name=_csrf]")
        assert token is not None
        form = {"_csrf": token.attributes["value"] or ""}
        for method, address in addresses():
            if method == "GET":
                status = (await browser.get(address, follow=False)).status_code
                closed = status == 404 and told(browser) == missing
            else:
                status = (await browser.client.post(address, data=form, follow_redirects=False)).status_code
                closed = status in (404, 405)
            if not closed:
                wrong.append((who, method, address, status))
    assert not wrong


async def test_an_admin_who_is_signed_out_while_at_work_is_out_at_once(site: Site) -> None:
    admin = await make_admin(site.db)
    browser = await browser_of(site, admin)
    assert (await browser.get("/admin")).status_code == 200
    await site.db.execute("UPDATE users SET role = 'user' WHERE id = $1", admin.id)
    await site.db.execute("UPDATE login_sessions SET ended_at = app_now() WHERE user_id = $1", admin.id)
    assert (await browser.get("/admin")).status_code == 404
