"""Forged requests, by every door."""

import pytest

from tests.support.accounts import PASSWORD, make_account, signed_in
from tests.support.site import Browser, Site

BUDI = "budi@mentorinaja.test"
FORM = {"section": "zone", "time_zone": "Asia/Jayapura"}


def token_of(browser: Browser) -> str:
    field = browser.page.css_first("input[name=_csrf]")
    assert field is not None
    return field.attributes["value"] or ""


async def zone(site: Site) -> str:
    stored: str = await site.db.fetchval("SELECT time_zone FROM users WHERE email = $1", BUDI)
    return stored


async def test_the_form_as_served_works(site: Site) -> None:
    browser = await signed_in(site, BUDI)
    await browser.get("/user/profile")
    answer = await browser.client.post("/user/profile", data={"_csrf": token_of(browser), **FORM})
    assert answer.status_code == 303 and await zone(site) == "Asia/Jayapura"


async def test_htmx_may_send_the_token_as_a_header(site: Site) -> None:
    browser = await signed_in(site, BUDI)
    await browser.get("/user/profile")
    headers = {"x-csrf-token": token_of(browser), "sec-fetch-site": "same-origin"}
    assert (await browser.client.post("/user/profile", data=FORM, headers=headers)).status_code == 303


@pytest.mark.parametrize("token", [None, "", "x", "A" * 88, "ü", "=" * 88, "A" * 5000])
async def test_without_a_good_token_nothing_happens(site: Site, token: str | None) -> None:
    browser = await signed_in(site, BUDI)
    answer = await browser.client.post(
        "/user/profile", data=FORM | ({} if token is None else {"_csrf": token})
    )
    assert answer.status_code == 403 and await zone(site) == "Asia/Jakarta"


async def test_a_token_of_another_person_is_no_token(site: Site) -> None:
    mallory = await signed_in(site, "mallory@mentorinaja.test")
    await mallory.get("/user/profile")
    browser = await signed_in(site, BUDI)
    answer = await browser.client.post("/user/profile", data={"_csrf": token_of(mallory), **FORM})
    assert answer.status_code == 403


async def test_a_token_from_before_signing_in_is_worth_nothing_after(site: Site) -> None:
    await make_account(site.db, BUDI)
    browser = await site.browser()
    await browser.get("/login")
    before = token_of(browser)
    await browser.submit(values={"email": BUDI, "password": PASSWORD}, follow=False)
    assert (await browser.client.post("/user/profile", data={"_csrf": before, **FORM})).status_code == 403


async def test_a_visitor_cannot_use_the_token_of_another_visitor(site: Site) -> None:
    await make_account(site.db, BUDI)
    mallory, victim = await site.browser(), await site.browser()
    await mallory.get("/login")
    await victim.get("/login")
    data = {"_csrf": token_of(mallory), "email": BUDI, "password": PASSWORD}
    assert (await victim.client.post("/login", data=data)).status_code == 403
    assert (await (await site.browser()).client.post("/login", data=data)).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": ""},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1"},
    ],
)
async def test_a_request_from_another_site_is_refused_even_with_the_token(
    site: Site, headers: dict[str, str]
) -> None:
    browser = await signed_in(site, BUDI)
    await browser.get("/user/profile")
    data = {"_csrf": token_of(browser), **FORM}
    assert (await browser.client.post("/user/profile", data=data, headers=headers)).status_code == 403
    assert await zone(site) == "Asia/Jakarta"


async def test_the_own_origin_is_welcome(site: Site) -> None:
    browser = await signed_in(site, BUDI)
    await browser.get("/user/profile")
    data = {"_csrf": token_of(browser), **FORM}
    assert (
        await browser.client.post("/user/profile", data=data, headers={"origin": site.url})
    ).status_code == 303


@pytest.mark.parametrize(
    "kind", ["application/json", "text/plain", "application/x-www-form-urlencoded, text/plain", ""]
)
async def test_a_body_that_is_no_form_carries_no_token(site: Site, kind: str) -> None:
    browser = await signed_in(site, BUDI)
    await browser.get("/user/profile")
    body = f"_csrf={token_of(browser)}&section=zone&time_zone=Asia%2FJayapura"
    answer = await browser.client.post("/user/profile", content=body, headers={"content-type": kind})
    assert answer.status_code == 403


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
async def test_other_methods_open_nothing(site: Site, method: str) -> None:
    browser = await signed_in(site, BUDI)
    assert (await browser.client.request(method, "/user/profile", data=FORM)).status_code == 404


async def test_a_method_named_in_a_field_or_header_counts_for_nothing(site: Site) -> None:
    browser = await signed_in(site, BUDI)
    answer = await browser.client.post(
        "/user/profile", data={"_method": "GET", **FORM}, headers={"x-http-method-override": "GET"}
    )
    assert answer.status_code == 403


async def test_tokens_look_different_in_every_answer_and_alike_within_one(site: Site) -> None:
    browser = await signed_in(site, BUDI)
    seen = set()
    for _ in range(3):
        await browser.get("/user/profile")
        tokens = {field.attributes["value"] for field in browser.page.css("input[name=_csrf]")}
        assert len(tokens) == 1
        seen |= tokens
    assert len(seen) == 3


async def test_a_refused_form_leads_back_to_its_page(site: Site) -> None:
    browser = await signed_in(site, BUDI)
    browser.answer = await browser.client.post(
        "/user/profile", data=FORM, headers={"referer": f"{site.url}/user/profile?a=1"}
    )
    assert browser.page.css_first("main a[href='/user/profile?a=1']") is not None
    browser.answer = await browser.client.post(
        "/user/profile", data=FORM, headers={"referer": "https://evil.example/x"}
    )
    assert "evil" not in browser.answer.text
