"""For whoever runs the site: is it alive, is it ready, what are the figures."""

from __future__ import annotations

import contextlib
import hmac
from datetime import timedelta

import asyncpg
from litestar import Response, Router, get
from litestar.exceptions import NotFoundException
from prometheus_client import CONTENT_TYPE_LATEST, Gauge, generate_latest

from mentorinaja.db.pool import Database
from mentorinaja.jobs.waiting import counts
from mentorinaja.live.hub import Hub
from mentorinaja.resources import Resources
from mentorinaja.settings import LOOPBACK, Settings, SettingsError
from mentorinaja.web.viewer import AnyRequest

CASES = Gauge("mentorinaja_money_cases", "Cases of the money's health, by number; normally zero", ["number"])
RUPIAH = Gauge("mentorinaja_money_rupiah", "Rupiah of those cases", ["number"])
JOBS_WAITING = Gauge("mentorinaja_jobs_waiting", "Jobs in the queue, by state", ["state"])


async def refuse_shifted_clock(resources: Resources) -> None:
    """Production runs on real time. Raises SettingsError when somebody moved the database's clock."""
    if resources.settings.mode == "production":
        shift: timedelta = await resources.db.fetchval("SELECT shift FROM app_clock")
        if shift:
            raise SettingsError("The database's clock is shifted; run `mentorinaja clock reset` first.")


@get("/healthz")
async def healthz() -> str:
    """The process answers."""
    return "ok"


@get("/readyz")
async def readyz(db: Database, hub: Hub) -> Response[str]:
    """The process can serve: the database answers and its doorbell is heard."""
    await db.fetchval("SELECT 1")
    return Response("ready" if hub.connected else "no doorbell", status_code=200 if hub.connected else 503)


@get("/metrics")
async def metrics(request: AnyRequest, settings: Settings, db: Database) -> Response[bytes]:
    """Prometheus figures: for loopback, or with the token of the settings."""
    if not _may_see_metrics(request, settings):
        raise NotFoundException
    with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        await _look_at_health(db)
    return Response(generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})


async def _look_at_health(db: Database) -> None:
    """What the worker last found of the money's health, and the queue; without a database they stay as they were."""
    for row in await db.fetch("SELECT name, cases, amount FROM money_health"):
        CASES.labels(row["name"]).set(row["cases"])
        RUPIAH.labels(row["name"]).set(row["amount"])
    jobs = await counts(db)
    for state, count in (("queued", jobs.queued), ("late", jobs.late), ("failed", jobs.failed)):
        JOBS_WAITING.labels(state).set(count)


def _may_see_metrics(request: AnyRequest, settings: Settings) -> bool:
    if settings.metrics_token:
        given = request.headers.get("authorization", "")
        return hmac.compare_digest(given.encode(), f"Bearer {settings.metrics_token}".encode())
    return request.client is not None and request.client.host in LOOPBACK


router = Router(
    path="/",
    route_handlers=[healthz, readyz, metrics],
    opt={"public": True, "exclude_from_auth": True},
)
