"""The pages on which an account's email is changed: asking for another one, and confirming it by the link."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from litestar import Response, get, post

from mentorinaja.accounts import emails, queries
from mentorinaja.accounts.forms import EmailForm
from mentorinaja.accounts.problems import EmailTaken, SameEmail, WrongPassword
from mentorinaja.db.pool import Database
from mentorinaja.errors import TooMany
from mentorinaja.settings import Settings
from mentorinaja.web import html
from mentorinaja.web.addresses import safe_next
from mentorinaja.web.auth import requires_user
from mentorinaja.web.bodies import posted
from mentorinaja.web.flash import put_flash
from mentorinaja.web.forms import read_form
from mentorinaja.web.problems import with_wait
from mentorinaja.web.viewer import Viewer, WebRequest

EMAIL = "/user/profile/email"
_PROFILE = "/user/profile"
_PAGE, _FORM = "templates/accounts/email.html", "partials/accounts/email_form.html"
_SECTION = "partials/accounts/email.html"
_CONFIRM = "/change-email/{token:str}"


@get(EMAIL, guards=[requires_user])
async def show(request: WebRequest, db: Database) -> Response[Any]:
    """The form for another address; htmx gets it in the place of the section, or the section back (`?batal`)."""
    if "batal" in request.query_params and html.wants_partial(request):
        return await _section(request, db)
    return await _form(request, db, EmailForm(), safe_next(request.query_params.get("next"), _PROFILE))


@post(EMAIL, guards=[requires_user])
async def ask(request: WebRequest, db: Database) -> Response[Any]:
    """Send the links; nothing changes before the new address confirms it."""
    onward = safe_next((await posted(request)).text("next"), _PROFILE)
    form = await read_form(request, EmailForm)
    if not form.validate():
        return await _form(request, db, form, onward, status=422)
    try:
        await emails.ask(db, _viewer(request).id, form.email.data or "", form.password.data or "")
    except (SameEmail, EmailTaken) as problem:
        form.email.errors = [str(problem)]
        return await _form(request, db, form, onward, status=422)
    except (WrongPassword, TooMany) as problem:
        form.password.errors = [str(problem)]
        return with_wait(await _form(request, db, form, onward, status=problem.status), problem)
    return await _done(request, db, onward, f"Tautan konfirmasi dikirim ke {form.email.data}.")


@post(EMAIL + "/batal", guards=[requires_user])
async def withdraw(request: WebRequest, db: Database) -> Response[Any]:
    """Keep the present address."""
    onward = safe_next((await posted(request)).text("next"), _PROFILE)
    await emails.withdraw(db, _viewer(request).id)
    return await _done(request, db, onward, "Permintaan dibatalkan. Email Anda tidak berubah.")


@get(_CONFIRM, opt={"public": True})
async def show_confirm(
    request: WebRequest, db: Database, settings: Settings, now: datetime, token: str
) -> Response[Any]:
    """One button: programs that open links of mails to look at them must not confirm anything."""
    change = await emails.check(db, settings.secret_key, token, now)
    return html.page(request, "templates/accounts/confirm_email.html", change=change)


@post(_CONFIRM, opt={"public": True})
async def confirm(
    request: WebRequest, db: Database, settings: Settings, now: datetime, token: str
) -> Response[Any]:
    """The address is the account's from now on."""
    email = await emails.confirm(db, settings.secret_key, token, now)
    answer = html.see_other(request, _PROFILE if request.user else "/login")
    put_flash(request, answer, "ok", f"Email akun Anda sekarang {email}.")
    return answer


async def _form(
    request: WebRequest, db: Database, form: EmailForm, onward: str, *, status: int = 200
) -> Response[Any]:
    return html.answer(
        request, _PAGE, _FORM, status=status, form=form, email=_viewer(request).email, next_path=onward
    )


async def _done(request: WebRequest, db: Database, onward: str, sentence: str) -> Response[Any]:
    if html.wants_partial(request):
        return await _section(request, db, sentence)
    answer = html.see_other(request, onward.partition("#")[0] + "#email-section")
    put_flash(request, answer, "ok", sentence)
    return answer


async def _section(request: WebRequest, db: Database, said: str = "") -> Response[Any]:
    viewer = _viewer(request)
    return html.page(
        request,
        _SECTION,
        account=await queries.account_for(db, viewer.id),
        email_change=await queries.pending_email(db, viewer.id),
        said=said,
        next_path="/expert/dashboard",
    )


def _viewer(request: WebRequest) -> Viewer:
    assert request.user is not None, "the guard lets nobody else through"
    return request.user


handlers = [show, ask, withdraw, show_confirm, confirm]
