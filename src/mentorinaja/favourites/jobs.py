"""Background work about wishes: who waits for a slot is told as soon as there is one."""

from __future__ import annotations

from mentorinaja.db.pool import Database
from mentorinaja.favourites import actions, queries
from mentorinaja.jobs.each import each
from mentorinaja.jobs.queue import Job, Payload
from mentorinaja.resources import Resources


async def tell_granted(resources: Resources, _payload: Payload) -> None:
    """End the wishes that are over, and tell those whose slot is there."""
    await actions.lapse(resources.db)
    await each(resources.db, await queries.granted(resources.db), _tell)


async def _tell(db: Database, wish_id: int) -> None:
    await actions.tell(db, wish_id)


JOBS = [Job("favourites.tell_granted", tell_granted, sweep=True)]
