"""The lists of all desks: pages, files, and lists kept under a name."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qsl

from litestar import Response, get, post
from litestar.response import Stream

from mentorinaja.admin import actions, queries
from mentorinaja.admin.asked import Asked, read
from mentorinaja.admin.desk import Desk
from mentorinaja.admin.listing import exported, labels, page_of, rows_of
from mentorinaja.admin.pages import desk_called, desk_page, means_of
from mentorinaja.db.pool import Database
from mentorinaja.typed import harmless
from mentorinaja.web.auth import admin_of, requires_admin
from mentorinaja.web.bodies import posted
from mentorinaja.web.flash import put_flash
from mentorinaja.web.html import see_other
from mentorinaja.web.viewer import WebRequest


@get("/admin/{name:str}", guards=[requires_admin])
async def show_list(request: WebRequest, name: str) -> Response[Any]:
    """A page of a desk's list, narrowed down as the address says."""
    desk, means = desk_called(name), means_of(request)
    asked = read(request.query_params, desk.choices)
    return desk_page(
        request,
        "templates/admin/list.html",
        name,
        desk=desk,
        asked=asked,
        found=await page_of(means.db, desk.listing, asked),
        saved=await queries.saved_filters(means.db, means.admin.id, name),
        **await desk.above_context(means),
    )


@post("/admin/{name:str}/export", guards=[requires_admin], status_code=200)
async def export(request: WebRequest, db: Database, name: str) -> Stream:
    """The whole list as CSV, narrowed down as the form's `query` says; that it was taken stands in the log."""
    desk = desk_called(name)
    asked = read(await _query_sent(request), desk.choices)
    await actions.note_export(db, admin_of(request), name, labels(desk.listing, asked.chosen), asked.kept)
    today = request.app.state.clock.now()
    return Stream(
        _as_csv(db, desk, asked),
        media_type="text/csv",
        headers={
            "Content-Disposition": f'attachment; filename="{name}-{today:%Y%m%d}.csv"',
            "Cache-Control": "no-store",
        },
    )


@post("/admin/{name:str}/filters", guards=[requires_admin])
async def keep_filter(request: WebRequest, db: Database, name: str) -> Response[Any]:
    """Keep a list as it is narrowed down (`query`) under a name (`label`)."""
    desk = desk_called(name)
    asked = read(await _query_sent(request), desk.choices)
    label = (await posted(request)).text("label") or ""
    said = await actions.keep_filter(db, admin_of(request), name, label, asked.kept)
    response = see_other(request, f"/admin/{name}?{asked.kept}" if asked.kept else f"/admin/{name}")
    put_flash(request, response, said.kind, said.text)
    return response


@post("/admin/{name:str}/filters/{filter_id:int}/delete", guards=[requires_admin])
async def drop_filter(request: WebRequest, db: Database, name: str, filter_id: int) -> Response[Any]:
    """Forget a list that was kept."""
    desk_called(name)
    await actions.drop_filter(db, admin_of(request), name, filter_id)
    response = see_other(request, f"/admin/{name}")
    put_flash(request, response, "ok", "Saringan dihapus.")
    return response


async def _query_sent(request: WebRequest) -> dict[str, str]:
    return dict(parse_qsl((await posted(request)).text("query") or ""))


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


handlers = [show_list, export, keep_filter, drop_filter]
