"""+15 menit when everything happens at once: one question, one outcome, and money that is never lost to the end."""

import asyncio
from datetime import timedelta

import pytest

from mentorinaja.db.invariants import broken
from mentorinaja.db.pool import Connection, Database
from mentorinaja.extensions.actions import NothingAsked
from mentorinaja.payments import reconcile
from mentorinaja.rooms import actions, settling
from tests.support.extensions import ROOM_STATE, agreed, answer, ask, open_attempt, running
from tests.support.payments import said
from tests.support.rooms import Meeting

PRICE = 78_750


async def outcome(meeting: Meeting) -> tuple[str, str | None, str]:
    """The extension, its payment and the session as written down."""
    row = await meeting.db.fetchrow(ROOM_STATE, meeting.booking_id)
    assert row is not None
    return row["state"], row["payment_status"], row["status"]


async def until_somebody_waits(db: Database) -> None:
    """Until a transaction of this database waits for another one's lock."""
    ends = asyncio.get_running_loop().time() + 30
    while not await db.fetchval(
        """SELECT EXISTS (SELECT FROM pg_stat_activity
             WHERE datname = current_database() AND wait_event_type = 'Lock')"""
    ):
        assert asyncio.get_running_loop().time() < ends, "nobody waits"
        await asyncio.sleep(0.01)


async def past_the_end(meeting: Meeting) -> None:
    ends_at = (await meeting.room()).ends_at
    assert ends_at is not None
    await meeting.go_to(ends_at + timedelta(seconds=1))


async def test_asked_many_times_at_once_it_is_one_question(db: Database) -> None:
    meeting = await running(db)
    await asyncio.gather(*(ask(meeting) for _ in range(8)))
    assert await db.fetchval("SELECT count(*) FROM session_extensions") == 1


async def test_agreed_to_many_times_at_once_it_is_one_order(db: Database) -> None:
    meeting = await running(db)
    await ask(meeting)
    await asyncio.gather(*(answer(meeting) for _ in range(8)))
    assert await db.fetchval("SELECT count(*) FROM orders WHERE kind = 'extension'") == 1


async def test_agreeing_while_the_session_ends_leaves_nothing_to_pay(db: Database) -> None:
    meeting = await running(db)
    await ask(meeting)
    agreement, end = await asyncio.gather(
        answer(meeting), actions.end(db, meeting.user, meeting.booking_id), return_exceptions=True
    )
    assert end is None and (agreement is None or isinstance(agreement, NothingAsked))
    assert (await outcome(meeting))[0] == "lapsed"
    open_until = "SELECT bool_or(pay_deadline > app_now()) FROM orders WHERE kind = 'extension'"
    assert not await db.fetchval(open_until)


async def pay_while_the_end_fires(db: Database) -> Meeting:
    """The money is heard of in time, and its transaction commits after the end's alarm."""
    meeting, public_id = await agreed(db)
    attempt = await open_attempt(db, public_id)
    async with db.transaction() as tx:
        await reconcile.hear.__wrapped__(tx, attempt, said(attempt, amount=PRICE))  # type: ignore[attr-defined]  # of @atomic
        await past_the_end(meeting)
        end = asyncio.ensure_future(actions.advance(db, meeting.booking_id))
        await until_somebody_waits(db)
    await end
    return meeting


async def test_money_that_came_in_time_is_waited_for_by_the_end(db: Database) -> None:
    meeting = await pay_while_the_end_fires(db)
    assert await outcome(meeting) == ("paid", "paid", "running")


async def test_without_the_lock_the_end_takes_paid_time_away(
    unchecked_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(_tx: Connection, _booking_id: object) -> None:
        """No lock."""

    monkeypatch.setattr(settling, "lock_extension", nothing)
    meeting = await pay_while_the_end_fires(unchecked_db)
    assert await outcome(meeting) == ("lapsed", "paid", "ended")
    assert (await broken(unchecked_db))["C6_time_is_added_for_money_and_only_then"]


async def test_money_that_waits_for_the_end_is_late(db: Database) -> None:
    meeting, public_id = await agreed(db)
    attempt = await open_attempt(db, public_id)
    await past_the_end(meeting)
    async with db.transaction() as tx:
        await actions.advance.__wrapped__(tx, meeting.booking_id)  # type: ignore[attr-defined]  # of @atomic
        money = asyncio.ensure_future(reconcile.hear(db, attempt, said(attempt, amount=PRICE)))
        await until_somebody_waits(db)
    await money
    assert await outcome(meeting) == ("lapsed", "paid_late", "ended")
    assert await db.fetchval("SELECT reason FROM refunds") == "extension_unused"
