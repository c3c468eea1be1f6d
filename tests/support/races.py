"""Making races certain: everybody has looked before anybody writes."""

import asyncio


class Meet:
    """Holds the first `people` back until all of them are there; whoever comes later passes."""

    def __init__(self, people: int) -> None:
        self._missing = people
        self._all_there = asyncio.Event()

    async def wait(self) -> None:
        """Come, and wait for the others. Raises TimeoutError when they do not come within 60 s."""
        self._missing -= 1
        if self._missing <= 0:
            self._all_there.set()
        async with asyncio.timeout(60):
            await self._all_there.wait()
