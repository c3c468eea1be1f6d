"""Faults the simulator shows on purpose: slow, failing, cut off, nonsense, and lies in bodies."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, cast

import msgspec
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from mentorinaja.local.midtrans import bodies
from mentorinaja.local.midtrans.errors import ApiError
from mentorinaja.local.midtrans.state import Json

_HTML = b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
INTERNAL = "Sorry, we encountered internal server error. We will fix this soon."


class Fault(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True, frozen=True):
    """What goes wrong at one endpoint; `times` is for how many requests, for ever when it is left out."""

    times: Annotated[int, msgspec.Meta(ge=1)] | None = None
    delay: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    error_before: int | None = None
    error_after: int | None = None
    cut_before: bool = False
    cut_after: bool = False
    html: bool = False
    content: str | None = None
    rate_limit: bool = False
    body_errors: bool = False
    bank_denies: bool = False
    drop: bool = False
    duplicate: Annotated[int, msgspec.Meta(ge=1)] = 1
    reorder: bool = False
    wrong_signature: bool = False
    edited_status: str | None = None
    wrong_amount: str | None = None
    uppercase: bool = False
    unknown_order: bool = False
    set: dict[str, Any] = {}
    remove: list[str] = []


class FaultSet(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """Faults by endpoint; `all` stands in for every API endpoint without its own, but not for `notify`.

    While `bank_silent`, no bank confirms a refund.
    """

    all: Fault | None = None
    create: Fault | None = None
    status: Fault | None = None
    cancel: Fault | None = None
    expire: Fault | None = None
    refund: Fault | None = None
    approve: Fault | None = None
    deny: Fault | None = None
    notify: Fault | None = None
    bank_silent: bool = False


class Faults:
    """The faults in force."""

    def __init__(self) -> None:
        self.active = FaultSet()

    def take(self, endpoint: str) -> Fault | None:
        """The fault for one request to `endpoint`, counted down; None: all is well."""
        for name in (endpoint, "all"):
            fault = cast("Fault | None", getattr(self.active, name))
            if fault is None or (name == "all" and endpoint == "notify"):
                continue
            if fault.times is not None:
                left = msgspec.structs.replace(fault, times=fault.times - 1) if fault.times > 1 else None
                setattr(self.active, name, left)
            return fault
        return None


def tamper(body: Json, fault: Fault | None, server_key: str) -> Json:
    """The body as the fault tells it: signed again, so that only `wrong_signature` breaks the signature."""
    if fault is None:
        return body
    told = dict(body)
    if fault.edited_status is not None:
        told["transaction_status"] = fault.edited_status
    if fault.uppercase:
        told["transaction_status"] = str(told["transaction_status"]).upper()
    if fault.wrong_amount is not None:
        told["gross_amount"] = fault.wrong_amount
    if fault.unknown_order:
        told["order_id"] = "BE-19700101-UNKNWN"
    told = bodies.signed(told | fault.set, server_key)
    if fault.wrong_signature:
        told["signature_key"] = bodies.signature(str(told["order_id"]), "200", "0.00", "not the key")
    return {field: value for field, value in told.items() if field not in fault.remove}


def answer(path: str, error: ApiError, body_errors: bool) -> tuple[int, Json]:
    """HTTP status and body of a refusal in the dialect of the path: Snap's or the Core API's."""
    status = 200 if body_errors else error.status_code
    if path.startswith("/snap/"):
        return status, {"error_messages": error.messages}
    return status, {
        "status_code": str(error.status_code),
        "status_message": error.messages[0],
        "id": bodies.new_id(),
    }


class FaultMiddleware:
    """Breaks requests to handlers whose `opt` has `fault`, the endpoint's name, as the active faults say."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        endpoint = scope["route_handler"].opt.get("fault")
        # Litestar copies what a middleware is defined with, so the faults are fetched from the app's state.
        faults: Faults = scope["litestar_app"].state.simulator.faults
        fault = faults.take(endpoint) if endpoint else None
        if fault is None:
            await self.app(scope, receive, send)
            return
        scope["state"]["fault"] = fault
        await asyncio.sleep(fault.delay)
        if fault.cut_before:
            await _cut(receive)
        elif fault.html:
            await _send(send, 502, _HTML, b"text/html")
        elif fault.content is not None:
            await _send(send, 200, fault.content.encode(), b"application/json")
        elif (code := 429 if fault.rate_limit else fault.error_before) is not None:
            await _refuse(scope, send, code, fault)
        elif fault.cut_after or fault.error_after is not None:
            await self.app(scope, receive, _swallow)
            if fault.error_after is not None:
                await _refuse(scope, send, fault.error_after, fault)
            else:
                await _cut(receive)
        else:
            await self.app(scope, receive, send)


async def _swallow(message: Message) -> None:
    """Take the answer of work that was done, and tell nobody."""


async def _refuse(scope: Scope, send: Send, code: int, fault: Fault) -> None:
    words = "Too many requests" if code == 429 else INTERNAL
    status, body = answer(scope["path"], ApiError(code, words), fault.body_errors)
    await _send(send, status, msgspec.json.encode(body), b"application/json")


async def _send(send: Send, status: int, body: bytes, media_type: bytes) -> None:
    headers = [(b"content-type", media_type), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def _cut(receive: Receive) -> None:
    """Drop the connection without an answer: ASGI has no word for it, so uvicorn's transport is asked."""
    transport: asyncio.Transport = receive.__self__.transport  # type: ignore[attr-defined]
    transport.close()
    while (await receive())["type"] != "http.disconnect":
        pass
