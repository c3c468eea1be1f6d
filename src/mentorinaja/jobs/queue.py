"""Putting jobs into the queue: on the caller's connection, so that they exist when the data does."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from pgqueuer.adapters.persistence.qb import QueryQueueBuilder

from mentorinaja.db.pool import Connection

if TYPE_CHECKING:
    from mentorinaja.resources import Resources

Payload = Mapping[str, Any]

_ENQUEUE = QueryQueueBuilder().build_enqueue_query("skip")


@dataclass(frozen=True, slots=True)
class Job:
    """A kind of background work.

    `run` gets the process's resources and the payload; it must be safe to run twice. A sweep takes no
    payload, does everything that is due by the database's clock, and besides being asked for at a
    deadline runs when the worker starts, when the clock is moved and once a minute.
    """

    name: str
    run: Callable[[Resources, Payload], Awaitable[None]]
    sweep: bool = False


async def enqueue(
    tx: Connection, name: str, payload: Payload | None = None, *, at: datetime | None = None
) -> None:
    """Queue job `name` in this transaction: at once, or at `at` (aware, by the database's clock).

    Two requests for the same sweep at the same time are one job.
    """
    delay = timedelta()
    if at is not None:
        delay = await tx.fetchval("SELECT greatest($1 - app_now(), interval '0')", at)
    key = f"{name}@{at.isoformat()}" if at is not None and payload is None else None
    # The library's own statement, but not its `enqueue`: that hands over headers as JSON text, which the pool's
    # codec would encode once more, and a worker cannot read such a job.
    await tx.fetch(_ENQUEUE, [0], [name], [json.dumps(payload or {}).encode()], [delay], [key], [None])


async def enqueue_each(tx: Connection, name: str, payloads: Sequence[Payload]) -> None:
    """Queue job `name` in this transaction at once for each of these, in one statement."""
    n = len(payloads)
    said = [json.dumps(payload).encode() for payload in payloads]
    await tx.fetch(_ENQUEUE, [0] * n, [name] * n, said, [timedelta()] * n, [None] * n, [None] * n)
