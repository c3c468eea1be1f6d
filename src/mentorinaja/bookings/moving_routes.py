"""The page on which the payer chooses another time for a session, with the booking form's own times."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from litestar import Response, get, post

from mentorinaja import formats
from mentorinaja.bookings import queries
from mentorinaja.bookings.actions import move
from mentorinaja.bookings.choosing import Times, look_at_times, nearest, showable
from mentorinaja.bookings.forms import MoveForm
from mentorinaja.bookings.moving import why_not_moved
from mentorinaja.bookings.queries import OrderDetail
from mentorinaja.bookings.refusals import NotASlot, OwnOverlap, SlotTaken
from mentorinaja.db.pool import Database
from mentorinaja.errors import DomainError, NotThere
from mentorinaja.web import html
from mentorinaja.web.auth import requires_user
from mentorinaja.web.bodies import posted
from mentorinaja.web.flash import put_flash
from mentorinaja.web.forms import read_form
from mentorinaja.web.limits import limit
from mentorinaja.web.viewer import Viewer, WebRequest

_PATH = "/user/transactions/{public_id:str}/move"
_PAGE = "templates/bookings/move.html"
# What htmx swaps when the date changes.
_PARTS = {
    "pick-date": "partials/bookings/pick_date.html",
    "pick-time": "partials/bookings/pick_time.html",
}


@get(_PATH, guards=[requires_user])
async def ask_move(request: WebRequest, db: Database, now: datetime, public_id: str) -> Response[Any]:
    """The times to choose from; its address may carry what is chosen already. 409 when it keeps its time."""
    order = await _order(request, db, public_id)
    _check(order, now)
    form = MoveForm(request.query_params)
    form.offer(await _times(db, order, form, now), now)
    if html.wants_partial(request):
        form.select()
        return html.parts(request, _PARTS, form=form, choice=form.times)
    return _page(request, order, form)


@post(_PATH, guards=[requires_user])
async def do_move(request: WebRequest, db: Database, now: datetime, public_id: str) -> Response[Any]:
    """Move the session and go back to Riwayat; or the page again with what is wrong."""
    order, form = await _order(request, db, public_id), await read_form(request, MoveForm)
    wanted = (await posted(request)).text("show")
    if wanted is not None:
        form.show(wanted)
    form.offer(await _times(db, order, form, now), now)
    if wanted is not None or not form.validate():
        _check(order, now)
        return _page(request, order, form, status=200 if wanted is not None else 422)
    viewer = _viewer(request)
    await limit(db, "book", str(viewer.id), most=60, seconds=3600)
    starts_at = form.chosen()
    try:
        await move(db, viewer, public_id, starts_at)
    except (SlotTaken, OwnOverlap, NotASlot) as refusal:
        return await _refused(request, db, order, now, form, starts_at, refusal)
    answer = html.see_other(request, "/user/transactions?status=confirmed")
    put_flash(request, answer, "ok", f"Jadwal dipindahkan ke {formats.when(starts_at, order.payer_zone)}.")
    return answer


async def _refused(
    request: WebRequest,
    db: Database,
    order: OrderDetail,
    now: datetime,
    form: MoveForm,
    starts_at: datetime,
    refusal: DomainError,
) -> Response[Any]:
    """The page with what was chosen, what is free now, and why it did not work."""
    form.offer(await _times(db, order, form, now), now)
    if isinstance(refusal, NotASlot):
        form.time.errors = [*form.time.errors, refusal.text]
        return _page(request, order, form, status=refusal.status)
    slots = await nearest(db, order.expert_id, form.times, starts_at, order.user_id)
    return _page(request, order, form, status=refusal.status, notice=refusal, nearest=slots)


async def _order(request: WebRequest, db: Database, public_id: str) -> OrderDetail:
    order = await queries.order_for(db, _viewer(request), public_id)
    if order is None:
        raise NotThere
    return order


def _check(order: OrderDetail, now: datetime) -> None:
    if not order.can_be_moved(now):
        raise why_not_moved(expert_came=order.expert_came, room_path=order.room_path)


async def _times(db: Database, order: OrderDetail, form: MoveForm, now: datetime) -> Times:
    zone = form.known_zone or order.payer_zone
    day = showable(form.day, now, zone)
    return await look_at_times(
        db, order.expert_id, order.duration_minutes, zone=zone, day=day, user_id=order.user_id
    )


def _page(
    request: WebRequest,
    order: OrderDetail,
    form: MoveForm,
    *,
    status: int = 200,
    notice: DomainError | None = None,
    nearest: list[tuple[str, datetime]] | None = None,
) -> Response[Any]:
    form.select()
    return html.page(
        request, _PAGE, status=status, order=order, form=form, choice=form.times, notice=notice, nearest=nearest or (),
    )  # fmt: skip


def _viewer(request: WebRequest) -> Viewer:
    assert request.user is not None, "the guard let nobody else in"
    return request.user


HANDLERS = [ask_move, do_move]
