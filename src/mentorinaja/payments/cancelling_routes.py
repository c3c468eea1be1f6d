"""Asking before something is given up: what goes back, and why, stands there before anybody says yes."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from litestar import Response, get, post

from mentorinaja.bookings import actions as bookings
from mentorinaja.bookings import queries as orders
from mentorinaja.bookings.actions import AlreadyPaid, LessGoesBack
from mentorinaja.bookings.queries import OrderDetail
from mentorinaja.bookings.rules import OrderKind
from mentorinaja.db.pool import Database
from mentorinaja.errors import DomainError, NotThere
from mentorinaja.formats import rupiah
from mentorinaja.payments import actions
from mentorinaja.payments.cancelling import why_expert_cannot, why_not_cancelled
from mentorinaja.products.rules import goes_back
from mentorinaja.web import html
from mentorinaja.web.auth import requires_expert, requires_user
from mentorinaja.web.bodies import posted
from mentorinaja.web.flash import put_flash
from mentorinaja.web.viewer import Viewer, WebRequest

_HISTORY = "/user/transactions"
_TRANSACTIONS = "/expert/dashboard/transaksi"
_PAGE = "templates/bookings/cancel.html"
_EXPERT_PAGE = "templates/bookings/cancel_by_expert.html"
_SUM = re.compile(r"[0-9]{1,15}")
_GIVEN_UP: dict[OrderKind, str] = {
    "booking": "Booking dibatalkan. Waktunya sudah kami lepas.",
    "extension": "Tambahan waktu dibatalkan. Tidak ada yang ditagih.",
    "product": "Pembelian dibatalkan. Tidak ada yang ditagih.",
}


@get(_HISTORY + "/{public_id:str}/cancel", guards=[requires_user])
async def ask_cancel(request: WebRequest, db: Database, now: datetime, public_id: str) -> Response[Any]:
    """Asks first. 409 when it cannot be cancelled any more; back to Riwayat when there is nothing left to cancel."""
    order = await _order_of_payer(request, db, public_id)
    if order.payment_status != "paid_late" and order.status == "cancelled":
        return html.see_other(request, f"{_HISTORY}?status=cancelled")
    if order.is_paid and _back(order, now) is None:
        raise why_not_cancelled(order)
    return _ask(request, order, now)


@post(_HISTORY + "/{public_id:str}/cancel", guards=[requires_user])
async def do_cancel(request: WebRequest, db: Database, now: datetime, public_id: str) -> Response[Any]:
    """Give up an unpaid order, call off a paid session, or have late money back; then to Riwayat."""
    order = await _order_of_payer(request, db, public_id)
    if order.purchase is not None and order.purchase.cancelled:
        return html.see_other(request, f"{_HISTORY}?status=cancelled")
    if order.payment_status == "paid_late":
        await actions.give_late_back(db, _viewer(request), public_id)
        return _done(request, f"{_HISTORY}?status=cancelled", "Dana Anda kami kembalikan.")
    if not (order.is_paid or order.cancel_reason == "cancelled_by_user"):
        try:
            kind = await bookings.cancel_unpaid(db, _viewer(request), public_id)
        except AlreadyPaid as refusal:
            return await _ask_again(request, db, public_id, refusal)
        return _done(request, _HISTORY, _GIVEN_UP[kind])
    return await _cancel_paid(request, db, public_id, is_product=order.is_product)


@get(_TRANSACTIONS + "/{public_id:str}/cancel", guards=[requires_expert])
async def ask_expert_cancel(
    request: WebRequest, db: Database, now: datetime, public_id: str
) -> Response[Any]:
    """Asks the expert first. 409 when the session has begun or does not stand."""
    viewer = _viewer(request)
    assert viewer.expert_id is not None, "the guard let only experts in"
    order = await orders.order_of_expert(db, viewer.expert_id, public_id)
    if order is None or order.kind != "booking" or order.paid_at is None:
        raise NotThere
    if not order.terms.expert_may_cancel(now):
        raise why_expert_cannot(order)
    return html.page(request, _EXPERT_PAGE, order=order)


@post(_TRANSACTIONS + "/{public_id:str}/cancel", guards=[requires_expert])
async def do_expert_cancel(request: WebRequest, db: Database, public_id: str) -> Response[Any]:
    """Call the session off and go back to the transactions."""
    await actions.cancel_by_expert(db, _viewer(request), public_id)
    text = "Sesi dibatalkan. Dana pengguna kami kembalikan seluruhnya."
    return _done(request, f"{_TRANSACTIONS}?status=cancelled", text)


async def _cancel_paid(
    request: WebRequest, db: Database, public_id: str, *, is_product: bool
) -> Response[Any]:
    """Only for the sum the payer was shown, or more."""
    shown = (await posted(request)).text("shown") or ""
    if not _SUM.fullmatch(shown):
        return await _ask_again(request, db, public_id, AlreadyPaid.meanwhile())
    try:
        if is_product:  # what goes back of it was settled when it was bought
            back = await actions.return_product(db, _viewer(request), public_id)
        else:
            back = await actions.cancel_paid(db, _viewer(request), public_id, int(shown))
    except LessGoesBack as refusal:
        return await _ask_again(request, db, public_id, refusal)
    text = "Pembelian dibatalkan." if is_product else "Sesi dibatalkan."
    if back:
        text += f" {rupiah(back)} kembali kepada Anda."
    return _done(request, f"{_HISTORY}?status=cancelled", text)


async def _ask_again(
    request: WebRequest, db: Database, public_id: str, refusal: DomainError
) -> Response[Any]:
    """The question as it stands now, with why it is asked again; or the refusal where there is none any more."""
    now: datetime = await db.fetchval("SELECT app_now()")
    order = await _order_of_payer(request, db, public_id)
    if not order.is_paid:
        raise refusal
    if _back(order, now) is None:
        raise why_not_cancelled(order)
    return _ask(request, order, now, status=refusal.status, notice=refusal)


def _ask(
    request: WebRequest,
    order: OrderDetail,
    now: datetime,
    *,
    status: int = 200,
    notice: DomainError | None = None,
) -> Response[Any]:
    back = _back(order, now) if order.is_paid else None
    return html.page(request, _PAGE, status=status, order=order, now=now, back=back, notice=notice)


def _back(order: OrderDetail, now: datetime) -> int | None:
    """Rupiah that go back if the payer cancels what is paid now; None: it cannot be cancelled."""
    if order.purchase is not None and order.purchase.can_be_returned:
        return min(order.kept, goes_back(order.cancel_policy, order.total))
    return order.terms.back(now, order.total, order.kept) if order.kind == "booking" else None


def _done(request: WebRequest, address: str, text: str) -> Response[Any]:
    answer = html.see_other(request, address)
    put_flash(request, answer, "ok", text)
    return answer


async def _order_of_payer(request: WebRequest, db: Database, public_id: str) -> OrderDetail:
    order = await orders.order_for(db, _viewer(request), public_id)
    if order is None:
        raise NotThere
    return order


def _viewer(request: WebRequest) -> Viewer:
    assert request.user is not None, "the guard let nobody else in"
    return request.user


HANDLERS = [ask_cancel, do_cancel, ask_expert_cancel, do_expert_cancel]
