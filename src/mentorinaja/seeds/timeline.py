"""Many stories told at once, each at its time: the database's clock moves forward from one moment to the next."""

from __future__ import annotations

import heapq
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

from mentorinaja import clock
from mentorinaja.resources import Resources

# A story does something, says when it goes on, and so forth until it is over.
Story = AsyncIterator[datetime]


async def later(when: datetime, story: Story) -> Story:
    """The story, begun at `when`."""
    yield when
    async for moment in story:
        yield moment


class Timeline:
    """Runs stories side by side in the order of their moments. The clock never goes back."""

    def __init__(self, resources: Resources) -> None:
        self._db = resources.db
        self._clock = resources.clock
        self._waiting: list[tuple[datetime, int, Story]] = []
        self._count = 0

    async def add(self, story: Story) -> None:
        """Begin a story: do its first part now, and the rest when it says."""
        when = await anext(story, None)
        if when is not None:
            self._count += 1
            heapq.heappush(self._waiting, (when, self._count, story))

    async def run(self) -> None:
        """Go on until every story is over."""
        while self._waiting:
            when, _, story = heapq.heappop(self._waiting)
            await self.move_to(when)
            await self.add(story)

    async def move_to(self, when: datetime) -> None:
        """Move the clock forward to `when`."""
        ahead = when - self._clock.now()
        if ahead > timedelta(0):
            await clock.shift(self._db, ahead)
            # What the database says now, not `when`: the time each shift takes would add up, to minutes on a busy machine.
            self._clock.set(await clock.now(self._db))
