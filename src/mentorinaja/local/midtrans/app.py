"""Puts the simulator together: handlers, faults, error bodies, background work."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from litestar import Litestar, Request, Response, Router
from litestar.datastructures import State
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.types import ControllerRouterHandler, Scope

from mentorinaja.local.midtrans import control, core_api, pages, snap_api
from mentorinaja.local.midtrans.config import SimulatorConfig
from mentorinaja.local.midtrans.errors import ApiError
from mentorinaja.local.midtrans.faults import FaultMiddleware, answer
from mentorinaja.local.midtrans.simulator import Simulator

log = logging.getLogger(__name__)
_TICK = 1.0


def create_simulator(config: SimulatorConfig) -> Litestar:
    """A Midtrans of one's own, listening for its one merchant; run it by uvicorn in its own process."""
    simulator = Simulator(config)
    api = Router(
        path="/",
        route_handlers=[
            snap_api.create,
            snap_api.cancel,
            core_api.status,
            core_api.cancel,
            core_api.expire,
            core_api.approve,
            core_api.deny,
            core_api.refund,
        ],
        middleware=[FaultMiddleware],
        exception_handlers={ApiError: _api_error, HTTPException: _http_error},
    )
    handlers: list[ControllerRouterHandler] = [api, *pages.handlers]
    if config.control:
        handlers.append(control.router)
    return Litestar(
        route_handlers=handlers,
        state=State({"simulator": simulator}),
        dependencies={"simulator": Provide(lambda: simulator, sync_to_thread=False)},
        lifespan=[_working],
        after_exception=[_log],
        openapi_config=None,
        logging_config=None,
    )


@asynccontextmanager
async def _working(app: Litestar) -> AsyncIterator[None]:
    simulator: Simulator = app.state.simulator
    await simulator.notifier.start()
    ticking = asyncio.create_task(_tick(simulator))
    try:
        yield
    finally:
        ticking.cancel()
        await asyncio.gather(ticking, return_exceptions=True)
        await simulator.notifier.stop()
        simulator.store.close()


async def _tick(simulator: Simulator) -> None:
    """Let what is due happen although nobody asks: expiry, cards settling, banks confirming refunds."""
    while True:
        await asyncio.sleep(_TICK if simulator.config.retry_scale >= 1 else _TICK / 10)
        if simulator.has_open_business():
            await simulator.now()


async def _log(error: Exception, scope: Scope) -> None:
    if not isinstance(error, (ApiError, HTTPException)):
        log.error("%s failed", scope["path"], exc_info=error)


def _api_error(request: Request[Any, Any, Any], error: ApiError) -> Response[Any]:
    fault = request.scope["state"].get("fault")
    body_errors = fault is not None and fault.body_errors
    status, body = answer(request.scope["path"], error, body_errors)
    return Response(body, status_code=status)


def _http_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    return _api_error(request, ApiError(error.status_code, error.detail or "Bad request"))
