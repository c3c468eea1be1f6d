"""What somebody hostile sends, and what must come of it: nothing."""

from __future__ import annotations

import pytest

from tests.support.accounts import PASSWORD, make_account
from tests.support.bookings import browser_of, make_user
from tests.support.site import Site

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
