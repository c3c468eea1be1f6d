"""More time for a session, brought about as its two people do."""

from datetime import timedelta
from typing import Any

from mentorinaja.db.pool import Database
from mentorinaja.extensions import actions as extensions
from tests.support.payments import open_attempt, pay
from tests.support.rooms import Meeting, meet_now

ROOM_STATE = """SELECT x.state, o.public_id, o.payment_status, o.total, s.status, s.ends_at, s.ended_at
  FROM active_sessions s LEFT JOIN session_extensions x ON x.booking_id = s.booking_id
  LEFT JOIN orders o ON o.id = x.order_id WHERE s.booking_id = $1 ORDER BY x.number DESC LIMIT 1"""


async def running(db: Database, *, minutes: int = 30, left: float = 4.5, **changes: Any) -> Meeting:
    """A session that runs and has `left` minutes to go."""
    meeting = await meet_now(db, minutes=minutes, **changes)
    await meeting.begin()
    await leave(meeting, left)
    return meeting


async def leave(meeting: Meeting, minutes: float) -> None:
    """Let time pass until so many minutes of the session are left."""
    ends_at = (await meeting.room()).ends_at
    assert ends_at is not None
    await meeting.go_to(ends_at - timedelta(minutes=minutes))


async def ask(meeting: Meeting) -> None:
    """The user asks for 15 minutes more."""
    await extensions.extend(meeting.db, meeting.user, meeting.booking_id, None)


async def answer(meeting: Meeting, says: str = "yes") -> None:
    """The expert answers."""
    await extensions.extend(meeting.db, meeting.expert, meeting.booking_id, says)


async def agreed(db: Database, **changes: Any) -> tuple[Meeting, str]:
    """A session whose extension waits to be paid; with the public id of its order."""
    meeting = await running(db, **changes)
    await ask(meeting)
    await answer(meeting)
    return meeting, await order_of(meeting)


async def order_of(meeting: Meeting) -> str:
    """The public id of the latest extension's order."""
    row = await meeting.db.fetchrow(ROOM_STATE, meeting.booking_id)
    assert row is not None
    public_id: str = row["public_id"]
    return public_id


async def pay_extension(db: Database, public_id: str, number: int = 1, **changes: Any) -> str:
    """Its money comes, as Midtrans says it; answers the transaction's id."""
    total = await db.fetchval("SELECT total FROM orders WHERE public_id = $1", public_id)
    return await pay(db, public_id, number, **({"amount": total, "payment_type": "qris"} | changes))


__all__ = [
    "ROOM_STATE",
    "agreed",
    "answer",
    "ask",
    "leave",
    "open_attempt",
    "order_of",
    "pay_extension",
    "running",
]
