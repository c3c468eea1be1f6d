"""Signing in and out, registering, recovering; the profile has a file of its own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr
from typing import Any
from urllib.parse import quote

from litestar import Response, Router, get, post

from mentorinaja.accounts import (
    actions,
    challenges,
    code_pages,
    email_pages,
    factor_pages,
    queries,
    rules,
    throttle,
    viewing_pages,
)
from mentorinaja.accounts.actions import HalfWay, NewAccount, SignedIn
from mentorinaja.accounts.devices import device_of
from mentorinaja.accounts.forms import ForgotForm, LoginForm, RegisterForm, ResetForm
from mentorinaja.accounts.problems import EmailTaken, Suspended, WrongPassword
from mentorinaja.accounts.profile import change_profile, profile
from mentorinaja.accounts.viewing import ENDS_VIEWING
from mentorinaja.banks.vault import Vault
from mentorinaja.db.pool import Database
from mentorinaja.errors import TooMany
from mentorinaja.settings import Settings
from mentorinaja.web.addresses import safe_next
from mentorinaja.web.auth import no_session_cookie, requires_user, session_cookie
from mentorinaja.web.bodies import posted
from mentorinaja.web.flash import put_flash
from mentorinaja.web.forms import read_form
from mentorinaja.web.html import page, see_other
from mentorinaja.web.limits import count_hit, limit
from mentorinaja.web.networks import network_of
from mentorinaja.web.problems import with_wait
from mentorinaja.web.viewer import WebRequest

PUBLIC = {"public": True}


@dataclass(frozen=True, slots=True)
class Door:
    """A sign-in page, and where it leads when nothing else was asked for."""

    template: str
    start: str


DOOR = Door("templates/accounts/login.html", "/")
EXPERT_DOOR = Door("templates/accounts/expert_login.html", "/expert/dashboard")


@get("/register", opt=PUBLIC)
async def register_page(request: WebRequest) -> Response[Any]:
    """The form for a new account."""
    if request.user:
        return see_other(request, _next_asked(request))
    return _register_form(request, RegisterForm(), _next_asked(request))


@post("/register", opt=PUBLIC)
async def register(request: WebRequest, db: Database, settings: Settings) -> Response[Any]:
    """Make the account, sign in, go on."""
    form, onward = await read_form(request, RegisterForm), await _next_sent(request)
    if not form.validate():
        return _register_form(request, form, onward, status=422)
    device = device_of(request)
    try:
        await _limit(db, "register", network_of(device.address), rules.REGISTRATIONS)
        user_id = await actions.register(
            db,
            NewAccount(
                full_name=form.full_name.data or "",
                email=form.email.data or "",
                phone=form.phone.e164,
                password=form.password.data or "",
            ),
        )
    except EmailTaken as problem:
        form.email.errors = [*form.email.errors, problem.title]
        return _register_form(request, form, onward, status=problem.status)
    except TooMany as problem:
        form.form_errors.append(str(problem))
        return with_wait(_register_form(request, form, onward, status=problem.status), problem)
    signed_in = await actions.open_session(db, user_id, device, replaces=request.auth)
    return _welcome(request, settings, signed_in, onward)


@get("/login", opt=PUBLIC)
async def login_page(request: WebRequest) -> Response[Any]:
    """The form for signing in."""
    if request.user:
        return see_other(request, _next_asked(request))
    return _login_form(request, DOOR, LoginForm(), _next_asked(request))


@post("/login", opt=PUBLIC)
async def login(request: WebRequest, db: Database, settings: Settings) -> Response[Any]:
    """Sign in and go on."""
    return await _sign_in(request, db, settings, DOOR)


@get("/expert/login", opt=PUBLIC)
async def expert_login_page(request: WebRequest) -> Response[Any]:
    """The experts' door; somebody signed in without an expert profile learns how to become a mentor."""
    onward = _next_asked(request, EXPERT_DOOR.start)
    if request.user is None:
        return _login_form(request, EXPERT_DOOR, LoginForm(), onward)
    if request.user.is_expert:
        return see_other(request, onward)
    return page(request, "templates/accounts/not_a_mentor.html")


@post("/expert/login", opt=PUBLIC)
async def expert_login(request: WebRequest, db: Database, settings: Settings) -> Response[Any]:
    """Sign in; experts go to their dashboard, others learn how to become one."""
    return await _sign_in(request, db, settings, EXPERT_DOOR)


@post("/logout", guards=[requires_user], opt={ENDS_VIEWING: True})
async def logout(request: WebRequest, db: Database, settings: Settings) -> Response[Any]:
    """End the session here and on the server; what pages left in the browser goes with it."""
    assert request.auth is not None, "the guard lets nobody else through"
    await actions.sign_out(db, request.auth)
    response = see_other(request, "/")
    response.cookies.append(no_session_cookie(settings))
    response.headers["Clear-Site-Data"] = '"cookies", "storage"'
    return response


@get("/forgot-password", opt=PUBLIC)
async def forgot_page(request: WebRequest) -> Response[Any]:
    """Asks for the address a link may be sent to."""
    form = ForgotForm(data={"email": request.user.email if request.user else ""})
    return page(request, FORGOT, form=form, sent_to=None)


@post("/forgot-password", opt=PUBLIC)
async def forgot(request: WebRequest, db: Database) -> Response[Any]:
    """Send a link, if there is such an account; the answer does not tell."""
    form = await read_form(request, ForgotForm)
    if not form.validate():
        return page(request, FORGOT, status=422, form=form, sent_to=None)
    email = form.email.data or ""
    try:
        await _limit(db, "forgot:address", network_of(device_of(request).address), rules.RESETS_ADDRESS)
    except TooMany as problem:
        form.form_errors.append(str(problem))
        return with_wait(page(request, FORGOT, status=problem.status, form=form, sent_to=None), problem)
    few = rules.RESETS_ACCOUNT
    if await count_hit(db, "forgot:account", throttle.subject_of(email), most=few.most, seconds=few.seconds):
        await actions.ask_reset(db, email)
    return page(request, FORGOT, form=form, sent_to=email)


@get("/reset-password/{token:str}", opt=PUBLIC)
async def reset_page(
    request: WebRequest, db: Database, settings: Settings, now: datetime, token: str
) -> Response[Any]:
    """The form for a new password, for whoever has the link."""
    await actions.check_reset(db, settings.secret_key, token, now)
    return page(request, RESET, form=ResetForm())


@post("/reset-password/{token:str}", opt=PUBLIC)
async def reset(
    request: WebRequest, db: Database, settings: Settings, now: datetime, token: str
) -> Response[Any]:
    """Take the new password; every session ends, this browser's too."""
    form = await read_form(request, ResetForm)
    if not form.validate():
        await actions.check_reset(db, settings.secret_key, token, now)
        return page(request, RESET, status=422, form=form)
    await actions.reset_password(db, settings.secret_key, token, form.password.data or "", now)
    response = see_other(request, "/login")
    response.cookies.append(no_session_cookie(settings))
    put_flash(request, response, "ok", "Password baru tersimpan. Silakan login.")
    return response


@get("/verify-email/{token:str}", opt=PUBLIC)
async def verify_page(
    request: WebRequest, db: Database, settings: Settings, now: datetime, token: str
) -> Response[Any]:
    """One button: programs that open links of mails to look at them must not confirm anything."""
    await actions.check_verification(db, settings.secret_key, token, now)
    return page(request, "templates/accounts/verify_email.html")


@post("/verify-email/{token:str}", opt=PUBLIC)
async def verify(
    request: WebRequest, db: Database, settings: Settings, now: datetime, token: str
) -> Response[Any]:
    """The address is confirmed."""
    await actions.verify_email(db, settings.secret_key, token, now)
    response = see_other(request, "/user/profile" if request.user else "/")
    put_flash(request, response, "ok", "Email Anda sudah terkonfirmasi. Terima kasih.")
    return response


FORGOT = "templates/accounts/forgot_password.html"
RESET = "templates/accounts/reset_password.html"


async def _sign_in(request: WebRequest, db: Database, settings: Settings, door: Door) -> Response[Any]:
    form, onward = await read_form(request, LoginForm), await _next_sent(request, door.start)
    if not form.validate():
        return _login_form(request, door, form, onward, status=422)
    try:
        signed_in = await actions.sign_in(
            db,
            form.email.data or "",
            form.password.data or "",
            device_of(request),
            remember=form.remember.data,
            replaces=request.auth,
        )
    except Suspended as problem:
        form.form_errors.append(f"{problem.title} Tulis kepada kami di {_contact(settings)}.")
        return _login_form(request, door, form, onward, status=problem.status)
    except (WrongPassword, TooMany) as problem:
        form.form_errors.append(str(problem))
        return with_wait(_login_form(request, door, form, onward, status=problem.status), problem)
    is_expert = door is EXPERT_DOOR and await queries.is_expert(db, signed_in.user_id)
    if isinstance(signed_in, HalfWay):
        at_start = onward == door.start and not is_expert
        return await _ask_code(request, db, settings, signed_in, "/admin" if at_start else onward)
    if door is EXPERT_DOOR and not is_expert:
        onward = "/expert/login"
    return _welcome(request, settings, signed_in, onward)


async def _ask_code(
    request: WebRequest, db: Database, settings: Settings, half: HalfWay, onward: str
) -> Response[Any]:
    """An admin's password was right: on to the code, with a cookie that is worth nothing without it."""
    token = await challenges.begin(db, Vault(settings), half.user_id, device_of(request), onward)
    response = see_other(request, code_pages.CODE)
    response.cookies.append(code_pages.challenge_cookie(settings, token))
    return response


def _login_form(
    request: WebRequest, door: Door, form: LoginForm, onward: str, *, status: int = 200
) -> Response[Any]:
    return page(request, door.template, status=status, form=form, **_next_context(onward, door.start))


def _register_form(
    request: WebRequest, form: RegisterForm, onward: str, *, status: int = 200
) -> Response[Any]:
    return page(
        request,
        "templates/accounts/register.html",
        status=status,
        form=form,
        terms_version=rules.TERMS_VERSION,
        contact=_contact(request.app.state.settings),
        **_next_context(onward, "/"),
    )


def _welcome(request: WebRequest, settings: Settings, signed_in: SignedIn, onward: str) -> Response[Any]:
    response = see_other(request, onward)
    response.cookies.append(session_cookie(settings, signed_in.token, signed_in.max_age))
    return response


def _contact(settings: Settings) -> str:
    return parseaddr(settings.mail_from)[1]


def _next_asked(request: WebRequest, start: str = "/") -> str:
    return safe_next(request.query_params.get("next"), start)


async def _next_sent(request: WebRequest, start: str = "/") -> str:
    sent = (await posted(request)).text("next")
    return safe_next(sent, start) if sent else _next_asked(request, start)


def _next_context(onward: str, start: str) -> dict[str, str]:
    """For the hidden field and for the links to the other forms; nothing where it goes without saying."""
    said = onward != start
    return {
        "next_path": onward if said else "",
        "next_query": f"?next={quote(onward, safe='/')}" if said else "",
    }


async def _limit(db: Database, action: str, subject: str, most: rules.Limit) -> None:
    await limit(db, action, subject, most=most.most, seconds=most.seconds)


router = Router(
    path="/",
    route_handlers=[
        register_page, register, login_page, login, expert_login_page, expert_login, logout,
        forgot_page, forgot, reset_page, reset, verify_page, verify, profile, change_profile, *email_pages.handlers,
        *code_pages.handlers, *factor_pages.handlers, *viewing_pages.handlers,
    ],
)  # fmt: skip
