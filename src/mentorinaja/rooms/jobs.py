"""What the worker does for rooms: open them, move their clocks, and delete old conversations, each when it is time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import UUID

import asyncpg
import structlog

from mentorinaja.db.pool import Database
from mentorinaja.errors import DomainError
from mentorinaja.jobs.queue import Job, Payload
from mentorinaja.resources import Resources
from mentorinaja.rooms import actions, forgetting, queries

log = structlog.get_logger(__name__)


async def open_due(resources: Resources, _payload: Payload) -> None:
    """Make the rooms whose waiting time has begun."""
    await _each(resources.db, await queries.to_open(resources.db), actions.open_room)


async def move_due(resources: Resources, _payload: Payload) -> None:
    """Take the steps of every clock that are due, also those of a time when nobody was running."""
    await _each(resources.db, await queries.to_move(resources.db), actions.advance)


async def forget_due(resources: Resources, _payload: Payload) -> None:
    """Delete the conversations whose twelve months are over."""
    await _each(resources.db, await forgetting.to_forget(resources.db), forgetting.forget)


async def _each(db: Database, rooms: list[UUID], act: Callable[[Database, UUID], Awaitable[None]]) -> None:
    """One room that cannot be moved keeps none of the others waiting."""
    for booking_id in rooms:
        try:
            await act(db, booking_id)
        except (DomainError, asyncpg.PostgresError):
            log.exception("room.stuck", booking_id=str(booking_id))


JOBS = [
    Job("rooms.open_due", open_due, sweep=True),
    Job(actions.MOVE_DUE, move_due, sweep=True),
    Job("rooms.forget_due", forget_due, sweep=True),
]
