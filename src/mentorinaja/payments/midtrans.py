"""The gateway: the only module that knows midtransclient; our words in, our words out.

The client is synchronous and waits for ever, so every call runs in one of a few own threads, with limits
on connecting, on each read and on the whole. Protocol: docs.midtrans.com, Snap and Core API.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import midtransclient
import requests
import structlog
import urllib3
from midtransclient.error_midtrans import JSONDecodeError, MidtransAPIError
from prometheus_client import Counter, Histogram

from mentorinaja.payments.gateway_words import (
    GATEWAY_ORDER_ID,
    REFUND_KEY,
    TOKEN,
    TRANSACTION_ID,
    Created,
    GatewayDown,
    GatewayRefused,
    GatewayStatus,
    Json,
    OrderIdUsed,
    read_created,
    read_status,
)
from mentorinaja.settings import Settings

log = structlog.get_logger(__name__)

CALLS = Counter("mentorinaja_midtrans_calls", "Calls to Midtrans", ["call", "outcome"])
SECONDS = Histogram("mentorinaja_midtrans_seconds", "Time Midtrans took", ["call"])

# Seconds. A notification waits for our answer, so its status is asked for less patiently.
NOTIFICATION_SECONDS = 4.0
USUAL_SECONDS = 10.0
_CONNECT_SECONDS = 3.0
_THREADS = 8
_MOST_BYTES = 256 * 1024
# How Snap says that an order id was used up; it has no code of its own for it.
_USED = ("paid and utilized", "sudah digunakan", "already been taken")
_NONSENSE = (
    JSONDecodeError,
    requests.RequestException,
    urllib3.exceptions.HTTPError,
    AttributeError,
    TypeError,
    ValueError,
)


class Gateway:
    """Midtrans, as payments know it. One per process; safe to use from many tasks at once.

    Every method raises `GatewayDown` when the outcome is not known and `GatewayRefused` when Midtrans
    said no. Opening pages and asking for the truth have threads of their own: one never waits for the other.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._pages = ThreadPoolExecutor(_THREADS, thread_name_prefix="midtrans-snap")
        self._core = ThreadPoolExecutor(_THREADS, thread_name_prefix="midtrans-core")
        self._of_thread = threading.local()

    def close(self) -> None:
        """Take no more calls; those under way end by their own limits."""
        self._pages.shutdown(wait=False, cancel_futures=True)
        self._core.shutdown(wait=False, cancel_futures=True)

    async def create(self, parameters: Json) -> Created:
        """Open a Snap page. Raises `OrderIdUsed` when a method was already chosen under this order id."""
        body = await self._call(
            self._pages, "create", USUAL_SECONDS, lambda c: c.snap.create_transaction(parameters)
        )
        return read_created(body)

    async def status(self, id_: str, seconds: float = USUAL_SECONDS) -> GatewayStatus | None:
        """What is true of a gateway order id (or of a transaction id); None: no method chosen yet."""
        _check(id_, GATEWAY_ORDER_ID, TRANSACTION_ID)
        try:
            body = await self._call(self._core, "status", seconds, lambda c: c.snap.transactions.status(id_))
        except GatewayRefused as refusal:
            if refusal.code == 404:
                return None
            raise GatewayDown(str(refusal)) from None  # a wrong key, say: nothing is known
        status = read_status(body)
        if id_ not in (status.order_id, status.transaction_id):
            raise GatewayDown("the answer is about another order")
        return status

    async def cancel(self, order_id: str) -> None:
        """Void a pending transaction or a captured card. Refused with 412 when it is too late."""
        _check(order_id, GATEWAY_ORDER_ID, TRANSACTION_ID)
        await self._call(self._core, "cancel", USUAL_SECONDS, lambda c: c.snap.transactions.cancel(order_id))

    async def expire(self, order_id: str) -> None:
        """Let a pending transaction run out. Refused with 404 (nothing there) or 412 (too late)."""
        _check(order_id, GATEWAY_ORDER_ID, TRANSACTION_ID)
        await self._call(self._core, "expire", USUAL_SECONDS, lambda c: c.snap.transactions.expire(order_id))

    async def refund(self, transaction_id: str, key: str, amount: int, reason: str) -> None:
        """Give `amount` rupiah of a settled payment back; the same key again is the same refund, for 7 days.

        Refused with 412 (method or window), 414 (amount), 202 (the bank said no), 406 (the key meant another).
        """
        _check(transaction_id, TRANSACTION_ID)
        _check(key, REFUND_KEY)
        told = {"refund_key": key, "amount": amount, "reason": reason}
        body = await self._call(
            self._core, "refund", USUAL_SECONDS, lambda c: c.snap.transactions.refund(transaction_id, told)
        )
        if (
            str(body.get("status_code")) != "200"
        ):  # "202, refund denied by the bank" is no error to the client
            raise _refusal_of(body)

    async def cancel_token(self, token: str) -> None:
        """Close an unpaid Snap page. Refused when it is closed, unknown, or being paid."""
        _check(token, TOKEN)
        await self._call(self._pages, "cancel_token", USUAL_SECONDS, lambda c: c.cancel_token(token))

    async def _call(
        self, threads: ThreadPoolExecutor, name: str, seconds: float, call: Callable[[_Client], Any]
    ) -> Json:
        started = time.perf_counter()
        outcome = "down"
        try:
            async with asyncio.timeout(seconds + _CONNECT_SECONDS):
                body = await asyncio.get_running_loop().run_in_executor(threads, self._run, call, seconds)
            outcome = "ok"
            return body
        except TimeoutError:
            raise GatewayDown("no answer in time") from None
        except GatewayRefused as refusal:
            outcome = f"refused_{refusal.code}"
            raise
        except GatewayDown as trouble:
            log.warning("midtrans.down", call=name, problem=str(trouble))
            raise
        finally:
            CALLS.labels(name, outcome).inc()
            SECONDS.labels(name).observe(time.perf_counter() - started)

    def _run(self, call: Callable[[_Client], Any], seconds: float) -> Json:
        client: _Client | None = getattr(self._of_thread, "client", None)
        if client is None:
            client = self._of_thread.client = _Client(self._settings)
        client.session.seconds = seconds
        try:
            body = call(client)
        except MidtransAPIError as refusal:
            raise _translate(refusal) from None
        except _NONSENSE as problem:
            raise GatewayDown(type(problem).__name__) from None
        if "error_messages" in body:  # Snap's refusals may come with HTTP 200
            raise _refusal(200, body)
        return dict(body)


class _Client:
    """midtransclient set up for one thread: its addresses, keys and a session of its own."""

    def __init__(self, settings: Settings) -> None:
        self.session = _Session()
        # Fresh dicts: the client's defaults are shared between instances.
        self.snap = midtransclient.Snap(
            is_production=False,
            server_key=settings.midtrans_server_key,
            client_key=settings.midtrans_client_key,
            custom_headers={},
            proxies={},
        )
        # `is_production` only picks one of two constants; ours are set instead.
        self.snap.api_config.SNAP_SANDBOX_BASE_URL = f"{settings.midtrans_app_url}/snap/v1"
        self.snap.api_config.CORE_SANDBOX_BASE_URL = settings.midtrans_api_url
        self.snap.http_client.http_client = self.session

    def cancel_token(self, token: str) -> Any:
        """`POST /transactions/{token}/cancel`, which the client has no method for."""
        config = self.snap.api_config
        address = f"{config.get_snap_base_url()}/transactions/{token}/cancel"
        body, _ = self.snap.http_client.request("post", config.server_key, address, {}, {}, {})
        return body


class _Session(requests.Session):
    """Requests with limits: on connecting, on each read, on the whole, on the answer's size and shape."""

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False  # no proxy, no netrc from the environment
        self.seconds = USUAL_SECONDS

    def request(self, method: str, url: str, **given: Any) -> requests.Response:  # type: ignore[override]
        """As requests does it, but bounded. Raises its exceptions; ValueError when the body is no object."""
        ends = time.monotonic() + self.seconds
        given.update(timeout=(_CONNECT_SECONDS, self.seconds), allow_redirects=False, stream=True)
        with super().request(method, url, **given) as response:
            response._content = _read(response, ends)
        if not isinstance(json.loads(response.content), dict):
            raise ValueError("the answer is not an object")
        return response


def _read(response: requests.Response, ends: float) -> bytes:
    body = b""
    while chunk := response.raw.read1(16 * 1024, decode_content=True):
        body += chunk
        if len(body) > _MOST_BYTES:
            raise requests.RequestException("the answer is too large")
        if time.monotonic() > ends:
            raise requests.Timeout("the answer trickles")
    return body


def _translate(error: Any) -> GatewayDown | GatewayRefused:
    """The body's own code counts: errors come with HTTP 200, too."""
    body: Json = error.api_response_dict
    try:
        code = int(body.get("status_code") or error.http_status_code)
    except (TypeError, ValueError):
        code = int(error.http_status_code)
    return _refusal(code, body)


def _refusal(code: int, body: Json) -> GatewayDown | GatewayRefused:
    words = f"{body.get('error_messages', '')} {body.get('status_message', '')}".lower()
    if any(used in words for used in _USED):
        return OrderIdUsed(code)
    if code == 429 or code >= 500 or code < 400:
        return GatewayDown(f"answered {code}")
    return GatewayRefused(code)


def _refusal_of(body: Json) -> GatewayDown | GatewayRefused:
    code = str(body.get("status_code"))
    return GatewayRefused(int(code)) if code == "202" else GatewayDown(f"answered {code[:10]}")


def _check(id_: str, *shapes: Any) -> None:
    """Ids are put into addresses unescaped: only ours and Midtrans's own may pass."""
    if not any(shape.fullmatch(id_) for shape in shapes):
        raise ValueError("not an id of ours")
