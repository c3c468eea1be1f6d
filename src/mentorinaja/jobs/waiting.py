"""Reading the queue for the desk, and its two decisions: run a job again now, or take it out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mentorinaja.db.pool import Connection, Database

# Of a job `q`; the queue runs by real time, whatever the product's clock is moved to. A worker that died keeps what it
# had picked until its heart has not beaten for so long.
LATE = """(q.status = 'queued' AND q.execute_after < now() - interval '5 minutes'
  OR q.status = 'picked' AND q.heartbeat < now() - interval '5 minutes')"""


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many jobs wait for their turn, should have had it, and were given up after all their tries."""

    queued: int
    late: int
    failed: int


@dataclass(frozen=True, slots=True)
class Failure:
    """What went wrong with a job once; `trace` is the whole of it, for who mends the code."""

    at: datetime
    problem: str
    trace: str


@dataclass(frozen=True, slots=True)
class Held:
    """A job in the queue, or one that was; times are real ones. `failures`: the newest first, at most ten."""

    id: int
    name: str
    status: str
    tries: int
    payload: str
    created: datetime
    execute_after: datetime
    updated: datetime
    is_late: bool
    failures: tuple[Failure, ...]


async def counts(db: Connection | Database) -> Waiting:
    """The queue in three numbers."""
    row = await db.fetchrow(
        f"""SELECT count(*) FILTER (WHERE q.status = 'queued') AS queued, count(*) FILTER (WHERE {LATE}) AS late,
              count(*) FILTER (WHERE q.status = 'failed') AS failed FROM pgqueuer q"""
    )
    assert row is not None, "a count has a row"
    return Waiting(**row)


async def job_by_id(db: Database, job_id: int) -> Held | None:
    """A job in the queue, or as the log last has it, with what went wrong."""
    row = await db.fetchrow(
        f"""SELECT q.id, q.entrypoint AS name, q.status::text AS status, q.attempts AS tries, q.payload, q.created,
              q.execute_after, q.updated, {LATE} AS is_late FROM pgqueuer q WHERE q.id = $1""",
        job_id,
    )
    # A job that is done or was taken out is only in the log.
    row = row or await db.fetchrow(
        """SELECT job_id AS id, entrypoint AS name, status::text AS status, 0 AS tries, NULL::bytea AS payload, created,
             created AS execute_after, created AS updated, false AS is_late
           FROM pgqueuer_log WHERE job_id = $1 ORDER BY created DESC, id DESC LIMIT 1""",
        job_id,
    )
    if row is None:
        return None
    failures = await db.fetch(
        """SELECT created, traceback FROM pgqueuer_log WHERE job_id = $1 AND traceback IS NOT NULL
           ORDER BY created DESC LIMIT 10""",
        job_id,
    )
    values = dict(row)
    values["payload"] = (values["payload"] or b"").decode(errors="replace")
    return Held(**values, failures=tuple(_failure(one["created"], one["traceback"]) for one in failures))


async def run_again(tx: Connection, job_id: int) -> str | None:
    """A job that failed, or waits for its next try, runs now with all its tries; its name, or None where there is none."""
    name: str | None = await tx.fetchval(
        """UPDATE pgqueuer SET status = 'queued', execute_after = now(), updated = now(), attempts = 0,
             queue_manager_id = NULL, dedupe_key = NULL
           WHERE id = $1 AND status IN ('failed', 'queued') RETURNING entrypoint""",
        job_id,
    )
    if name is not None:
        await _log(tx, job_id, name, "queued")
    return name


async def take_out(tx: Connection, job_id: int) -> str | None:
    """A job that failed or waits never runs; its name, or None where there is none."""
    name: str | None = await tx.fetchval(
        "DELETE FROM pgqueuer WHERE id = $1 AND status IN ('failed', 'queued') RETURNING entrypoint", job_id
    )
    if name is not None:
        await _log(tx, job_id, name, "deleted")
    return name


async def _log(tx: Connection, job_id: int, name: str, status: str) -> None:
    await tx.execute(
        """INSERT INTO pgqueuer_log (job_id, status, entrypoint, priority)
           VALUES ($1, $3::text::pgqueuer_status, $2, 0)""",
        job_id,
        name,
        status,
    )


def _failure(at: datetime, record: Any) -> Failure:
    told: dict[str, Any] = json.loads(record) if isinstance(record, str) else record
    problem = f"{told.get('exception_type', '')}: {told.get('exception_message', '')}"
    return Failure(at, problem, str(told.get("traceback", "")))
