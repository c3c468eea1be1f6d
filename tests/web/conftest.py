"""A site with a few addresses that misbehave on purpose."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from litestar import Response, get, post
from wtforms import BooleanField, SelectField

from mentorinaja import app
from mentorinaja.db.pool import Database
from mentorinaja.errors import DomainError, TooMany
from mentorinaja.web.flash import put_flash
from mentorinaja.web.forms import BaseForm, LineField, TextField, read_form, required
from mentorinaja.web.html import page, see_other
from mentorinaja.web.viewer import WebRequest
from tests.support.site import Site, running_site

OPEN = {"public": True}


class TryForm(BaseForm):
    """One field of each kind."""

    line = LineField("Baris", [required("Tulis sesuatu.")])
    text = TextField("Teks")
    kind = SelectField("Jenis", choices=[("a", "A"), ("b", "B")], default="a")
    agreed = BooleanField("Setuju")


@get("/try/form", opt=OPEN)
async def show_form(request: WebRequest) -> Response[Any]:
    return page(request, "templates/accounts/verify_email.html")


@post("/try/form", opt=OPEN)
async def send_form(request: WebRequest) -> dict[str, Any]:
    form = await read_form(request, TryForm)
    valid = form.validate()
    return {"valid": valid, "data": form.data, "errors": {k: list(v) for k, v in form.errors.items()}}


@get("/try/fault", opt=OPEN)
async def fault() -> None:
    raise RuntimeError("the secret inside")


@get("/try/away", opt=OPEN)
async def away() -> None:
    raise asyncpg.AdminShutdownError("terminating connection")


@get("/try/rule", opt=OPEN)
async def rule() -> None:
    raise DomainError("Slot ini baru saja diambil.", [("Lihat slot lain", "/expert/sari")])


@get("/try/often", opt=OPEN)
async def often() -> None:
    raise TooMany("Coba lagi dalam 3 menit.")


@get("/try/number/{number:int}", opt=OPEN)
async def number(db: Database, number: int) -> str:
    return str(await db.fetchval("SELECT full_name FROM users WHERE id = $1", number))


@get("/try/text/{text:str}", opt=OPEN)
async def text(db: Database, text: str) -> str:
    return str(await db.fetchval("SELECT id FROM users WHERE full_name = $1", text))


@get("/try/flash", opt=OPEN)
async def flash(request: WebRequest) -> Response[Any]:
    response = see_other(request, "/try/form")
    put_flash(request, response, "ok", "Tersimpan <b>rapi</b>.")
    return response


@get("/try/slow", opt=OPEN)
async def slow() -> str:
    await asyncio.sleep(0.3)
    return "done"


TRIES = [show_form, send_form, fault, away, rule, often, number, text, flash, slow]


@pytest_asyncio.fixture
async def odd(db: Database, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    """The whole site, and the addresses above."""
    monkeypatch.setattr(app, "FEATURES", [*app.FEATURES, *TRIES])
    async with running_site(db) as running:
        yield running
