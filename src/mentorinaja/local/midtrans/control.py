"""The control API: see every attempt, move transactions, send notices, set faults; and a page over it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

import msgspec
from litestar import Request, Response, Router, get, post, put
from litestar.exceptions import PermissionDeniedException
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from mentorinaja.local.midtrans import adopting, levers, rules
from mentorinaja.local.midtrans.errors import ApiError
from mentorinaja.local.midtrans.faults import FaultSet
from mentorinaja.local.midtrans.html import html_page
from mentorinaja.local.midtrans.levers import LEVERS, VERBS, Hint, Order
from mentorinaja.local.midtrans.methods import METHODS
from mentorinaja.local.midtrans.simulator import Bank, Simulator
from mentorinaja.local.midtrans.snap_api import Connection
from mentorinaja.local.midtrans.state import Attempt, Json, Notice, Transaction

AnyRequest = Request[Any, Any, Any]
T = TypeVar("T")
_SHOWN = 50


@get("/")
async def page(simulator: Bank) -> Response[str]:
    """The levers as a page for people."""
    now = await simulator.now()
    return html_page(
        "control.html",
        attempts=[_attempt(simulator, attempt, now) for attempt in _newest_first(simulator)[:_SHOWN]],
        faults=msgspec.json.format(msgspec.json.encode(simulator.faults.active), indent=2).decode(),
        levers=LEVERS,
        methods=METHODS.values(),
        now=now,
    )


@get("/transactions")
async def transactions(simulator: Bank, order_id: FromQuery[str | None] = None) -> list[Json]:
    """Every attempt (or the one with `order_id`), newest first: its transactions, and the notices sent."""
    now = await simulator.now()
    attempts = _newest_first(simulator) if order_id is None else [_find(simulator, order_id)]
    return [_attempt(simulator, attempt, now) for attempt in attempts]


@put("/transactions")
async def adopt(request: AnyRequest, simulator: Bank) -> Json:
    """Know attempts that began elsewhere; those that are known already stay as they are."""
    past = msgspec.json.decode(await request.body(), type=list[adopting.PastAttempt])
    return {"adopted": adopting.adopt(simulator, past)}


@post("/transactions/{order_id:str}/{verb:str}", status_code=200)
async def move(
    request: AnyRequest, order_id: FromPath[str], verb: FromPath[str], simulator: Bank
) -> Response[Any]:
    """Move an attempt's transaction, beginning one when there is none or another method is named."""
    order = await _read(request, Order)
    if verb not in VERBS:
        raise ApiError(404, f"no such verb: {verb}")
    if order.method is not None and order.method not in METHODS:
        raise ApiError(400, f"no such method: {order.method}")
    now = await simulator.now()
    attempt = _find(simulator, order_id)
    levers.pull(simulator, attempt, verb, order, now)
    return _answer(request, _attempt(simulator, attempt, now))


@post("/notify/{order_id:str}", status_code=200)
async def notify(request: AnyRequest, order_id: FromPath[str], simulator: Bank) -> Response[Any]:
    """Send notices now and wait for the answers; an order id nobody knows makes an unknown order."""
    hint = await _read(request, Hint)
    await simulator.now()
    body = levers.told_body(simulator, order_id, hint)
    attempt = simulator.store.attempts.get(order_id)
    url = attempt.notification_urls[0] if attempt else simulator.config.notification_url
    answers = await simulator.notifier.send_now(order_id, url, body, hint.repeat)
    return _answer(request, {"answers": answers, "body": body})


@get("/faults")
async def faults(simulator: Bank) -> Response[bytes]:
    """The faults in force; `times` is what is left."""
    return _faults(simulator)


@put("/faults")
async def set_faults(request: AnyRequest, simulator: Bank) -> Response[bytes]:
    """Replace the faults in force; `{}` clears them."""
    simulator.faults.active = msgspec.json.decode(await request.body(), type=FaultSet)
    return _faults(simulator)


@post("/faults", status_code=303)
async def set_faults_by_form(request: AnyRequest, simulator: Bank) -> Redirect:
    """The same for the page: the field `faults` holds the JSON."""
    text = str((await request.form()).get("faults") or "{}")
    simulator.faults.active = msgspec.json.decode(text, type=FaultSet)
    return Redirect("/_control", status_code=303)


def _only_from_here(connection: Connection, _: BaseRouteHandler) -> None:
    """Guard: pages of other origins must not pull levers in the browser of whoever runs the demo."""
    origin = connection.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != connection.headers.get("host"):
        raise PermissionDeniedException("The control API answers pages of its own origin only.")


async def _read(request: AnyRequest, kind: type[T]) -> T:
    if _is_form(request):
        fields = {name: value for name, value in (await request.form()).items() if value != ""}
        return msgspec.convert(fields, kind, strict=False)
    return msgspec.json.decode(await request.body() or b"{}", type=kind)


def _answer(request: AnyRequest, body: Json) -> Response[Any]:
    return Redirect("/_control", status_code=303) if _is_form(request) else Response(body)


def _is_form(request: AnyRequest) -> bool:
    return request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")


def _faults(simulator: Simulator) -> Response[bytes]:
    return Response(msgspec.json.encode(simulator.faults.active), media_type="application/json")


def _find(simulator: Simulator, order_id: str) -> Attempt:
    attempt = simulator.store.attempts.get(order_id)
    if attempt is None:
        raise ApiError(404, f"no attempt has the order id {order_id}")
    return attempt


def _newest_first(simulator: Simulator) -> list[Attempt]:
    return sorted(simulator.store.attempts.values(), key=lambda attempt: attempt.created_at, reverse=True)


def _attempt(simulator: Simulator, attempt: Attempt, now: datetime) -> Json:
    return {
        "gateway_order_id": attempt.order_id,
        "token": attempt.token,
        "redirect_url": f"{simulator.config.public_url}/snap/v3/redirection/{attempt.token}",
        "gross_amount": attempt.gross_amount,
        "page": rules.page_state(attempt, now),
        "created_at": attempt.created_at,
        "page_expires_at": attempt.page_expires_at,
        "enabled_payments": attempt.enabled,
        "item_details": attempt.items,
        "customer_details": attempt.customer,
        "callbacks": attempt.callbacks,
        "transactions": [_transaction(transaction) for transaction in attempt.transactions],
        "notifications": [_notice(notice) for notice in simulator.store.notices_of(attempt.order_id)],
    }


def _transaction(transaction: Transaction) -> Json:
    return {
        "transaction_id": transaction.transaction_id,
        "method": transaction.method,
        "payment_type": transaction.payment_type,
        "transaction_status": transaction.status,
        "fraud_status": transaction.fraud_status,
        "gross_amount": transaction.gross_amount,
        "created_at": transaction.created_at,
        "expires_at": transaction.expires_at,
        "paid_at": transaction.paid_at,
        "settled_at": transaction.settled_at,
        "refunds": transaction.refunds,
        "charged_back": transaction.charged_back,
        **transaction.details,
    }


def _notice(notice: Notice) -> Json:
    return {
        "transaction_id": notice.body.get("transaction_id"),
        "transaction_status": notice.body.get("transaction_status"),
        "url": notice.url,
        "state": "dropped" if notice.dropped else "waiting" if notice.due is not None else "sent",
        "answers": [delivery.answer for delivery in notice.deliveries],
        "errors": [delivery.error for delivery in notice.deliveries if delivery.error],
        "body": notice.body,
    }


def _api_error(request: AnyRequest, error: ApiError) -> Response[Any]:
    code = 409 if error.status_code in (406, 412, 414) else error.status_code
    return Response({"error": error.messages[0]}, status_code=code)


def _bad_json(request: AnyRequest, error: msgspec.MsgspecError) -> Response[Any]:
    return Response({"error": str(error)}, status_code=400)


router = Router(
    path="/_control",
    route_handlers=[page, transactions, adopt, move, notify, faults, set_faults, set_faults_by_form],
    guards=[_only_from_here],
    exception_handlers={ApiError: _api_error, msgspec.MsgspecError: _bad_json},
)
