"""Every way in which money can be wrong, made to happen: the number turns, leads to the case, and the case mends it."""

import json
from datetime import timedelta

from mentorinaja import clock
from mentorinaja.admin import jobs as desk_jobs
from mentorinaja.admin.health import numbers as health
from mentorinaja.notices.jobs import make_jobs
from mentorinaja.payments import actions as payments
from mentorinaja.payments import jobs as payment_jobs
from mentorinaja.withdrawals.rules import due_day
from mentorinaja.work import MAILS
from tests.payments.test_notifications import notify, settle
from tests.refunds.test_bank import NUMBER, give, owed_by_bank
from tests.support.bookings import book, make_seller, make_user, slot_in, state_of
from tests.support.database import assert_invariants
from tests.support.desk import decide, desk_of, make_admin
from tests.support.site import Browser, Site
from tests.support.withdrawals import ask, make_earner, wish

AWAY = {"status": {"html": True}}
UNKNOWN = {"status": {"content": json.dumps({"status_code": "404", "status_message": "not found"})}}
NAMES = [number.name for number in health.NUMBERS]


async def shown(browser: Browser) -> dict[str, int]:
    """The five numbers as the home has them; those that are not zero."""
    await browser.get("/admin")
    counts = {name: browser.page.css_first(f"#number-{name} b").text(strip=True) for name in NAMES}
    return {name: int(count) for name, count in counts.items() if count != "0"}


async def to_the_case(browser: Browser, name: str) -> str:
    """Follow a number's list and its link to the oldest case: both have it; answers the case's address."""
    await browser.get("/admin")
    case = browser.page.css_first(f"#number-{name} .cases a").attributes["href"] or ""
    listed = browser.page.css_first(f"#number-{name} > a").attributes["href"] or ""
    await browser.get(listed)
    assert browser.page.css_first(f"table.rows a[href='{case}']") is not None, f"{case} is not in {listed}"
    answer = await browser.get(case)
    assert answer.status_code == 200
    return case


async def decide_again(browser: Browser, case: str) -> int:
    """Send a mail that was called off, from a page that is not up to date."""
    return (await browser.post(f"{case}/send", {"version": "old"})).status_code


async def compare_now(site: Site) -> None:
    """What the night does."""
    await site.db.execute("UPDATE payment_attempts SET next_compare_at = app_now()")
    await payment_jobs.compare_due(site.resources, {})


async def send_mails(site: Site) -> None:
    """Of the worker's jobs only the mails' sweep."""
    await next(job for job in make_jobs(MAILS) if job.sweep).run(site.resources, {})


async def pass_by(site: Site, by: timedelta, *, mails: bool = True) -> None:
    """Time passes, and of all the worker's jobs only mails are sent, if they are."""
    await clock.shift(site.db, by)
    site.resources.clock.set(await clock.now(site.db))
    if mails:
        await send_mails(site)


async def opened_order(site: Site) -> str:
    """An order whose payment page is open."""
    user = await make_user(site.db)
    public_id = await book(site.db, user, await make_seller(site.db), await slot_in(site.db, days=3))
    await payments.open_payment(site.db, site.resources.gateway, site.settings, user, public_id)
    return public_id


async def test_money_at_midtrans_that_we_cannot_hear_of_is_heard_at_the_desk(site: Site) -> None:
    """It is paid there, our question goes unanswered, and so does every later one."""
    public_id = await opened_order(site)
    browser = await desk_of(site)
    await site.control("PUT", "/_control/faults", AWAY)
    await settle(site, public_id)
    assert (await notify(site, public_id))["answers"] == [503]
    assert await shown(browser) == {}, "that may take its minutes"
    await site.move_clock(timedelta(minutes=6))
    assert await shown(browser) == {"there": 1}
    assert "Rp 157.500" in browser.page.css_first("#number-there").text()
    case = await to_the_case(browser, "there")
    assert "hanya dari pemberitahuan" in browser.text and "Pemberitahuan: dibayar" in browser.text
    assert await decide(browser, case, "compare") == 503
    assert "Midtrans belum menjawab" in browser.text
    assert await state_of(site.db, public_id) == ("pending", "waiting")
    await site.control("PUT", "/_control/faults", {})
    await browser.get(case)
    assert await decide(browser, case, "compare") == 200
    assert "sekarang sama" in browser.text and "Membandingkan lagi dengan Midtrans" in browser.text
    assert await state_of(site.db, public_id) == ("confirmed", "paid")
    assert await shown(browser) == {}
    assert await site.db.fetchval("SELECT count(*) FROM gateway_differences WHERE resolved_at IS NULL") == 0
    await assert_invariants(site.db)


async def test_money_nobody_told_us_of_is_found_and_booked_in_the_night(site: Site) -> None:
    """No notification arrives and no poll is due: the number stays zero, because the night mends it."""
    public_id = await opened_order(site)
    await site.db.execute("UPDATE payment_attempts SET state = 'closed', next_check_at = NULL")
    await settle(site, public_id)
    night = await site.db.fetchval("SELECT min(next_compare_at) - app_now() FROM payment_attempts")
    await pass_by(site, night + timedelta(seconds=1))
    await payment_jobs.compare_due(site.resources, {})
    assert await state_of(site.db, public_id) == ("confirmed", "paid")
    browser = await desk_of(site)
    assert await shown(browser) == {}
    await browser.get("/admin/differences")
    assert public_id in browser.text and "Selesai" in browser.text


async def test_money_here_that_midtrans_does_not_know_is_written_off_with_a_reason(site: Site) -> None:
    public_id = await opened_order(site)
    await settle(site, public_id)
    await payments.reconcile(site.db, site.resources.gateway, public_id)
    assert await state_of(site.db, public_id) == ("confirmed", "paid")
    await site.control("PUT", "/_control/faults", UNKNOWN)
    night = await site.db.fetchval("SELECT min(next_compare_at) - app_now() FROM payment_attempts")
    await pass_by(site, night + timedelta(seconds=1))
    await payment_jobs.compare_due(site.resources, {})
    browser = await desk_of(site)
    assert await shown(browser) == {"here": 1}
    case = await to_the_case(browser, "here")
    assert await decide(browser, case, "compare") == 200 and "masih berbeda" in browser.text
    assert await decide(browser, case, "write-off", reason="pendek") == 422
    await browser.get(case)
    # Whoever has the page open does it; who comes second is told.
    second = await desk_of(site, await make_admin(site.db, "Keuangan"))
    await second.get(f"{case}/write-off")
    reason = "Midtrans memastikan lewat telepon bahwa uangnya tidak pernah masuk."
    assert await decide(browser, case, "write-off", reason=reason) == 200
    assert "Rp 157.500 dicatat sudah diambil kembali" in browser.text and reason in browser.text
    assert (await second.submit("#question", {"reason": reason})).status_code == 409
    assert await shown(browser) == {}
    assert (await state_of(site.db, public_id))[1] in ("reversed", "waiting", "cancelled")
    journals = await site.db.fetch("SELECT kind FROM ledger_journals ORDER BY id")
    assert [row["kind"] for row in journals] == ["payment", "reversal"]
    said = await site.db.fetchrow("SELECT source, body FROM payment_logs ORDER BY id DESC LIMIT 1")
    assert said is not None and said["source"] == "desk" and said["body"]["reason"] == reason
    logged = await site.db.fetchrow(
        "SELECT amount, reason FROM audit_log WHERE action = 'difference.written_off'"
    )
    assert logged is not None and (logged["amount"], logged["reason"]) == (157_500, reason)
    await assert_invariants(site.db)


async def test_money_that_was_written_off_and_is_there_goes_back_to_its_payer(site: Site) -> None:
    """Midtrans did not know it for a night; when it does again, the session has been given up."""
    db = site.db
    public_id = await opened_order(site)
    await settle(site, public_id)
    await payments.reconcile(db, site.resources.gateway, public_id)
    await site.control("PUT", "/_control/faults", UNKNOWN)
    await compare_now(site)
    browser = await desk_of(site)
    reason = "Tidak ada di laporan Midtrans bulan ini."
    case = await to_the_case(browser, "here")
    assert await decide(browser, case, "write-off", reason=reason) == 200
    await site.control("PUT", "/_control/faults", {})
    await compare_now(site)
    assert await shown(browser) == {"there": 1}
    case = await to_the_case(browser, "there")
    assert await decide(browser, case, "compare") == 200 and "masih berbeda" in browser.text
    assert await decide(browser, case, "take-in", reason=reason) == 200
    assert "Rp 157.500 dicatat untuk dikembalikan" in browser.text
    assert await shown(browser) == {}
    await assert_invariants(db)
    # Its payer has it back by the way of all such money: approved, and sent.
    refund_id = await db.fetchval("SELECT id FROM refunds WHERE state = 'requested'")
    await browser.get(f"/admin/refunds/{refund_id}")
    assert await decide(browser, f"/admin/refunds/{refund_id}", "approve", reason=reason) == 200
    # And if the bank takes it first, nothing is left to go back.
    await site.control("POST", f"/_control/transactions/{public_id}/reverse", {"notify": False})
    await payments.reconcile(db, site.resources.gateway, public_id)
    await compare_now(site)
    assert await db.fetchval("SELECT state FROM refunds") == "rejected"
    assert await shown(browser) == {}
    await assert_invariants(db)


async def test_money_that_midtrans_has_after_all_is_not_written_off(site: Site) -> None:
    """Between the night and the decision it came back there: the last question finds it, and nothing is booked."""
    public_id = await opened_order(site)
    await settle(site, public_id)
    await payments.reconcile(site.db, site.resources.gateway, public_id)
    await site.control("PUT", "/_control/faults", UNKNOWN)
    await compare_now(site)
    await site.control("PUT", "/_control/faults", {})
    browser = await desk_of(site)
    case = await to_the_case(browser, "here")
    assert await decide(browser, case, "write-off", reason="Tidak ada di daftar Midtrans hari ini.") == 200
    assert "tidak ada yang dicatat" in browser.text and await shown(browser) == {}
    assert await state_of(site.db, public_id) == ("confirmed", "paid")


async def test_an_order_that_nobody_closed_is_closed_at_the_desk(site: Site) -> None:
    """The worker is down across the deadline. Paid at the last moment, or not: Midtrans is asked first."""
    paid, unpaid = await opened_order(site), await opened_order(site)
    await settle(site, paid)
    deadline = await site.db.fetchval("SELECT max(pay_deadline) - app_now() FROM orders")
    await pass_by(site, deadline + timedelta(minutes=1))
    browser = await desk_of(site)
    assert await shown(browser) == {}, "the sweep waits for Midtrans's last word for an hour"
    await pass_by(site, timedelta(minutes=75))
    browser = await desk_of(site)  # nobody stays signed in that long without doing anything
    assert await shown(browser) == {"unpaid": 2}
    for left in (1, 0):
        case = await to_the_case(browser, "unpaid")
        assert await decide(browser, case, "close") == 200 and "diselesaikan" in browser.text
        assert await shown(browser) == ({"unpaid": left} if left else {})
    assert (await state_of(site.db, unpaid))[1] == "expired"
    assert (await state_of(site.db, paid))[1] in ("paid", "paid_late")
    await assert_invariants(site.db)


async def test_mails_that_were_not_sent_are_sent_or_called_off_at_the_desk(site: Site) -> None:
    """The mail server refuses everything; then it is well again."""
    site.mailbox.faults.refuse = 1000
    public_id = await opened_order(site)
    await site.sweep()
    await pass_by(site, timedelta(minutes=20), mails=False)
    browser = await desk_of(site)
    assert await shown(browser) == {"mails": 1}
    case = await to_the_case(browser, "mails")
    assert "Booking dibuat" in browser.text and public_id in browser.text and "451" in browser.text
    assert await decide(browser, case, "send") == 200 and "dikirim sekarang" in browser.text
    await site.sweep()
    assert await shown(browser) == {"mails": 1}, "it is still refused"
    site.mailbox.faults.refuse = 0
    await browser.get(case)
    await decide(browser, case, "send")
    await site.sweep()
    assert await shown(browser) == {}
    assert any(public_id in message.text for message in site.mailbox.messages)
    # Given up after three days: it stays in the number until somebody decides.
    sari = await make_earner(site.db)
    await send_mails(site)
    site.mailbox.faults.refuse = 1000
    await ask(site.db, sari, wish(100_000))
    await pass_by(site, timedelta(days=3, minutes=1))
    failed = await site.db.fetchval("SELECT count(*) FROM outbox WHERE status = 'failed'")
    browser = await desk_of(site)
    assert failed and (await shown(browser))["mails"] == failed
    for _ in range(failed):
        case = await to_the_case(browser, "mails")
        assert "given up" in browser.text
        assert (
            await decide(browser, case, "call-off", reason="Mentornya sudah diberi tahu lewat telepon.")
            == 200
        )
    assert "mails" not in await shown(browser)
    assert await decide_again(browser, case) == 409


async def test_a_withdrawal_past_its_day_is_approved_and_sent_at_the_desk(site: Site) -> None:
    sari = await make_earner(site.db)
    public_id = await ask(site.db, sari, wish(100_000))
    browser = await desk_of(site)
    assert await shown(browser) == {}
    await pass_by(site, timedelta(days=6))
    browser = await desk_of(site)
    assert await shown(browser) == {"payouts": 1}
    assert "Rp 100.000" in browser.page.css_first("#number-payouts").text()
    case = await to_the_case(browser, "payouts")
    assert case == f"/admin/withdrawals/{public_id}"
    assert await decide(browser, case, "approve") == 200
    assert await shown(browser) == {"payouts": 1}, "the expert has nothing yet"
    await browser.get(case)
    assert await decide(browser, case, "sent", reference="TRX-771") == 200
    assert await shown(browser) == {}
    await assert_invariants(site.db)


async def test_a_refund_by_bank_past_its_day_is_transferred_at_the_desk(site: Site) -> None:
    sale, refund_id = await owed_by_bank(site.db)
    await give(sale)
    await pass_by(site, timedelta(days=8))
    browser = await desk_of(site)
    assert await shown(browser) == {"payouts": 1}
    case = await to_the_case(browser, "payouts")
    assert case == f"/admin/refunds/{refund_id}"
    assert await decide(browser, case, "sent", reference="TRX-772", tail=NUMBER[-4:]) == 200
    assert await shown(browser) == {}
    await assert_invariants(site.db)


async def test_admins_are_told_once_when_a_number_leaves_zero(site: Site) -> None:
    admin = await make_admin(site.db)
    await ask(site.db, await make_earner(site.db), wish(100_000))
    told = "SELECT count(*) FROM outbox WHERE kind = 'money_alert' AND about = 'payouts' AND user_id = $1"
    await desk_jobs.look(site.resources, {})
    assert await site.db.fetchval(told, admin.id) == 0
    await pass_by(site, timedelta(days=8))
    for _ in range(2):
        await desk_jobs.look(site.resources, {})
        assert await site.db.fetchval(told, admin.id) == 1
    await site.sweep()
    [message] = [one for one in site.mailbox.messages if "terlambat" in (one.subject or "")]
    assert "Rp 100.000" in message.text and "/admin/withdrawals?due=late" in message.text
    since = await site.db.fetchval("SELECT since FROM money_health WHERE name = 'payouts'")
    await pass_by(site, timedelta(days=1))
    await desk_jobs.look(site.resources, {})
    assert await site.db.fetchval(told, admin.id) == 1
    assert await site.db.fetchval("SELECT since FROM money_health WHERE name = 'payouts'") == since
    figures = (await (await site.browser()).get("/metrics")).text
    assert 'mentorinaja_money_cases{number="payouts"} 1.0' in figures


async def test_the_promised_day_is_the_same_in_the_database(site: Site) -> None:
    for hours in range(0, 24 * 8, 7):
        at = await clock.now(site.db) + timedelta(hours=hours)
        assert await site.db.fetchval("SELECT withdrawal_due($1)", at) == due_day(at)
