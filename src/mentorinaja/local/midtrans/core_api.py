"""The Core API: status, cancel, expire, refund, approve, deny, by order id or transaction id."""

from __future__ import annotations

import json
import re
from typing import Any

from litestar import Request, get, post
from litestar.params import FromPath

from mentorinaja.local.midtrans import bodies
from mentorinaja.local.midtrans.errors import NOT_MODIFIABLE, ApiError
from mentorinaja.local.midtrans.faults import Fault, tamper
from mentorinaja.local.midtrans.rules import under_review
from mentorinaja.local.midtrans.simulator import Bank
from mentorinaja.local.midtrans.snap_api import require_server_key
from mentorinaja.local.midtrans.state import Json

AnyRequest = Request[Any, Any, Any]
_REFUND_KEY = re.compile(r"[A-Za-z0-9\-_]{1,64}")
_GUARDS = [require_server_key]


@get("/v2/{reference:str}/status", opt={"fault": "status"}, guards=_GUARDS)
async def status(request: AnyRequest, reference: FromPath[str], simulator: Bank) -> Json:
    """What is true about a transaction; 404 until a method was chosen."""
    await simulator.now()
    attempt, transaction = simulator.find(reference, by_order=False)
    body = bodies.status(attempt, transaction, simulator.config.server_key)
    return tamper(body, _fault(request), simulator.config.server_key)


@post("/v2/{reference:str}/cancel", status_code=200, opt={"fault": "cancel"}, guards=_GUARDS)
async def cancel(reference: FromPath[str], simulator: Bank) -> Json:
    """Void a pending transaction or a captured card."""
    now = await simulator.now()
    attempt, transaction = simulator.find(reference)
    simulator.move(attempt, transaction, "cancel", now)
    return bodies.outcome(attempt, transaction, "200", "Success, transaction is canceled")


@post("/v2/{reference:str}/expire", status_code=200, opt={"fault": "expire"}, guards=_GUARDS)
async def expire(reference: FromPath[str], simulator: Bank) -> Json:
    """Let a pending transaction run out; the answer says 407 in its body."""
    now = await simulator.now()
    attempt, transaction = simulator.find(reference)
    simulator.move(attempt, transaction, "expire", now)
    return bodies.outcome(attempt, transaction, "407", "Success, transaction has expired")


@post("/v2/{reference:str}/approve", status_code=200, opt={"fault": "approve"}, guards=_GUARDS)
async def approve(reference: FromPath[str], simulator: Bank) -> Json:
    """Take a card payment that is under review."""
    await simulator.now()
    attempt, transaction = simulator.find(reference)
    simulator.approve(attempt, transaction)
    return bodies.outcome(attempt, transaction, "200", "Success, transaction is approved")


@post("/v2/{reference:str}/deny", status_code=200, opt={"fault": "deny"}, guards=_GUARDS)
async def deny(reference: FromPath[str], simulator: Bank) -> Json:
    """Refuse a card payment that is under review."""
    now = await simulator.now()
    attempt, transaction = simulator.find(reference)
    if not under_review(transaction):
        raise ApiError(412, NOT_MODIFIABLE)
    simulator.move(attempt, transaction, "deny", now, fraud="deny")
    return bodies.outcome(attempt, transaction, "200", "Success, transaction is denied")


@post(
    ["/v2/{reference:str}/refund", "/v2/{reference:str}/refund/online/direct"],
    status_code=200,
    opt={"fault": "refund"},
    guards=_GUARDS,
)
async def refund(request: AnyRequest, reference: FromPath[str], simulator: Bank) -> Json:
    """Give a settled payment back, in whole or in part; a repeated key answers as it did before."""
    key, amount, reason = _refund_request(await request.body())
    now = await simulator.now()
    attempt, transaction = simulator.find(reference)
    fault = _fault(request)
    if fault is not None and fault.bank_denies:
        return bodies.outcome(attempt, transaction, "202", "Refund denied by the bank")
    given = simulator.refund(attempt, transaction, key, amount, reason, now)
    body = bodies.outcome(attempt, transaction, "200", "Success, refund request is approved")
    return body | {
        "refund_chargeback_id": given.number,
        "refund_amount": bodies.rupiah(given.amount),
        "refund_key": given.key,
    }


def _refund_request(body: bytes) -> tuple[str, int | None, str]:
    try:
        document = json.loads(body or b"{}")
    except ValueError as error:
        raise ApiError(
            413, "The request cannot be completed due to malformed syntax in the request body"
        ) from error
    if not isinstance(document, dict):
        raise ApiError(400, "request body must be a JSON object")
    key = document.get("refund_key") or bodies.new_id()
    amount, reason = document.get("amount"), document.get("reason") or ""
    if not isinstance(key, str) or not _REFUND_KEY.fullmatch(key):
        raise ApiError(400, "refund_key has characters other than A-Z a-z 0-9 - _")
    if amount is not None and (not isinstance(amount, int) or isinstance(amount, bool)):
        raise ApiError(400, "amount must be an integer")
    if not isinstance(reason, str) or len(reason) > 255:
        raise ApiError(400, "reason must be a string of at most 255 characters")
    return key, amount, reason


def _fault(request: AnyRequest) -> Fault | None:
    fault: Fault | None = request.scope["state"].get("fault")
    return fault
