"""An admin looks as somebody: sees that person's pages, does nothing on them, and sees nothing that is between two."""

import asyncio
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from litestar import Litestar

from mentorinaja import clock
from mentorinaja.accounts import actions, queries, viewing
from mentorinaja.accounts.live import ViewerCache, Watch
from mentorinaja.accounts.problems import NotViewable
from mentorinaja.app import FEATURES
from mentorinaja.clock import Clock
from mentorinaja.db.pool import Database
from mentorinaja.errors import NotThere
from mentorinaja.live.hub import Hub
from mentorinaja.web.auth import token_hash
from mentorinaja.web.viewer import Viewer
from tests.support.accounts import eventually
from tests.support.bookings import browser_of, make_user
from tests.support.desk import make_admin
from tests.support.site import Browser, Site
from tests.test_access import TABLE, World, a_world, routes

WHY = "Menelusuri keluhan lewat email"
# Asks on its own behalf: not a page, and neither closed nor open to anybody.
ENDING = {"/lihat-sebagai/berhenti", "/logout"}
# Tables that requests write to by themselves: when somebody was here, how often something was asked for.
OWN_ROWS = ("login_sessions", "rate_limits", "audit_log")


async def looks_as(site: Site, admin: Viewer, user_id: int) -> Browser:
    """A browser in which the admin looks as this person, begun through the page."""
    browser = await browser_of(site, admin)
    await browser.get(f"/lihat-sebagai/{user_id}")
    await browser.submit("main form", {"reason": WHY})
    assert browser.page.css_first("form.seen") is not None, browser.text
    return browser


async def contents(db: Database) -> dict[str, str]:
    """What stands in every table, told apart by a digest."""
    names = await db.fetch(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
    )
    tables = [row["table_name"] for row in names if row["table_name"] not in OWN_ROWS]
    digest = "SELECT coalesce(md5(string_agg(md5(t::text), '' ORDER BY md5(t::text))), '') FROM {} t"
    return {name: await db.fetchval(digest.format(name)) for name in tables}


async def got(browser: Browser, method: str, address: str, form: dict[str, str]) -> tuple[int, str]:
    """Status and page (none of streams, which are left at once)."""
    data = form if method == "POST" else None
    async with browser.client.stream(method, address, data=data, follow_redirects=False) as answer:
        if answer.headers.get("content-type", "").startswith("text/event-stream"):
            return answer.status_code, ""
        return answer.status_code, (await answer.aread()).decode(errors="replace")


async def secrets_of(site: Site, world: World) -> list[str]:
    """Words that only the two may read, and addresses that open something by themselves."""
    rows = await site.db.fetch("SELECT text FROM chat_messages WHERE text <> ''")
    words = [row["text"] for row in rows]
    assert words
    await world.browsers["mentor"].get("/expert/dashboard/jadwal/kalender")
    assert world.browsers["mentor"].answer is not None
    addresses = re.findall(r"/kalender/[\w.-]+\.ics", world.browsers["mentor"].answer.text)
    assert addresses, "the mentor's private address is seen by the mentor"
    return [*words, *addresses]


async def test_an_admin_sees_the_pages_of_both_and_can_do_nothing_on_any(site: Site) -> None:
    world = await a_world(site)
    await world.browsers["mentor"].get("/user/calendar")
    await world.browsers["mentor"].submit("main form", follow=False)
    hidden = await secrets_of(site, world)
    people = await site.db.fetch(
        """SELECT o.user_id AS payer, e.user_id AS mentor FROM orders o JOIN experts e ON e.id = o.expert_id LIMIT 1"""
    )
    admin = await make_admin(site.db)
    before = await contents(site.db)
    wrong: list[Any] = []
    for user_id in people[0]:
        browser = await looks_as(site, admin, user_id)
        field = browser.page.css_first("input[name=_csrf]")
        token = {"_csrf": (field.attributes["value"] or "") if field else ""}
        for (method, template), entry in TABLE.items():
            address = entry.address.format(**world.ids)
            if address in ENDING:
                continue
            status, page = await got(browser, method, address, {**entry.form, **token})
            handler = routes()[(method, template)]
            if handler.opt.get("exclude_from_auth"):
                continue  # these do not know who asks
            if template.startswith("/admin"):
                wrong += [(method, template, status)] * (status != 404)
            elif method == "POST":
                wrong += [(method, template, status)] * (status != 403 or "Anda hanya melihat" not in page)
            elif _format(template) in viewing.OPEN:
                wrong += [(method, template, status)] * (status == 403)
                wrong += [(template, "shows", words) for words in hidden if words in page]
            else:
                wrong += [(method, template, status)] * (status != 403 or "Anda hanya melihat" not in page)
            banner = "Hanya melihat." in page
            wrong += [(template, "without banner")] * (page.startswith("<!DOCTYPE") and not banner)
    assert not wrong
    after = await contents(site.db)
    assert [name for name in before if before[name] != after[name]] == []


def _format(template: str) -> str:
    return template.replace(":str", "").replace(":int", "").replace(":uuid", "").replace(":path", "")


def test_what_may_be_looked_at_is_there_and_is_only_read() -> None:
    app = Litestar(route_handlers=FEATURES, openapi_config=None)
    readable = {
        route.path_format
        for route in app.routes
        for handler in getattr(route, "route_handlers", [])
        if "GET" in handler.http_methods
    }
    assert readable >= viewing.OPEN
    for closed in ("/session", "/unduh", "/kalender", "/user/calendar", "/user/profile/", "/admin", "/login"):
        assert not [path for path in viewing.OPEN if path.startswith(closed)], closed
    ending = [path for (_, path), handler in routes().items() if handler.opt.get(viewing.ENDS_VIEWING)]
    assert set(ending) == ENDING


async def _answers(browser: Browser, path: str) -> bool:
    return (await browser.get(path, follow=False)).status_code == 200


async def test_it_is_begun_with_a_reason_and_ends_by_the_button(site: Site) -> None:
    admin, budi = await make_admin(site.db), await make_user(site.db, "Budi Santoso")
    browser = await browser_of(site, admin)
    await browser.get("/")
    assert browser.page.css_first("nav a[href='/admin']") is not None
    assert (await browser.get("/lihat-sebagai/999999")).status_code == 404
    await browser.get(f"/lihat-sebagai/{budi.id}")
    assert "Budi Santoso" in browser.text and browser.page.css_first("#password") is None
    await browser.submit("main form", {"reason": "ya"})
    assert browser.answer is not None and browser.answer.status_code == 422
    await site.db.execute("UPDATE login_sessions SET confirmed_at = app_now() - interval '11 minutes'")
    await browser.submit("main form", {"reason": WHY})
    assert browser.answer.status_code == 422 and browser.page.css_first("#password") is not None
    await site.db.execute("UPDATE login_sessions SET confirmed_at = app_now()")
    kept = browser.client.cookies["session"]
    await browser.submit("main form", {"reason": WHY})
    assert "Anda melihat sebagai Budi Santoso. Hanya melihat." in browser.text
    assert browser.client.cookies["session"] != kept
    await browser.get("/user/profile")
    assert budi.email in browser.text and admin.email not in browser.text
    assert browser.page.css_first("nav a[href='/admin']") is None
    assert (await browser.get("/admin")).status_code == 404 and "Hanya melihat." in browser.text
    await browser.get("/user/profile")
    await browser.submit("form:has([value=person])", {"full_name": "Orang Lain"})
    assert browser.answer.status_code == 403 and "tidak ada yang bisa diubah" in browser.text
    htmx = await browser.client.post("/user/profile/email", headers={"HX-Request": "true"})
    assert htmx.status_code == 403 and "Anda hanya melihat" in htmx.text
    row = await site.db.fetchrow(
        "SELECT actor_id, subject, reason FROM audit_log WHERE action = 'user.viewed_as'"
    )
    assert row is not None and tuple(row) == (admin.id, str(budi.id), WHY)
    await browser.get("/user/profile")
    await browser.submit("form.seen", follow=False)
    assert browser.answer.headers["location"] == f"/admin/users/{budi.id}"
    assert (await browser.get("/admin")).status_code == 200
    thief = await site.browser()
    thief.client.cookies.set("session", kept)
    assert (await thief.get("/user/profile", follow=False)).status_code == 303
    browser = await looks_as(site, admin, budi.id)
    await browser.get("/user/profile")
    # As when the half hour is over: the same sign-in is the admin's own again, the page still shows the person.
    await site.db.execute(
        "UPDATE login_sessions SET viewing_as = NULL, viewing_since = NULL, viewing_reason = NULL WHERE viewing_as = $1",
        budi.id,
    )
    watch = await site.browser()
    watch.client.cookies.update(browser.client.cookies)
    await eventually(lambda: _answers(watch, "/admin"))
    await browser.submit("form:has([value=person])", {"full_name": "Budi Santoso", "phone": "081234567890"})
    assert browser.answer.status_code == 403 and "Muat ulang" in browser.text
    assert await site.db.fetchval("SELECT full_name FROM users WHERE id = $1", admin.id) == admin.full_name
    browser = await looks_as(site, admin, budi.id)
    await browser.submit("form[action='/logout']", follow=False)
    assert browser.answer is not None and browser.answer.status_code == 303
    assert (await browser.get("/user/profile", follow=False)).status_code == 303
    user = await browser_of(site, budi)
    for path in (f"/lihat-sebagai/{admin.id}", f"/lihat-sebagai/{budi.id}"):
        assert (await user.get(path)).status_code == 404


async def test_nobody_looks_as_an_admin_or_as_who_is_stopped_and_it_ends_by_itself(db: Database) -> None:
    admin, other = await make_admin(db), await make_admin(db, "Admin Kedua")
    budi, ani = await make_user(db, "Budi Santoso"), await make_user(db, "Ani Lestari")
    session_id = await db.fetchval(
        """INSERT INTO login_sessions (user_id, token_hash, remember, user_agent, address, expires_at, second_factor_at)
           VALUES ($1, $2, false, '', '127.0.0.1', app_now() + interval '8 hours', app_now()) RETURNING id""",
        admin.id,
        token_hash("x"),
    )
    admin = replace(admin, session_id=session_id)
    await db.execute("UPDATE users SET suspended_at = app_now() WHERE id = $1", ani.id)
    for whom in (admin.id, other.id, ani.id):
        with pytest.raises(NotViewable):
            await actions.view_as(db, admin, whom, WHY)
    for who, whom in (
        (admin, 999999),
        (budi, ani.id),
        (other, budi.id),
        (replace(admin, session_id=0), budi.id),
    ):
        with pytest.raises(NotThere):
            await actions.view_as(db, who, whom, WHY)
    seen = {"budi": (budi.id, admin.id, "user"), "admin": (admin.id, None, "admin")}

    async def who_is_it() -> str:
        viewer = await queries.find_viewer(db, token_hash(token))
        assert viewer is not None and viewer.session_id == session_id
        by = (viewer.id, viewer.seen_by, viewer.role)
        assert by == seen["budi"] or by == seen["admin"], by
        return "budi" if viewer.seen_by else "admin"

    token = await actions.view_as(db, admin, budi.id, WHY)
    assert await queries.find_viewer(db, token_hash("x")) is None, "nothing from before acts as anybody"
    assert await who_is_it() == "budi"
    for change, back in (
        (
            "UPDATE users SET suspended_at = app_now() WHERE id = $1",
            "UPDATE users SET suspended_at = NULL WHERE id = $1",
        ),
        ("UPDATE users SET role = 'admin' WHERE id = $1", "UPDATE users SET role = 'user' WHERE id = $1"),
    ):
        await db.execute(change, budi.id)
        assert await who_is_it() == "admin"
        await db.execute(back, budi.id)
    await clock.shift(db, timedelta(minutes=29))
    await db.execute("UPDATE login_sessions SET last_seen_at = app_now()")
    assert await who_is_it() == "budi"
    await clock.shift(db, timedelta(minutes=2))
    assert await who_is_it() == "admin"
    token = await actions.view_as(db, admin, budi.id, WHY)
    await db.execute("UPDATE users SET suspended_at = app_now() WHERE id = $1", admin.id)
    assert await queries.find_viewer(db, token_hash(token)) is None
    await db.execute("UPDATE users SET suspended_at = NULL, role = 'user' WHERE id = $1", admin.id)
    assert await queries.find_viewer(db, token_hash(token)) is None, "the sign-in ended with the role"


async def test_streams_and_memories_follow_at_once_when_an_admin_looks_and_stops(db: Database) -> None:
    admin, budi = await make_admin(db), await make_user(db, "Budi Santoso")
    hub = Hub(db.dsn, Clock())
    await hub.start()
    try:
        cache = ViewerCache(db, hub)
        watch = Watch(db, hub, cache)
        session_id = await db.fetchval(
            """INSERT INTO login_sessions
                 (user_id, token_hash, remember, user_agent, address, expires_at, second_factor_at)
               VALUES ($1, $2, false, '', '127.0.0.1', app_now() + interval '8 hours', app_now()) RETURNING id""",
            admin.id,
            token_hash("x"),
        )
        admin = replace(admin, session_id=session_id)
        ended: list[str] = []

        async def opens(name: str, token: str) -> Viewer:
            viewer = await cache.find(token_hash(token))
            assert viewer is not None
            watch(token_hash(token), viewer, lambda: ended.append(name))
            return viewer

        async def nobody(token: str) -> bool:
            return await cache.find(token_hash(token)) is None

        await opens("as oneself", "x")
        token = await actions.view_as(db, admin, budi.id, WHY)
        await eventually(lambda: nobody("x"))
        await eventually(lambda: _has(ended, "as oneself"))
        viewer = await opens("as Budi", token)
        assert (viewer.id, viewer.seen_by) == (budi.id, admin.id)
        own = await viewing.stop(db, session_id)
        assert own is not None and await viewing.stop(db, session_id) is None
        await eventually(lambda: nobody(token))
        await eventually(lambda: _has(ended, "as Budi"))
        viewer = await opens("idle", own)
        assert (viewer.id, viewer.seen_by) == (admin.id, None)
        await clock.shift(db, timedelta(minutes=31))
        await eventually(lambda: _has(ended, "idle"))
    finally:
        await hub.stop()


async def _has(ended: list[str], name: str) -> bool:
    await asyncio.sleep(0)
    return name in ended
