"""Work nobody waits for: credit notes for money that went back unnoticed by whoever sent it."""

from __future__ import annotations

from mentorinaja.invoices import actions, queries
from mentorinaja.jobs.each import each
from mentorinaja.jobs.queue import Job, Payload
from mentorinaja.resources import Resources


async def credit_due(resources: Resources, _payload: Payload) -> None:
    """Write the credit notes that are missing; each is written with its refund, so there are seldom any."""
    await each(resources.db, await queries.uncredited(resources.db), actions.credit_order)


JOBS = [Job("invoices.credit_due", credit_due, sweep=True)]
