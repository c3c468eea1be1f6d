"""A database that is just starting or recovering: whoever needs it waits a while, and says so once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import asyncpg

from mentorinaja.errors import Unavailable

_SECONDS = 30.0
_PAUSE_SECONDS = 0.5
# Nobody there yet, or somebody who says: not now.
_NOT_YET = (OSError, TimeoutError, asyncpg.CannotConnectNowError, asyncpg.PostgresConnectionError)


async def wait_for_database(dsn: str, say: Callable[[str], None]) -> None:
    """Return as soon as the database at `dsn` takes connections.

    Raises `Unavailable` when it does not in half a minute, and asyncpg's errors for what no waiting helps.
    """
    loop = asyncio.get_running_loop()
    until, said = loop.time() + _SECONDS, False
    while True:
        try:
            connection = await asyncpg.connect(dsn, timeout=10)
        except _NOT_YET as problem:
            if loop.time() >= until:
                raise Unavailable(
                    f"the database did not answer in {_SECONDS:.0f} seconds: {problem}"
                ) from problem
            if not said:
                say(f"waiting up to {_SECONDS:.0f} seconds for the database: {problem}")
                said = True
            await asyncio.sleep(_PAUSE_SECONDS)
        else:
            await connection.close()
            return
