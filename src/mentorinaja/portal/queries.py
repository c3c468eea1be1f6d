"""What the mentor's pages show of the mentor."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mentorinaja.db.pool import Database


@dataclass(frozen=True, slots=True)
class Desk:
    """The expert's own standing: public address, whether it is shown, and until when "Siap sekarang" is on."""

    slug: str
    status: str
    ready_until: datetime | None
    time_zone: str

    def is_ready(self, now: datetime) -> bool:
        """Whether the switch is on at `now`."""
        return self.ready_until is not None and self.ready_until > now


async def desk_of(db: Database, expert_id: int) -> Desk:
    """The desk of an expert who is there."""
    row = await db.fetchrow(
        """SELECT e.slug, e.status, e.ready_until, u.time_zone
           FROM experts e JOIN users u ON u.id = e.user_id WHERE e.id = $1""",
        expert_id,
    )
    assert row is not None, "the guard let only experts in"
    return Desk(**dict(row))
