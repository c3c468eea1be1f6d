"""The lists of all desks: pages, and lists kept under a name."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from mentorinaja.admin import actions, queries
from mentorinaja.admin.asked import Asked, read
from mentorinaja.admin.listing import page_of
from mentorinaja.admin.pages import desk_called, desk_page, means_of, query_sent
from mentorinaja.db.pool import Database
from mentorinaja.web.auth import admin_of, requires_admin
from mentorinaja.web.bodies import posted
from mentorinaja.web.flash import Kind, put_flash
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


@post("/admin/{name:str}/filters", guards=[requires_admin])
async def keep_filter(request: WebRequest, db: Database, name: str) -> Response[Any]:
    """Keep a list as it is narrowed down (`query`) under a name (`label`)."""
    desk = desk_called(name)
    sent = await posted(request)
    asked = read(query_sent(sent), desk.choices)
    label = sent.text("label") or ""
    said = await actions.keep_filter(db, admin_of(request), name, label, asked.kept)
    return _back(request, name, asked, said.kind, said.text)


@post("/admin/{name:str}/filters/{filter_id:int}/delete", guards=[requires_admin])
async def drop_filter(request: WebRequest, db: Database, name: str, filter_id: int) -> Response[Any]:
    """Forget a list that was kept; the one that is looked at (`query`) stays as it is narrowed down."""
    desk = desk_called(name)
    asked = read(query_sent(await posted(request)), desk.choices)
    await actions.drop_filter(db, admin_of(request), name, filter_id)
    return _back(request, name, asked, "ok", "Saringan dihapus.")


def _back(request: WebRequest, name: str, asked: Asked, kind: Kind, said: str) -> Response[Any]:
    """To the list as it was narrowed down, with what was done."""
    response = see_other(request, f"/admin/{name}?{asked.kept}" if asked.kept else f"/admin/{name}")
    put_flash(request, response, kind, said)
    return response


handlers = [show_list, keep_filter, drop_filter]
