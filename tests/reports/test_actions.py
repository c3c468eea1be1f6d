"""Something was wrong: reporting it once, the earning held, one decision, and who is told what."""

import asyncio
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from mentorinaja.arrivals import actions as arrivals
from mentorinaja.bookings import queries as orders
from mentorinaja.db.invariants import broken
from mentorinaja.db.pool import Connection, Database
from mentorinaja.errors import NotThere
from mentorinaja.ledger import queries as ledger
from mentorinaja.local.mailbox.message import Message
from mentorinaja.reports import actions as reports
from mentorinaja.reports import deciding
from mentorinaja.reports.rules import AlreadyReported, NotReportable, TooLate, Undecidable
from mentorinaja.rooms import queries
from mentorinaja.rooms.room import Notice
from mentorinaja.threads import actions as threads
from mentorinaja.web.viewer import Viewer
from tests.support.bookings import events_of, make_user, state_of
from tests.support.desk import make_admin
from tests.support.places import MINUTE, be_over, meet_by_video, meet_in_person, open_doors
from tests.support.rooms import Meeting, meet_in_writing, meet_later
from tests.support.site import Site

DAY = timedelta(days=1)
WORDS = "Mentor tidak datang sampai sesi selesai."
REASON = "Mentor tidak membuka tautan rapat, pengguna menunggu sampai akhir."


async def earned(meeting: Meeting) -> tuple[int, int]:
    """(held, available) of the expert, in rupiah."""
    assert meeting.expert.expert_id is not None
    balance = await ledger.earnings(meeting.db, meeting.expert.expert_id)
    return balance.held, balance.available


async def a_report(db: Database) -> tuple[Meeting, Viewer, int]:
    """A video session that its user has reported, and an admin."""
    meeting, admin = await meet_by_video(db), await make_admin(db)
    await be_over(meeting)
    return meeting, admin, await reports.report(db, meeting.user, meeting.booking_id, WORDS)


async def test_each_side_reports_once_within_a_day_after_the_end(db: Database) -> None:
    meeting = await meet_by_video(db)
    await be_over(meeting, DAY - MINUTE)
    first = await reports.report(db, meeting.user, meeting.booking_id, WORDS)
    assert await reports.report(db, meeting.user, meeting.booking_id, WORDS) == first
    with pytest.raises(AlreadyReported):
        await reports.report(db, meeting.user, meeting.booking_id, WORDS + " Sungguh.")
    await reports.report(db, meeting.expert, meeting.booking_id, "Pengguna tidak masuk ke rapat.")
    told = await orders.reports_of(db, meeting.booking_id)
    assert [(report.side, report.kind, report.decision) for report in told] == [
        ("user", "problem", None), ("expert", "problem", None),
    ]  # fmt: skip
    assert (await events_of(db, meeting.order_id))[-2:] == ["problem_reported"] * 2


async def test_two_reports_of_one_side_at_once_are_one(db: Database) -> None:
    meeting = await meet_by_video(db)
    await be_over(meeting)
    ids = await asyncio.gather(
        *(reports.report(db, meeting.user, meeting.booking_id, WORDS) for _ in range(5))
    )
    assert len(set(ids)) == 1


async def test_too_early_too_late_and_never(db: Database) -> None:
    meeting, person, stranger = await meet_by_video(db), await meet_in_person(db), await make_user(db)
    await open_doors(meeting)
    with pytest.raises(NotReportable) as early:
        await reports.report(db, meeting.user, meeting.booking_id, WORDS)
    assert not isinstance(early.value, TooLate)
    await be_over(person, DAY)
    with pytest.raises(TooLate):
        await reports.report(db, person.expert, person.booking_id, WORDS)
    with pytest.raises(NotThere):
        await reports.report(db, stranger, person.booking_id, WORDS)
    chat = await meet_later(db)
    with pytest.raises(NotThere):
        await reports.report(db, chat.user, chat.booking_id, WORDS)


async def test_an_open_report_holds_the_earning_and_the_decision_lets_it_go(site: Site) -> None:
    meeting, admin, report_id = await a_report(site.db)
    await site.move_clock(3 * DAY)
    assert await earned(meeting) == (126_000, 0)
    await reports.decide(site.db, admin, report_id, None, REASON)
    await site.sweep()
    assert await earned(meeting) == (0, 126_000)
    assert await state_of(site.db, meeting.order_id) == ("completed", "paid")


async def test_without_a_report_it_becomes_available_after_a_day(site: Site) -> None:
    meeting = await meet_by_video(site.db)
    await be_over(meeting)
    await site.move_clock(DAY)
    assert await earned(meeting) == (0, 126_000)


async def test_part_goes_back_and_the_rest_is_earned(site: Site) -> None:
    meeting, admin, report_id = await a_report(site.db)
    await reports.decide(site.db, admin, report_id, 50_000, REASON)
    assert await state_of(site.db, meeting.order_id) == ("completed", "refund_pending")
    refunds = await site.db.fetch("SELECT amount, reason FROM refunds")
    assert [tuple(row) for row in refunds] == [(50_000, "disputed")]
    await site.move_clock(3 * DAY)
    held, available = await earned(meeting)
    assert held == 0 and available == 86_000
    told = (await orders.reports_of(site.db, meeting.booking_id))[0]
    assert (told.decision, told.refund_amount, told.reason) == ("refunded", 50_000, REASON)


async def test_all_of_it_goes_back(site: Site) -> None:
    meeting, admin, report_id = await a_report(site.db)
    await reports.decide(site.db, admin, report_id, 157_500, REASON)
    assert await earned(meeting) == (0, 0)
    assert await state_of(site.db, meeting.order_id) == ("completed", "refund_pending")


@pytest.mark.parametrize("refund", [0, -5, 157_501])
async def test_more_than_was_paid_or_nothing_is_no_refund(db: Database, refund: int) -> None:
    _, admin, report_id = await a_report(db)
    with pytest.raises(Undecidable):
        await reports.decide(db, admin, report_id, refund, REASON)
    assert await db.fetchval("SELECT decided_at FROM session_reports WHERE id = $1", report_id) is None
    assert await db.fetchval("SELECT count(*) FROM refunds") == 0


async def test_only_admins_decide_and_none_about_themselves(db: Database) -> None:
    meeting, admin, report_id = await a_report(db)
    for person in (meeting.user, meeting.expert, await make_user(db)):
        with pytest.raises(NotThere):
            await reports.decide(db, person, report_id, None, REASON)
    with pytest.raises(NotThere):
        await reports.decide(db, admin, report_id + 99, None, REASON)
    with pytest.raises(Undecidable):
        await reports.decide(db, admin, report_id, None, "ya")
    own = Viewer(**{name: getattr(meeting.user, name) for name in Viewer.__slots__} | {"role": "admin"})
    with pytest.raises(Undecidable):
        await reports.decide(db, own, report_id, None, REASON)


async def test_one_decision_answers_both_sides_and_ends_reporting(db: Database) -> None:
    meeting, admin, first = await a_report(db)
    second = await reports.report(db, meeting.expert, meeting.booking_id, "Pengguna tidak masuk ke rapat.")
    await reports.decide(db, admin, second, 20_000, REASON)
    told = await orders.reports_of(db, meeting.booking_id)
    assert {report.decision for report in told} == {"refunded"}
    with pytest.raises(Undecidable):
        await reports.decide(db, admin, first, None, REASON)
    assert await db.fetchval("SELECT sum(amount) FROM refunds") == 20_000


async def test_after_a_decision_nobody_reports_anew(db: Database) -> None:
    meeting, admin, report_id = await a_report(db)
    await reports.decide(db, admin, report_id, None, REASON)
    with pytest.raises(NotReportable):
        await reports.report(db, meeting.expert, meeting.booking_id, WORDS)


async def decide_at_once(db: Database, refund: int | None) -> list[Any]:
    """One report decided six times at once; how it went each time, None for those that decided."""
    _, admin, report_id = await a_report(db)
    return await asyncio.gather(
        *(reports.decide(db, admin, report_id, refund, REASON) for _ in range(6)), return_exceptions=True
    )


@pytest.mark.parametrize("refund", [None, 30_000])
async def test_decided_at_once_by_many_it_is_decided_once(db: Database, refund: int | None) -> None:
    answers = await decide_at_once(db, refund)
    assert answers.count(None) == 1
    assert all(isinstance(answer, Undecidable) for answer in answers if answer is not None)


async def test_without_the_lock_it_is_decided_again(
    unchecked_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def no_lock(tx: Connection, _admin: Viewer, report_id: int) -> Any:
        order = await tx.fetchrow(
            """SELECT o.id, o.public_id, o.user_id, o.expert_id, b.id AS booking_id FROM orders o
                 JOIN bookings b ON b.order_id = o.id JOIN session_reports r ON r.booking_id = b.id WHERE r.id = $1""",
            report_id,
        )
        assert order is not None
        rooms = await queries.rooms_by_id(tx, [order["booking_id"]])
        return rooms[order["booking_id"]], SimpleNamespace(**dict(order))

    monkeypatch.setattr(deciding, "lock_for", no_lock)
    # The database would refuse by itself to write over what was decided.
    await unchecked_db.execute("ALTER TABLE session_reports DISABLE TRIGGER decision_kept")
    for _ in range(10):
        await decide_at_once(unchecked_db, None)
        if (await broken(unchecked_db))["C5_decided_once_and_told"]:
            return
    raise AssertionError("the lock is not what keeps it to one decision")


async def an_objection(db: Database) -> tuple[Meeting, Viewer, int]:
    """An answered thread that its user objects to, and an admin."""
    meeting, admin = await meet_in_writing(db), await make_admin(db)
    await meeting.say(meeting.expert, "Ini catatan saya.")
    await threads.finish(db, meeting.expert, meeting.booking_id)
    return meeting, admin, await threads.object_to(db, meeting.user, meeting.booking_id, WORDS)


@pytest.mark.parametrize(
    ("refund", "state", "owed", "cause"),
    [
        (None, ("completed", "paid"), 0, "objection_kept"),
        (50_000, ("completed", "refund_pending"), 50_000, "objection_partly"),
        (157_500, ("cancelled", "refund_pending"), 157_500, "disputed"),
    ],
)
async def test_an_objections_decision_ends_the_thread(
    site: Site, refund: int | None, state: tuple[str, str], owed: int, cause: str
) -> None:
    meeting, admin, report_id = await an_objection(site.db)
    await site.move_clock(5 * DAY)
    await reports.decide(site.db, admin, report_id, refund, REASON)
    assert await state_of(site.db, meeting.order_id) == state
    assert await site.db.fetchval("SELECT coalesce(sum(amount), 0) FROM refunds") == owed
    last = (await meeting.items())[-1]
    assert isinstance(last, Notice) and (last.kind, last.cause) == ("ended", cause)
    assert (await meeting.room()).notice_text(last, "user").startswith("Keberatan diputuskan")
    with pytest.raises(Undecidable):
        await reports.decide(site.db, admin, report_id, None, REASON)
    await site.move_clock(2 * DAY)
    assert sum(await earned(meeting)) == (126_000 if refund is None else 86_000 if refund == 50_000 else 0)
    for person in (meeting.user, meeting.expert):
        assert any(
            REASON in mail.text
            for mail in site.mailbox.messages_to(person.email)
            if "Keputusan" in mail.subject
        )


async def test_an_objection_that_was_taken_back_is_not_decided(db: Database) -> None:
    meeting, admin, report_id = await an_objection(db)
    await threads.accept(db, meeting.user, meeting.booking_id)
    with pytest.raises(Undecidable):
        await reports.decide(db, admin, report_id, 10_000, REASON)


async def test_accepting_and_deciding_at_once_end_it_once(db: Database) -> None:
    for _ in range(3):
        meeting, admin, report_id = await an_objection(db)
        answers = await asyncio.gather(
            threads.accept(db, meeting.user, meeting.booking_id),
            reports.decide(db, admin, report_id, 157_500, REASON),
            return_exceptions=True,
        )
        assert all(answer is None or isinstance(answer, Undecidable) for answer in answers)
        assert (await state_of(db, meeting.order_id))[0] in ("completed", "cancelled")


async def test_words_go_to_their_author_and_the_admins_only(site: Site) -> None:
    meeting, admin, report_id = await a_report(site.db)
    await site.sweep()

    def mail_to(person: Viewer, subject: str) -> Message:
        [mail] = [mail for mail in site.mailbox.messages_to(person.email) if mail.subject.startswith(subject)]
        return mail

    for person, knows in ((meeting.user, True), (meeting.expert, False), (admin, True)):
        mail = mail_to(person, "Masalah dilaporkan")
        for body in (mail.text, mail.html):
            assert (WORDS in body) is knows and meeting.order_id in body
    assert "menulis keterangan Anda sampai" in mail_to(meeting.expert, "Masalah dilaporkan").text
    told = mail_to(admin, "Masalah dilaporkan").text
    assert f"/admin/reports/{report_id}" in told
    assert "ruang sesi belum dibuka, tautan belum dibuka, 0 pesan" in " ".join(told.split())
    await reports.decide(site.db, admin, report_id, 10_000, REASON)
    await site.sweep()
    for person in (meeting.user, meeting.expert):
        mail = mail_to(person, "Keputusan")
        assert REASON in mail.text and "Rp 10.000 dikembalikan kepada Budi Santoso" in mail.text
        assert WORDS not in mail.text and "Rp 10.000" in mail.html


async def test_facts_are_what_happened(db: Database) -> None:
    meeting = await meet_by_video(db)
    await open_doors(meeting)
    await arrivals.open_link(db, meeting.user, meeting.booking_id)
    await meeting.say(meeting.user, "Saya sudah di rapat.")
    evidence = await orders.evidence_of(db, meeting.booking_id)
    assert evidence.user_link_at is not None and evidence.expert_link_at is None
    assert (evidence.user_messages, evidence.expert_messages, evidence.pauses) == (1, 0, 0)
    assert evidence.code_at is None and evidence.reports == ()
