"""What the worker does for refunds: approve what a rule gives, tell and ask the gateway, see what has arrived."""

from __future__ import annotations

from mentorinaja.jobs.each import each
from mentorinaja.jobs.queue import Job, Payload
from mentorinaja.payments.actions import CARRY_OUT
from mentorinaja.refunds import actions, queries, sending
from mentorinaja.resources import Resources

# After so many refunds in a row about which the gateway is silent, the others wait for the next sweep.
_PATIENCE = 3


async def carry_out(resources: Resources, _payload: Payload) -> None:
    """Bring every refund as far as it gets now."""
    db = resources.db
    await each(db, await queries.to_approve(db), actions.approve_due)
    silent = 0
    for refund_id in await queries.to_send(db):
        silent = 0 if await sending.send(db, resources.gateway, refund_id) else silent + 1
        if silent >= _PATIENCE:
            break
    await each(db, await queries.arrived(db), actions.arrive)


JOBS = [Job(CARRY_OUT, carry_out, sweep=True)]
