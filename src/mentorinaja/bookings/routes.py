"""The booking form: choosing a time, and sending it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import quote

from litestar import Response, Router, get, post
from litestar.handlers import BaseRouteHandler

from mentorinaja.bookings import history, money_routes, proposing_routes
from mentorinaja.bookings.actions import Wish, book
from mentorinaja.bookings.choosing import Choice, look, nearest, seller, showable
from mentorinaja.bookings.forms import BookingForm
from mentorinaja.bookings.refusals import (
    MethodLimit,
    NotASlot,
    NotReceiving,
    OwnOverlap,
    OwnService,
    PriceChanged,
    ServiceGone,
    SlotTaken,
    UnpaidLimit,
)
from mentorinaja.bookings.rules import METHODS, pay_deadline
from mentorinaja.db.pool import Database
from mentorinaja.errors import DomainError, NotThere, SignInNeeded
from mentorinaja.web import html
from mentorinaja.web.auth import Guarded, requires_user
from mentorinaja.web.bodies import posted
from mentorinaja.web.forms import read_form
from mentorinaja.web.limits import limit
from mentorinaja.web.viewer import Viewer, WebRequest

_PAGE = "templates/bookings/form.html"
# What htmx swaps when service, date, time or method changes.
_PARTS = {
    "pick-date": "partials/bookings/pick_date.html",
    "pick-time": "partials/bookings/pick_time.html",
    "pick-method": "partials/bookings/pick_method.html",
    "summary": "partials/bookings/summary.html",
}


def comes_back_here(connection: Guarded, _handler: BaseRouteHandler) -> None:
    """Guard: whoever must sign in first comes back to this form and service, also when the form was sent."""
    if connection.scope.get("user") is None:
        here = quote(connection.url.path) + (f"?{connection.url.query}" if connection.url.query else "")
        raise SignInNeeded(actions=[("Login", f"/login?next={quote(here, safe='/')}")])


@get("/expert/{slug:str}/booking", guards=[comes_back_here, requires_user])
async def show_form(request: WebRequest, db: Database, now: datetime, slug: str) -> Response[Any]:
    """The form; its address may carry what is chosen already."""
    form = BookingForm(request.query_params)
    form.payment_method.data = form.payment_method.data or "card"
    choice = await _choice(request, db, now, slug, form, strict=True)
    form.offer_choice(choice, now)
    if html.wants_partial(request):
        form.select()
        return html.parts(request, _PARTS, **_context(form))
    return _form(request, form)


@post("/expert/{slug:str}/booking", guards=[comes_back_here, requires_user])
async def send_form(request: WebRequest, db: Database, now: datetime, slug: str) -> Response[Any]:
    """Book, and on to paying; or the form again with what is wrong."""
    form = await read_form(request, BookingForm)
    wanted = (await posted(request)).text("show")
    if wanted is not None:
        form.show(wanted)
    choice = await _choice(request, db, now, slug, form)
    form.offer_choice(choice, now)
    if wanted is not None:
        return _form(request, form)
    if not form.validate():
        return _form(request, form, status=422)
    viewer = _viewer(request)
    await limit(db, "book", str(viewer.id), most=60, seconds=3600)
    wish = Wish(
        user_id=viewer.id,
        service_id=choice.service.id,
        starts_at=form.starts_at(),
        topic=form.topic.data or "",
        notes=form.notes.data or "",
        payment_method=form.payment_method.data,
        shown=form.shown_total,
    )
    try:
        public_id = await book(db, wish)
    except DomainError as refusal:
        return await _refused(request, db, now, slug, form, wish, refusal)
    return html.see_other(request, f"/payment/{public_id}")


async def _refused(
    request: WebRequest,
    db: Database,
    now: datetime,
    slug: str,
    form: BookingForm,
    wish: Wish,
    refusal: DomainError,
) -> Response[Any]:
    """The form with everything typed, what is free now, and why it did not work."""
    if isinstance(refusal, ServiceGone | OwnService | NotReceiving):
        raise refusal
    choice = await _choice(request, db, now, slug, form)
    form.offer_choice(choice, now)
    slots: list[tuple[str, datetime]] = []
    notice: DomainError | None = None
    if isinstance(refusal, SlotTaken | OwnOverlap):
        slots = await nearest(db, choice.expert.id, choice, wish.starts_at or now, wish.user_id)
    if isinstance(refusal, NotASlot):
        form.time.errors = [*form.time.errors, refusal.text]
    elif isinstance(refusal, MethodLimit):
        form.payment_method.errors = [*form.payment_method.errors, refusal.text]
    elif isinstance(refusal, SlotTaken | OwnOverlap | UnpaidLimit | PriceChanged):
        notice = refusal
    else:
        raise refusal
    return _form(request, form, status=refusal.status, notice=notice, nearest=slots)


async def _choice(
    request: WebRequest,
    db: Database,
    now: datetime,
    slug: str,
    form: BookingForm,
    *,
    strict: bool = False,
) -> Choice:
    """What can be chosen, for the service and day named in the form, else in the address, else the first."""
    viewer = _viewer(request)
    expert, services = await seller(db, slug)
    if expert.user_id == viewer.id:
        raise OwnService(
            "Anda tidak dapat memesan sesi dari diri sendiri.", [("Buka Dashboard", "/expert/dashboard")]
        )
    wanted = form.service_id
    service = next((service for service in services if service.id == wanted), None)
    if service is None:
        if strict and form.service.raw_data:
            raise NotThere
        in_address = request.query_params.get("service")
        service = next((service for service in services if str(service.id) == in_address), services[0])
    zone = form.known_zone or viewer.time_zone
    day = showable(form.day, now, zone)
    return await look(db, expert, services, service, zone=zone, day=day, user_id=viewer.id)


def _form(
    request: WebRequest,
    form: BookingForm,
    *,
    status: int = 200,
    notice: DomainError | None = None,
    nearest: list[tuple[str, datetime]] | None = None,
) -> Response[Any]:
    form.select()
    return html.page(request, _PAGE, status=status, notice=notice, nearest=nearest or (), **_context(form))


def _context(form: BookingForm) -> dict[str, Any]:
    choice = form.choice
    is_now = form.time.data == "now"
    starts = form.now if is_now else choice.slot(form.time.data)
    return {
        "form": form,
        "choice": choice,
        "methods": METHODS,
        "is_now": is_now,
        "starts": starts,
        "deadline": pay_deadline(form.now, starts, is_now=is_now) if starts else None,
    }


def _viewer(request: WebRequest) -> Viewer:
    assert request.user is not None, "the guard let nobody else in"
    return request.user


router = Router(
    path="/",
    route_handlers=[
        show_form,
        send_form,
        *history.HANDLERS,
        *proposing_routes.HANDLERS,
        *money_routes.HANDLERS,
    ],
)
