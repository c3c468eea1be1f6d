"""What the worker does for rooms: open them, move their clocks, tell who may choose, take away unsent files."""

from __future__ import annotations

import structlog

from mentorinaja.bookings.actions import ROOMS_DUE
from mentorinaja.jobs.each import each
from mentorinaja.jobs.queue import Job, Payload
from mentorinaja.resources import Resources
from mentorinaja.rooms import absence, actions, files, queries
from mentorinaja.storage import StorageDown

log = structlog.get_logger(__name__)


async def open_due(resources: Resources, _payload: Payload) -> None:
    """Make the rooms whose waiting time has begun."""
    await each(resources.db, await queries.to_open(resources.db), actions.open_room)


async def move_due(resources: Resources, _payload: Payload) -> None:
    """Take the steps of every clock that are due, also those of a time when nobody was running."""
    await each(resources.db, await queries.to_move(resources.db), actions.advance)


async def choice_due(resources: Resources, _payload: Payload) -> None:
    """Tell the users of absent experts what they may choose."""
    await each(resources.db, await absence.to_tell(resources.db), absence.tell)


async def files_due(resources: Resources, _payload: Payload) -> None:
    """Take away the files that no message has."""
    for attachment_id in await files.unsent(resources.db):
        try:
            await files.take_away(resources.db, resources.storage, attachment_id)
        except StorageDown:
            log.warning("files.kept_longer")  # the next sweep tries again
            return


JOBS = [
    Job("rooms.open_due", open_due, sweep=True),
    Job(ROOMS_DUE, move_due, sweep=True),
    Job(actions.CHOICE_DUE, choice_due, sweep=True),
    Job("rooms.files_due", files_due, sweep=True),
]
