"""What the worker does for rooms: open, start and end them when their time has come."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import UUID

import asyncpg
import structlog

from mentorinaja.db.pool import Database
from mentorinaja.errors import DomainError
from mentorinaja.jobs.queue import Job, Payload
from mentorinaja.resources import Resources
from mentorinaja.rooms import actions, queries

log = structlog.get_logger(__name__)


async def open_due(resources: Resources, _payload: Payload) -> None:
    """Make the rooms whose waiting time has begun."""
    await _each(resources.db, await queries.to_open(resources.db), actions.open_room)


async def start_due(resources: Resources, _payload: Payload) -> None:
    """Start the clocks of those whose time has come and who are there."""
    await _each(resources.db, await queries.to_start(resources.db), actions.advance)


async def end_due(resources: Resources, _payload: Payload) -> None:
    """End the sessions whose time is over, also those that ended while nobody was running."""
    await _each(resources.db, await queries.to_end(resources.db), actions.advance)


async def _each(db: Database, rooms: list[UUID], act: Callable[[Database, UUID], Awaitable[None]]) -> None:
    """One room that cannot be moved keeps none of the others waiting."""
    for booking_id in rooms:
        try:
            await act(db, booking_id)
        except (DomainError, asyncpg.PostgresError):
            log.exception("room.stuck", booking_id=str(booking_id))


JOBS = [
    Job("rooms.open_due", open_due, sweep=True),
    Job(actions.START_DUE, start_due, sweep=True),
    Job(actions.END_DUE, end_due, sweep=True),
]
