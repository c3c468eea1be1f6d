"""The own profile: sections that are saved one by one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from litestar import Response, get, post

from mentorinaja.accounts import actions, factors, queries, rules
from mentorinaja.accounts.forms import PasswordForm, PersonForm, ZoneForm
from mentorinaja.accounts.problems import WrongPassword
from mentorinaja.db.pool import Database
from mentorinaja.errors import TooMany
from mentorinaja.notices import queries as notices
from mentorinaja.notices.rules import OPTIONAL
from mentorinaja.web.auth import requires_user
from mentorinaja.web.bodies import posted
from mentorinaja.web.flash import put_flash
from mentorinaja.web.forms import BaseForm, read_form
from mentorinaja.web.html import page, see_other
from mentorinaja.web.limits import count_hit
from mentorinaja.web.problems import with_wait
from mentorinaja.web.viewer import Viewer, WebRequest


@get("/user/profile", guards=[requires_user])
async def profile(request: WebRequest, db: Database) -> Response[Any]:
    """Everything the person can change."""
    return await _show(request, db, {})


@post("/user/profile", guards=[requires_user])
async def change_profile(request: WebRequest, db: Database, now: datetime) -> Response[Any]:
    """Save the section that was sent; the others stay as they are."""
    viewer = request.user
    assert viewer is not None, "the guard lets nobody else through"
    match (await posted(request)).text("section"):
        case "zone":
            return await _save_zone(request, db, viewer)
        case "password":
            return await _save_password(request, db, viewer)
        case "verify":
            return await _send_verification(request, db, viewer, now)
        case _:
            return await _save_person(request, db, viewer)


async def _save_person(request: WebRequest, db: Database, viewer: Viewer) -> Response[Any]:
    form = await read_form(request, PersonForm)
    if not form.validate():
        return await _show(request, db, {"person_form": form}, status=422)
    await actions.change_person(db, viewer.id, full_name=form.full_name.data or "", phone=form.phone.e164)
    return _saved(request, "Data diri tersimpan.")


async def _save_zone(request: WebRequest, db: Database, viewer: Viewer) -> Response[Any]:
    form = await read_form(request, ZoneForm)
    if not form.validate():
        return await _show(request, db, {"zone_form": form}, status=422)
    await actions.change_zone(db, viewer.id, form.time_zone.data)
    return _saved(request, "Zona waktu tersimpan.")


async def _save_password(request: WebRequest, db: Database, viewer: Viewer) -> Response[Any]:
    form = await read_form(request, PasswordForm)
    if not form.validate():
        return await _show(request, db, {"password_form": form}, status=422)
    try:
        await actions.change_password(
            db, viewer.id, viewer.session_id, form.current_password.data or "", form.new_password.data or ""
        )
    except (WrongPassword, TooMany) as problem:
        form.current_password.errors = [str(problem)]
        return with_wait(await _show(request, db, {"password_form": form}, status=problem.status), problem)
    return _saved(request, "Password baru tersimpan. Perangkat lain sudah dikeluarkan dari akun Anda.")


async def _send_verification(
    request: WebRequest, db: Database, viewer: Viewer, now: datetime
) -> Response[Any]:
    few = rules.VERIFICATIONS
    response = see_other(request, "/user/profile")
    if await count_hit(db, "verify", str(viewer.id), most=few.most, seconds=few.seconds):
        await actions.ask_verification(db, viewer.id, int(now.timestamp()))
        put_flash(request, response, "ok", f"Tautan konfirmasi dikirim ke {viewer.email}.")
    else:
        put_flash(
            request, response, "warn", "Tautan sudah kami kirim beberapa kali. Periksa juga folder spam."
        )
    return response


async def _show(
    request: WebRequest, db: Database, tried: Mapping[str, BaseForm], *, status: int = 200
) -> Response[Any]:
    assert request.user is not None, "the guard lets nobody else through"
    account = await queries.account_for(db, request.user.id)
    assert account is not None, "somebody who is signed in has an account"
    forms: dict[str, BaseForm] = {
        "person_form": PersonForm(data={"full_name": account.full_name, "phone": account.phone}),
        "zone_form": ZoneForm(data={"time_zone": account.time_zone}),
        "password_form": PasswordForm(),
        **tried,
    }
    return page(
        request,
        "templates/accounts/profile.html",
        status=status,
        account=account,
        factor=await factors.factor_of(db, request.user.id) if request.user.role == "admin" else None,
        email_change=await queries.pending_email(db, request.user.id),
        choices=OPTIONAL.values(),
        unwanted=await notices.unwanted_by(db, request.user.id),
        **forms,
    )


def _saved(request: WebRequest, sentence: str) -> Response[Any]:
    response = see_other(request, "/user/profile")
    put_flash(request, response, "ok", sentence)
    return response
