"""When an expert is paused from the lists: pure.

Paused is who missed two sessions that should have begun within 30 days, or the last two of all; and who was silent
for 14 days while a request stood open. Missed are sessions without the expert and answers in writing that were never
delivered. A request is an answer in writing that was paid for, or asked about since, without a word of the expert;
silent is who was in no room either. What lies before the end of the last pause does not count again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

MISSED_WITHIN = timedelta(days=30)
MOST_MISSED = 2
SILENT_FOR = timedelta(days=14)
# How much of the past speaks of an expert at all: conversations are kept as long.
COUNTED_MONTHS = 12
# From the start on, the expert of a session is on time for this long; of a session that began with its payment longer.
ON_TIME = timedelta(minutes=2)
ON_TIME_NOW = timedelta(minutes=10)

Cause = Literal["missed", "silent"]
MISSED_REASONS = ("expert_absent", "both_absent", "undelivered")


@dataclass(frozen=True, slots=True)
class Record:
    """What there is against listing an expert, as it was at `now`, without what an earlier pause was about.

    `missed_lately` counts sessions missed within `MISSED_WITHIN`, `missed_in_a_row` the latest ones up to two.
    `waiting_since`: since when the oldest open request waits for a word; `last_sign`: when the expert was last in
    a room, or ended a pause.
    """

    missed_lately: int
    missed_in_a_row: int
    waiting_since: datetime | None
    last_sign: datetime | None
    now: datetime

    @property
    def cause(self) -> Cause | None:
        """Why the expert is not to be listed, or None."""
        if max(self.missed_lately, self.missed_in_a_row) >= MOST_MISSED:
            return "missed"
        return "silent" if self._is_old(self.waiting_since) and self._is_silent else None

    @property
    def _is_silent(self) -> bool:
        return self.last_sign is None or self._is_old(self.last_sign)

    def _is_old(self, at: datetime | None) -> bool:
        return at is not None and self.now - at >= SILENT_FOR
