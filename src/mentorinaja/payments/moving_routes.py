"""The page on which the payer takes another time: for a session that stands, or with money that came late."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from litestar import Response, get, post

from mentorinaja import formats
from mentorinaja.bookings import actions as bookings
from mentorinaja.bookings import queries as orders
from mentorinaja.bookings.another_time import TimePage
from mentorinaja.bookings.queries import OrderDetail
from mentorinaja.db.pool import Database
from mentorinaja.errors import NotThere
from mentorinaja.payments import actions, late
from mentorinaja.web import html
from mentorinaja.web.auth import requires_user
from mentorinaja.web.flash import put_flash
from mentorinaja.web.viewer import Viewer, WebRequest

_PATH = "/user/transactions/{public_id:str}/move"
_PAGE = "templates/bookings/move.html"
# Why there is another time to choose: the payer's own wish, an expert who has not come, late money.
_Why = Literal["own", "absent", "late"]


@get(_PATH, guards=[requires_user])
async def ask_move(request: WebRequest, db: Database, now: datetime, public_id: str) -> Response[Any]:
    """The times to choose from; its address may carry what is chosen already. 409 when it keeps its time."""
    order = await _order(request, db, public_id)
    why = _why(order, now)
    if why == "late":
        await late.check_receiving(db, order)
    return await _time_page(order, why, now).show(request, db, now)


@post(_PATH, guards=[requires_user])
async def do_move(request: WebRequest, db: Database, now: datetime, public_id: str) -> Response[Any]:
    """Take the time and go back to Riwayat; or the page again with what is wrong."""
    order, viewer = await _order(request, db, public_id), _viewer(request)
    why = _why_still(order, now)

    async def act(starts_at: datetime) -> None:
        take = actions.choose_late if why == "late" else bookings.move
        await take(db, viewer, public_id, starts_at)

    sent = await _time_page(order, why, now).send(request, db, now, act)
    if isinstance(sent, Response):
        _why(order, now)
        return sent
    answer = html.see_other(request, "/user/transactions?status=confirmed")
    new = formats.when(sent, order.payer_zone)
    done = f"Sesi Anda dijadwalkan {new}." if why == "late" else f"Jadwal dipindahkan ke {new}."
    put_flash(request, answer, "ok", done)
    return answer


def _why(order: OrderDetail, now: datetime) -> _Why:
    """Raises `CannotMove` when it keeps its time."""
    if order.payment_status == "paid_late":
        if not order.can_choose(now):
            raise late.too_late()
    elif not order.can_be_moved(now):
        raise bookings.why_not_moved(order)
    return _why_still(order, now)


def _why_still(order: OrderDetail, now: datetime) -> _Why:
    """The same of what was moved a moment ago: the action knows a wish that is sent twice."""
    if order.payment_status == "paid_late":
        return "late"
    absent = order.kind == "booking" and order.terms.instead_of_absent(now)
    return "absent" if absent else "own"


def _time_page(order: OrderDetail, why: _Why, now: datetime) -> TimePage:
    most = order.terms.back_bps(now) if why == "own" and order.kind == "booking" else None
    return TimePage(_PAGE, order, order.payer_zone, {"why": why, "most_back_bps": most})


async def _order(request: WebRequest, db: Database, public_id: str) -> OrderDetail:
    order = await orders.order_for(db, _viewer(request), public_id)
    if order is None or order.kind != "booking":
        raise NotThere
    return order


def _viewer(request: WebRequest) -> Viewer:
    assert request.user is not None, "the guard let nobody else in"
    return request.user


HANDLERS = [ask_move, do_move]
