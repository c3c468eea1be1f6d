"""For whoever runs the site: is it alive, is it ready, what are the figures."""

from __future__ import annotations

import hmac
from datetime import timedelta

from litestar import Response, Router, get
from litestar.exceptions import NotFoundException
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from mentorinaja.db.pool import Database
from mentorinaja.live.hub import Hub
from mentorinaja.resources import Resources
from mentorinaja.settings import LOOPBACK, Settings, SettingsError
from mentorinaja.web.viewer import AnyRequest


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
async def metrics(request: AnyRequest, settings: Settings) -> Response[bytes]:
    """Prometheus figures: for loopback, or with the token of the settings."""
    if not _may_see_metrics(request, settings):
        raise NotFoundException
    return Response(generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})


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
