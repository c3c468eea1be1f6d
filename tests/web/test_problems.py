"""Error pages say what happened and what to do, to browsers and to htmx."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from mentorinaja.db.pool import Database
from tests.support.accounts import eventually, signed_in
from tests.support.relay import relayed
from tests.support.site import Site, running_site

BUDI = "budi@mentorinaja.test"


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/nope", 404, "Halaman tidak ditemukan"),
        ("/login/more", 404, "Halaman tidak ditemukan"),
        ("/logout", 404, "Halaman tidak ditemukan"),
        ("/static/css/nope.css", 404, "Halaman tidak ditemukan"),
        ("/try/rule", 409, "Slot ini baru saja diambil."),
        ("/try/often", 429, "Coba lagi dalam 3 menit."),
        ("/try/fault", 500, "Ada gangguan di pihak kami"),
        ("/try/away", 503, "Layanan sedang terganggu"),
        ("/try/number/99999999999999999999999999", 404, "Halaman tidak ditemukan"),
        ("/try/text/a%00b", 404, "Halaman tidak ditemukan"),
        ("/%00", 404, "Halaman tidak ditemukan"),
        ("/%ED%A0%80", 404, "Halaman tidak ditemukan"),
        ("/" + "a" * 5000, 404, "Halaman tidak ditemukan"),
        ("/..%2f..%2fetc/passwd", 404, "Halaman tidak ditemukan"),
        ("/static/..%2f..%2fpyproject.toml", 404, "Halaman tidak ditemukan"),
    ],
)
async def test_a_problem_has_a_page_with_a_way_on(odd: Site, path: str, status: int, words: str) -> None:
    browser = await odd.browser()
    answer = await browser.get(path)
    assert answer.status_code == status and answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers.get("retry-after") == ("60" if status == 429 else None)
    assert answer.headers["cache-control"] == "no-store"
    assert words in browser.text and f"Kode {status}" in browser.text
    assert browser.page.css_first("main .actions a") is not None
    assert len(browser.page.css("h1")) == 1


async def test_a_rule_names_its_own_next_step_first(odd: Site) -> None:
    browser = await odd.browser()
    await browser.get("/try/rule")
    links = [link.attributes["href"] for link in browser.page.css("main .actions a")]
    assert links == ["/expert/sari", "/"]


@pytest.mark.parametrize("path", ["/nope", "/try/rule", "/try/fault", "/try/away"])
async def test_htmx_gets_a_note_above_the_page_that_asked(odd: Site, path: str) -> None:
    browser = await odd.browser()
    answer = await browser.get(path, headers={"HX-Request": "true"})
    assert answer.headers["hx-retarget"] == "#problems"
    assert browser.page.css_first("#problem[role=alert]") is not None
    assert "<html" not in answer.text
    await browser.get("/login")
    assert browser.page.css_first("#problems") is not None


async def test_htmx_without_sign_in_is_led_to_it_whole(odd: Site) -> None:
    browser = await odd.browser()
    answer = await browser.get("/user/profile", follow=False, headers={"HX-Request": "true"})
    assert answer.status_code == 200 and answer.headers["hx-redirect"] == "/login?next=/user/profile"


async def test_a_form_sent_after_the_session_ended_leads_back_to_its_page(odd: Site) -> None:
    browser = await odd.browser()
    answer = await browser.client.post(
        "/user/profile", data={"section": "zone"}, headers={"referer": f"{odd.url}/user/profile?tab=2"}
    )
    assert answer.status_code == 303
    assert answer.headers["location"] == "/login?next=/user/profile%3Ftab%3D2"


async def test_an_unknown_address_shows_nobody_the_wrong_menu(odd: Site) -> None:
    browser = await signed_in(odd, BUDI)
    await browser.get("/try/rule")
    assert "Logout" in browser.text
    await browser.get("/nope")
    assert "Daftar" not in browser.text and "Home" in browser.text


async def test_who_is_signed_out_is_offered_to_sign_in_where_nothing_is_there(odd: Site) -> None:
    browser = await odd.browser()
    ways = {
        "/admin/orders?state=paid": "/login?next=/admin/orders%3Fstate%3Dpaid",
        "/expert/tidak-ada": "/login?next=/expert/tidak-ada",
        "/nope": "/login?next=/nope",
        "/reset-password/x": None,
        "/try/rule": None,
    }
    for path, way in ways.items():
        await browser.get(path)
        links = [link.attributes["href"] for link in browser.page.css("main .actions a")]
        assert links[-1] == (way or "/"), path
    await browser.get("/nope", headers={"HX-Request": "true"})
    assert browser.page.css_first("#problem a").attributes["href"] == "/login?next=/nope"
    browser = await signed_in(odd, BUDI)
    for path in ways:
        await browser.get(path)
        assert not browser.page.css("main .actions a[href^='/login']"), path


async def test_while_the_database_is_away_pages_say_so_and_then_come_back(db: Database) -> None:
    async with (
        relayed(db.dsn) as (dsn, line),
        connected(dsn) as routed,
        running_site(routed) as site,
        httpx.AsyncClient(base_url=site.url, timeout=30) as visitor,
    ):
        browser = await signed_in(site, BUDI)
        await line.cut()
        for _ in range(4):
            answer = await visitor.get("/readyz")
            assert answer.status_code == 503
        assert (await visitor.get("/healthz")).status_code == 200
        assert (await visitor.get("/login")).status_code == 200  # needs no database
        stranger = await visitor.post("/login", data={"email": BUDI})
        assert stranger.status_code == 403  # the token comes first
        await line.mend()

        async def back() -> bool:
            return (await browser.get("/user/profile", follow=False)).status_code == 200

        await eventually(back)


@asynccontextmanager
async def connected(dsn: str) -> AsyncIterator[Database]:
    db = await Database.connect(dsn, 2)
    try:
        yield db
    finally:
        await db.close()
