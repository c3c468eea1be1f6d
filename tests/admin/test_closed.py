"""For everybody who is no admin the desk is not there: every address of every desk, asked for in every way."""

from __future__ import annotations

import re
from typing import Any

from litestar.utils import normalize_path

from mentorinaja.admin.desks import DESKS
from mentorinaja.admin.routes import router
from tests.support.bookings import browser_of, make_seller, make_user, seller_browser
from tests.support.desk import desk_of, make_admin
from tests.support.site import Browser, Site

_NEW_EACH_TIME = re.compile(r'name="_csrf" value="[^"]*"')
# What pages of ours never send; of words that HTTP does not know, the server itself says that it does not know them.
OTHER_METHODS = ("HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "PROPFIND")
# A part of a page as htmx asks for it, and more than any form holds.
OTHER_POSTS: tuple[dict[str, Any], ...] = ({"headers": {"HX-Request": "true"}}, {"content": b"x" * 200_000})


# Of each kind one: asked for in every way.
SOME = {
    "/admin",
    "/admin/",
    "/admin/users",
    "/admin//users",
    "/admin/users/1",
    "/admin/users/export",
    "/admin/lain",
}


def addresses() -> set[str]:
    """Each desk's list and the first of its decisions, an address of each handler, and what no desk has."""
    ways = {re.sub(r"\{name:str\}", "users", route.path) for route in router.routes}
    found = SOME | {re.sub(r"\{[^}]*\}", "1", way) for way in ways} | {"/admin/a/b/c/d/e"}
    for desk in DESKS:
        found.add(f"/admin/{desk.name}")
        found |= {f"/admin/{desk.name}/1/{decision.name}" for decision in desk.decisions[:1]}
    return found


async def page_at(browser: Browser, method: str, path: str, **options: Any) -> tuple[Any, ...]:
    """What is answered, to the letter, but for what is new each time and where "Login" leads back to."""
    answer = await browser.client.request(method, path, follow_redirects=False, **options)
    back = f"/login?next={normalize_path(path)}"
    headers = {name for name in answer.headers if name != "content-length"}
    page = _NEW_EACH_TIME.sub("", answer.text).replace(f'"{back}"', "BACK")
    return answer.status_code, headers, page


async def test_everybody_else_gets_the_page_of_an_address_that_is_not_there(site: Site) -> None:
    suspended, user = await make_admin(site.db, "Bekas Admin"), await make_user(site.db)
    people: dict[str, Browser] = {
        "nobody": await browser_of(site, None),
        "user": await browser_of(site, user),
        "expert": await seller_browser(site, await make_seller(site.db)),
        "suspended admin": await browser_of(site, suspended),
        "an admin who looks as somebody": await desk_of(site),
    }
    await site.db.execute("UPDATE users SET suspended_at = app_now() WHERE id = $1", suspended.id)
    looks = people["an admin who looks as somebody"]
    await looks.get(f"/lihat-sebagai/{user.id}")
    await looks.submit("main form", {"reason": "Melihat apa yang dilihatnya."})
    wrong = []
    for who, browser in people.items():
        await browser.get("/login" if who in ("nobody", "suspended admin") else "/user/profile")
        token = browser.page.css_first("input[name=_csrf]")
        assert token is not None
        form = {"data": {"_csrf": token.attributes["value"] or ""}}
        ways: list[tuple[str, dict[str, Any], set[str]]] = [
            ("GET", {}, addresses()),
            ("POST", form, addresses()),
        ]
        ways += [(method, {}, SOME) for method in OTHER_METHODS]
        ways += [("POST", options, SOME) for options in OTHER_POSTS]
        for method, options, asked in ways:
            missing = await page_at(browser, method, "/tidak/ada", **options)
            assert missing[0] == 404
            assert ("Halaman tidak ditemukan" in missing[2]) == (method != "HEAD")
            for address in asked:
                if await page_at(browser, method, address, **options) != missing:
                    wrong.append((who, method, address))
    assert not wrong


async def test_an_admin_who_is_signed_out_while_at_work_is_out_at_once(site: Site) -> None:
    admin = await make_admin(site.db)
    browser = await browser_of(site, admin)
    assert (await browser.get("/admin")).status_code == 200
    await site.db.execute("UPDATE users SET role = 'user' WHERE id = $1", admin.id)
    await site.db.execute("UPDATE login_sessions SET ended_at = app_now() WHERE user_id = $1", admin.id)
    assert (await browser.get("/admin")).status_code == 404
