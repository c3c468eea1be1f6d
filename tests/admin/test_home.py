"""The desk's home: what was sold by day, what waits, and the queue with its decisions."""

import json
from datetime import date, timedelta

from pgqueuer.adapters.persistence.qb import QueryQueueBuilder

from mentorinaja import clock
from mentorinaja.admin.health.charts import HEIGHT, WIDTH, chart_of
from mentorinaja.admin.health.figures import count_days, days_until_now
from mentorinaja.db.pool import Database
from mentorinaja.jobs.queue import enqueue
from mentorinaja.payments import actions as payments
from mentorinaja.rooms.actions import enter
from mentorinaja.withdrawals import actions as withdrawals
from tests.support.bookings import book, make_seller, make_user, slot_in
from tests.support.desk import decide, desk_of, first_column, make_admin
from tests.support.payments import pay, said
from tests.support.rooms import meet_now
from tests.support.site import Site
from tests.support.withdrawals import ask, make_earner, wish


async def sell(db: Database, **changes: object) -> tuple[str, str]:
    """A paid order: its public id and its transaction."""
    public_id = await book(db, await make_user(db), await make_seller(db), await slot_in(db, days=3))
    return public_id, await pay(db, public_id, **changes)


async def failed_job(db: Database, name: str, problem: str) -> int:
    """A job held as the queue holds one that failed for the last time; answers its id."""
    async with db.transaction() as tx:
        await enqueue(tx, name, {"outbox_id": 0})
        job_id: int = await tx.fetchval("SELECT max(id) FROM pgqueuer")
        record = {
            "exception_type": "ValueError",
            "exception_message": problem,
            "traceback": "Traceback: line 7",
        }
        await tx.fetch(QueryQueueBuilder().build_log_job_query(), [job_id], ["failed"], [record])
        return job_id


async def test_days_are_added_up_from_the_ledger_and_closed_days_are_left_alone(site: Site) -> None:
    db = site.db
    assert (await days_until_now(db, 7)).counted_at is None
    await sell(db)
    public_id, transaction_id = await sell(db, payment_type="gopay")
    back = said(
        public_id, "partial_refund", transaction_id=transaction_id, payment_type="gopay", returned=57_500
    )
    await payments.hear(db, public_id, back)
    await count_days(db)
    days = (await days_until_now(db, 7)).days
    assert len(days) == 7 and [one.sales for one in days] == [0] * 6 + [2]
    fees = await db.fetchval(
        """SELECT -sum(e.amount)::bigint FROM ledger_entries e JOIN ledger_accounts a ON a.id = e.account_id
           WHERE a.kind IN ('platform_fee', 'admin_fee')"""
    )
    assert (days[-1].sold, days[-1].fees, days[-1].returned) == (315_000, fees, 57_500)
    # The next day: the day before is added up once more, to its end, and then never again.
    await clock.shift(db, timedelta(days=1))
    await count_days(db)
    await db.execute("UPDATE daily_figures SET sold = 1 WHERE day < (SELECT max(day) FROM daily_figures)")
    await sell(db)
    await count_days(db)
    assert [one.sold for one in (await days_until_now(db, 3)).days] == [0, 1, 157_500]
    browser = await desk_of(site)
    await browser.get("/admin?days=7")
    assert browser.page.css_first("a[aria-current=page][href='/admin?days=7#by-day']") is not None
    assert "Penjualan 7 hari terakhir: Rp 157.501" in browser.page.css_first("#sold-words").text()
    assert len(browser.page.css("#by-day tbody tr")) == 7 and len(browser.page.css("#by-day svg")) == 3
    await browser.get("/admin?days=12345")
    assert len(browser.page.css("#by-day tbody tr")) == 30


async def test_a_failed_job_is_seen_run_again_or_thrown_away_with_a_reason(site: Site) -> None:
    db, browser = site.db, await desk_of(site)
    first = await failed_job(db, "notices.send", "no such mail <b>")
    second = await failed_job(db, "payments.check_due", "Midtrans")
    await browser.get("/admin")
    happening = browser.page.css_first("#happening a[href='/admin/jobs?state=failed']")
    assert happening.parent.css_first(".num").text(strip=True) == "2"
    await browser.get("/admin/jobs?state=failed")
    assert "ValueError: no such mail <b>" in browser.text and "payments.check_due" in browser.text
    await browser.get("/admin/jobs?q=kirim+email")
    assert "notices.send" in browser.text and "payments.check_due" not in browser.text
    case = f"/admin/jobs/{first}"
    await browser.get(case)
    assert "Traceback: line 7" in browser.text and "outbox_id" in browser.text
    assert await decide(browser, case, "retry") == 200 and "dijalankan lagi" in browser.text
    assert await db.fetchval("SELECT status::text FROM pgqueuer WHERE id = $1", first) == "queued"
    case = f"/admin/jobs/{second}"
    await browser.get(case)
    assert await decide(browser, case, "discard", reason="Sudah diperiksa lewat sapuan berikutnya.") == 200
    assert "Dibuang" in browser.text and "Membuang pekerjaan" in browser.text
    assert await db.fetchval("SELECT count(*) FROM pgqueuer WHERE id = $1", second) == 0
    assert (await browser.get("/admin/jobs/999999")).status_code == 404
    logged = await db.fetch("SELECT action, subject, detail FROM audit_log WHERE kind = 'job' ORDER BY id")
    assert [(row["action"], row["subject"]) for row in logged] == [
        ("job.retried", str(first)),
        ("job.discarded", str(second)),
    ]
    assert logged[1]["detail"] == {"name": "payments.check_due"}


async def test_a_home_that_is_left_open_keeps_nobody_signed_in(site: Site) -> None:
    """It asks for the five numbers each minute; only what somebody does counts."""
    browser = await desk_of(site)
    await browser.get("/admin")
    headers = json.loads(browser.page.css_first("#health").attributes["hx-headers"] or "")
    await site.db.execute("UPDATE login_sessions SET last_seen_at = app_now() - interval '29 minutes'")
    idle = "SELECT app_now() - last_seen_at > interval '28 minutes' FROM login_sessions"
    assert (await browser.get("/admin", headers=headers)).status_code == 200
    assert await site.db.fetchval(idle) is True
    await browser.get("/admin")
    assert await site.db.fetchval(idle) is False


async def test_withdrawals_are_counted_as_their_lists_have_them(site: Site) -> None:
    """Those to decide, and those that were approved and wait for the bank: each number leads to as many."""
    db = site.db
    first, admin = await make_earner(db), await make_admin(db)
    await ask(db, first, wish(50_000))
    approved = await ask(db, await make_earner(db), wish(60_000))
    await withdrawals.approve(db, admin, approved)
    browser = await desk_of(site, admin)
    for query, amount in (("state=undecided", "Rp 50.000"), ("state=processing", "Rp 60.000")):
        await browser.get("/admin")
        link = browser.page.css_first(f"#to-decide a[href='/admin/withdrawals?{query}']")
        assert " ".join(link.parent.css_first(".num").text().split()) == f"{amount} 1", query
        await browser.get(link.attributes["href"] or "")
        assert amount in browser.page.css_first(".totals").text() and len(first_column(browser)) == 1, query


async def test_admins_do_not_read_what_opens_an_account(site: Site) -> None:
    user = await make_user(site.db)
    async with site.db.transaction() as tx:
        await tx.execute(
            """INSERT INTO outbox (kind, about, user_id, message_id) VALUES ('reset', 'account:1', $1, '<a@b>')""",
            user.id,
        )
    browser = await desk_of(site)
    await browser.get(f"/admin/mails?q={user.email}")
    link = browser.page.css_first("table.rows a").attributes["href"] or ""
    await browser.get(link)
    assert "Password baru" in browser.text and "hanya untuk pemilik akun" in browser.text
    assert "/reset-password/" not in (browser.answer.text if browser.answer else "")


def test_a_chart_keeps_within_its_picture_and_says_what_it_shows() -> None:
    start = date(2026, 11, 1)
    for amounts in ([0] * 7, [5], [-3, 0, 9], list(range(90)), [-1, -2]):
        days = [(start + timedelta(days=number), amount) for number, amount in enumerate(amounts)]
        chart = chart_of("sold", "Penjualan", days)
        assert len(chart.bars) == sum(1 for amount in amounts if amount) and chart.total == sum(amounts)
        for bar in chart.bars:
            assert bar.x >= 0 and bar.x + bar.width <= WIDTH and bar.height >= 1
            assert bar.y >= 0 and bar.y + bar.height <= HEIGHT
        assert f"{len(amounts)} hari" in chart.words


async def test_sessions_that_run_or_begin_soon_are_counted_and_listed_alike(site: Site) -> None:
    db, browser = site.db, await desk_of(site)
    running, soon = await meet_now(db), await meet_now(db)
    for person in (running.user, running.expert):
        await enter(db, person, running.booking_id)
    await db.execute(
        """UPDATE bookings b SET starts_at = n.at, during = tstzrange(n.at, n.at + interval '30 minutes'),
             blocked = tstzrange(n.at, n.at + interval '30 minutes')
           FROM (SELECT app_now() + interval '20 minutes' AS at) n WHERE b.id = $1""",
        soon.booking_id,
    )
    for see, meeting in (("running", running), ("soon", soon)):
        await browser.get("/admin")
        link = browser.page.css_first(f"#happening a[href='/admin/orders?see={see}']")
        assert link.parent.css_first(".num").text(strip=True) == "1", see
        await browser.get(link.attributes["href"])
        assert [cell.startswith(meeting.order_id) for cell in first_column(browser)] == [True], see
