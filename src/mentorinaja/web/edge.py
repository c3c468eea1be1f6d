"""The outermost layer: a request id, one log line and the security headers of every answer."""

from __future__ import annotations

import re
import secrets
import time

import structlog
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from prometheus_client import Histogram

from mentorinaja.settings import Settings

log = structlog.get_logger("http")

REQUEST_SECONDS = Histogram("mentorinaja_request_seconds", "Time to answer", ["method", "status"])
_REQUEST_ID = re.compile(r"^[A-Za-z0-9-]{8,64}$")
_QUIET = ("/static/", "/healthz", "/readyz", "/metrics")


class Edge:
    """Wraps the application; knows nothing of its pages but where payments open Midtrans's window."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._plain = _headers(settings, payment=False)
        self._payment = _headers(settings, payment=True)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (or pass on the lifespan)."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        headers = self._payment if scope["path"].startswith("/payment/") else self._plain
        started = time.perf_counter()
        status = 500

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                present = {name.lower() for name, _ in message.get("headers", [])}
                message["headers"] = [
                    *message.get("headers", []),
                    *((name, value) for name, value in headers if name not in present),
                    (b"x-request-id", request_id.encode()),
                ]
            await send(message)

        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        try:
            await self._app(scope, receive, send_with_headers)
        finally:
            _account(scope, status, time.perf_counter() - started)


def _account(scope: Scope, status: int, seconds: float) -> None:
    REQUEST_SECONDS.labels(scope["method"], status).observe(seconds)
    if not scope["path"].startswith(_QUIET):
        # The path only: queries carry searches and names.
        log.info("request", method=scope["method"], path=scope["path"], status=status, ms=round(seconds * 1000, 1))


def _request_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _REQUEST_ID.match(text := value.decode("latin-1")):
            return text
    return secrets.token_hex(8)


def _headers(settings: Settings, *, payment: bool) -> list[tuple[bytes, bytes]]:
    app_origin = f" {settings.midtrans_app_url}" if payment else ""
    policy = [
        "default-src 'none'",
        f"script-src 'self'{app_origin}",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "media-src 'self'",
        "manifest-src 'self'",
        f"frame-src{app_origin or " 'none'"}",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "object-src 'none'",
    ]
    if settings.https:
        policy.append("upgrade-insecure-requests")
    headers = {
        "content-security-policy": "; ".join(policy),
        "x-content-type-options": "nosniff",
        "referrer-policy": "same-origin",
        "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(self)",
        "cross-origin-opener-policy": "same-origin-allow-popups" if payment else "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "x-frame-options": "DENY",
    }
    if settings.https:
        headers["strict-transport-security"] = "max-age=31536000; includeSubDomains"
    return [(name.encode(), value.encode()) for name, value in headers.items()]
