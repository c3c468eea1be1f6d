"""Snap's backend API: create a transaction, cancel its page."""

from __future__ import annotations

import base64
import binascii
import hmac
from datetime import UTC
from typing import Any

from litestar import Request, post
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath

from mentorinaja.local.midtrans import snap_request
from mentorinaja.local.midtrans.errors import UNAUTHORIZED, ApiError
from mentorinaja.local.midtrans.simulator import Bank, Simulator
from mentorinaja.local.midtrans.state import Json

Connection = ASGIConnection[Any, Any, Any, Any]


def require_server_key(connection: Connection, handler: BaseRouteHandler) -> None:
    """Guard: HTTP Basic with the server key as the user and an empty password, else 401."""
    simulator: Simulator = connection.app.state.simulator
    scheme, _, encoded = connection.headers.get("authorization", "").partition(" ")
    try:
        given = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        given = b""
    expected = f"{simulator.config.server_key}:".encode()
    if scheme.lower() != "basic" or not hmac.compare_digest(given, expected):
        raise ApiError(401, UNAUTHORIZED)


@post("/snap/v1/transactions", status_code=201, opt={"fault": "create"}, guards=[require_server_key])
async def create(request: Request[Any, Any, Any], simulator: Bank) -> Json:
    """Open an attempt: `{"token", "redirect_url"}`."""
    wanted = snap_request.read(await request.body())
    attempt = simulator.create(wanted, _notification_urls(request, simulator), await simulator.now())
    base = simulator.config.public_url
    return {"token": attempt.token, "redirect_url": f"{base}/snap/v3/redirection/{attempt.token}"}


@post(
    "/snap/v1/transactions/{token:str}/cancel",
    status_code=200,
    opt={"fault": "cancel"},
    guards=[require_server_key],
)
async def cancel(token: FromPath[str], simulator: Bank) -> Json:
    """Close the page of an attempt: `{"canceled_at"}` in UTC."""
    attempt = simulator.cancel_page(token, await simulator.now())
    assert attempt.canceled_at is not None
    moment = attempt.canceled_at.astimezone(UTC)
    return {"canceled_at": moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"}


def _notification_urls(request: Request[Any, Any, Any], simulator: Simulator) -> list[str]:
    override = _addresses(request.headers.get("x-override-notification"))
    if override:
        return override
    return [
        simulator.config.notification_url,
        *_addresses(request.headers.get("x-append-notification")),
    ]


def _addresses(header: str | None) -> list[str]:
    return [url.strip() for url in (header or "").split(",") if url.strip()]
