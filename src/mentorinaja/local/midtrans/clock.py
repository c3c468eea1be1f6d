"""The simulator's present: the configured clock, or the last known distance to it when it fails."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta

from mentorinaja.local.midtrans.config import Clock

log = logging.getLogger(__name__)
_PATIENCE = 2.0


class SimulatorClock:
    """Answers aware UTC times; a clock that cannot be read must not stop the bank."""

    def __init__(self, source: Clock | None) -> None:
        self._source = source
        self._offset = timedelta(0)

    async def now(self) -> datetime:
        """The present."""
        if self._source is not None:
            try:
                async with asyncio.timeout(_PATIENCE):
                    told = await self._source()
                self._offset = told - datetime.now(UTC)
            except Exception as error:  # a foreign callable: whatever it raises, the bank goes on
                log.warning("The simulator's clock cannot be read (%s).", type(error).__name__)
        return datetime.now(UTC) + self._offset
