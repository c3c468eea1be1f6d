"""What stands above every page of the mentor's portal: who this is, what comes next, and whether the switch is on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from mentorinaja.bookings.details import OrderDetail
from mentorinaja.bookings.queries import coming_sessions
from mentorinaja.db.pool import Database
from mentorinaja.experts.queries import Pause, pause_of

# As many as fit above the page that was asked for; the rest stands on JADWAL.
_SHOWN = 2


@dataclass(frozen=True, slots=True)
class Strip:
    """The expert's own standing: public address, state, until when "Siap sekarang" is on, and what comes next."""

    slug: str
    display_name: str
    photo_id: UUID | None
    status: str
    ready_until: datetime | None
    time_zone: str
    rejected_because: str
    pause: Pause | None
    coming: list[OrderDetail]
    more: bool

    @property
    def listed(self) -> bool:
        """Whether users find this expert; nobody else has anything to switch on."""
        return self.status == "published"

    def is_ready(self, now: datetime) -> bool:
        """Whether the switch is on at `now`."""
        return self.ready_until is not None and self.ready_until > now


async def strip_of(db: Database, expert_id: int) -> Strip:
    """The strip of an expert who is there."""
    row = await db.fetchrow(
        """SELECT e.slug, e.display_name, e.photo_id, e.status, e.ready_until, u.time_zone,
             coalesce((SELECT reason FROM application_events WHERE e.status = 'rejected' AND expert_id = e.id
               ORDER BY id DESC LIMIT 1), '') AS rejected_because
           FROM experts e JOIN users u ON u.id = e.user_id WHERE e.id = $1""",
        expert_id,
    )
    assert row is not None, "the guard let only experts in"
    coming = await coming_sessions(db, expert_id, _SHOWN + 1)
    pause = await pause_of(db, expert_id) if row["status"] == "paused" else None
    return Strip(**dict(row), pause=pause, coming=coming[:_SHOWN], more=len(coming) > _SHOWN)
