"""What the worker does about trust: judge and count experts whose sessions are over, and find who is silent."""

from __future__ import annotations

from mentorinaja.db.pool import Database
from mentorinaja.jobs.each import each
from mentorinaja.jobs.queue import Job, Payload
from mentorinaja.resources import Resources
from mentorinaja.trust import actions, queries


async def look_again(resources: Resources, _payload: Payload) -> None:
    """Judge and count every expert of whom something is new; whoever is not reached now is with the next sweep."""
    await each(resources.db, await queries.facts_due(resources.db), _judge_and_count)
    await each(resources.db, await queries.perhaps_silent(resources.db), _judge)


async def _judge_and_count(db: Database, expert_id: int) -> None:
    # In this order: counting is what takes the expert off the list of those to look at.
    await actions.judge(db, expert_id)
    await actions.count(db, expert_id)


async def _judge(db: Database, expert_id: int) -> None:
    await actions.judge(db, expert_id)


JOBS = [Job("trust.look_again", look_again, sweep=True)]
