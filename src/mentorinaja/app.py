"""The web application: the only wiring, and the list of features from top to bottom."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from functools import cache, partial

import asyncpg
from jinja2 import Environment
from litestar import Litestar
from litestar.datastructures import State
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.middleware import DefineMiddleware
from litestar.types import ASGIApp, ControllerRouterHandler

from mentorinaja import operations
from mentorinaja.accounts.live import ViewerCache, Watch
from mentorinaja.accounts.routes import router as accounts
from mentorinaja.accounts.viewing import only_looks
from mentorinaja.admin.routes import router as admin
from mentorinaja.applications.routes import router as applications
from mentorinaja.arrivals.routes import router as arrivals
from mentorinaja.bookings.routes import router as bookings
from mentorinaja.calendars.routes import router as calendars
from mentorinaja.db.pool import Database
from mentorinaja.errors import DomainError
from mentorinaja.experts.live import Catalog
from mentorinaja.experts.routes import router as experts
from mentorinaja.extensions.routes import router as extensions
from mentorinaja.favourites import queries as kept
from mentorinaja.favourites.routes import router as favourites
from mentorinaja.invoices.routes import router as invoices
from mentorinaja.live.hub import Hub
from mentorinaja.notices.routes import router as notices
from mentorinaja.payments.forgeries import Forgeries
from mentorinaja.payments.midtrans import Gateway
from mentorinaja.payments.routes import router as payments
from mentorinaja.portal.routes import router as portal
from mentorinaja.products.routes import router as products
from mentorinaja.refunds.routes import router as refunds
from mentorinaja.reports.routes import router as reports
from mentorinaja.resources import open_resources
from mentorinaja.reviews.routes import router as reviews
from mentorinaja.rooms.live import Rooms
from mentorinaja.rooms.pace import Pace
from mentorinaja.rooms.routes import router as rooms
from mentorinaja.settings import Settings
from mentorinaja.storage import Storage
from mentorinaja.threads.routes import router as threads
from mentorinaja.transcripts.routes import router as transcripts
from mentorinaja.trust.routes import router as trust
from mentorinaja.web import problems
from mentorinaja.web.auth import SignIn, asks_for_no_options
from mentorinaja.web.cache import Shortcut
from mentorinaja.web.csrf import check
from mentorinaja.web.edge import Edge
from mentorinaja.web.html import make_environment
from mentorinaja.web.showcase import showcase
from mentorinaja.web.static import Assets, static_file
from mentorinaja.withdrawals.routes import router as withdrawals
from mentorinaja.work import MAILS

FEATURES: list[ControllerRouterHandler] = [
    notices,
    accounts,
    experts,
    bookings,
    products,
    invoices,
    payments,
    refunds,
    rooms,
    arrivals,
    extensions,
    transcripts,
    reports,
    threads,
    reviews,
    calendars,
    trust,
    withdrawals,
    favourites,
    portal,
    applications,
    admin,
    operations.router,
    static_file,
]

# Larger bodies are refused with 413 before they are read; a handler that takes files says its own limit.
MOST_BYTES = 128 * 1024


def create_app(settings: Settings) -> ASGIApp:
    """The ASGI application for these settings; opens what it needs when the server starts it."""
    return with_settings(read_handlers(settings.mode), settings)


def read_handlers(mode: str) -> Litestar:
    """The application without settings: every handler's signature is read here, which takes long."""
    assets, templates = _fresh_look() if mode == "development" else _look()
    return Litestar(
        route_handlers=[*FEATURES, *([showcase] if mode != "production" else [])],
        lifespan=[_lifespan],
        middleware=[DefineMiddleware(SignIn)],
        guards=[asks_for_no_options, only_looks],
        before_request=check,
        dependencies={
            "db": Provide(_db, sync_to_thread=False),
            "hub": Provide(_hub, sync_to_thread=False),
            "gateway": Provide(_gateway, sync_to_thread=False),
            "storage": Provide(_storage, sync_to_thread=False),
            "settings": Provide(_settings, sync_to_thread=False),
            "now": Provide(_now, sync_to_thread=False),
        },
        exception_handlers={
            DomainError: problems.on_domain_error,
            HTTPException: problems.on_http_exception,
            asyncpg.CharacterNotInRepertoireError: problems.on_unsayable_text,
            asyncpg.DataError: problems.on_unsayable_text,
            Exception: problems.on_fault,
        },
        state=State({"assets": assets, "templates": templates}),
        request_max_body_size=MOST_BYTES,
        openapi_config=None,
        debug=False,
        logging_config=None,
    )


def with_settings(app: Litestar, settings: Settings) -> ASGIApp:
    """What is served: `app` behind the headers and the kept pages. A stopped one can be given other settings."""
    app.state.settings = settings
    return Edge(Shortcut(app, lambda: app.state.catalog.pages if "catalog" in app.state else None), settings)


@asynccontextmanager
async def _lifespan(app: Litestar) -> AsyncIterator[None]:
    """Everything requests work with, opened before the first and closed after the last."""
    settings: Settings = app.state.settings
    async with open_resources(settings) as resources:
        hub = Hub(settings.listen_dsn, resources.clock)
        await hub.start()
        app.state.update({"resources": resources, "db": resources.db, "clock": resources.clock})
        app.state.update({"gateway": resources.gateway, "storage": resources.storage, "hub": hub})
        viewers = ViewerCache(resources.db, hub)
        app.state.find_viewer = viewers.find
        app.state.watch = Watch(resources.db, hub, viewers)
        app.state.catalog = Catalog(resources.db, hub)
        app.state.find_kept = partial(kept.kept_by, resources.db)
        app.state.pace = Pace()
        app.state.forgeries = Forgeries(resources.db)
        app.state.mails = {mail.kind: mail for mail in MAILS}
        app.state.rooms = Rooms(resources.db, hub, app.state.templates)
        await operations.refuse_shifted_clock(resources)
        try:
            yield
        finally:
            del app.state.catalog
            await app.state.rooms.stop()
            await app.state.forgeries.stop()
            await hub.stop()


@cache
def _look() -> tuple[Assets, Environment]:
    """Static files and templates, read once per process: what is served fits the code that serves it."""
    assets = Assets()
    templates = make_environment(assets)
    for name in templates.list_templates():
        templates.get_template(name)
    return assets, templates


def _fresh_look() -> tuple[Assets, Environment]:
    assets = Assets()
    return assets, make_environment(assets, reload=True)


def _db(state: State) -> Database:
    db: Database = state.db
    return db


def _hub(state: State) -> Hub:
    hub: Hub = state.hub
    return hub


def _gateway(state: State) -> Gateway:
    gateway: Gateway = state.gateway
    return gateway


def _storage(state: State) -> Storage:
    storage: Storage = state.storage
    return storage


def _settings(state: State) -> Settings:
    settings: Settings = state.settings
    return settings


def _now(state: State) -> datetime:
    now: datetime = state.clock.now()
    return now
