"""The worker: takes jobs from the queue and runs them, sweeps what passed while nobody was there."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Sequence
from datetime import timedelta

import asyncpg
import structlog
from pgqueuer import PgQueuer
from pgqueuer.executors import DatabaseRetryEntrypointExecutor
from pgqueuer.models import Job as QueuedJob
from prometheus_client import Counter

from mentorinaja.jobs.queue import Job
from mentorinaja.live.hub import Hub
from mentorinaja.resources import Resources

log = structlog.get_logger(__name__)

JOBS_DONE = Counter("mentorinaja_jobs", "Jobs run", ["name", "outcome"])
_SWEEP_SECONDS = 60.0
_STOP_SECONDS = 5.0


async def run_worker(resources: Resources, jobs: Sequence[Job], stop: asyncio.Event) -> None:
    """Run jobs until `stop` is set; survives a restart of PostgreSQL.

    One process may run it beside the web app (the demo); several at once share the queue.
    """
    sweeper = asyncio.create_task(_sweep_forever(resources, [job for job in jobs if job.sweep]))
    try:
        while not stop.is_set():
            try:
                await _run_queue(resources, jobs, stop)
            except Exception as problem:  # the worker is where jobs' faults end: it logs and starts again
                log.warning("worker.lost", problem=type(problem).__name__, exc_info=_unless_offline(problem))
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(1):
                        await stop.wait()
    finally:
        sweeper.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await sweeper


async def run_sweeps(resources: Resources, jobs: Sequence[Job]) -> None:
    """Do at once everything that is due; a sweep that fails does not keep the others from running."""
    for job in jobs:
        if job.sweep:
            try:
                await job.run(resources, {})
            except Exception as problem:  # as above: one sweep's fault must not end the others
                log.error("sweep.failed", job=job.name, exc_info=problem)


def _unless_offline(problem: Exception) -> Exception | None:
    """A database that is away needs no traceback; everything else does."""
    return None if isinstance(problem, OSError | asyncpg.PostgresError | asyncpg.InterfaceError) else problem


async def _run_queue(resources: Resources, jobs: Sequence[Job], stop: asyncio.Event) -> None:
    connection = await asyncpg.connect(resources.settings.listen_dsn, timeout=10)
    try:
        queue = PgQueuer.from_asyncpg_connection(connection)
        for job in jobs:
            _register(queue, resources, job)
        running = asyncio.create_task(
            queue.run(dequeue_timeout=timedelta(seconds=10), shutdown_on_listener_failure=True)
        )
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        queue.shutdown.set()
        await asyncio.wait({running}, timeout=_STOP_SECONDS)
    finally:
        # Whoever still waits for an answer on this line, which may be dead unheard, waits no longer.
        connection.terminate()
    async with asyncio.timeout(_STOP_SECONDS):
        await running


def _register(queue: PgQueuer, resources: Resources, job: Job) -> None:
    async def run(queued: QueuedJob) -> None:
        with structlog.contextvars.bound_contextvars(job=job.name, job_id=queued.id):
            try:
                await job.run(resources, json.loads(queued.payload or b"{}"))
            except Exception:
                JOBS_DONE.labels(job.name, "failed").inc()
                log.exception("job.failed")
                raise
            JOBS_DONE.labels(job.name, "done").inc()

    queue.entrypoint(
        job.name,
        on_failure="hold",
        executor_factory=lambda parameters: DatabaseRetryEntrypointExecutor(
            parameters=parameters, max_attempts=8, initial_delay=timedelta(seconds=2)
        ),
    )(run)


async def _sweep_forever(resources: Resources, sweeps: Sequence[Job]) -> None:
    moved = asyncio.Event()
    hub = Hub(resources.settings.listen_dsn, resources.clock)
    hub.listen("clock", lambda _rest: moved.set())
    with contextlib.suppress(TimeoutError):
        await hub.start()  # without a database yet it goes on trying by itself
    try:
        while True:
            moved.clear()
            await run_sweeps(resources, sweeps)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_SWEEP_SECONDS):
                    await moved.wait()
    finally:
        await hub.stop()
