"""A sweep's work one by one: what cannot be done keeps nothing else waiting."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

import asyncpg
import structlog

from mentorinaja.db.pool import Database
from mentorinaja.errors import DomainError

log = structlog.get_logger(__name__)

T = TypeVar("T")


async def each(db: Database, due: Iterable[T], act: Callable[[Database, T], Awaitable[None]]) -> None:
    """Do `act` to everything that is due; what a rule or the database refuses is logged and left to the next sweep."""
    for one in due:
        try:
            await act(db, one)
        except (DomainError, asyncpg.PostgresError):
            log.exception("sweep.stuck", what=str(one))
