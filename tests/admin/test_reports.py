"""Reported sessions at the desk: what both say, what was recorded, and one decision with its sums told before."""

from mentorinaja.banks.vault import Vault
from mentorinaja.refunds.actions import give_account, mark_transferred
from mentorinaja.reports import actions as reports
from mentorinaja.threads import actions as threads
from tests.support.bookings import browser_of, state_of
from tests.support.desk import desk_of, first_column, make_admin, offered
from tests.support.places import be_over, code_of, meet_in_person, open_doors
from tests.support.rooms import meet_in_writing
from tests.support.site import Browser, Site

HERE = "/admin/reports"
WORDS = "Mentor tidak datang.\n<b>Maaf</b>, saya kecewa."
REASON = "Kode kedatangan tidak pernah dicocokkan."


def sums(browser: Browser) -> list[str]:
    """What the plan says everybody gets."""
    return [node.text(strip=True) for node in browser.page.css("#plan .sum dd")]


async def test_a_reported_session_is_decided_on_what_was_recorded(site: Site) -> None:
    db = site.db
    await make_admin(db)
    meeting = await meet_in_person(db)
    code = await code_of(meeting)
    await open_doors(meeting)
    await meeting.say(meeting.user, "Saya sudah di lobi, rahasia kita.")
    await be_over(meeting)
    first = await reports.report(db, meeting.user, meeting.booking_id, WORDS)
    second = await reports.report(db, meeting.expert, meeting.booking_id, "Saya menunggu di lobi satu jam.")
    desk, other = await desk_of(site, await make_admin(db, "Ayu")), await desk_of(site)
    await desk.get(f"{HERE}?state=open&q={meeting.order_id}")
    assert first_column(desk) == [f"Laporan {second}", f"Laporan {first}"]
    await desk.get(f"{HERE}/{first}")
    for words in ("Mentor tidak datang.", "Saya menunggu di lobi", "tidak tercatat", "Pesan terkirim"):
        assert words in desk.text, words
    assert "rahasia kita" not in desk.text and code not in desk.text, "what they said is theirs"
    assert desk.page.css_first("#words b") is None, "no word of theirs is markup"

    for browser in (desk, other):
        await browser.get(f"{HERE}/{first}/decide")
    assert "100% Rp 157.500, 50% Rp 78.750, 0% Rp 0" in desk.text and "diputuskan bersama" in desk.text
    # Without script a button counts, and nothing is decided by it.
    answer = await desk.submit("#question", {"share": "own", "amount": "57.500", "count": "1"})
    assert answer.status_code == 200 and sums(desk) == ["Rp 57.500", "Rp 80.000", "Rp 20.000"]
    assert desk.page.css_first("#amount").attributes["value"] == "57.500"
    await desk.submit("#question", {"share": "all", "count": "1"})
    assert sums(desk) == ["Rp 157.500", "Rp 0", "Rp 0"]
    await desk.submit("#question", {"share": "none", "count": "1"})
    assert sums(desk) == ["Rp 0", "Rp 126.000", "Rp 31.500"]
    assert await db.fetchval("SELECT count(*) FROM session_reports WHERE decided_at IS NOT NULL") == 0
    for values, told in (
        ({"share": "own", "amount": "", "reason": REASON}, "Tulis jumlahnya"),
        ({"share": "half", "reason": "ya"}, "10 sampai 1000"),
    ):
        answer = await desk.submit("#question", values)
        assert answer.status_code == 422 and told in desk.text
    answer = await desk.submit("#question", {"share": "own", "amount": "157.501", "reason": REASON})
    assert answer.status_code == 409 and "paling banyak Rp 157.500" in desk.text
    await desk.submit("#question", {"share": "half", "amount": "", "reason": REASON})
    assert "Rp 78.750 kembali kepada Budi Santoso" in desk.text
    answer = await other.submit("#question", {"share": "all", "reason": REASON})
    assert answer.status_code == 409 and "Ayu" in other.text and REASON in other.text
    rows = await db.fetch("SELECT subject, amount, reason FROM audit_log ORDER BY id")
    assert [tuple(row) for row in rows] == [(str(one), 78_750, REASON) for one in (first, second)]
    await site.sweep()
    await site.sweep()
    for person in (meeting.user, meeting.expert):
        told_by_mail = [mail.text for mail in site.mailbox.messages if person.email in mail.recipients]
        assert any(REASON in text and "Rp 78.750" in text for text in told_by_mail)
    asked = [mail.text for mail in site.mailbox.messages if "Putuskan:" in mail.text]
    assert asked and f"/admin/reports/{first}" in asked[0]


async def test_an_objection_whose_money_goes_back_whole_calls_the_thread_off(site: Site) -> None:
    db = site.db
    meeting = await meet_in_writing(db)
    await meeting.say(meeting.expert, "Ini catatan saya.")
    await threads.finish(db, meeting.expert, meeting.booking_id)
    await threads.object_to(
        db, meeting.user, meeting.booking_id, "Pertanyaan saya belum dijawab sama sekali."
    )
    report_id = await db.fetchval("SELECT id FROM session_reports")
    desk = await desk_of(site)
    await desk.get(f"{HERE}?kind=objection")
    assert f"Laporan {report_id}" in desk.text
    await desk.get(f"{HERE}/{report_id}/decide")
    assert "sesinya dibatalkan" in desk.text
    await desk.submit("#question", {"share": "all", "reason": REASON})
    assert await state_of(db, meeting.order_id) == ("cancelled", "refund_pending")
    # What was granted can be stopped as long as it was not sent, and both sides hear of it.
    refund_id = await db.fetchval("SELECT id FROM refunds")
    await desk.get(f"/admin/refunds/{refund_id}/reject")
    await desk.submit("#question", {"reason": "Keberatan ini ternyata keliru."})
    assert await state_of(db, meeting.order_id) == ("cancelled", "paid")
    await desk.get(f"/admin/refunds/{refund_id}/resume")
    await desk.submit("#question", {"reason": "Keputusan awal ternyata benar."})
    assert await state_of(db, meeting.order_id) == ("cancelled", "refund_pending")


async def test_a_decided_report_is_opened_again_and_both_decisions_stay_readable(site: Site) -> None:
    db = site.db
    meeting = await meet_in_person(db)
    await be_over(meeting)
    report_id = await reports.report(db, meeting.user, meeting.booking_id, WORDS)
    desk, other = await desk_of(site, await make_admin(db, "Ayu")), await desk_of(site)
    await desk.get(f"{HERE}/{report_id}/decide")
    await desk.submit("#question", {"share": "half", "amount": "", "reason": REASON})
    for browser in (desk, other):
        await browser.get(f"{HERE}/{report_id}/reopen")
    refund_id = await db.fetchval("SELECT id FROM refunds")
    assert f"RF-{refund_id}, Rp 78.750, dihentikan" in desk.text
    assert sums(desk) == ["Rp 0", "Rp 126.000", "Rp 31.500"]
    assert desk.page.css_first(f"#plan a[href='/admin/refunds/{refund_id}']") is not None
    answer = await desk.submit("#question", {"reason": "salah"})
    assert answer.status_code == 422 and desk.page.css_first("#reason").text(strip=True) == "salah"
    await desk.submit("#question", {"reason": "Saksi baru sudah ditanya."})
    assert "dibuka lagi" in desk.text and "Menunggu keputusan" in desk.text and REASON in desk.text
    answer = await other.submit("#question", {"reason": "Saksi baru sudah ditanya."})
    assert answer.status_code == 409 and "Ayu" in other.text and "Membuka lagi laporan" in other.text
    await desk.get(f"{HERE}/{report_id}/decide")
    await desk.submit("#question", {"share": "none", "amount": "", "reason": "Kodenya ternyata dicocokkan."})
    for words in (
        REASON,
        "Saksi baru sudah ditanya.",
        "Kodenya ternyata dicocokkan.",
        "Dikembalikan: Rp 78.750",
    ):
        assert words in desk.text, words
    assert (await desk.get(f"/admin/refunds/{refund_id}/resume")).status_code == 409
    payer = await browser_of(site, meeting.user)
    await payer.get(f"/session/{meeting.booking_id}/report")
    assert "tidak berlaku lagi" in payer.text and "Kodenya ternyata dicocokkan." in payer.text
    # Once it was sent there is nothing to open.
    await desk.get(f"{HERE}/{report_id}/reopen")
    await desk.submit("#question", {"reason": "Saksi baru sudah ditanya."})
    await desk.get(f"{HERE}/{report_id}/decide")
    await desk.submit("#question", {"share": "all", "amount": "", "reason": REASON})
    await db.execute(
        """UPDATE refunds SET state = 'approved', way = 'bank', changed_at = app_now() WHERE state = 'requested'"""
    )
    newest = await db.fetchval("SELECT max(id) FROM refunds")
    await give_account(db, Vault(site.settings), meeting.user, meeting.order_id, "014", "1234567890", "Budi")
    await mark_transferred(db, await make_admin(db), newest, "TRX-1")
    await desk.get(f"{HERE}/{report_id}")
    assert not offered(desk)
