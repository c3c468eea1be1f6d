"""A desk's whole list as a file: taken along with its entry in the log, after the password where it tells of people."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from typing import Any

from litestar import Response, post
from litestar.response import Stream

from mentorinaja.admin import actions, passwords
from mentorinaja.admin.asked import Asked, read
from mentorinaja.admin.cases import Means
from mentorinaja.admin.desk import Desk
from mentorinaja.admin.listing import exported, labels, page_of, rows_of
from mentorinaja.admin.pages import desk_called, desk_page, means_of, query_sent
from mentorinaja.db.pool import Database
from mentorinaja.errors import DomainError
from mentorinaja.typed import harmless
from mentorinaja.web.auth import requires_admin
from mentorinaja.web.bodies import posted
from mentorinaja.web.problems import with_wait
from mentorinaja.web.viewer import WebRequest

# What files call columns that say who somebody is or what they wrote, or that open a door: whoever has no business
# at this desk must not leave with them from a screen that was left open.
PERSONAL = frozenset(
    {
        "admin", "alasan", "alasan untuk balasan", "balasan", "bank", "dari", "email", "isi", "kata", "kepada", "mentor",
        "nama", "nama tampil", "oleh", "pembayar", "pemilik_rekening", "pengguna", "penulis", "tautan", "telepon",
        "yang dipesan",
    }
)  # fmt: skip


def personal_columns(desk: Desk[Any]) -> list[str]:
    """The columns of the desk's file that hold personal data, in their order."""
    return [name for name, _ in desk.listing.exports if name in PERSONAL]


@post("/admin/{name:str}/export", guards=[requires_admin], status_code=200)
async def export(request: WebRequest, name: str) -> Response[Any]:
    """The whole list as CSV, narrowed down as the form's `query` says; that it was taken stands in the log.

    One with personal data asks for the `password` first, unless it was given lately: a page that says what is taken.
    """
    desk, means, sent = desk_called(name), means_of(request), await posted(request)
    asked = read(query_sent(sent), desk.choices)
    if personal_columns(desk):
        if "password" not in sent and await passwords.is_asked(means):
            return await _question(request, means, desk, asked)
        if refusal := await passwords.problem_with(means, sent.text("password") or ""):
            return await _question(request, means, desk, asked, refusal)
    await actions.note_export(means.db, means.admin, name, labels(desk.listing, asked.chosen), asked.kept)
    return Stream(
        _as_csv(means.db, desk, asked),
        media_type="text/csv",
        headers={
            "Content-Disposition": f'attachment; filename="{name}-{means.now:%Y%m%d}.csv"',
            "Cache-Control": "no-store",
        },
    )


async def _question(
    request: WebRequest, means: Means, desk: Desk[Any], asked: Asked, refusal: DomainError | None = None
) -> Response[Any]:
    """What the file will hold, and the password."""
    response = desk_page(
        request,
        "templates/admin/export.html",
        desk.name,
        status=refusal.status if refusal else 200,
        desk=desk,
        asked=asked,
        totals=(await page_of(means.db, desk.listing, asked)).totals,
        personal=personal_columns(desk),
        narrowed=labels(desk.listing, asked.chosen),
        password_error=str(refusal) if refusal else "",
    )
    return with_wait(response, refusal) if refusal else response


async def _as_csv(db: Database, desk: Desk[Any], asked: Asked) -> AsyncIterator[bytes]:
    """Lines in portions, as spreadsheets read them: a mark for UTF-8 first, nothing that one would run."""
    names = [name for name, _ in desk.listing.exports]
    yield "\N{ZERO WIDTH NO-BREAK SPACE}".encode() + _lines([names])
    async for rows in rows_of(db, desk.listing, asked):
        yield _lines([[_cell(value(row)) for _, value in desk.listing.exports] for row in rows])


def _cell(value: object) -> object:
    cell = exported(value)
    return harmless(cell) if isinstance(cell, str) else cell


def _lines(rows: list[list[Any]]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return out.getvalue().encode()


handlers = [export]
