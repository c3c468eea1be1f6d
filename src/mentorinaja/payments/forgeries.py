"""How often a notification with a wrong signature was turned away: counted by the day, and nothing of it kept."""

from __future__ import annotations

import asyncio
import contextlib
from ipaddress import IPv4Address, IPv6Address, ip_address

import asyncpg
import structlog

from mentorinaja.db.pool import Database

log = structlog.get_logger(__name__)

# However many come: a statement each so many seconds for all of them, from each process.
_TOGETHER_SECONDS = 2.0
_TROUBLE = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError)


class Forgeries:
    """Counts in memory and writes soon after: whoever sends many slows down nobody's payment."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._waiting = 0
        self._address: IPv4Address | IPv6Address | None = None
        self._stopped = asyncio.Event()
        self._writing: asyncio.Task[None] | None = None

    def count(self, address: str) -> None:
        """One more, from this network address; written with all that come in the next seconds."""
        self._waiting += 1
        self._address = _read(address)
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_on())

    async def stop(self) -> None:
        """Write what waits; what cannot be written now is lost."""
        self._stopped.set()
        if self._writing:
            await self._writing

    async def _write_on(self) -> None:
        while self._waiting:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_TOGETHER_SECONDS):
                    await self._stopped.wait()
            await self._write()
            if self._stopped.is_set():
                return

    async def _write(self) -> None:
        counted = self._waiting
        try:
            await self._db.execute(
                """INSERT INTO forged_notifications AS f (day, count, last_at, last_address)
                   VALUES ((app_now() AT TIME ZONE 'Asia/Jakarta')::date, $1, app_now(), $2)
                   ON CONFLICT (day) DO UPDATE
                   SET count = f.count + excluded.count, last_at = excluded.last_at, last_address = excluded.last_address""",
                counted,
                self._address,
            )
        except _TROUBLE:
            log.warning("forgeries.not_written", waiting=counted)
            return
        self._waiting -= counted


async def forget_old(db: Database) -> None:
    """Drop what was counted more than four weeks ago."""
    await db.execute(
        "DELETE FROM forged_notifications WHERE day < (app_now() AT TIME ZONE 'Asia/Jakarta')::date - 28"
    )


def _read(address: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(address)
    except ValueError:
        return None
