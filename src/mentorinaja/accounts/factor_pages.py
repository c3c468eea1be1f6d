"""An admin's second factor on the profile: new recovery codes, and another device."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from mentorinaja.accounts import actions, codes, factors
from mentorinaja.accounts.code_pages import show_codes
from mentorinaja.accounts.devices import device_of
from mentorinaja.accounts.forms import DeviceForm, FactorForm
from mentorinaja.accounts.problems import ChallengeOver, WrongCode, WrongPassword
from mentorinaja.banks.vault import Vault
from mentorinaja.db.pool import Database
from mentorinaja.errors import NotThere, TooMany
from mentorinaja.settings import Settings
from mentorinaja.web.auth import admin_of, requires_admin
from mentorinaja.web.flash import put_flash
from mentorinaja.web.forms import read_form
from mentorinaja.web.html import page, see_other
from mentorinaja.web.problems import with_wait
from mentorinaja.web.viewer import WebRequest

_FACTOR = "/user/profile/verifikasi"
_DEVICE = _FACTOR + "/perangkat"
_SECTION = "/user/profile#factor-title"


@get(_FACTOR, guards=[requires_admin])
async def show_factor(request: WebRequest, db: Database) -> Response[Any]:
    """What is set up, and the form for changing it: password and code, for one of two things."""
    return await _form(request, db, FactorForm())


@post(_FACTOR, guards=[requires_admin])
async def change_factor(request: WebRequest, db: Database, settings: Settings) -> Response[Any]:
    """New recovery codes, shown in the answer, or on to the other device."""
    form, admin = await read_form(request, FactorForm), admin_of(request)
    if not form.validate():
        return await _form(request, db, form, status=422)
    vault, address = Vault(settings), device_of(request).address
    try:
        await actions.confirm(db, admin, form.password.data or "")
        if form.what.data == "codes":
            fresh = await factors.renew_codes(db, vault, admin, form.normal, address)
            return show_codes(request, fresh, _SECTION)
        await factors.begin_move(db, vault, admin, form.normal, address)
    except WrongPassword as problem:
        form.password.errors = [str(problem)]
        return await _form(request, db, form, status=problem.status)
    except (WrongCode, TooMany) as problem:
        form.code.errors = [str(problem)]
        return with_wait(await _form(request, db, form, status=problem.status), problem)
    return see_other(request, _DEVICE)


@get(_DEVICE, guards=[requires_admin])
async def show_device(request: WebRequest, db: Database, settings: Settings) -> Response[Any]:
    """The QR code for the other device."""
    return await _device(request, db, settings, DeviceForm())


@post(_DEVICE, guards=[requires_admin])
async def take_device(request: WebRequest, db: Database, settings: Settings) -> Response[Any]:
    """The other device's first code: from now on it counts."""
    form, admin = await read_form(request, DeviceForm), admin_of(request)
    if not form.validate():
        return await _device(request, db, settings, form, status=422)
    try:
        await factors.finish_move(db, Vault(settings), admin, form.normal, device_of(request).address)
    except ChallengeOver as problem:
        response = see_other(request, _FACTOR)
        put_flash(request, response, "warn", str(problem))
        return response
    except (WrongCode, TooMany) as problem:
        form.code.errors = [str(problem)]
        return with_wait(await _device(request, db, settings, form, status=problem.status), problem)
    response = see_other(request, _SECTION)
    put_flash(
        request, response, "ok", "Perangkat baru terpasang. Kode dari perangkat lama tidak berlaku lagi."
    )
    return response


async def _form(request: WebRequest, db: Database, form: FactorForm, *, status: int = 200) -> Response[Any]:
    factor = await factors.factor_of(db, admin_of(request).id)
    if factor is None:
        raise NotThere
    return page(request, "templates/accounts/factor.html", status=status, form=form, factor=factor)


async def _device(
    request: WebRequest, db: Database, settings: Settings, form: DeviceForm, *, status: int = 200
) -> Response[Any]:
    admin = admin_of(request)
    secret = await factors.offered(db, Vault(settings), admin.id)
    if secret is None:
        return see_other(request, _FACTOR)
    return page(
        request,
        "templates/accounts/new_device.html",
        status=status,
        form=form,
        email=admin.email,
        secret=codes.in_fours(secret),
        qr=codes.qr_code(secret, admin.email),
    )


handlers = [show_factor, change_factor, show_device, take_device]
