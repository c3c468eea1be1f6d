"""What was recorded of a session, the same for both of its people: who came and when, what was said to be wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from mentorinaja.db.pool import Connection, Database

Decision = Literal["refunded", "kept"]

# What of a report `r` was decided before it was opened again, as `reports_of` reads it.
_EARLIER = """(SELECT coalesce(jsonb_agg(jsonb_build_object('refund_amount', x.refund_amount, 'reason', x.reason,
    'decided_at', x.decided_at, 'reopened_at', x.reopened_at, 'why', x.why) ORDER BY x.id), '[]')
  FROM report_reopenings x WHERE x.report_id = r.id)"""

_FACTS = """
    SELECT s.user_joined_at, s.expert_joined_at, coalesce(s.paused_for, '0') AS paused_for,
      (SELECT at FROM session_arrivals WHERE booking_id = b.id AND side = 'user' AND kind = 'link') AS user_link_at,
      (SELECT at FROM session_arrivals
       WHERE booking_id = b.id AND side = 'expert' AND kind = 'link') AS expert_link_at,
      (SELECT min(at) FROM session_arrivals WHERE booking_id = b.id AND kind = 'code') AS code_at,
      (SELECT count(*) FROM chat_messages WHERE booking_id = b.id AND sender_type = 'user') AS user_messages,
      (SELECT count(*) FROM chat_messages WHERE booking_id = b.id AND sender_type = 'expert') AS expert_messages,
      (SELECT count(*) FROM session_events WHERE booking_id = b.id AND kind = 'paused') AS pauses
    FROM bookings b LEFT JOIN active_sessions s ON s.booking_id = b.id WHERE b.id = $1
"""


@dataclass(frozen=True, slots=True)
class Earlier:
    """A decision that an admin took back for another one, and why; `refund_amount` as in `Report`, None: all was kept."""

    refund_amount: int | None
    reason: str
    decided_at: datetime
    reopened_at: datetime
    why: str


@dataclass(frozen=True, slots=True)
class Report:
    """That one side reported a problem or objected, and what was decided; without the words, which are private.

    `refund_amount` is in whole rupiah; `decision` and what follows it are None while the report is open. `earlier`: what
    had been decided before it was opened again, oldest first.
    """

    id: int
    side: Literal["user", "expert"]
    kind: Literal["problem", "objection"]
    at: datetime
    decision: Decision | None
    refund_amount: int | None
    reason: str | None
    decided_at: datetime | None
    earlier: tuple[Earlier, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """The recorded facts of one session; a time is None where nothing happened.

    Joining means opening the room; a link is opened through our own address; the code is what the user of an
    offline session tells the expert.
    """

    user_joined_at: datetime | None
    expert_joined_at: datetime | None
    user_link_at: datetime | None
    expert_link_at: datetime | None
    code_at: datetime | None
    user_messages: int
    expert_messages: int
    pauses: int
    paused_for: timedelta
    reports: tuple[Report, ...] = field(default=())

    @property
    def somebody_came(self) -> bool:
        """Whether at least one of the two opened the room."""
        return self.user_joined_at is not None or self.expert_joined_at is not None


async def evidence_of(db: Connection | Database, booking_id: UUID) -> Evidence:
    """What was recorded of a booking's session; asks for no permission."""
    facts = await db.fetchrow(_FACTS, booking_id)
    assert facts is not None, "evidence is asked for bookings that exist"
    return Evidence(**dict(facts), reports=await reports_of(db, booking_id))


async def reports_of(db: Connection | Database, booking_id: UUID) -> tuple[Report, ...]:
    """What was reported of a booking's session, oldest first; asks for no permission."""
    rows = await db.fetch(
        f"""SELECT r.id, r.side, r.kind, r.at, r.decision, r.refund_amount, r.reason, r.decided_at, {_EARLIER} AS earlier
            FROM session_reports r WHERE r.booking_id = $1 ORDER BY r.id""",
        booking_id,
    )
    return tuple(Report(**dict(row) | {"earlier": tuple(map(_earlier, row["earlier"]))}) for row in rows)


def _earlier(told: Mapping[str, Any]) -> Earlier:
    times = {name: datetime.fromisoformat(told[name]) for name in ("decided_at", "reopened_at")}
    return Earlier(**dict(told) | times)
