"""One sentence over a redirect, said once."""

import re

from tests.support.site import Site


async def test_it_is_said_once_on_the_next_whole_page(odd: Site) -> None:
    browser = await odd.browser()
    await browser.get("/try/flash")
    assert "Tersimpan <b>rapi</b>." in browser.text and browser.page.css_first("main b") is None
    await browser.get("/try/form")
    assert "Tersimpan" not in browser.text


async def test_a_swapped_part_does_not_use_it_up(odd: Site) -> None:
    browser = await odd.browser()
    await browser.get("/try/flash", follow=False)
    await browser.get("/nope", headers={"HX-Request": "true"})
    assert "Tersimpan" not in browser.text
    await browser.get("/try/form")
    assert "Tersimpan" in browser.text


async def test_nobody_can_put_words_into_our_mouth(odd: Site) -> None:
    browser = await odd.browser()
    await browser.get("/try/flash", follow=False)
    good = browser.client.cookies["flash"]
    for forged in (
        ("A" if good[0] != "A" else "B") + good[1:],
        "WyJvayIsImphaGF0Il0.x.y",
        "",
        "x" * 3000,
        "[]",
    ):
        browser.client.cookies.set("flash", forged)
        answer = await browser.get("/try/form")
        assert answer.status_code == 200 and "flash ok" not in answer.text
        browser.client.cookies.clear()


async def test_its_cookie_is_kept_from_script_and_for_a_minute(odd: Site) -> None:
    browser = await odd.browser()
    answer = await browser.get("/try/flash", follow=False)
    cookie = answer.headers["set-cookie"]
    assert re.search(r"HttpOnly.*Max-Age=60.*SameSite=lax", cookie)
