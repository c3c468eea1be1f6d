"""What the worker does for rooms: open them, move their clocks, delete old conversations and files, each in time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import UUID

import asyncpg
import structlog

from mentorinaja.db.pool import Database
from mentorinaja.errors import DomainError
from mentorinaja.jobs.queue import Job, Payload
from mentorinaja.resources import Resources
from mentorinaja.rooms import absence, actions, files, forgetting, queries
from mentorinaja.storage import StorageDown

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


async def choice_due(resources: Resources, _payload: Payload) -> None:
    """Tell the users of absent experts what they may choose."""
    await _each(resources.db, await absence.to_tell(resources.db), absence.tell)


async def files_due(resources: Resources, _payload: Payload) -> None:
    """Take away the files that no message has."""
    for attachment_id in await files.unsent(resources.db):
        try:
            await files.take_away(resources.db, resources.storage, attachment_id)
        except StorageDown:
            log.warning("files.kept_longer")  # the next sweep tries again
            return


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
    Job(actions.CHOICE_DUE, choice_due, sweep=True),
    Job("rooms.forget_due", forget_due, sweep=True),
    Job("rooms.files_due", files_due, sweep=True),
]
