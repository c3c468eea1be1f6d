"""Sends what waits in the outbox: each mail at once, and by a sweep what is overdue."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import structlog

from mentorinaja import clock
from mentorinaja.jobs.queue import Job, Payload
from mentorinaja.notices import actions, queries
from mentorinaja.notices.kinds import Mail, OutboxRow
from mentorinaja.notices.letters import compose
from mentorinaja.notices.rules import GIVE_UP_AFTER, OPTIONAL, pause_after
from mentorinaja.notices.smtp import NotSent, Refused, ServerGone, deliver
from mentorinaja.resources import Resources

log = structlog.get_logger(__name__)

_AT_ONCE = 4
_BATCH = 40


def make_jobs(mails: Sequence[Mail]) -> list[Job]:
    """The jobs that send mails of these kinds. Raises ValueError when two have one name."""
    post = _Post({mail.kind: mail for mail in mails})
    if len(post.mails) != len(mails):
        raise ValueError("Two mails have the same kind.")
    return [Job(actions.SEND, post.send_one), Job(actions.DUE, post.send_due, sweep=True)]


@dataclass(frozen=True, slots=True)
class _Post:
    mails: dict[str, Mail]
    hands: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))

    async def send_one(self, resources: Resources, payload: Payload) -> None:
        """The job of one mail; whatever keeps it from being sent now is left to the sweep."""
        await self._send(resources, int(payload["outbox_id"]))

    async def send_due(self, resources: Resources, _payload: Payload) -> None:
        """Send everything that is due, until nothing is left or the mail server is gone.

        A mail that cannot be written is logged, keeps none of the others waiting, and is tried again.
        """
        while waiting := await queries.due(resources.db, _BATCH):
            results = await asyncio.gather(
                *(self._send(resources, outbox_id) for outbox_id in waiting), return_exceptions=True
            )
            for fault in results:
                if isinstance(fault, Exception):
                    log.error("mail.fault", exc_info=fault)
            if not all(result is True for result in results):
                return

    async def _send(self, resources: Resources, outbox_id: int) -> bool:
        """False when the mail server could not be reached."""
        async with self.hands:
            row = await actions.take(resources.db, outbox_id)
            if row is None:
                return True
            try:
                await self._write_and_deliver(resources, row)
            except Refused as refusal:
                await actions.fail(resources.db, row.id, str(refusal))
            except NotSent as problem:
                await self._try_later(resources, row, str(problem))
                return not isinstance(problem, ServerGone)
            return True

    async def _write_and_deliver(self, resources: Resources, row: OutboxRow) -> None:
        if row.kind in OPTIONAL and row.kind in await queries.unwanted_by(resources.db, row.user_id):
            await actions.drop(resources.db, row.id, "not wanted")
            return
        content = await self.mails[row.kind].load(resources.db, resources.settings, row)
        if content is None:
            await actions.drop(resources.db, row.id, "no longer true")
            return
        now = await clock.now(resources.db)
        await deliver(resources.settings, compose(resources.settings, row, content, now))
        await actions.mark_sent(resources.db, row.id)

    async def _try_later(self, resources: Resources, row: OutboxRow, problem: str) -> None:
        log.warning("mail.not_sent", kind=row.kind, outbox_id=row.id, attempts=row.attempts, problem=problem)
        if await clock.now(resources.db) - row.due_at > GIVE_UP_AFTER:
            await actions.fail(resources.db, row.id, f"given up: {problem}")
        else:
            await actions.put_back(resources.db, row.id, problem, pause_after(row.attempts))
