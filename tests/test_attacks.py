"""What somebody hostile sends, and what must come of it: nothing."""

from __future__ import annotations

import asyncio

import pytest

from mentorinaja.live import stream
from tests.support.accounts import PASSWORD, make_account
from tests.support.bookings import book, browser_of, make_seller, make_user, slot_in
from tests.support.site import Browser, Site

BUDI = "budi@mentorinaja.test"


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8000, evil.test", "evil.test:99999", "evil.test:x", "[::1", "evil.test/a", "a@b"]
)
async def test_a_host_that_is_none_is_refused_in_plain_words(site: Site, host: str) -> None:
    browser = await site.browser()
    answer = await browser.client.get("/user/transactions", headers={"host": host})
    assert answer.status_code == 400 and "evil" not in answer.text


async def test_a_strange_host_leads_nobody_away(site: Site) -> None:
    browser = await site.browser()
    answer = await browser.client.get("/user/transactions", headers={"host": "evil.test"})
    assert answer.headers["location"] == "/login?next=/user/transactions"


@pytest.mark.parametrize("header", ["origin", "referer"])
@pytest.mark.parametrize("value", ["http://[::1", "http://evil.test:x", "http://ex℀mple.test"])
async def test_an_origin_that_is_none_is_a_forged_request(site: Site, header: str, value: str) -> None:
    browser = await browser_of(site, await make_user(site.db))
    answer = await browser.client.post("/user/profile", headers={header.encode(): value.encode()})
    assert answer.status_code == 403


async def test_an_empty_visit_gives_no_token_that_fits_everybody(site: Site) -> None:
    await make_account(site.db, BUDI)
    mallory, victim = await site.browser(), await site.browser()
    await mallory.get("/login", headers={"cookie": "visit="})
    field = mallory.page.css_first("input[name=_csrf]")
    assert field is not None
    data = {"_csrf": field.attributes["value"] or "", "email": BUDI, "password": PASSWORD}
    assert (await victim.client.post("/login", data=data)).status_code == 403


async def test_one_person_does_not_take_all_connections(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "MOST_A_PERSON", 3)
    user, other = await make_user(site.db), await make_user(site.db)
    seller = await make_seller(site.db)
    ended: list[int] = []

    async def listen(browser: Browser, address: str, number: int) -> None:
        async with browser.client.stream("GET", address) as answer:
            async for _ in answer.aiter_bytes():
                if number not in open_:
                    open_.append(number)
        ended.append(number)

    open_: list[int] = []
    tasks: list[asyncio.Task[None]] = []
    for number, person in enumerate([other, user, user, user, user, user]):
        if number < 2:
            browser = await browser_of(site, person)
            public_id = await book(site.db, person, seller, await slot_in(site.db, days=1 + number))
        tasks.append(asyncio.create_task(listen(browser, f"/payment/{public_id}/events", number)))
        async with asyncio.timeout(10):
            while number not in open_:
                await asyncio.sleep(0.01)
    async with asyncio.timeout(10):
        while len(ended) < 2:
            await asyncio.sleep(0.01)
    assert ended == [1, 2]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
