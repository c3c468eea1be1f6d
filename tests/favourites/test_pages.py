"""Hearts and bells on the pages: one's own, on pages that many share; with htmx, and as plain forms."""

import asyncio

from mentorinaja.favourites import queries
from mentorinaja.schedule import actions as schedule
from mentorinaja.schedule.rules import OFFICE_WEEK
from tests.support.bookings import browser_of, make_user
from tests.support.experts import Told, make_expert
from tests.support.site import Browser, Site

HTMX = {"hx-request": "true"}


def pressed(browser: Browser) -> dict[str, str | None]:
    """The state of every heart and bell on the page."""
    return {
        button.attributes["id"] or "": button.attributes.get("aria-pressed")
        for button in browser.page.css("button.toggle")
    }


async def press(browser: Browser, button: str, *, on: str, slug: str = "sari", **options: object) -> int:
    answer = await browser.post(f"/expert/{slug}/{button}", {"on": on}, **options)  # type: ignore[arg-type]  # headers
    return answer.status_code


async def test_everybody_sees_the_own_hearts_on_pages_that_many_share(site: Site) -> None:
    sari = await make_expert(site.db, Told(slug="sari"))
    await make_expert(site.db, Told(name="Dimas", slug="dimas", week={}))
    budi, ani = await make_user(site.db), await make_user(site.db)
    one, other, visitor = await browser_of(site, budi), await browser_of(site, ani), await site.browser()

    for path in ("/", "/expert/sari"):
        await one.get(path)
        assert pressed(one)[f"heart-{sari}"] == "false"
        assert await press(one, "favorit", on="1", headers={"referer": f"{site.url}{path}"}) == 303
        assert one.answer is not None and one.answer.headers["location"] == path
        await one.get(path)
        assert pressed(one)[f"heart-{sari}"] == "true" and "Tersimpan di Favorit" in one.text
        await other.get(path)
        assert pressed(other)[f"heart-{sari}"] == "false", "the other's heart, on the same shared part"
        assert await press(one, "favorit", on="0") == 303
        await one.get(path)
        assert pressed(one)[f"heart-{sari}"] == "false"

    # Visitors share whole pages: they show no heart, and lead to the bell by a link.
    for path, bells in (("/", 0), ("/expert/sari", 0), ("/expert/dimas", 1)):
        answer = await visitor.get(path)
        assert pressed(visitor) == {} and len(visitor.page.css("a[href$='/kabari']")) == bells
        assert answer.headers["cache-control"] == "no-cache" and "set-cookie" not in answer.headers
        again = await visitor.get(path, headers={"if-none-match": answer.headers["etag"]})
        assert again.status_code == 304
    await visitor.get("/expert/dimas/kabari", follow=False)
    assert visitor.answer is not None
    assert visitor.answer.headers["location"] == "/login?next=/expert/dimas/kabari"
    await visitor.get("/login")
    assert await press(visitor, "favorit", on="1") == 303
    assert (await queries.kept_by(site.db, budi.id)).hearts == frozenset()

    # Nobody keeps an expert for somebody else, and nobody whom nobody can find.
    answer = await one.client.post("/expert/sari/favorit", data={"on": "1"})
    assert answer.status_code == 403
    await one.get("/")
    assert await press(one, "favorit", on="1", slug="siapa") == 404
    assert await press(one, "kabari", on="1", slug="siapa") == 404


async def test_hearts_and_bells_with_htmx_and_the_list_of_favourites(site: Site) -> None:
    sari = await make_expert(site.db, Told(slug="sari"))
    dimas = await make_expert(site.db, Told(name="Dimas", slug="dimas", week={}))
    budi = await make_user(site.db)
    browser = await browser_of(site, budi)
    await browser.get("/user/favorites")
    assert "Belum ada favorit" in browser.text

    await browser.get("/expert/dimas")
    assert pressed(browser) == {f"heart-{dimas}": "false", f"bell-{dimas}": "false"}
    token = browser.page.css_first("input[name=_csrf]").attributes["value"] or ""  # type: ignore[union-attr]  # it is there
    for button, slug, expert_id in (
        ("favorit", "dimas", dimas),
        ("kabari", "dimas", dimas),
        ("favorit", "sari", sari),
    ):
        form = {"on": "1", "_csrf": token}
        answer = await browser.client.post(f"/expert/{slug}/{button}", data=form, headers=HTMX)
        name = "heart" if button == "favorit" else "bell"
        assert answer.status_code == 200 and answer.text.count("<button") == 1
        assert f'data-{name}="{expert_id}" aria-pressed="true" value="0"' in answer.text
    await browser.get("/expert/dimas")
    assert pressed(browser) == {f"heart-{dimas}": "true", f"bell-{dimas}": "true"}

    # A bell for what is there already is told, with the next step.
    assert await press(browser, "kabari", on="1") == 409
    assert "punya jadwal kosong" in browser.text and browser.page.css("a[href='/expert/sari#layanan']")

    await site.db.execute("UPDATE experts SET status = 'draft' WHERE id = $1", sari)
    await browser.get("/user/favorites")
    assert "2 mentor yang Anda simpan" in browser.text and "Sedang tidak tampil" in browser.text
    assert pressed(browser) == {f"heart-{sari}": "true", f"heart-{dimas}": "true", f"bell-{dimas}": "true"}
    assert browser.page.css_first("a[href='/expert/sari']") is None
    assert await press(browser, "favorit", on="0") == 303, "also who cannot be found is let go"
    await browser.get("/user/favorites?page=99")
    assert "1 mentor yang Anda simpan" in browser.text

    # One button says what it is about; the mail comes with the slot, and only once.
    await browser.get("/expert/dimas/kabari")
    assert "Anda menunggu kabar dari Dimas" in browser.text
    await browser.submit("main form", {"on": "0"})
    await browser.get("/expert/dimas/kabari")
    assert "kami kirim satu email" in browser.text.lower()
    await browser.submit("main form", {"on": "1"})
    await schedule.set_week(site.db, dimas, OFFICE_WEEK)
    await asyncio.gather(site.sweep(), site.sweep())
    await site.sweep()
    [mail] = [mail for mail in site.mailbox.messages_to(budi.email) if "jadwal kosong" in mail.subject]
    assert f"{site.url}/expert/dimas#layanan" in mail.text and "berhenti" in mail.text
    await browser.get("/expert/dimas")
    assert pressed(browser) == {f"heart-{dimas}": "true"}, "the wish is over"
