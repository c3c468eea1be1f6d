""" "Ajukan Penarikan": the form as a page and inside TRANSAKSI's dialog, and all withdrawals there were."""

from __future__ import annotations

from typing import Any

from litestar import Response, Router, get, post

from mentorinaja.banks.vault import Vault
from mentorinaja.bookings.rules import page_number
from mentorinaja.db.pool import Database
from mentorinaja.errors import DomainError, TooMany
from mentorinaja.formats import rupiah
from mentorinaja.settings import Settings
from mentorinaja.typed import rupiah_in
from mentorinaja.web import html
from mentorinaja.web.auth import requires_expert
from mentorinaja.web.flash import put_flash
from mentorinaja.web.forms import read_form
from mentorinaja.web.problems import with_wait
from mentorinaja.web.viewer import Viewer, WebRequest
from mentorinaja.withdrawals import actions, queries
from mentorinaja.withdrawals.forms import WithdrawalForm
from mentorinaja.withdrawals.rules import (
    AlreadySent,
    CannotWithdraw,
    WrongAmount,
    WrongPassword,
    check_amount,
)

WITHDRAWALS = "/expert/dashboard/withdrawals"
_TRANSACTIONS = "/expert/dashboard/transaksi"


@get(WITHDRAWALS, guards=[requires_expert])
async def show_withdrawals(request: WebRequest, db: Database) -> Response[Any]:
    """The form, or why nothing can be asked for now; below all withdrawals. htmx gets the form alone."""
    return await _show(request, db, WithdrawalForm())


@post(WITHDRAWALS, guards=[requires_expert])
async def ask(request: WebRequest, db: Database, settings: Settings) -> Response[Any]:
    """Take the request; 422 beside the field, 409 when nothing can be asked for now."""
    form = await read_form(request, WithdrawalForm)
    if not form.validate():
        await _tell_amount(request, db, form)
        return await _show(request, db, form, status=422)
    wish = form.wish
    try:
        await actions.ask(db, Vault(settings), _viewer(request), wish, form.password.data or "")
    except WrongAmount as problem:
        form.amount.errors = [str(problem)]
        return await _show(request, db, form, status=problem.status)
    except (WrongPassword, TooMany) as problem:
        form.password.errors = [str(problem)]
        return with_wait(await _show(request, db, form, status=problem.status), problem)
    except CannotWithdraw as problem:
        if isinstance(problem, AlreadySent):
            form.renew_key()
        return await _show(request, db, form, status=problem.status, refusal=problem)
    answer = html.see_other(request, _TRANSACTIONS)
    text = f"Penarikan {rupiah(wish.amount)} sudah diajukan. Prosesnya 2-3 hari kerja."
    put_flash(request, answer, "ok", text)
    return answer


async def _tell_amount(request: WebRequest, db: Database, form: WithdrawalForm) -> None:
    """What is wrong with the amount is told together with the rest."""
    expert_id, amount = _viewer(request).expert_id, rupiah_in(form.amount.data or "")
    if amount is None or expert_id is None:
        return
    allowance = await queries.allowance_of(db, expert_id)
    try:
        check_amount(amount, allowance.available, allowance.least)
    except WrongAmount as problem:
        form.amount.errors = [str(problem)]


async def _show(
    request: WebRequest,
    db: Database,
    form: WithdrawalForm,
    *,
    status: int = 200,
    refusal: DomainError | None = None,
) -> Response[Any]:
    viewer = _viewer(request)
    assert viewer.expert_id is not None, "the guard let nobody else in"
    allowance = await queries.allowance_of(db, viewer.expert_id)
    return html.answer(
        request,
        "templates/withdrawals/show.html",
        "partials/withdrawals/form.html",
        status=status,
        form=form,
        allowance=allowance,
        refusal=refusal or allowance.refusal,
        in_dialog=html.wants_partial(request),
        found=await queries.withdrawals_of(
            db, viewer.expert_id, page_number(request.query_params.get("page", ""))
        ),
        zone=viewer.time_zone,
    )


def _viewer(request: WebRequest) -> Viewer:
    assert request.user is not None, "the guard let nobody else in"
    return request.user


router = Router(path="/", route_handlers=[show_withdrawals, ask])
