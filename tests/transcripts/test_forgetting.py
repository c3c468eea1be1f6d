"""Twelve months after its end a conversation is deleted: whole, once, in this one way, and its seal stays."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from mentorinaja.contents.kinds import Document
from mentorinaja.db.pool import Database
from mentorinaja.payments.actions import cancel_and_owe
from mentorinaja.reports import actions as reports
from mentorinaja.rooms import actions, files
from mentorinaja.transcripts.actions import forget, to_forget
from mentorinaja.transcripts.checking import check_rooms
from mentorinaja.transcripts.verifying import verify
from tests.support.bookings import make_user, state_of
from tests.support.conversations import (
    a_talk,
    a_year_later,
    tamper,
)
from tests.support.rooms import Meeting, meet_later, meet_now
from tests.support.site import Site

SECOND = timedelta(seconds=1)


async def left_of(db: Database, meeting: Meeting) -> tuple[int, int, int]:
    """How many messages, notices and signs of presence there are."""
    row = await db.fetchrow(
        """SELECT (SELECT count(*) FROM chat_messages WHERE booking_id = $1) AS messages,
                  (SELECT count(*) FROM session_events WHERE booking_id = $1) AS notices,
                  (SELECT count(*) FROM room_presence WHERE booking_id = $1) AS signs""",
        meeting.booking_id,
    )
    assert row is not None
    return row["messages"], row["notices"], row["signs"]


async def test_it_is_kept_to_the_second_and_then_deleted_with_its_seal_left(site: Site) -> None:
    db, storage = site.db, site.resources.storage
    meeting = await meet_now(db)
    await meeting.begin()
    await meeting.say(meeting.user, "Halo")
    file = await meeting.give(storage, meeting.user, Document(b"%PDF-1.7 isi"))
    await actions.end(db, meeting.user, meeting.booking_id)
    seal = await db.fetchval(
        "SELECT last_seal FROM active_sessions WHERE booking_id = $1", meeting.booking_id
    )

    await a_year_later(meeting, -SECOND * 30)
    await site.sweep()
    assert await left_of(db, meeting) == (2, 2, 2)
    assert await files.stored_digest(storage, meeting.booking_id, file.id) is not None

    await a_year_later(meeting)
    await site.sweep()
    await site.sweep()
    assert await left_of(db, meeting) == (0, 0, 0)
    assert await files.stored_digest(storage, meeting.booking_id, file.id) is None
    assert await db.fetchval("SELECT count(*) FROM attachments") == 0
    rows = await db.fetch("SELECT booking_id, last_seq, last_seal, messages FROM forgotten_rooms")
    kept = [tuple(row) for row in rows if row["booking_id"] == meeting.booking_id]
    assert kept == [(meeting.booking_id, 4, seal, 2)]
    assert (await state_of(db, meeting.order_id)) == ("completed", "paid"), "what was sold stays on the books"

    said: list[str] = []
    assert await verify(db, said.append)
    assert "deleted when their time had come" in said[-1]
    assert await verify(db, said.append, meeting.booking_id, kept=seal)
    assert not await verify(db, said.append, meeting.booking_id, kept=bytes(32))


@pytest.mark.parametrize(
    ("ended", "kept_until"),
    [
        (datetime(2026, 11, 22, 19, tzinfo=UTC), datetime(2027, 11, 22, 19, tzinfo=UTC)),
        (datetime(2028, 2, 29, 12, tzinfo=UTC), datetime(2029, 2, 28, 12, tzinfo=UTC)),
        (datetime(2027, 2, 28, 12, tzinfo=UTC), datetime(2028, 2, 28, 12, tzinfo=UTC)),
    ],
)
async def test_twelve_months_are_those_of_the_calendar_in_any_zone(
    db: Database, ended: datetime, kept_until: datetime
) -> None:
    async with db.transaction() as tx:
        await tx.execute("SET LOCAL timezone = 'America/St_Johns'")
        assert await tx.fetchval("SELECT twelve_months_after($1)", ended) == kept_until


async def test_nothing_is_deleted_before_its_time_and_in_no_other_way(db: Database) -> None:
    meeting = await a_talk(db, "Halo")
    for attempt in (
        "INSERT INTO forgotten_rooms (booking_id) SELECT booking_id FROM active_sessions",
        "DELETE FROM chat_messages",
        "DELETE FROM session_events",
        "UPDATE chat_messages SET text = 'x'",
        "UPDATE session_events SET cause = 'x'",
        "TRUNCATE chat_messages",
        "TRUNCATE session_events",
        "TRUNCATE forgotten_rooms",
    ):
        with pytest.raises(asyncpg.RestrictViolationError):
            await db.execute(attempt)
    with pytest.raises(asyncpg.RestrictViolationError):
        await forget(db, meeting.booking_id)
    assert await left_of(db, meeting) == (1, 2, 0)
    await a_year_later(meeting)
    await forget(db, meeting.booking_id)
    await forget(db, meeting.booking_id)
    for attempt in ("DELETE FROM forgotten_rooms", "UPDATE forgotten_rooms SET last_seq = 0"):
        with pytest.raises(asyncpg.RestrictViolationError):
            await db.execute(attempt)


async def test_a_conversation_somebody_reported_is_kept_until_that_is_decided(db: Database) -> None:
    meeting = await meet_later(db, category="online_video")
    await meeting.go_to((await meeting.room()).starts_at)
    await meeting.begin()
    await meeting.go_to((await meeting.room()).scheduled_end)
    await actions.advance(db, meeting.booking_id)
    report_id = await reports.report(db, meeting.user, meeting.booking_id, "Mentor tidak datang ke rapat")
    await a_year_later(meeting, SECOND)
    assert await to_forget(db) == []
    admin = await make_user(db, "Admin")
    await db.execute("UPDATE users SET role = 'admin' WHERE id = $1", admin.id)
    await reports.decide(db, replace(admin, role="admin"), report_id, None, "Tercatat hadir di rapat")
    assert await to_forget(db) == [meeting.booking_id]


async def test_what_was_said_beside_a_session_that_was_called_off_goes_as_well(db: Database) -> None:
    meeting = await meet_later(db, category="online_video")
    starts_at = (await meeting.room()).starts_at
    await meeting.go_to(starts_at - timedelta(minutes=5))
    await meeting.begin()
    await meeting.say(meeting.user, "Saya sudah di sini")
    async with db.transaction() as tx:
        await cancel_and_owe(tx, meeting.booking_id, 157_500, "cancelled_by_expert", actor="expert")
    assert await to_forget(db) == []
    await a_year_later(meeting, -SECOND)
    assert await to_forget(db) == []
    await a_year_later(meeting)
    assert await to_forget(db) == [meeting.booking_id]
    await forget(db, meeting.booking_id)
    assert await to_forget(db) == []
    assert await left_of(db, meeting) == (0, 0, 0)


async def test_a_message_put_back_into_a_deleted_conversation_is_found(unchecked_db: Database) -> None:
    db = unchecked_db
    meeting = await a_talk(db, "Halo")
    await a_year_later(meeting)
    await forget(db, meeting.booking_id)
    assert [check.problem async for check in check_rooms(db)] == [None]
    await tamper(
        db,
        """INSERT INTO chat_messages (booking_id, seq, sender_id, sender_type, client_id, text, seal)
           SELECT booking_id, 2, user_id, 'user', gen_random_uuid(), 'Bukan dari sini', last_seal
           FROM active_sessions WHERE booking_id = $1""",
        meeting.booking_id,
    )
    [found] = [check async for check in check_rooms(db)]
    assert found.problem is not None and found.forgotten


async def test_a_changed_memory_of_a_deleted_conversation_is_found(unchecked_db: Database) -> None:
    db = unchecked_db
    meeting = await a_talk(db, "Halo")
    await a_year_later(meeting)
    await forget(db, meeting.booking_id)
    await tamper(db, "UPDATE forgotten_rooms SET last_seal = sha256('x')")
    [found] = [check async for check in check_rooms(db)]
    assert found.problem == "not what was kept of the deleted conversation"
