"""Reading calendars outside in the background: each by itself, so that a slow one keeps nothing else waiting."""

from __future__ import annotations

import asyncio

from mentorinaja.calendars import actions
from mentorinaja.jobs.queue import Job, Payload
from mentorinaja.resources import Resources

# Others wait, so that hundreds that are due together take neither every line nor every moment.
_hands = asyncio.Semaphore(6)


async def _ask_for_due(resources: Resources, _payload: Payload) -> None:
    await actions.ask_for_due(resources.db)


async def _read(resources: Resources, payload: Payload) -> None:
    async with _hands:
        await actions.read_source(resources.db, resources.settings, int(payload["source_id"]))


JOBS = [Job("calendars.read_due", _ask_for_due, sweep=True), Job(actions.READ, _read)]
