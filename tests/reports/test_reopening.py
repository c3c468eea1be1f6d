"""A decision that is taken back for another one: what it gave is stopped, both decisions stay readable."""

import asyncio
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import asyncpg
import pytest

from mentorinaja.banks.vault import Vault
from mentorinaja.bookings import queries as orders
from mentorinaja.db.pool import Connection, Database
from mentorinaja.errors import NotThere
from mentorinaja.payments import actions as payments
from mentorinaja.refunds import actions as refunds
from mentorinaja.refunds.rules import Undecidable as NotResumable
from mentorinaja.reports import actions as reports
from mentorinaja.reports import reopening
from mentorinaja.reports.rules import Undecidable
from mentorinaja.rooms import queries
from mentorinaja.threads import actions as threads
from mentorinaja.web.viewer import Viewer
from tests.refunds.sales import next_sweep
from tests.refunds.test_bank import to_bank
from tests.reports.test_actions import REASON, a_report, an_objection, earned
from tests.support.bookings import settings_of, state_of
from tests.support.database import assert_invariants
from tests.support.desk import make_admin
from tests.support.payments import said
from tests.support.races import Meet
from tests.support.rooms import Meeting
from tests.support.site import Site

WHY = "Rekaman kedatangan ternyata terlewat."


async def states(db: Database) -> list[tuple[int, str]]:
    """What each refund is of, and how far it is."""
    return [tuple(row) for row in await db.fetch("SELECT amount, state FROM refunds ORDER BY id")]


async def test_what_was_decided_is_opened_and_decided_again_and_again(site: Site) -> None:
    db = site.db
    meeting, admin, first = await a_report(db)
    second = await reports.report(db, meeting.expert, meeting.booking_id, "Pengguna tidak masuk ke rapat.")
    with pytest.raises(Undecidable, match="masih menunggu"):
        await reports.reopen(db, admin, first, WHY)
    await reports.decide(db, admin, second, 50_000, REASON)
    await site.move_clock(timedelta(hours=30))
    assert await earned(meeting) == (0, 86_000), "decided: what stays is released"
    for nobody in (meeting.user, meeting.expert):
        with pytest.raises(NotThere):
            await reports.reopen(db, nobody, first, WHY)
    await db.execute("UPDATE refunds SET state = 'approved', way = NULL")  # the gateway has not been told
    for number, (back, kept) in enumerate(((20_000, 110_000), (None, 126_000), (157_500, 0)), start=1):
        await reports.reopen(db, admin, (first, second)[number % 2], WHY)
        await assert_invariants(db)
        assert (await state_of(db, meeting.order_id))[1] == "paid" and (await earned(meeting))[1] == 126_000
        with pytest.raises(Undecidable, match="masih menunggu"):  # the form sent twice
            await reports.reopen(db, admin, first, WHY)
        await reports.decide(db, admin, (first, second)[number % 2], back, REASON)
        await assert_invariants(db)
        assert await earned(meeting) == (0, kept)
    assert await states(db) == [(50_000, "rejected"), (20_000, "rejected"), (157_500, "requested")]
    for report in await orders.reports_of(db, meeting.booking_id):
        assert [one.refund_amount for one in report.earlier] == [50_000, 20_000, None]
        assert (report.refund_amount, report.earlier[0].why) == (157_500, WHY)
    # What was decided otherwise since is not owed again beside it.
    with pytest.raises(NotResumable, match="dibuka lagi"):
        await refunds.resume(db, admin, await db.fetchval("SELECT min(id) FROM refunds"), WHY)
    # Nor does the database let a decision be written over.
    for change in ("reason = 'Lain sama sekali.'", "decision = NULL, reason = NULL, decided_by = NULL, "
                   "decided_at = NULL, refund_amount = NULL, refund_id = NULL"):  # fmt: skip
        with pytest.raises(asyncpg.RestrictViolationError):
            await db.execute(f"UPDATE session_reports SET {change}")
    await site.sweep()
    for person in (meeting.user, meeting.expert):
        told = [mail.text for mail in site.mailbox.messages if person.email in mail.recipients]
        assert sum("menunggu keputusan baru" in text and WHY in text for text in told) == 2
        assert sum("Pembayaran sesi ini tetap sampai ada keputusan baru" in text for text in told) == 1
        assert any("Rp 157.500 dikembalikan kepada" in text for text in told)
    log = await db.fetch("SELECT action FROM audit_log WHERE subject = $1 ORDER BY id", str(first))
    both = ["report.decided", "report.reopened"]
    assert [row["action"] for row in log if row["action"] in both] == [*both * 3, "report.decided"]


async def test_what_has_left_or_was_taken_is_decided_by_nobody_again(db: Database) -> None:
    meeting, admin, report_id = await a_report(db)
    await reports.decide(db, admin, report_id, 60_000, REASON)
    refund_id = await db.fetchval("SELECT id FROM refunds")
    await to_bank(db, refund_id)
    vault = Vault(settings_of(db))
    await refunds.give_account(db, vault, meeting.user, meeting.order_id, "014", "1234567890", "Budi")
    await refunds.mark_transferred(db, admin, refund_id, "TRX-1")
    for _ in ("sent", "done"):
        with pytest.raises(Undecidable, match="halaman order"):
            await reports.reopen(db, admin, report_id, WHY)
        await next_sweep(db, days=5)
    # It came back: what had arrived once is the payer's, whatever else is decided.
    await refunds.mark_bounced(db, admin, refund_id, WHY)
    with pytest.raises(Undecidable, match="nota kredit"):
        await reports.reopen(db, admin, report_id, WHY)
    assert (
        await db.fetchval("SELECT refund_amount FROM session_reports WHERE decision = 'refunded'") == 60_000
    )


async def test_a_thread_stays_ended_and_only_its_money_is_decided_again(db: Database) -> None:
    for first, second, state in (
        (None, 157_500, ("completed", "refund_pending")),
        (157_500, 50_000, ("cancelled", "refund_pending")),
        (157_500, None, ("cancelled", "paid")),
        (50_000, 157_500, ("completed", "refund_pending")),
    ):
        meeting, admin, report_id = await an_objection(db)
        await reports.decide(db, admin, report_id, first, REASON)
        ended = (await state_of(db, meeting.order_id))[0]
        await reports.reopen(db, admin, report_id, WHY)
        await assert_invariants(db)
        assert await state_of(db, meeting.order_id) == (ended, "paid")
        await threads.accept(db, meeting.user, meeting.booking_id)  # over already: nothing
        await reports.decide(db, admin, report_id, second, REASON)
        await assert_invariants(db)
        assert await state_of(db, meeting.order_id) == state
    meeting, admin, report_id = await an_objection(db)
    await threads.accept(db, meeting.user, meeting.booking_id)
    with pytest.raises(Undecidable, match="sudah menerima"):
        await reports.reopen(db, admin, report_id, WHY)


async def test_without_money_there_is_nothing_to_decide(db: Database) -> None:
    meeting, admin, report_id = await a_report(db)
    await reports.decide(db, admin, report_id, None, REASON)
    transaction = await db.fetchval("SELECT transaction_id FROM payment_transactions")
    taken = said(meeting.order_id, "chargeback", transaction_id=transaction, returned=157_500)
    await payments.hear(db, meeting.order_id, taken)
    with pytest.raises(Undecidable, match="Tidak ada lagi uang"):
        await reports.reopen(db, admin, report_id, WHY)


async def reopen_at_once(
    db: Database, monkeypatch: pytest.MonkeyPatch, gate: Meet | None
) -> tuple[Meeting, list[str]]:
    """Two admins open one report again at the same moment; answers how each was told."""
    meeting, first, report_id = await a_report(db)
    await reports.decide(db, first, report_id, None, REASON)
    if gate is not None:

        async def unlocked(tx: Connection, _admin: Viewer, number: int) -> Any:
            await gate.wait()
            row = await tx.fetchrow(
                """SELECT o.id, o.public_id, o.user_id, o.expert_id, b.id AS booking_id FROM orders o
                     JOIN bookings b ON b.order_id = o.id JOIN session_reports r ON r.booking_id = b.id
                   WHERE r.id = $1""",
                number,
            )
            assert row is not None
            rooms = await queries.rooms_by_id(tx, [row["booking_id"]])
            return rooms[row["booking_id"]], SimpleNamespace(**dict(row))

        monkeypatch.setattr(reopening, "lock_for", unlocked)
    done = await asyncio.gather(
        *(reports.reopen(db, admin, report_id, WHY) for admin in (first, await make_admin(db))),
        return_exceptions=True,
    )
    return meeting, sorted(type(problem).__name__ for problem in done)


async def test_two_admins_at_once_open_it_once(
    unchecked_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, told = await reopen_at_once(unchecked_db, monkeypatch, None)
    assert told == ["NoneType", "Undecidable"]
    await assert_invariants(unchecked_db)


async def test_without_the_lock_both_would_open_it(
    unchecked_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(10):
        await reopen_at_once(unchecked_db, monkeypatch, Meet(2))
        if await unchecked_db.fetchval("SELECT count(*) > count(DISTINCT report_id) FROM report_reopenings"):
            return
    raise AssertionError("the lock is not what keeps it to one")
