"""Beginning to look as somebody, with the reason for it, and ending it."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from mentorinaja.accounts import actions, queries, rules, viewing
from mentorinaja.accounts.forms import ViewingForm
from mentorinaja.accounts.problems import NotViewable, WrongPassword
from mentorinaja.db.pool import Database
from mentorinaja.errors import NotThere, TooMany
from mentorinaja.settings import Settings
from mentorinaja.web.auth import admin_of, requires_admin, requires_user, session_cookie
from mentorinaja.web.flash import put_flash
from mentorinaja.web.forms import read_form
from mentorinaja.web.html import page, see_other
from mentorinaja.web.problems import with_wait
from mentorinaja.web.viewer import WebRequest

_BEGIN = "/lihat-sebagai/{user_id:int}"
_STOP = "/lihat-sebagai/berhenti"


@get(_BEGIN, guards=[requires_admin])
async def ask_why(request: WebRequest, db: Database, user_id: int) -> Response[Any]:
    """What it means to look as this person, and the form for the reason."""
    return await _form(request, db, user_id, ViewingForm())


@post(_BEGIN, guards=[requires_admin])
async def begin(request: WebRequest, db: Database, settings: Settings, user_id: int) -> Response[Any]:
    """Look as this person from the next page on; the password first, where it was not given lately."""
    form, admin = await read_form(request, ViewingForm), admin_of(request)
    if not form.validate():
        return await _form(request, db, user_id, form, status=422)
    try:
        if not await queries.confirmed_lately(db, admin.session_id):
            await actions.confirm(db, admin, form.password.data or "")
        token = await actions.view_as(db, admin, user_id, form.reason.data or "")
    except (WrongPassword, TooMany) as problem:
        form.password.errors = [str(problem)]
        return with_wait(await _form(request, db, user_id, form, status=problem.status), problem)
    except NotViewable as problem:
        form.form_errors.append(str(problem))
        return await _form(request, db, user_id, form, status=problem.status)
    response = see_other(request, "/")
    response.cookies.append(session_cookie(settings, token, None))
    return response


@post(_STOP, guards=[requires_user], opt={viewing.ENDS_VIEWING: True})
async def stop(request: WebRequest, db: Database, settings: Settings) -> Response[Any]:
    """Be oneself again, and go back to the desk; also for who has been for a while."""
    viewer = request.user
    assert viewer is not None, "the guard lets nobody else through"
    if viewer.seen_by is None and viewer.role != "admin":
        raise NotThere
    token = await viewing.stop(db, viewer.session_id)
    response = see_other(request, f"/admin/users/{viewer.id}" if viewer.seen_by else "/admin")
    if token:
        response.cookies.append(session_cookie(settings, token, None))
        put_flash(request, response, "ok", "Anda kembali sebagai diri sendiri.")
    return response


async def _form(
    request: WebRequest, db: Database, user_id: int, form: ViewingForm, *, status: int = 200
) -> Response[Any]:
    account = await queries.account_for(db, user_id)
    if account is None:
        raise NotThere
    return page(
        request,
        "templates/accounts/view_as.html",
        status=status,
        form=form,
        account=account,
        back=f"/admin/users/{user_id}",
        minutes=int(rules.VIEWING_FOR.total_seconds()) // 60,
        asks_password=not await queries.confirmed_lately(db, admin_of(request).session_id),
    )


handlers = [ask_why, begin, stop]
