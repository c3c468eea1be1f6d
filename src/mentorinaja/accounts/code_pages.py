"""The second half of an admin's sign-in: the code is asked, a first device is set up, recovery codes are shown once."""

from __future__ import annotations

import hashlib
from typing import Any

from itsdangerous import BadSignature, Signer
from litestar import Response, get, post
from litestar.datastructures import Cookie

from mentorinaja.accounts import challenges, codes, factors, rules
from mentorinaja.accounts.challenges import Challenge
from mentorinaja.accounts.devices import device_of
from mentorinaja.accounts.forms import CodeForm, DeviceForm
from mentorinaja.accounts.problems import ChallengeOver, WrongCode
from mentorinaja.banks.vault import Vault
from mentorinaja.db.pool import Database
from mentorinaja.errors import TooMany
from mentorinaja.settings import Settings
from mentorinaja.web.auth import session_cookie
from mentorinaja.web.flash import put_flash
from mentorinaja.web.forms import read_form
from mentorinaja.web.html import page, see_other
from mentorinaja.web.problems import with_wait
from mentorinaja.web.viewer import WebRequest

CODE = "/login/kode"
_PUBLIC = {"public": True}


@get(CODE, opt=_PUBLIC)
async def show_code(request: WebRequest, db: Database, settings: Settings) -> Response[Any]:
    """Asks for the code; the first time with the QR code for the device that will show it."""
    challenge = await _challenge(request, db, settings)
    if challenge is None:
        return see_other(request, _start(request))
    return _form(request, settings, challenge, _asked(challenge)())


@post(CODE, opt=_PUBLIC)
async def check_code(request: WebRequest, db: Database, settings: Settings) -> Response[Any]:
    """Only the right code opens the session."""
    challenge = await _challenge(request, db, settings)
    if challenge is None:
        return _over(request, settings, ChallengeOver())
    form = await read_form(request, _asked(challenge))
    if not form.validate():
        return _form(request, settings, challenge, form, status=422)
    device = device_of(request)
    try:
        passed = await challenges.answer(
            db, Vault(settings), challenge, form.normal, device, replaces=request.auth
        )
    except ChallengeOver as problem:
        return _over(request, settings, problem)
    except (WrongCode, TooMany) as problem:
        form.code.errors = [str(problem)]
        return with_wait(_form(request, settings, challenge, form, status=problem.status), problem)
    if passed.new_codes:
        response = show_codes(request, passed.new_codes, passed.next_path)
    else:
        response = see_other(request, passed.next_path)
        factor = await factors.factor_of(db, challenge.user_id)
        if factor is not None and factor.few_left:
            put_flash(request, response, "warn", few_left(factor.codes_left))
    response.cookies.append(session_cookie(settings, passed.signed_in.token, None))
    response.cookies.append(challenge_cookie(settings, ""))
    return response


def show_codes(request: WebRequest, fresh: list[str], next_path: str) -> Response[Any]:
    """New recovery codes, this once: nobody can show them again. Not a redirect: they are kept nowhere."""
    return page(request, "templates/accounts/recovery_codes.html", fresh=fresh, next_path=next_path)


def few_left(left: int) -> str:
    """What somebody with few recovery codes is told."""
    return f"Kode cadangan Anda tersisa {left}. Buat yang baru di Profile, bagian Verifikasi dua langkah."


def challenge_cookie(settings: Settings, token: str) -> Cookie:
    """The cookie of a challenge; with "" it is taken away."""
    return Cookie(
        key=_cookie_name(settings),
        value=_signer(settings).sign(token).decode() if token else "",
        max_age=int(rules.CODE_WITHIN.total_seconds()) if token else 0,
        path="/",
        secure=settings.https,
        httponly=True,
        samesite="lax",
    )


async def _challenge(request: WebRequest, db: Database, settings: Settings) -> Challenge | None:
    try:
        token = _signer(settings).unsign(request.cookies.get(_cookie_name(settings), "")).decode()
    except (BadSignature, UnicodeError):
        return None
    return await challenges.find(db, token)


def _asked(challenge: Challenge) -> type[CodeForm]:
    return DeviceForm if challenge.is_first else CodeForm


def _form(
    request: WebRequest, settings: Settings, challenge: Challenge, form: CodeForm, *, status: int = 200
) -> Response[Any]:
    sealed = challenge.offered if challenge.is_first else challenge.known
    assert sealed is not None, "a challenge has one of the two"
    demo = settings.mode == "demo"
    secret = Vault(settings).open(sealed) if challenge.is_first or demo else ""
    return page(
        request,
        "templates/accounts/set_up.html" if challenge.is_first else "templates/accounts/code.html",
        status=status,
        form=form,
        email=challenge.email,
        secret=codes.in_fours(secret) if challenge.is_first else "",
        qr=codes.qr_code(secret, challenge.email) if challenge.is_first else "",
        demo=demo,
        demo_code=codes.next_code(secret, codes.real_now(), challenge.last_step) if demo else None,
    )


def _over(request: WebRequest, settings: Settings, problem: ChallengeOver) -> Response[Any]:
    """To the beginning."""
    response = see_other(request, _start(request))
    response.cookies.append(challenge_cookie(settings, ""))
    put_flash(request, response, "warn", str(problem))
    return response


def _start(request: WebRequest) -> str:
    """Where somebody without a challenge belongs: who had the right code is signed in already."""
    if request.user is None:
        return "/login"
    return "/admin" if request.user.role == "admin" else "/"


def _cookie_name(settings: Settings) -> str:
    return "__Host-challenge" if settings.https else "challenge"


def _signer(settings: Settings) -> Signer:
    return Signer(settings.secret_key, salt="login-challenge", digest_method=hashlib.sha256)


handlers = [show_code, check_code]
