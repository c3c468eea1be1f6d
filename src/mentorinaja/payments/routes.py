"""Payment pages and Midtrans's notifications: the one controller of everything about paying."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import asyncpg
import structlog
from litestar import MediaType, Response, Router, get, post
from litestar.response.base import ASGIResponse
from litestar.types import ASGIApp

from mentorinaja import clock
from mentorinaja.bookings import queries as bookings
from mentorinaja.db.pool import Database
from mentorinaja.errors import NotThere
from mentorinaja.live.hub import Hub
from mentorinaja.payments import actions, cancelling_routes, live, moving_routes, queries
from mentorinaja.payments.gateway_words import GatewayDown
from mentorinaja.payments.midtrans import Gateway
from mentorinaja.payments.notifications import MOST_BYTES, NOTIFICATIONS, Forged, Malformed, read
from mentorinaja.payments.refusals import MidtransAway, NothingToPay, PayingClosed
from mentorinaja.payments.view import Arrival, PaymentView, phase_of
from mentorinaja.settings import Settings
from mentorinaja.web import html
from mentorinaja.web.auth import requires_user
from mentorinaja.web.bodies import posted
from mentorinaja.web.csrf import CSRF_EXEMPT
from mentorinaja.web.limits import limit
from mentorinaja.web.streams import personal_stream
from mentorinaja.web.viewer import AnyRequest, Viewer, WebRequest

log = structlog.get_logger(__name__)

_PAGE, _PART = "templates/payments/show.html", "partials/payments/state.html"
_ARRIVALS: dict[str, Arrival] = {"success": "success", "pending": "pending", "error": "error"}
# What Midtrans appends to the finish address is an attempt's id: the order's, perhaps with a number.
_ORDER_ID = re.compile(r"((?:BE|PD|EX)-[0-9]{8}-[A-HJ-NP-Z2-9]{6})(?:-[0-9]{1,4})?")


@get("/payment/{order_id:str}", guards=[requires_user])
async def show(request: WebRequest, db: Database, settings: Settings, order_id: str) -> Response[Any]:
    """The order to pay, or what became of it."""
    return await _show(request, db, settings, order_id, "page")


@post("/payment/{order_id:str}/pay", guards=[requires_user])
async def pay(
    request: WebRequest, db: Database, gateway: Gateway, settings: Settings, order_id: str
) -> Response[Any]:
    """Open the payment: htmx gets the part that opens Snap, a plain form goes back to the page with the link."""
    viewer = _viewer(request)
    sent = await posted(request)
    await limit(db, "pay", str(viewer.id), most=60, seconds=600)
    here = f"/payment/{order_id}"
    try:
        attempt = await actions.open_payment(
            db, gateway, settings, viewer, order_id, any_method=sent.text("method") == "any"
        )
    except NothingToPay:
        return await _nothing_to_pay(request, db, settings, order_id)
    except (PayingClosed, MidtransAway) as refusal:
        return await _refused(request, db, settings, order_id, refusal)
    if not html.wants_partial(request):
        return html.see_other(request, here)
    return html.page(
        request,
        "partials/payments/snap.html",
        attempt=attempt,
        snap_js=f"{settings.midtrans_app_url}/snap/snap.js",
        client_key=settings.midtrans_client_key,
    )


@get("/payment/success", guards=[requires_user])
async def success(request: WebRequest, db: Database, gateway: Gateway, settings: Settings) -> Response[Any]:
    """Where Snap leads after paying: what the server knows, after asking Midtrans."""
    return await _arrive(request, db, gateway, settings, "success")


@get("/payment/pending", guards=[requires_user])
async def pending(request: WebRequest, db: Database, gateway: Gateway, settings: Settings) -> Response[Any]:
    """Where Snap leads when the money is still to come."""
    return await _arrive(request, db, gateway, settings, "pending")


@get("/payment/error", guards=[requires_user])
async def error(request: WebRequest, db: Database, gateway: Gateway, settings: Settings) -> Response[Any]:
    """Where Snap leads when a payment failed."""
    return await _arrive(request, db, gateway, settings, "error")


@get("/payment/finish", guards=[requires_user])
async def finish(request: WebRequest, db: Database, gateway: Gateway, settings: Settings) -> Response[Any]:
    """Where Midtrans's own page leads back to; what its address claims is not believed."""
    return await _arrive(request, db, gateway, settings, "pending")


@get("/payment/{order_id:str}/events", guards=[requires_user])
async def events(request: WebRequest, db: Database, hub: Hub, settings: Settings, order_id: str) -> ASGIApp:
    """The payment's part of the page whenever it changes, until it is final."""
    arrival = _ARRIVALS.get(request.query_params.get("at", ""), "page")
    viewer = _viewer(request)

    async def look() -> PaymentView | None:
        return await _view(db, settings, viewer, order_id, arrival)

    def draw(view: PaymentView) -> str:
        return html.render(request, _PART, view=view)

    view = await look()
    if view is None:
        raise NotThere
    if view.final and request.headers.get("last-event-id") == live.LAST:
        return ASGIResponse(status_code=204, headers={"cache-control": html.PRIVATE})
    seen = request.query_params.get("seen", "")
    return personal_stream(request, live.frames(hub, view.order.public_id, look, draw, seen))


@post(
    "/payment/midtrans/notification",
    opt={"public": True, "exclude_from_auth": True, CSRF_EXEMPT: True},
    request_max_body_size=MOST_BYTES,
    media_type=MediaType.TEXT,
)
async def notification(
    request: AnyRequest, db: Database, gateway: Gateway, settings: Settings
) -> Response[str]:
    """Midtrans's HTTP notification. 200: recorded and applied; 503: tell us again."""
    try:
        told = read(await request.body(), settings.midtrans_server_key)
        await actions.receive(db, gateway, told)
    except Malformed:
        return _say(400, "malformed")
    except Forged:
        request.app.state.forgeries.count(request.client.host if request.client else "")
        return _say(403, "forged")
    except GatewayDown:
        return _say(503, "unanswered")
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        log.exception("notification.trouble")
        return _say(503, "trouble")
    return _say(200, "ok")


def _say(status: int, outcome: str) -> Response[str]:
    NOTIFICATIONS.labels(outcome).inc()
    return Response(outcome, status_code=status, media_type=MediaType.TEXT)


async def _arrive(
    request: WebRequest, db: Database, gateway: Gateway, settings: Settings, arrival: Arrival
) -> Response[Any]:
    """Back from Midtrans: ask it once, then show what is true."""
    given = request.query_params.get("orderId") or request.query_params.get("order_id") or ""
    named = _ORDER_ID.fullmatch(given)
    order = await bookings.order_for(db, _viewer(request), named[1]) if named else None
    if order is None:
        raise NotThere
    if order.payment_status != "paid":
        hint = request.query_params.get("transaction")
        await live.ask(db, gateway, order.id, order.public_id, hint)
    return await _show(request, db, settings, order.public_id, arrival)


async def _show(
    request: WebRequest,
    db: Database,
    settings: Settings,
    order_id: str,
    arrival: Arrival,
    *,
    status: int = 200,
    trouble: str = "",
) -> Response[Any]:
    view = await _view(db, settings, _viewer(request), order_id, arrival)
    if view is None:
        raise NotThere
    return html.page(request, _PAGE, status=status, view=view, arrival=arrival, trouble=trouble)


async def _nothing_to_pay(
    request: WebRequest, db: Database, settings: Settings, order_id: str
) -> Response[Any]:
    """Paid meanwhile: its page says so. Cancelled or over: refused, and the page says why."""
    order = await bookings.order_for(db, _viewer(request), order_id)
    if html.wants_partial(request) or (order is not None and order.payment_status == "paid"):
        return html.see_other(request, f"/payment/{order_id}")
    return await _show(request, db, settings, order_id, "page", status=NothingToPay.status)


async def _refused(
    request: WebRequest, db: Database, settings: Settings, order_id: str, refusal: PayingClosed | MidtransAway
) -> Response[Any]:
    """Midtrans is away or the time is up: said above the payment, which stays as it is."""
    text = f"{refusal.title}. {refusal.text}"
    if html.wants_partial(request):
        # htmx keeps the page on errors of a server; this one is for the person, so it comes as an answer.
        return html.page(request, "partials/payments/trouble.html", text=text)
    return await _show(request, db, settings, order_id, "page", status=refusal.status, trouble=text)


async def _view(
    db: Database, settings: Settings, viewer: Viewer, order_id: str, arrival: Arrival
) -> PaymentView | None:
    order = await bookings.order_for(db, viewer, order_id)
    if order is None:
        return None
    progress = await queries.progress(db, order.id)
    now: datetime = await clock.now(db)
    return PaymentView(
        order,
        progress,
        phase_of(order, progress, now, arrival),
        await queries.returning(db, order.id),
        settings.base_url + order.room_path,
    )


def _viewer(request: WebRequest) -> Viewer:
    viewer = request.user
    assert viewer is not None, "the guard saw to it"
    return viewer


router = Router(
    path="/",
    route_handlers=[
        show,
        pay,
        success,
        pending,
        error,
        finish,
        events,
        notification,
        *cancelling_routes.HANDLERS,
        *moving_routes.HANDLERS,
    ],
)
