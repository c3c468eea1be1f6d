"""Unhurried threads: from payment to "Selesai", and how they end, with a real database."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from mentorinaja.db.pool import Connection, Database, atomic
from mentorinaja.errors import NotThere
from mentorinaja.payments import actions as payments
from mentorinaja.reports.rules import AlreadyReported
from mentorinaja.rooms import actions, queries
from mentorinaja.rooms.room import ACCEPTED_AFTER, UNDELIVERED_AFTER, Notice, Room
from mentorinaja.rooms.rules import NotOpen
from mentorinaja.threads import actions as threads
from mentorinaja.threads import queries as thread_queries
from mentorinaja.threads.actions import NotFinished, NothingWritten, TooLate
from tests.support.bookings import events_of, make_user, state_of
from tests.support.payments import pay, said
from tests.support.races import Meet
from tests.support.rooms import Meeting, meet_in_writing, meet_now

SECOND = timedelta(seconds=1)
WORDS = "Bagian pengalaman kerja belum dibahas sama sekali."


async def answered(db: Database) -> Meeting:
    """A thread in which the expert has written and pressed "Selesai"."""
    meeting = await meet_in_writing(db)
    await meeting.say(meeting.expert, "Ini catatan saya.")
    await threads.finish(db, meeting.expert, meeting.booking_id)
    return meeting


async def told(meeting: Meeting) -> list[tuple[str, str]]:
    """Every notice of the room as (kind, cause)."""
    return [(item.kind, item.cause) for item in await meeting.items() if isinstance(item, Notice)]


async def mails(db: Database) -> set[tuple[str, str]]:
    """(kind, who) of every mail that was queued to be sent at once, but for the booking's own."""
    rows = await db.fetch(
        """SELECT m.kind, CASE WHEN m.user_id = o.user_id THEN 'user' ELSE 'expert' END AS who
           FROM outbox m JOIN orders o ON o.id = m.order_id
           WHERE m.kind <> 'booked' AND m.due_at = m.created_at"""
    )
    return {tuple(row) for row in rows}


async def test_a_thread_opens_with_its_payment_and_has_no_end(db: Database) -> None:
    meeting = await meet_in_writing(db)
    room = await meeting.room()
    assert (room.kind, room.status, room.started_at) == ("thread", "running", room.paid_at)
    assert (room.ends_at, room.duration, room.phase(room.read_at)) == (None, None, "running")
    assert await told(meeting) == [("started", "paid")]
    await meeting.go_to(room.starts_at + timedelta(hours=5))
    for person in (meeting.user, meeting.expert):
        await meeting.say(person, "Masih bisa menulis.")


async def test_an_unpaid_thread_is_not_open(db: Database) -> None:
    meeting = await meet_in_writing(db, paid=False)
    await actions.enter(db, meeting.user, meeting.booking_id)
    with pytest.raises(NotOpen):
        await meeting.say(meeting.user, "Halo")
    for act in (threads.finish, threads.accept):
        with pytest.raises(NotThere):
            await act(db, meeting.expert, meeting.booking_id)


async def test_the_sweep_opens_threads_that_nobody_has_looked_into(db: Database) -> None:
    meeting = await meet_in_writing(db, paid=False)
    assert await queries.to_open(db) == []
    await pay(db, meeting.order_id)
    assert await queries.to_open(db) == [meeting.booking_id]
    await actions.open_room(db, meeting.booking_id)
    assert await told(meeting) == [("started", "paid")]


async def test_selesai_needs_the_experts_own_words_and_is_said_once(db: Database) -> None:
    meeting = await meet_in_writing(db)
    await meeting.say(meeting.user, "Ini CV saya.")
    assert not await thread_queries.expert_has_written(db, meeting.booking_id)
    with pytest.raises(NothingWritten):
        await threads.finish(db, meeting.expert, meeting.booking_id)
    await meeting.say(meeting.expert, "Ini catatan saya.")
    assert await thread_queries.expert_has_written(db, meeting.booking_id)
    await threads.finish(db, meeting.expert, meeting.booking_id)
    first = (await meeting.room()).finished_at
    await meeting.go_to((await meeting.room()).read_at + timedelta(hours=1))
    await threads.finish(db, meeting.expert, meeting.booking_id)
    assert (await meeting.room()).finished_at == first is not None
    assert await told(meeting) == [("started", "paid"), ("finished", "expert")]
    assert ("finished", "user") in await mails(db) and ("finished", "expert") not in await mails(db)
    assert (await events_of(db, meeting.order_id))[-1] == "finished"


async def test_each_step_is_its_own_sides_alone(db: Database) -> None:
    meeting = await answered(db)
    stranger = await make_user(db)
    timed = await meet_now(db)
    await timed.begin()
    attempts: list[tuple[Any, ...]] = [
        (threads.finish, meeting.user, meeting), (threads.finish, stranger, meeting), (threads.finish, timed.expert, timed),
        (threads.accept, meeting.expert, meeting), (threads.accept, stranger, meeting), (threads.accept, timed.user, timed),
    ]  # fmt: skip
    for act, person, where in attempts:
        with pytest.raises(NotThere):
            await act(db, person, where.booking_id)
    for person, where in ((meeting.expert, meeting), (stranger, meeting), (timed.user, timed)):
        with pytest.raises(NotThere):
            await threads.object_to(db, person, where.booking_id, WORDS)


async def test_the_user_accepts_and_the_booking_is_completed(db: Database) -> None:
    meeting = await answered(db)
    await meeting.say(meeting.user, "Terima kasih, satu pertanyaan lagi.")
    await threads.accept(db, meeting.user, meeting.booking_id)
    await threads.accept(db, meeting.user, meeting.booking_id)
    room = await meeting.room()
    assert (room.booking_status, room.status, room.ended_by) == ("completed", "ended", "user")
    assert (await told(meeting))[-1] == ("ended", "accepted")
    reason = await db.fetchval("SELECT detail->>'reason' FROM order_events WHERE event = 'completed'")
    assert reason == "accepted" and await db.fetchval("SELECT release_at FROM orders") is not None
    with pytest.raises(NotOpen):
        await meeting.say(meeting.user, "Terlambat")
    await threads.finish(db, meeting.expert, meeting.booking_id)
    with pytest.raises(TooLate):
        await threads.object_to(db, meeting.user, meeting.booking_id, WORDS)


async def test_nothing_is_accepted_or_objected_to_before_selesai(db: Database) -> None:
    meeting = await meet_in_writing(db)
    await meeting.say(meeting.expert, "Sebentar.")
    with pytest.raises(NotFinished):
        await threads.accept(db, meeting.user, meeting.booking_id)
    with pytest.raises(NotFinished):
        await threads.object_to(db, meeting.user, meeting.booking_id, WORDS)


async def test_silence_for_72_hours_accepts_to_the_second(db: Database) -> None:
    meeting = await answered(db)
    accepted_at = (await meeting.room()).accepted_at
    assert accepted_at is not None
    await meeting.go_to(accepted_at - SECOND)
    assert meeting.booking_id not in await queries.to_move(db)
    await actions.advance(db, meeting.booking_id)
    assert await meeting.status() == "confirmed"

    await meeting.go_to(accepted_at + timedelta(days=3))
    assert await queries.to_move(db) == [meeting.booking_id]
    await actions.advance(db, meeting.booking_id)
    room = await meeting.room()
    assert (room.booking_status, room.ended_by, room.ended_at) == ("completed", "timeout", accepted_at)
    assert (await told(meeting))[-1] == ("ended", "silence")
    assert {("over", "user"), ("over", "expert")} <= await mails(db)


async def test_what_is_said_late_does_not_come_after_the_end(db: Database) -> None:
    meeting = await answered(db)
    accepted_at = (await meeting.room()).accepted_at
    assert accepted_at is not None
    await meeting.go_to(accepted_at + SECOND)
    await meeting.say(meeting.user, "Sebelum ada yang memperhatikan.")
    await threads.accept(db, meeting.user, meeting.booking_id)
    room = await meeting.room()
    assert room.booking_status == "completed" and room.ended_by == "timeout"


async def test_no_selesai_a_day_after_the_due_time_cancels_with_everything_back(db: Database) -> None:
    meeting = await meet_in_writing(db)
    await meeting.say(meeting.expert, "Saya baca dulu.")
    due = (await meeting.room()).starts_at
    await meeting.go_to(due + UNDELIVERED_AFTER - SECOND)
    await actions.advance(db, meeting.booking_id)
    assert await meeting.status() == "confirmed"

    await meeting.go_to(due + UNDELIVERED_AFTER)
    assert await queries.to_move(db) == [meeting.booking_id]
    await threads.finish(db, meeting.expert, meeting.booking_id)
    room = await meeting.room()
    assert (room.booking_status, room.cancel_reason, room.finished_at) == ("cancelled", "undelivered", None)
    assert await state_of(db, meeting.order_id) == ("cancelled", "refund_pending")
    refund = await db.fetchrow("SELECT amount, reason FROM refunds")
    assert refund is not None and tuple(refund) == (room.total, "undelivered")
    assert (await told(meeting))[-1] == ("ended", "undelivered")
    assert {("undelivered", "user"), ("undelivered", "expert")} <= await mails(db)
    with pytest.raises(NotOpen):
        await meeting.say(meeting.expert, "Maaf terlambat")


async def test_an_objection_stops_the_72_hours_and_keeps_the_thread_open(db: Database) -> None:
    meeting = await answered(db)
    first = await threads.object_to(db, meeting.user, meeting.booking_id, WORDS)
    assert await threads.object_to(db, meeting.user, meeting.booking_id, WORDS) == first
    with pytest.raises(AlreadyReported):
        await threads.object_to(db, meeting.user, meeting.booking_id, WORDS + " Sungguh.")
    finished_at = (await meeting.room()).finished_at
    assert finished_at is not None
    await meeting.go_to(finished_at + ACCEPTED_AFTER * 5)
    await actions.advance(db, meeting.booking_id)
    room = await meeting.room()
    assert room.objected and room.booking_status == "confirmed"
    await meeting.say(meeting.expert, "Ini tambahannya.")
    await threads.finish(db, meeting.expert, meeting.booking_id)
    assert (await meeting.room()).finished_at == finished_at


async def test_accepting_takes_the_objection_back(db: Database) -> None:
    meeting = await answered(db)
    await threads.object_to(db, meeting.user, meeting.booking_id, WORDS)
    await threads.accept(db, meeting.user, meeting.booking_id)
    row = await db.fetchrow("SELECT decision, decided_by, refund_amount FROM session_reports")
    assert row is not None and tuple(row) == ("kept", meeting.user.id, None)
    assert await meeting.status() == "completed"


async def test_money_taken_back_before_the_answer_closes_the_thread_until_it_is_paid_again(
    db: Database,
) -> None:
    meeting = await meet_in_writing(db)
    transaction_id = await db.fetchval("SELECT transaction_id FROM payment_transactions")
    await payments.hear(
        db, meeting.order_id, said(meeting.order_id, "deny", transaction_id=transaction_id, status_code="202")
    )
    assert await state_of(db, meeting.order_id) == ("pending", "waiting")
    room = await meeting.room()
    assert room.phase(room.read_at) == "unpaid"
    with pytest.raises(NotOpen):
        await meeting.say(meeting.expert, "Halo")
    await threads.finish(db, meeting.expert, meeting.booking_id)
    await pay(db, meeting.order_id, number=2)
    await meeting.say(meeting.expert, "Sekarang bisa.")


async def _go_to_the_end(meeting: Meeting, milliseconds_before: int) -> None:
    accepted_at = (await meeting.room()).accepted_at
    assert accepted_at is not None
    await meeting.go_to(accepted_at - timedelta(milliseconds=milliseconds_before))


@pytest.mark.parametrize("before", [15, 0])
async def test_accepting_while_the_72_hours_pass_ends_once(db: Database, before: int) -> None:
    meeting = await answered(db)
    await _go_to_the_end(meeting, before)
    await asyncio.gather(
        *(threads.accept(db, meeting.user, meeting.booking_id) for _ in range(3)),
        *(actions.advance(db, meeting.booking_id) for _ in range(3)),
    )
    assert [kind for kind, _ in await told(meeting)].count("ended") == 1
    assert (await events_of(db, meeting.order_id)).count("completed") == 1


async def test_without_the_lock_accepting_and_the_sweep_end_twice(unchecked_db: Database) -> None:
    """The twin: without the row's lock and the one-end index, several ends are written."""
    db = unchecked_db
    await db.execute("DROP INDEX session_events_one_end")
    meeting = await answered(db)
    both_looked = Meet(2)

    @atomic
    async def end_without_lock(tx: Connection, cause: str) -> None:
        room = await _look(tx, meeting)
        await both_looked.wait()
        if room.status == "running":
            await actions.finish(tx, room, by="user", cause=cause, at=room.read_at)

    await asyncio.gather(*(end_without_lock(db, cause) for cause in ("accepted", "silence")))
    assert [kind for kind, _ in await told(meeting)].count("ended") == 2


@pytest.mark.parametrize("before", [15, 0])
async def test_an_objection_at_the_last_moment_holds_or_comes_too_late(db: Database, before: int) -> None:
    meeting = await answered(db)
    await _go_to_the_end(meeting, before)
    results = await asyncio.gather(
        threads.object_to(db, meeting.user, meeting.booking_id, WORDS),
        *(actions.advance(db, meeting.booking_id) for _ in range(4)),
        return_exceptions=True,
    )
    room = await meeting.room()
    held = isinstance(results[0], int)
    assert held or isinstance(results[0], TooLate)
    assert (room.objected, room.booking_status) == (held, "confirmed" if held else "completed")


async def test_without_the_lock_an_objection_stands_in_a_thread_that_is_over(unchecked_db: Database) -> None:
    """The twin: whoever looks without the room's lock objects to what is being accepted."""
    db = unchecked_db
    meeting = await answered(db)
    looked, ended = asyncio.Event(), asyncio.Event()

    @atomic
    async def object_without_lock(tx: Connection) -> None:
        assert (await _look(tx, meeting)).booking_status == "confirmed"
        looked.set()
        await ended.wait()
        await tx.execute(
            "INSERT INTO session_reports (booking_id, side, kind, words) VALUES ($1, 'user', 'objection', $2)",
            meeting.booking_id,
            WORDS,
        )

    async def accept() -> None:
        await looked.wait()
        await threads.accept(db, meeting.user, meeting.booking_id)
        ended.set()

    await asyncio.gather(object_without_lock(db), accept())
    room = await meeting.room()
    assert room.objected and room.booking_status == "completed"


async def _look(tx: Connection, meeting: Meeting) -> Room:
    return (await queries.rooms_by_id(tx, [meeting.booking_id]))[meeting.booking_id]
