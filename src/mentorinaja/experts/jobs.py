"""Background work about experts: listings grow old without anybody touching them."""

from __future__ import annotations

from mentorinaja.experts import actions
from mentorinaja.jobs.queue import Job, Payload
from mentorinaja.resources import Resources


async def refresh_old_listings(resources: Resources, _payload: Payload) -> None:
    """Rewrite the listings that time has overtaken."""
    await actions.refresh_old_listings(resources.db)


JOBS = [Job("experts.refresh_listings", refresh_old_listings, sweep=True)]
