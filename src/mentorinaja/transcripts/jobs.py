"""What the worker does for conversations that are over: delete them when their time has come."""

from __future__ import annotations

from mentorinaja.jobs.each import each
from mentorinaja.jobs.queue import Job, Payload
from mentorinaja.resources import Resources
from mentorinaja.transcripts import actions


async def forget_due(resources: Resources, _payload: Payload) -> None:
    """Delete the conversations whose twelve months are over."""
    await each(resources.db, await actions.to_forget(resources.db), actions.forget)


JOBS = [Job("transcripts.forget_due", forget_due, sweep=True)]
