"""A person's own sessions as a calendar shows them: when, what, with whom, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from mentorinaja.bookings.details import SEQUENCE
from mentorinaja.db.pool import Connection, Database


@dataclass(frozen=True, slots=True)
class Entry:
    """A session that stands, or took place. Without minutes it is a thread, and `starts_at` when its answer is due.

    `sequence` and the booking's id are those of the calendar files in mails; `changed_at`: when it was last told.
    """

    booking_id: UUID
    item_name: str
    payer_name: str
    expert_name: str
    starts_at: datetime
    minutes: int | None
    sequence: int
    changed_at: datetime

    @property
    def is_thread(self) -> bool:
        """Whether it is answered in writing, and takes no time."""
        return self.minutes is None

    @property
    def ends_at(self) -> datetime:
        """When the booked time ends."""
        return self.starts_at + timedelta(minutes=self.minutes or 0)


async def agenda_of(
    db: Connection | Database, user_id: int, since: datetime, *, most: int = 1000
) -> list[Entry]:
    """The person's paid sessions that begin after `since`, as payer and as expert, the earliest first."""
    rows = await db.fetch(
        f"""SELECT b.id AS booking_id, o.item_name, o.payer_name, o.expert_name, b.starts_at,
              b.duration_minutes AS minutes, {SEQUENCE} AS sequence,
              (SELECT max(v.at) FROM order_events v WHERE v.order_id = o.id) AS changed_at
            FROM bookings b JOIN orders o ON o.id = b.order_id
            WHERE b.status IN ('confirmed', 'completed') AND b.starts_at > $2
              AND (b.user_id = $1 OR b.expert_id = (SELECT id FROM experts WHERE user_id = $1))
            ORDER BY b.starts_at, b.id LIMIT $3""",
        user_id,
        since,
        most,
    )
    return [Entry(**dict(row)) for row in rows]
