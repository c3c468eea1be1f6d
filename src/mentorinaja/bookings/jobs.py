"""What the worker does for bookings: proposals that nobody answered are over."""

from __future__ import annotations

from mentorinaja.bookings.proposing import LAPSE_DUE, lapse
from mentorinaja.jobs.queue import Job, Payload
from mentorinaja.resources import Resources


async def lapse_due(resources: Resources, _payload: Payload) -> None:
    """Write down which proposals are over."""
    await lapse(resources.db)


JOBS = [Job(LAPSE_DUE, lapse_due, sweep=True)]
