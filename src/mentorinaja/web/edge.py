"""The outermost layer: a request id, one log line and the security headers of every answer."""

from __future__ import annotations

import asyncio
import contextlib
import re
import secrets
import time
from collections.abc import Iterable

import structlog
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, ReceiveMessage, Scope, Send
from prometheus_client import Histogram

from mentorinaja.settings import Settings
from mentorinaja.web.bodies import let_go

log = structlog.get_logger("http")

RawHeaders = Iterable[tuple[bytes, bytes]]

REQUEST_SECONDS = Histogram("mentorinaja_request_seconds", "Time to answer", ["method", "status"])
_REQUEST_ID = re.compile(r"^[A-Za-z0-9-]{8,64}$")
# Longer than any slug, order id or UUID: a signed link, which signs in whoever reads it in a log.
_SECRET_SEGMENT = re.compile(r"/[^/]{51,}")
# A name or address, perhaps with a port; anything else cannot be made into the address of a page.
_HOST = re.compile(rb"(?:[A-Za-z0-9._-]*|\[[0-9A-Fa-f:.]+\])(?::([0-9]{1,5}))?")
_READ_AWAY_BYTES = 32 * 1024 * 1024
_READ_AWAY_SECONDS = 10.0
_QUIET = ("/static/", "/healthz", "/readyz", "/metrics")


class Edge:
    """Wraps the application; knows of its pages only who opens windows or frames.

    Payment pages open Midtrans's; the room without script shows its own thread in a frame.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._plain = _headers(settings, payment=False)
        self._payment = _headers(settings, payment=True)
        self._room = _headers(settings, payment=False, frames="'self'")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or pass on the lifespan."""
        if scope["type"] == ScopeType.HTTP:
            await self._serve(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _serve(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        wants_head = scope["method"] == "HEAD"
        if wants_head:
            scope = {**scope, "method": "GET"}  # the server's own scope must keep saying HEAD
        request_id = _request_id(scope)
        headers = self._headers_for(scope["path"])
        started = time.perf_counter()
        status = 500
        head_answered = body_read = False

        async def receive_body() -> ReceiveMessage:
            nonlocal body_read
            message = await receive()
            body_read = message["type"] != "http.request" or not message.get("more_body", False)
            return message

        async def send_with_headers(message: Message) -> None:
            nonlocal status, head_answered
            if message["type"] == "http.response.start":
                status = message["status"]
                if status == 413 and not body_read:
                    await _read_away(receive)
                message["headers"] = _completed(message.get("headers", []), headers, request_id)
            elif wants_head and message["type"] == "http.response.body":
                if head_answered:
                    return
                # Complete at once: a stream hears that nobody reads on, and ends.
                head_answered = True
                message["body"], message["more_body"] = b"", False
            await send(message)

        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        try:
            if _host_is_sound(scope):
                await self._app(scope, receive_body, send_with_headers)
            else:
                await _refuse(send_with_headers)
        finally:
            let_go(scope)
            _account(scope, status, time.perf_counter() - started)

    def _headers_for(self, path: str) -> RawHeaders:
        if path.startswith("/payment/"):
            return self._payment
        return self._room if path.startswith("/session") else self._plain


def _completed(given: RawHeaders, standard: RawHeaders, request_id: str) -> RawHeaders:
    """An answer's own headers, then those it has not set itself."""
    present = {name.lower() for name, _ in given}
    return [
        *given,
        *((name, value) for name, value in standard if name not in present),
        (b"x-request-id", request_id.encode()),
    ]


def _host_is_sound(scope: Scope) -> bool:
    hosts = [_HOST.fullmatch(value) for name, value in scope["headers"] if name == b"host"]
    return all(host and int(host[1] or 0) < 65536 for host in hosts)


async def _refuse(send: Send) -> None:
    """400 in plain words, for a request no browser sends."""
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": 400, "headers": headers})
    await send({"type": "http.response.body", "body": b"Permintaan tidak dimengerti.", "more_body": False})


async def _read_away(receive: Receive) -> None:
    """Take in the rest of a body that is too large, within reason: browsers show no answer before they sent all."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_READ_AWAY_SECONDS):
            read = 0
            while read < _READ_AWAY_BYTES:
                message = await receive()
                if message["type"] != "http.request" or not message.get("more_body", False):
                    return
                read += len(message.get("body", b""))


def _account(scope: HTTPScope, status: int, seconds: float) -> None:
    REQUEST_SECONDS.labels(scope["method"], status).observe(seconds)
    if not scope["path"].startswith(_QUIET):
        # The path only: queries carry searches and names.
        path = _SECRET_SEGMENT.sub("/…", scope["path"])
        log.info("request", method=scope["method"], path=path, status=status, ms=round(seconds * 1000, 1))


def _request_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _REQUEST_ID.match(text := value.decode("latin-1")):
            return text
    return secrets.token_hex(8)


def _headers(settings: Settings, *, payment: bool, frames: str = "'none'") -> RawHeaders:
    midtrans = settings.midtrans_app_url if payment else ""
    policy = [
        "default-src 'none'",
        f"script-src 'self' {midtrans}".rstrip(),
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "media-src 'self'",
        "manifest-src 'self'",
        f"frame-src {midtrans or frames}",
        "form-action 'self'",
        "base-uri 'none'",
        f"frame-ancestors {frames}",
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
        "x-frame-options": "DENY" if frames == "'none'" else "SAMEORIGIN",
    }
    if settings.https:
        headers["strict-transport-security"] = "max-age=31536000; includeSubDomains"
    return [(name.encode(), value.encode()) for name, value in headers.items()]
