"""Visitors' pages kept as bytes: shared, revalidated, dropped when something changes."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from jinja2 import DictLoader, Environment, StrictUndefined, UndefinedError

from mentorinaja import clock
from mentorinaja.db.pool import Database
from mentorinaja.experts import live
from mentorinaja.experts.actions import add_service
from mentorinaja.experts.rules import NewService
from mentorinaja.web.cache import Shared, SharedPages, render_shared
from tests.support.accounts import eventually, signed_in
from tests.support.experts import Told, make_expert
from tests.support.site import Site, running_site


class Bell:
    """The hub as a cache sees it."""

    def __init__(self) -> None:
        self.listeners: list[Callable[[str | None], None]] = []

    def listen(self, _topic: str, listener: Callable[[str | None], None]) -> Callable[[], None]:
        self.listeners.append(listener)
        return lambda: None

    def ring(self) -> None:
        for listener in self.listeners:
            listener("")


class Kitchen:
    """Makes values, and counts them."""

    def __init__(self) -> None:
        self.made = 0

    async def make(self) -> int:
        self.made += 1
        number = self.made
        await asyncio.sleep(0.01)
        return number


def make_shared(bell: Bell, **changes: Any) -> Shared:
    return Shared(bell, ("catalog",), **{"seconds": 60.0, "most": 3, **changes})  # type: ignore[arg-type]  # only listens


async def test_a_value_is_made_once_however_many_ask_at_once() -> None:
    shared, kitchen = make_shared(Bell()), Kitchen()
    assert set(await asyncio.gather(*(shared.get("/", kitchen.make) for _ in range(50)))) == {1}
    assert kitchen.made == 1


async def test_the_bell_drops_everything() -> None:
    bell, kitchen = Bell(), Kitchen()
    shared = make_shared(bell)
    assert await shared.get("/", kitchen.make) == 1
    bell.ring()
    assert shared.peek("/") is None
    assert await shared.get("/", kitchen.make) == 2


async def test_what_was_being_made_when_the_bell_rang_is_not_kept() -> None:
    bell, kitchen = Bell(), Kitchen()
    shared = make_shared(bell)
    first = asyncio.create_task(shared.get("/", kitchen.make))
    while not kitchen.made:
        await asyncio.sleep(0)
    bell.ring()
    assert await shared.get("/", kitchen.make) == 2  # does not wait for the old one either
    assert await first == 1
    assert await shared.get("/", kitchen.make) == 2


async def test_values_grow_old() -> None:
    shared, kitchen = make_shared(Bell(), seconds=0.0), Kitchen()
    assert [await shared.get("/", kitchen.make) for _ in range(2)] == [1, 2]


async def test_only_so_many_values_are_kept() -> None:
    shared, kitchen = make_shared(Bell()), Kitchen()
    for key in ("a", "b", "c", "a", "d", "a"):
        await shared.get(key, kitchen.make)
    assert kitchen.made == 4
    await shared.get("b", kitchen.make)
    assert kitchen.made == 5


async def test_a_failure_is_told_to_all_who_wait_and_not_kept() -> None:
    shared, kitchen = make_shared(Bell()), Kitchen()

    async def fail() -> int:
        await asyncio.sleep(0.01)
        raise ValueError("nothing")

    results = await asyncio.gather(*(shared.get("/", fail) for _ in range(3)), return_exceptions=True)
    assert all(isinstance(result, ValueError) for result in results)
    assert await shared.get("/", kitchen.make) == 1


async def test_a_visitor_who_leaves_does_not_spoil_it_for_the_others() -> None:
    shared, kitchen = make_shared(Bell()), Kitchen()
    gone = asyncio.create_task(shared.get("/", kitchen.make))
    await asyncio.sleep(0)
    waiting = asyncio.create_task(shared.get("/", kitchen.make))
    await asyncio.sleep(0)
    gone.cancel()
    assert await waiting == 1


async def test_a_page_with_a_form_token_is_never_shared() -> None:
    asked = SimpleNamespace(
        scope={"path": "/", "query_string": b""}, headers={}, state=SimpleNamespace(new_visit="somebody")
    )

    async def make() -> str:
        return "<form>"

    with pytest.raises(AssertionError, match="form token"):
        await SharedPages(make_shared(Bell())).answer(asked, make)  # type: ignore[arg-type]  # as much as is read


def test_shared_html_cannot_ask_who_looks() -> None:
    environment = Environment(
        undefined=StrictUndefined, autoescape=True, loader=DictLoader({"a": "{{ viewer }}"})
    )
    with pytest.raises(UndefinedError):
        render_shared(environment, "a")


async def test_browsers_revalidate(site: Site) -> None:
    await make_expert(site.db, Told("Sari Wulandari", slug="sari"))
    browser = await site.browser()
    for path in ("/", "/expert/sari", "/?q=sari"):
        first = await browser.get(path)
        assert first.headers["cache-control"] == "no-cache"
        assert "Cookie" in first.headers["vary"] and "set-cookie" not in first.headers
        again = await browser.get(path, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]


async def test_each_browser_gets_an_encoding_it_knows(site: Site) -> None:
    await make_expert(site.db, Told("Sari Wulandari"))
    browser = await site.browser()
    for encoding in ("br", "gzip", "identity"):
        answer = await browser.get("/", headers={"Accept-Encoding": encoding})
        assert answer.headers.get("content-encoding", "identity") == encoding
        assert "Sari Wulandari" in answer.text


async def test_page_and_part_are_kept_apart(site: Site) -> None:
    await make_expert(site.db, Told("Sari Wulandari"))
    browser = await site.browser()
    for _ in range(2):
        assert "<!DOCTYPE html>" in (await browser.get("/")).text
        assert "<!DOCTYPE html>" not in (await browser.get("/", headers={"HX-Request": "true"})).text


async def test_changes_are_seen_by_visitors(site: Site) -> None:
    expert_id = await make_expert(site.db, Told("Sari Wulandari", slug="sari"))
    browser = await site.browser()
    await browser.get("/expert/sari")
    etag = (await browser.get("/")).headers["etag"]
    async with site.db.transaction() as tx:
        await add_service(tx, expert_id, NewService("Tanya Cepat", "online_chat", 5, 25_000))

    async def seen() -> bool:
        home = await browser.get("/", headers={"If-None-Match": etag})
        return home.status_code == 200 and "Rp 25.000" in home.text

    await eventually(seen)
    assert "Tanya Cepat" in (await browser.get("/expert/sari")).text


async def test_a_moved_clock_is_seen_by_visitors(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "_SECONDS", 3600.0)  # no page grows old by itself
    await make_expert(db, Told("Sari Wulandari"))
    async with running_site(db) as site:
        browser = await site.browser()
        before = (await browser.get("/")).text
        await clock.shift(db, timedelta(days=9))

        async def seen() -> bool:
            return (await browser.get("/")).text != before

        await eventually(seen)


async def test_private_pages_are_not_shared(site: Site) -> None:
    await make_expert(site.db, Told("Sari Wulandari", slug="sari"))
    user, visitor = await signed_in(site, "budi@mentorinaja.test"), await site.browser()
    for path in ("/", "/expert/sari"):
        private = await user.get(path)
        assert private.headers["cache-control"] == "no-store" and "etag" not in private.headers
        public = await visitor.get(path)
        assert "Logout" in private.text and "Logout" not in public.text
        # A browser that has the visitors' page and then signs in must not be told it is still the same.
        answer = await user.get(path, headers={"If-None-Match": public.headers["etag"]})
        assert answer.status_code == 200 and "Logout" in answer.text


async def test_visitors_with_other_cookies_and_head_requests_get_the_page_too(site: Site) -> None:
    await make_expert(site.db, Told("Sari Wulandari"))
    browser = await site.browser()
    page = await browser.get("/")
    again = await browser.get("/", headers={"Cookie": "visit=x; session=forged.nonsense"})
    assert again.status_code == 200 and again.text == page.text
    head = await browser.client.head("/")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["etag"] == page.headers["etag"]


async def test_kept_pages_carry_the_headers_of_every_answer(site: Site) -> None:
    browser = await site.browser()
    first, second = await browser.get("/"), await browser.get("/")
    assert set(first.headers) == set(second.headers)
    for name in ("content-security-policy", "x-content-type-options", "x-request-id"):
        assert name in second.headers
    assert first.headers["x-request-id"] != second.headers["x-request-id"]
    assert (await browser.get("/", headers={"Host": "a b"})).status_code == 400
