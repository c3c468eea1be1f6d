"""Visitors' pages kept as bytes: shared, revalidated, dropped when something changes."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from mentorinaja import clock
from mentorinaja.experts.actions import add_service
from mentorinaja.experts.rules import NewService
from mentorinaja.web.cache import PageCache
from tests.support.accounts import eventually, signed_in
from tests.support.config import make_settings
from tests.support.experts import Told, make_expert
from tests.support.site import Site


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


class Asked:
    """A request as a cache sees it."""

    def __init__(self, **headers: str) -> None:
        self.headers = headers
        self.state = SimpleNamespace()
        self.app = SimpleNamespace(state=SimpleNamespace(settings=make_settings("")))


class Kitchen:
    """Makes pages, and counts them."""

    def __init__(self) -> None:
        self.made = 0

    async def make(self) -> str:
        self.made += 1
        number = self.made
        await asyncio.sleep(0.01)
        return f"<p>{number}</p>"


def make_cache(bell: Bell, **changes: Any) -> PageCache:
    return PageCache(bell, ("catalog",), **{"seconds": 60.0, "most": 3, **changes})  # type: ignore[arg-type]  # only listens


async def body(cache: PageCache, key: str, make: Callable[[], Awaitable[str]]) -> str:
    answer = await cache.answer(Asked(), key, make)  # type: ignore[arg-type]  # only headers are read
    return str(answer.content.decode())


async def test_a_page_is_made_once_however_many_ask_at_once() -> None:
    cache, kitchen = make_cache(Bell()), Kitchen()
    answers = await asyncio.gather(*(body(cache, "/", kitchen.make) for _ in range(50)))
    assert set(answers) == {"<p>1</p>"} and kitchen.made == 1


async def test_the_bell_drops_everything() -> None:
    bell, kitchen = Bell(), Kitchen()
    cache = make_cache(bell)
    assert await body(cache, "/", kitchen.make) == "<p>1</p>"
    bell.ring()
    assert await body(cache, "/", kitchen.make) == "<p>2</p>"


async def test_a_page_during_whose_making_the_bell_rang_is_not_kept() -> None:
    bell, kitchen = Bell(), Kitchen()
    cache = make_cache(bell)
    first = asyncio.create_task(body(cache, "/", kitchen.make))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert kitchen.made == 1
    bell.ring()
    assert await body(cache, "/", kitchen.make) == "<p>2</p>"  # does not wait for the old one either
    assert await first == "<p>1</p>"
    assert await body(cache, "/", kitchen.make) == "<p>2</p>"


async def test_pages_grow_old() -> None:
    cache, kitchen = make_cache(Bell(), seconds=0.0), Kitchen()
    assert [await body(cache, "/", kitchen.make) for _ in range(2)] == ["<p>1</p>", "<p>2</p>"]


async def test_only_so_many_pages_are_kept() -> None:
    cache, kitchen = make_cache(Bell()), Kitchen()
    for key in ("a", "b", "c", "a", "d", "a"):
        await body(cache, key, kitchen.make)
    assert kitchen.made == 4
    await body(cache, "b", kitchen.make)
    assert kitchen.made == 5


async def test_a_failure_is_told_to_all_who_wait_and_not_kept() -> None:
    cache, kitchen = make_cache(Bell()), Kitchen()

    async def fail() -> str:
        await asyncio.sleep(0.01)
        raise ValueError("no page")

    results = await asyncio.gather(*(body(cache, "/", fail) for _ in range(3)), return_exceptions=True)
    assert all(isinstance(result, ValueError) for result in results)
    assert await body(cache, "/", kitchen.make) == "<p>1</p>"


async def test_a_visitor_who_leaves_does_not_spoil_it_for_the_others() -> None:
    cache, kitchen = make_cache(Bell()), Kitchen()
    gone = asyncio.create_task(body(cache, "/", kitchen.make))
    await asyncio.sleep(0)
    waiting = asyncio.create_task(body(cache, "/", kitchen.make))
    await asyncio.sleep(0)
    gone.cancel()
    assert await waiting == "<p>1</p>"


async def test_a_page_with_a_form_token_is_never_shared() -> None:
    cache, asked = make_cache(Bell()), Asked()

    async def make() -> str:
        asked.state.new_visit = "somebody"
        return "<form>"

    with pytest.raises(AssertionError, match="form token"):
        await cache.answer(asked, "/", make)  # type: ignore[arg-type]  # only headers and state are read


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


async def test_a_moved_clock_is_seen_by_visitors(site: Site) -> None:
    await make_expert(site.db, Told("Sari Wulandari"))
    browser = await site.browser()
    before = (await browser.get("/")).text
    started = time.monotonic()
    await clock.shift(site.db, timedelta(days=9))

    async def seen() -> bool:
        return (await browser.get("/")).text != before

    await eventually(seen)
    assert time.monotonic() - started < 5


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
