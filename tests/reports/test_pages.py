"""The page of a report: where it is reached from, what it says to both, before and after the decision."""

from datetime import timedelta

from mentorinaja.reports import actions as reports
from mentorinaja.rooms import actions
from tests.support.bookings import make_user
from tests.support.desk import make_admin
from tests.support.places import MINUTE, be_over, both, meet_by_video, meet_in_person, open_doors, path
from tests.support.rooms import known_browser
from tests.support.site import Site

WORDS = "Mentor tidak datang sampai sesi selesai."
DAY = timedelta(days=1)


async def test_a_problem_is_reported_from_every_place_that_leads_there(site: Site) -> None:
    meeting = await meet_by_video(site.db)
    await be_over(meeting)
    report = path(meeting, "report")
    user, expert = await both(site, meeting)
    for browser, list_ in ((user, "/user/transactions"), (expert, "/expert/dashboard/transaksi")):
        assert browser.page.css_first(f"#panel a[href='{report}']").text() == "Laporkan masalah"
        await browser.get(list_)
        assert browser.page.css_first(f".order-foot a[href='{report}']").text() == "Laporkan masalah"
    await user.get(report)
    assert "Membuka tautan rapat" in user.page.css_first("#attendance").text()
    await user.submit("main form", {"words": "pendek"})
    assert user.answer and user.answer.status_code == 422
    assert user.page.css_first("#words").text().strip() == "pendek"
    answer = await user.submit("main form", {"words": WORDS})
    assert answer.status_code == 200 and "sudah kami terima" in user.text and WORDS in user.text
    assert not user.page.css_first("main form")
    await expert.get(report)
    assert "Budi Santoso melaporkan masalah" in expert.text and WORDS not in expert.text
    assert expert.page.css_first("main form"), "the other side may tell its own view"
    for browser, list_ in ((user, "/user/transactions"), (expert, "/expert/dashboard/transaksi")):
        await browser.get(list_)
        assert "sedang kami periksa" in browser.text and browser.page.css_first(f"a[href='{report}']")


async def test_the_decision_is_shown_to_both_with_its_reason(site: Site) -> None:
    meeting, admin = await meet_by_video(site.db), await make_admin(site.db)
    await be_over(meeting)
    report_id = await reports.report(site.db, meeting.user, meeting.booking_id, WORDS)
    await reports.decide(site.db, admin, report_id, 50_000, "Sesi berlangsung sebagian.")
    for person in (meeting.user, meeting.expert):
        browser = await known_browser(site, person)
        await browser.get(path(meeting, "report"))
        assert "Rp 50.000 dikembalikan kepada Budi Santoso" in browser.text
        assert "Sesi berlangsung sebagian." in browser.text and not browser.page.css_first("main form")


async def test_reporting_too_early_and_too_late_says_so(site: Site) -> None:
    meeting = await meet_by_video(site.db)
    await open_doors(meeting)
    user = await known_browser(site, meeting.user)
    assert (
        await user.get(path(meeting, "report"))
    ).status_code == 409 and "setelah sesi selesai" in user.text
    await be_over(meeting, DAY - MINUTE)
    await user.get(path(meeting, "report"))
    await meeting.go_to((await meeting.room()).report_until)
    answer = await user.submit("main form", {"words": WORDS})
    assert answer.status_code == 409 and WORDS in user.page.css_first("#words").text()
    answer = await user.get(path(meeting, "report"))
    assert answer.status_code == 200 and "Masalah bisa dilaporkan sampai" in user.text
    assert not user.page.css_first("[role=alert]"), "nothing was asked for, so nothing is refused"
    assert user.page.css_first("a[href='mailto:halo@mentorinaja.test']")
    assert not user.page.css_first("main form")
    assert await site.db.fetchval("SELECT count(*) FROM session_reports") == 0


async def test_whoever_looks_first_after_the_end_can_report(site: Site) -> None:
    meeting = await meet_by_video(site.db)
    await meeting.go_to((await meeting.room()).starts_at)
    await actions.open_room(site.db, meeting.booking_id)
    await meeting.go_to((await meeting.room()).scheduled_end + MINUTE)
    user = await known_browser(site, meeting.user)
    assert (await user.get(path(meeting, "report"))).status_code == 200
    assert await meeting.status() == "completed" and user.page.css_first("main form")


async def test_strangers_find_no_report(site: Site) -> None:
    meeting = await meet_by_video(site.db)
    await open_doors(meeting)
    stranger = await known_browser(site, await make_user(site.db))
    assert (await stranger.get(path(meeting, "report"))).status_code == 404


async def test_the_facts_stand_on_the_page_of_the_order_for_both(site: Site) -> None:
    meeting = await meet_in_person(site.db)
    await be_over(meeting)
    for person in (meeting.user, meeting.expert):
        browser = await known_browser(site, person)
        await browser.get(f"/invoice/{meeting.order_id}")
        facts = browser.page.css_first("#attendance").text()
        assert "Kehadiran" in facts and "Kode kedatangan cocok" in facts and "tidak tercatat" in facts
