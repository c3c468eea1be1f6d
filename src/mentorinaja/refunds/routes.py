"""The page on which the payer says to which bank account money goes that the gateway cannot send."""

from __future__ import annotations

from typing import Any

from litestar import Response, Router, get, post

from mentorinaja.banks.forms import BankAccountForm
from mentorinaja.banks.vault import Vault
from mentorinaja.bookings import queries as orders
from mentorinaja.bookings.queries import OrderDetail
from mentorinaja.db.pool import Database
from mentorinaja.errors import NotThere
from mentorinaja.refunds import actions
from mentorinaja.refunds.rules import NoAccountNeeded
from mentorinaja.settings import Settings
from mentorinaja.web.auth import requires_user
from mentorinaja.web.flash import put_flash
from mentorinaja.web.forms import read_form
from mentorinaja.web.html import page, see_other
from mentorinaja.web.limits import limit
from mentorinaja.web.viewer import Viewer, WebRequest

_HISTORY = "/user/transactions"


@get(_HISTORY + "/{public_id:str}/refund-account", guards=[requires_user])
async def ask_account(request: WebRequest, db: Database, public_id: str) -> Response[Any]:
    """The form, while money waits for an account; 409 when none does."""
    return _page(request, await _order(request, db, public_id), BankAccountForm())


@post(_HISTORY + "/{public_id:str}/refund-account", guards=[requires_user])
async def give_account(
    request: WebRequest, db: Database, settings: Settings, public_id: str
) -> Response[Any]:
    """Keep the account, its number sealed; 422 with what was typed."""
    order = await _order(request, db, public_id)
    form = await read_form(request, BankAccountForm)
    if not form.validate():
        return _page(request, order, form, status=422)
    viewer = _viewer(request)
    await limit(db, "refund-account", str(viewer.id), most=30, seconds=3600)
    await actions.give_account(
        db, Vault(settings), viewer, public_id, form.bank.data, form.number, form.account_holder.data or ""
    )
    answer = see_other(request, f"{_HISTORY}#order-{public_id}")
    put_flash(request, answer, "ok", "Rekening tersimpan. Dananya kami transfer dalam 2-3 hari kerja.")
    return answer


async def _order(request: WebRequest, db: Database, public_id: str) -> OrderDetail:
    order = await orders.order_for(db, _viewer(request), public_id)
    if order is None:
        raise NotThere
    if not order.to_transfer:
        raise NoAccountNeeded(
            "Tidak ada dana dari pesanan ini yang menunggu nomor rekening.", [("Lihat Riwayat", _HISTORY)]
        )
    return order


def _page(
    request: WebRequest, order: OrderDetail, form: BankAccountForm, *, status: int = 200
) -> Response[Any]:
    return page(request, "templates/refunds/account.html", status=status, order=order, form=form)


def _viewer(request: WebRequest) -> Viewer:
    assert request.user is not None, "the guard let nobody else in"
    return request.user


router = Router(path="/", route_handlers=[ask_account, give_account])
