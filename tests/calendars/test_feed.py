"""The private address of own sessions, as a calendar program reads it."""

from datetime import timedelta
from typing import Any

from icalendar import Calendar

from mentorinaja import clock
from mentorinaja.bookings import queries as bookings
from mentorinaja.calendars import queries
from mentorinaja.db.pool import Database
from mentorinaja.payments.calendar import invitation
from mentorinaja.settings import Settings
from tests.support.bookings import (
    Seller,
    book,
    browser_of,
    due_in,
    finish,
    make_seller,
    make_user,
    pay,
    seller_browser,
    slot_in,
)
from tests.support.site import Browser, Site


async def address_for(site: Site, user_id: int) -> str:
    """The path of the person's calendar."""
    feed = await queries.feed_of(site.db, site.settings, user_id)
    assert feed is not None and feed.address is not None and feed.address.startswith(site.url)
    return feed.address.removeprefix(site.url)


async def made(site: Site, browser: Browser, user_id: int) -> str:
    """Press the button; the path of the address."""
    await browser.get("/user/calendar")
    answer = await browser.submit("form[action='/user/calendar']", follow=False)
    assert answer.status_code == 303 and answer.headers["location"] == "/user/calendar"
    return await address_for(site, user_id)


async def read(site: Site, path: str, **headers: str) -> Any:
    """As a program without any cookie."""
    return await (await site.browser()).get(path, headers=headers)


def events(body: bytes) -> dict[str, Any]:
    return {str(event["UID"]): event for event in Calendar.from_ical(body).walk("VEVENT")}


async def as_mailed(db: Database, settings: Settings, public_id: str) -> Any:
    """The entry of the session in the calendar file of a mail."""
    order_id = await db.fetchval("SELECT id FROM orders WHERE public_id = $1", public_id)
    order = await bookings.order_by_id(db, order_id)
    assert order is not None
    file = invitation(
        order,
        guest="budi@contoh.test",
        organizer=settings.mail_from,
        where="",
        link=None,
        now=await clock.now(db),
    )
    (event,) = events(file.content).values()
    return event


async def test_both_sides_read_their_paid_sessions_and_no_more(site: Site) -> None:
    db = site.db
    seller, user = await make_seller(db, "Sari Wulandari"), await make_user(db, "Budi Santoso")
    soon = await book(db, user, seller, await slot_in(db, days=2))
    await pay(db, soon)
    over = await book(db, user, seller, await slot_in(db, days=1))
    booking = (await pay(db, over)).booking_id
    assert booking is not None
    await finish(db, booking)
    await book(db, user, seller, await slot_in(db, days=3))
    elsewhere = await book(db, await make_user(db), await make_seller(db), await slot_in(db, days=2))
    await pay(db, elsewhere)

    browser, mentor = await browser_of(site, user), await seller_browser(site, seller)
    path, theirs = await made(site, browser, user.id), await made(site, mentor, seller.user_id)
    answer = await read(site, path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert answer.headers["cache-control"].startswith("private")
    found = events(answer.content)
    mailed = [await as_mailed(db, site.settings, public_id) for public_id in (soon, over)]
    assert set(found) == {str(event["UID"]) for event in mailed}
    for event in mailed:
        same = found[str(event["UID"])]
        for name in ("SEQUENCE", "SUMMARY", "TRANSP"):
            assert same[name] == event[name]
        assert (same["DTSTART"].dt, same["DTEND"].dt) == (event["DTSTART"].dt, event["DTEND"].dt)
    # Names and what was bought, and nothing that was written or belongs to an account.
    for private in ("Pindah karier", soon, user.email, "Topik"):
        assert private not in answer.text
    assert set(events((await read(site, theirs)).content)) == set(found)

    # Long past ones are left out.
    await site.move_clock(timedelta(days=40))
    assert events((await read(site, path)).content) == {}


async def test_a_program_that_has_it_already_gets_nothing_until_something_changes(site: Site) -> None:
    db = site.db
    seller, user = await make_seller(db), await make_user(db)
    browser = await browser_of(site, user)
    path = await made(site, browser, user.id)
    etag = (await read(site, path)).headers["etag"]
    for known in (etag, f'W/{etag}, "x"'):
        again = await read(site, path, **{"if-none-match": known})
        assert (again.status_code, again.content) == (304, b"")
    public_id = await book(db, user, seller, await due_in(db, days=2))
    assert (await read(site, path, **{"if-none-match": etag})).status_code == 304
    await pay(db, public_id)
    changed = await read(site, path, **{"if-none-match": etag})
    assert changed.status_code == 200 and len(events(changed.content)) == 1
    assert (await read(site, path)).headers["etag"] == changed.headers["etag"]


async def test_a_thread_is_shown_when_its_answer_is_due_and_keeps_nobody_busy(site: Site) -> None:
    db = site.db
    seller, user = await make_seller(db, minutes=None), await make_user(db)
    public_id = await book(db, user, seller, await due_in(db, days=2))
    await pay(db, public_id)
    browser = await browser_of(site, user)
    (event,) = events((await read(site, await made(site, browser, user.id))).content).values()
    assert event["TRANSP"] == "TRANSPARENT" and str(event["SUMMARY"]).startswith("Jatuh tempo")
    mailed = await as_mailed(db, site.settings, public_id)
    assert (event["UID"], event["DTEND"].dt) == (mailed["UID"], mailed["DTEND"].dt)


async def test_a_new_address_ends_the_old_one_and_nobody_guesses_one(site: Site) -> None:
    user = await make_user(site.db)
    browser = await browser_of(site, user)
    first = await made(site, browser, user.id)
    await browser.get("/user/calendar")
    assert site.url + first in browser.text
    second = await made(site, browser, user.id)
    assert first != second
    for path, status in (
        (first, 404), (second, 200), (second.removesuffix(".ics"), 404), (second[:-5] + ".ics", 404),
        ("/kalender/.ics", 404), ("/kalender/%00.ics", 404), (second.upper(), 404),
    ):  # fmt: skip
        assert (await read(site, path)).status_code == status, path
    # The database keeps nothing that opens it.
    row = await site.db.fetchrow("SELECT * FROM calendar_feeds")
    assert row is not None and second.split("/")[2].encode() not in b"".join(
        value for value in row.values() if isinstance(value, bytes)
    )
    # Whoever is suspended has no open door left; a changed key is said.
    await site.db.execute("UPDATE users SET suspended_at = app_now() WHERE id = $1", user.id)
    assert (await read(site, second)).status_code == 404
    await site.db.execute("UPDATE users SET suspended_at = NULL WHERE id = $1", user.id)
    await site.db.execute("UPDATE calendar_feeds SET nonce = '0123456789abcdef'")
    await browser.get("/user/calendar")
    assert "tidak dapat ditampilkan lagi" in browser.text
    await browser.submit("form[action='/user/calendar/off']")
    assert "Buat Alamat Kalender" in browser.text
    assert (await read(site, second)).status_code == 404


async def test_the_profile_and_jadwal_lead_to_it_and_back(site: Site) -> None:
    seller: Seller = await make_seller(site.db)
    mentor = await seller_browser(site, seller)
    await mentor.get("/user/profile")
    assert mentor.page.css_first("a[href='/user/calendar']")
    await mentor.get("/expert/dashboard/jadwal")
    answer = await mentor.submit("#kalender-saya form", follow=False)
    assert answer.headers["location"] == "/expert/dashboard/jadwal#kalender"
    await mentor.get("/expert/dashboard/jadwal")
    assert site.url + await address_for(site, seller.user_id) in mentor.text
    user = await browser_of(site, await make_user(site.db))
    await user.get("/user/calendar")
    answer = await user.post("/user/calendar", {"back": "jadwal"})
    assert answer.headers["location"] == "/user/calendar"
