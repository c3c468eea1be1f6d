"""Favourites: the list, the heart and the bell of each expert."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from litestar import Response, Router, get, post

from mentorinaja.db.pool import Database
from mentorinaja.errors import NotThere
from mentorinaja.favourites import actions, queries
from mentorinaja.favourites.rules import page_number
from mentorinaja.web import html
from mentorinaja.web.addresses import came_from
from mentorinaja.web.auth import requires_user
from mentorinaja.web.bodies import posted
from mentorinaja.web.flash import put_flash
from mentorinaja.web.limits import limit
from mentorinaja.web.viewer import Viewer, WebRequest

# What a button does to whom, by the expert's address.
_Act = Callable[[Database, int, str], Awaitable[None]]


@get("/user/favorites", guards=[requires_user])
async def show_favourites(request: WebRequest, db: Database, now: datetime) -> Response[bytes]:
    """The experts this person keeps, with their next slot, or the wish to hear of one."""
    viewer = _viewer(request)
    page = page_number(str(request.query_params.get("page", "1")))
    favourites = await queries.favourites_of(db, viewer.id, page)
    return html.page(
        request,
        "templates/favourites/list.html",
        favourites=favourites,
        now=now,
        zone=viewer.time_zone,
    )


@post("/expert/{slug:str}/favorit", guards=[requires_user])
async def change_heart(request: WebRequest, db: Database, slug: str) -> Response[Any]:
    """Keep the expert (`on=1`), or let go."""
    on = await _change(request, db, slug, actions.keep, actions.let_go)
    if html.wants_partial(request) and (expert := await queries.expert_at(db, slug)):
        return _button(request, "heart", expert, kept=on)
    return _back(request, "Tersimpan di Favorit Anda." if on else "Dihapus dari Favorit Anda.")


@get("/expert/{slug:str}/kabari", guards=[requires_user])
async def show_bell(request: WebRequest, db: Database, now: datetime, slug: str) -> Response[bytes]:
    """What a wish is, for whoever comes from a link; one button."""
    viewer = _viewer(request)
    kept = await queries.kept_by(db, viewer.id)
    expert = await _shown(db, slug)
    return html.page(
        request,
        "templates/favourites/wish.html",
        expert=expert,
        waits=expert.id in kept.bells,
        now=now,
        zone=viewer.time_zone,
    )


@post("/expert/{slug:str}/kabari", guards=[requires_user])
async def change_bell(request: WebRequest, db: Database, slug: str) -> Response[Any]:
    """Wait for a slot of the expert (`on=1`), or no longer."""
    on = await _change(request, db, slug, actions.wish, actions.withdraw)
    if html.wants_partial(request):
        return _button(request, "bell", await _shown(db, slug), waits=on)
    told = "Kami kirim satu email begitu ada jadwal kosong." if on else "Anda tidak lagi menunggu kabar."
    return _back(request, told)


async def _change(request: WebRequest, db: Database, slug: str, do: _Act, undo: _Act) -> bool:
    """Do or undo what the button says; answers which."""
    on = (await posted(request)).text("on") == "1"
    viewer = _viewer(request)
    await limit(db, "favourites", str(viewer.id), most=300, seconds=3600)
    await (do if on else undo)(db, viewer.id, slug)
    return on


async def _shown(db: Database, slug: str) -> queries.Shown:
    expert = await queries.expert_at(db, slug)
    if expert is None:
        raise NotThere
    return expert


def _button(request: WebRequest, name: str, expert: queries.Shown, **state: bool) -> Response[bytes]:
    context = {"expert_id": expert.id, "slug": expert.slug, "name": expert.display_name, **state}
    return html.respond(request, html.render(request, f"partials/favourites/{name}.html", **context))


def _back(request: WebRequest, sentence: str) -> Response[Any]:
    """To the page the button stood on, else to the list."""
    answer = html.see_other(request, came_from(request, "/user/favorites"))
    put_flash(request, answer, "ok", sentence)
    return answer


def _viewer(request: WebRequest) -> Viewer:
    assert request.user is not None, "the guard let nobody else in"
    return request.user


router = Router(path="/", route_handlers=[show_favourites, change_heart, show_bell, change_bell])
