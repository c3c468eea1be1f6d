"""Connecting a calendar on JADWAL: without script, with htmx, and with everything that is no calendar."""

import json
from datetime import timedelta

from mentorinaja.calendars import actions
from mentorinaja.calendars.rules import REASONS
from mentorinaja.work import all_jobs
from tests.support.bookings import Seller, browser_of, make_seller, make_user, seller_browser, slot_in
from tests.support.busy import make_source
from tests.support.calendars import Host, calendar, meeting
from tests.support.site import Browser, Site

JADWAL, HERE = "/expert/dashboard/jadwal", "/expert/dashboard/jadwal/kalender"
FORM = f"form[action='{HERE}']"
HTMX = {"hx-request": "true", "hx-request-type": "partial"}


def trouble(browser: Browser) -> str:
    node = browser.page.css_first("#calendar-address-error")
    return node.text(strip=True) if node else ""


async def times_of(site: Site, seller: Seller) -> int:
    count: int = await site.db.fetchval("SELECT count(*) FROM busy_times WHERE expert_id = $1", seller.id)
    return count


async def test_a_calendar_is_connected_read_again_and_let_go(site: Site, host: Host) -> None:
    seller = await make_seller(site.db)
    mentor, at = await seller_browser(site, seller), await slot_in(site.db, days=2)
    secret = host.put("/private-abc/basic.ics", calendar(meeting(at, at + timedelta(hours=1))))
    await mentor.get(JADWAL)
    answer = await mentor.submit(FORM, {"address": secret}, follow=False)
    assert (answer.status_code, answer.headers["location"]) == (303, JADWAL + "#kalender")
    await mentor.get(JADWAL)
    assert "127.0.0.1" in mentor.text and "1 waktu sibuk" in mentor.text
    assert mentor.answer is not None
    for hidden in ("private-abc", "Rapat rahasia"):
        assert hidden not in mentor.answer.text
    assert await times_of(site, seller) == 1

    host.put("/private-abc/basic.ics", b"", 404)
    await mentor.submit(f"form[action^='{HERE}/'][action$=refresh]")
    assert REASONS["not_shared"] in mentor.text and await times_of(site, seller) == 1
    # The page by itself says the same.
    await mentor.get(HERE)
    assert REASONS["not_shared"] in mentor.text
    await mentor.submit(f"form[action^='{HERE}/'][action$=delete]")
    assert "127.0.0.1" not in mentor.text and await times_of(site, seller) == 0


async def test_what_is_no_calendar_is_said_beside_the_field_and_kept_there(site: Site, host: Host) -> None:
    mentor = await seller_browser(site, await make_seller(site.db))
    tries = {
        "": "Tempel alamat kalender Anda.",
        "kalender saya": REASONS["address"],
        "http://kalender.test/a.ics": REASONS["address"],
        "https://127.0.0.1/a.ics": REASONS["private"],
        "https://[::1]/<script>alert(1)</script>": REASONS["private"],
        host.put("/page", b"<html>Login</html>", content_type="text/html"): REASONS["content"],
        host.origin + "/tidak-ada": REASONS["not_shared"],
    }
    await mentor.get(HERE)
    for typed, sentence in tries.items():
        answer = await mentor.submit(FORM, {"address": typed})
        assert (answer.status_code, trouble(mentor)) == (422, sentence), typed
        field = mentor.page.css_first("#calendar-address")
        assert field is not None and (field.attributes.get("value") or "") == typed
        assert "<script>alert" not in answer.text
    assert await site.db.fetchval("SELECT count(*) FROM calendar_sources") == 0

    # Each asks somebody else's server, so there is an end to it.
    for _ in range(10):
        answer = await mentor.submit(FORM, {"address": "kalender"})
        if answer.status_code == 429:
            break
    assert answer.status_code == 429 and "Retry-After" in answer.headers


async def test_htmx_gets_the_section_and_a_full_list_has_no_form(site: Site, host: Host) -> None:
    seller = await make_seller(site.db)
    mentor = await seller_browser(site, seller)
    await mentor.get(JADWAL)
    token = mentor.page.css_first("input[name=_csrf]")
    assert token is not None
    form = {"_csrf": token.attributes.get("value") or "", "address": host.put("/a.ics", calendar())}
    answer = await mentor.client.post(HERE, data=form, headers=HTMX)
    assert answer.status_code == 200 and answer.text.lstrip().startswith('<section class="card')
    assert "Kalender terhubung" in answer.text and 'id="kalender-luar"' in answer.text
    answer = await mentor.client.post(HERE, data=form | {"address": "x"}, headers=HTMX)
    assert answer.status_code == 422 and 'aria-invalid="true"' in answer.text and "<html" not in answer.text
    for _ in range(2):
        await make_source(site.db, seller.id)
    await mentor.get(JADWAL)
    assert not mentor.page.css(FORM) and "Paling banyak 3" in mentor.text
    answer = await mentor.client.post(
        HERE, data=form | {"address": host.put("/4.ics", calendar())}, headers=HTMX
    )
    assert answer.status_code == 409 and "Hapus salah satu dulu" in answer.text


async def test_the_worker_reads_what_is_due_each_by_a_job_of_its_own(site: Site, host: Host) -> None:
    seller, at = await make_seller(site.db), await slot_in(site.db, days=2)
    address = host.put("/a.ics", calendar())
    await actions.connect(site.db, site.settings, seller.id, address)
    host.put("/a.ics", calendar(meeting(at, at + timedelta(hours=1))))
    await site.move_clock(timedelta(minutes=31))
    assert await times_of(site, seller) == 0
    (payload,) = [
        row["payload"]
        for row in await site.db.fetch("SELECT payload FROM pgqueuer WHERE entrypoint = $1", actions.READ)
    ]
    (job,) = [job for job in all_jobs() if job.name == actions.READ]
    await job.run(site.resources, json.loads(payload))
    assert await times_of(site, seller) == 1


async def test_calendars_are_their_experts_alone(site: Site) -> None:
    source_id = await make_source(site.db, (await make_seller(site.db)).id)
    other = await seller_browser(site, await make_seller(site.db, "Dimas Prakoso"))
    user = await browser_of(site, await make_user(site.db))
    for browser, page in ((other, HERE), (user, "/user/calendar")):
        await browser.get(page)
        for verb in ("refresh", "delete"):
            assert (await browser.post(f"{HERE}/{source_id}/{verb}", {})).status_code == 404
            await browser.get(page)
    assert await site.db.fetchval("SELECT count(*) FROM calendar_sources WHERE problem IS NULL") == 1
