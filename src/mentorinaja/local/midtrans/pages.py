"""The payment page for payers, with or without script, whole or in a merchant's frame, and snap.js."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from litestar import Request, Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect
from litestar.types import ControllerRouterHandler

from mentorinaja.local.midtrans import checkout, rules
from mentorinaja.local.midtrans.errors import NotPayable
from mentorinaja.local.midtrans.html import HERE, html_page
from mentorinaja.local.midtrans.methods import CARD, METHODS
from mentorinaja.local.midtrans.rules import PageState
from mentorinaja.local.midtrans.simulator import DEFAULT_CARD, Bank, Simulator
from mentorinaja.local.midtrans.state import Attempt, Json, Transaction

AnyRequest = Request[Any, Any, Any]
_PATHS = ["/snap/v3/redirection/{token:str}", "/snap/v2/vtweb/{token:str}"]
_KEPT = ("embed", "origin", "client_key", "language")
_MEDIA_TYPES = {".css": "text/css", ".js": "text/javascript"}
_CLOSED = {
    PageState.PAID: ("406", "transaction has been processed", "Pembayaran sudah diterima"),
    PageState.CANCELED: ("406", "transaction has been canceled", "Pembayaran ini dibatalkan"),
    PageState.EXPIRED: ("407", "transaction has expired", "Waktu pembayaran sudah habis"),
}
_OUTCOMES = {
    "success": "Pembayaran berhasil",
    "pending": "Menunggu pembayaran",
    "deny": "Pembayaran ditolak",
    "expire": "Waktu pembayaran habis",
}


@dataclass(frozen=True)
class View:
    """One look at the page: the attempt, the present, the part of the query that is carried along."""

    simulator: Simulator
    attempt: Attempt
    now: datetime
    path: str
    kept: dict[str, str]

    @property
    def framed(self) -> bool:
        """Whether the page stands in a merchant's frame and reports by message instead of a redirect."""
        return self.kept.get("embed") == "1"

    def link(self, **more: str) -> str:
        """A link to this page, with more in its query."""
        query = urlencode(self.kept | more)
        return f"{self.path}?{query}" if query else self.path


@get(_PATHS)
async def show(request: AnyRequest, token: FromPath[str], simulator: Bank) -> Response[str]:
    """The page as it stands: the methods, the details of the chosen one, or how it ended."""
    view = await _look(request, token, simulator)
    if isinstance(view, Response):
        return view
    done = simulator.store.transaction(request.query_params.get("done", ""))
    if done is not None and done[0] is view.attempt:
        return _done(view, done[1])
    return _current(view, request.query_params.get("method", ""))


@post(_PATHS)
async def act(request: AnyRequest, token: FromPath[str], simulator: Bank) -> Response[Any]:
    """Choose a `method`, carry out an `action`, or both at once; answers 303."""
    view = await _look(request, token, simulator)
    if isinstance(view, Response):
        return view
    form = await request.form()
    choice = checkout.Choice(
        method=str(form.get("method", "")),
        action=str(form.get("action", "")),
        card_number=str(form.get("card_number", "")),
        phone="Mobile" in request.headers.get("user-agent", ""),
    )
    try:
        transaction = checkout.take(simulator, view.attempt, choice, view.now)
    except NotPayable as refusal:
        return _current(view, choice.method, problem=str(refusal))
    if transaction is None:
        more = {"method": CARD} if choice.method == CARD else {}
        return Redirect(view.link(**more), status_code=303)
    finish = None if view.framed else checkout.finish_url(simulator, view.attempt, transaction)
    return Redirect(finish or view.link(done=transaction.transaction_id), status_code=303)


@get("/snap/snap.js")
async def snap_js() -> Response[bytes]:
    """The script merchants load."""
    return _file("snap.js")


@get("/snap/static/{name:str}")
async def static(name: FromPath[str]) -> Response[bytes]:
    """The page's own style and script."""
    if name not in ("page.css", "frame.js"):
        raise NotFoundException
    return _file(name)


async def _look(request: AnyRequest, token: str, simulator: Simulator) -> View | Response[str]:
    now = await simulator.now()
    attempt = simulator.store.by_token(token)
    kept = {name: request.query_params[name] for name in _KEPT if name in request.query_params}
    if attempt is None:
        return _gone("Halaman pembayaran tidak ditemukan", "404", 404, kept)
    if attempt.token != token:
        return _gone("Halaman ini sudah diganti dengan yang baru", "404", 410, kept)
    if kept.get("client_key", simulator.config.client_key) != simulator.config.client_key:
        return _gone("Client key tidak dikenal", "401", 401, kept)
    return View(simulator, attempt, now, request.url.path, kept)


def _gone(title: str, code: str, status: int, kept: dict[str, str]) -> Response[str]:
    result = {"status_code": code, "status_message": [title]}
    return html_page("gone.html", status=status, title=title, frame=_frame(kept, result, "error"))


def _current(view: View, method: str, problem: str = "") -> Response[str]:
    attempt, state = view.attempt, rules.page_state(view.attempt, view.now)
    groups = checkout.groups(attempt)
    only = [m.name for listed in groups.values() for m in listed]
    if state in _CLOSED:
        return _closed(view, state, problem)
    if state is PageState.WAITING:
        transaction = rules.current(attempt)
        assert transaction is not None
        return _page(view, "pay.html", problem, **_details(transaction))
    if CARD in only and (method == CARD or only == [CARD]):
        return _page(view, "pay.html", problem, **_card_form(alone=only == [CARD]))
    denied = bool(attempt.transactions)
    return _page(view, "methods.html", problem, groups=groups, method=method, denied=denied)


def _details(transaction: Transaction) -> Json:
    qr = _qr_path(transaction.transaction_id) if transaction.payment_type == "qris" else ""
    return {
        "transaction": transaction,
        "method": METHODS[transaction.method],
        "qr": qr,
        "alone": True,
    }


def _card_form(alone: bool) -> Json:
    return {"transaction": None, "method": METHODS[CARD], "default_card": DEFAULT_CARD, "alone": alone}


def _page(view: View, template: str, problem: str, **context: Any) -> Response[str]:
    finishes = {f"{urlsplit(url).scheme}://{urlsplit(url).netloc}" for url in view.attempt.callbacks.values()}
    return html_page(
        template,
        status=422 if problem else 200,
        forms_to=sorted(finishes),
        attempt=view.attempt,
        here=view.link(),
        problem=problem,
        frame=_frame(view.kept, None, ""),
        **context,
    )


def _closed(view: View, state: PageState, problem: str) -> Response[str]:
    code, message, title = _CLOSED[state]
    status = 409 if problem else 200 if state is PageState.PAID else 410
    result = {"status_code": code, "status_message": [message], "order_id": view.attempt.order_id}
    frame = _frame(view.kept, result, "error")
    return html_page("gone.html", status=status, title=title, frame=frame)


def _done(view: View, transaction: Transaction) -> Response[str]:
    result = checkout.result(view.simulator, view.attempt, transaction)
    outcome = checkout.outcome(result)
    return html_page(
        "done.html",
        attempt=view.attempt,
        here=view.link(),
        title=_OUTCOMES.get(transaction.status) or _OUTCOMES.get(outcome) or _OUTCOMES["deny"],
        outcome=outcome,
        transaction=transaction,
        method=METHODS[transaction.method],
        again=rules.page_state(view.attempt, view.now) in (PageState.OPEN, PageState.WAITING),
        back=None if view.framed else result.get("finish_redirect_url"),
        frame=_frame(view.kept, result, outcome),
    )


def _frame(kept: dict[str, str], result: Json | None, outcome: str) -> Json | None:
    """What the page's script tells the merchant's page, and only to the origin that opened the frame."""
    parts = urlsplit(kept.get("origin", ""))
    if kept.get("embed") != "1" or parts.scheme not in ("http", "https") or not parts.netloc:
        return None
    told = json.dumps(result) if result is not None else ""
    return {"origin": f"{parts.scheme}://{parts.netloc}", "outcome": outcome, "result": told}


def _file(name: str) -> Response[bytes]:
    path = HERE / "static" / name
    headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-cache"}
    media_type = f"{_MEDIA_TYPES[path.suffix]}; charset=utf-8"
    return Response(path.read_bytes(), headers=headers, media_type=media_type)


def _qr_path(seed: str) -> str:
    """An SVG path of 21 × 21 that looks like a QR code and pays nothing."""
    bits = int.from_bytes(hashlib.sha512(seed.encode()).digest(), "big")
    squares = [
        f"M{x} {y}h1v1h-1z"
        for y in range(21)
        for x in range(21)
        if (_finder(x, y) if _in_corner(x, y) else bits >> (x * 21 + y) % 512 & 1)
    ]
    return "".join(squares)


def _in_corner(x: int, y: int) -> bool:
    return (x < 8 and y < 8) or (x > 12 and y < 8) or (x < 8 and y > 12)


def _finder(x: int, y: int) -> bool:
    across, down = (x - 14 if x > 12 else x), (y - 14 if y > 12 else y)
    ring = max(abs(across - 3), abs(down - 3))
    return ring == 3 or ring <= 1


handlers: list[ControllerRouterHandler] = [show, act, snap_js, static]
