"""Calendars: the address calendar programs read, giving it out, and the calendars outside that a mentor connects."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from litestar import Response, Router, get, post

from mentorinaja.bookings.strip import strip_of
from mentorinaja.calendars import actions, queries
from mentorinaja.calendars.ics import calendar_file
from mentorinaja.calendars.rules import CannotRead, TooManySources
from mentorinaja.db.pool import Database
from mentorinaja.errors import NotThere
from mentorinaja.settings import Settings
from mentorinaja.web import html
from mentorinaja.web.auth import expert_id_of, requires_expert, requires_user
from mentorinaja.web.bodies import posted
from mentorinaja.web.flash import Kind, put_flash
from mentorinaja.web.limits import limit
from mentorinaja.web.viewer import Viewer, WebRequest

_OWN = "/user/calendar"
_PORTAL = "/expert/dashboard/jadwal/kalender"
_ON_JADWAL = "/expert/dashboard/jadwal#kalender"
_SOURCES = "partials/calendars/sources.html"
_SUFFIX = ".ics"


@get("/kalender/{name:str}", opt={"public": True})
async def read_feed(
    request: WebRequest, db: Database, settings: Settings, now: datetime, name: str
) -> Response[bytes]:
    """The sessions of whoever this address was made for, as programs ask for them without a sign-in."""
    entries = (
        await queries.entries_at(db, name.removesuffix(_SUFFIX), now) if name.endswith(_SUFFIX) else None
    )
    if entries is None:
        raise NotThere
    body = calendar_file(entries, settings.base_url)
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": etag, "Cache-Control": "private, max-age=300", "X-Robots-Tag": "noindex"}
    known = [mark.strip().removeprefix("W/") for mark in request.headers.get("if-none-match", "").split(",")]
    if etag in known:
        return Response(b"", status_code=304, headers=headers)
    return Response(body, headers=headers, media_type="text/calendar")


@get(_OWN, guards=[requires_user])
async def show_own(request: WebRequest, db: Database, settings: Settings) -> Response[Any]:
    """The own address, to copy, renew or switch off."""
    calendars = await queries.calendars_of(db, settings, _viewer(request))
    return html.page(request, "templates/calendars/show.html", calendars=calendars, calendar_back="")


@post(_OWN, guards=[requires_user])
async def make_own(request: WebRequest, db: Database, settings: Settings) -> Response[Any]:
    """A new address; the last one opens nothing any more."""
    viewer = _viewer(request)
    await limit(db, "calendar_address", str(viewer.id), most=20, seconds=3600)
    await actions.make_feed(db, settings.secret_key, viewer.id)
    return await _back(request, "Alamat kalender Anda siap. Salin ke kalender Anda.")


@post(_OWN + "/off", guards=[requires_user])
async def drop_own(request: WebRequest, db: Database) -> Response[Any]:
    """No address any more."""
    await actions.drop_feed(db, _viewer(request).id)
    return await _back(request, "Alamat kalender dimatikan.")


@get(_PORTAL, guards=[requires_expert])
async def show_sources(request: WebRequest, db: Database, settings: Settings, now: datetime) -> Response[Any]:
    """All of a mentor's calendars, as a page of its own."""
    return await _section(request, db, settings, now)


@post(_PORTAL, guards=[requires_expert])
async def connect(request: WebRequest, db: Database, settings: Settings, now: datetime) -> Response[Any]:
    """Keep clear of what the calendar at the sent address says; htmx gets the section."""
    typed = ((await posted(request)).text("address") or "").strip()
    if not typed:
        return await _section(
            request, db, settings, now, status=422, calendar_trouble="Tempel alamat kalender Anda."
        )
    await _limit_reading(request, db)
    try:
        await actions.connect(db, settings, expert_id_of(request), typed)
    except (CannotRead, TooManySources) as problem:
        return await _section(
            request,
            db,
            settings,
            now,
            status=problem.status,
            calendar_tried=typed,
            calendar_trouble=problem.text,
        )
    return await _done(
        request, db, settings, now, "Kalender terhubung. Jam sibuk Anda tidak ditawarkan lagi."
    )


@post(_PORTAL + "/{source_id:int}/refresh", guards=[requires_expert])
async def refresh(
    request: WebRequest, db: Database, settings: Settings, now: datetime, source_id: int
) -> Response[Any]:
    """Read it now; what is wrong with it stands beside it."""
    await _limit_reading(request, db)
    if await actions.read_again(db, settings, expert_id_of(request), source_id):
        return await _done(request, db, settings, now, "Kalender terbaca. Jam sibuk Anda sudah diperbarui.")
    text = "Kalender belum terbaca. Penyebabnya tertulis di bawah namanya."
    return await _done(request, db, settings, now, text, kind="warn")


@post(_PORTAL + "/{source_id:int}/delete", guards=[requires_expert])
async def forget(
    request: WebRequest, db: Database, settings: Settings, now: datetime, source_id: int
) -> Response[Any]:
    """Its busy times count no more."""
    await actions.forget(db, expert_id_of(request), source_id)
    return await _done(request, db, settings, now, "Kalender dilepas. Jam sibuknya ditawarkan lagi.")


async def _section(
    request: WebRequest, db: Database, settings: Settings, now: datetime, *, status: int = 200, **more: str
) -> Response[Any]:
    calendars = await queries.calendars_of(db, settings, _viewer(request))
    if html.wants_partial(request):
        return html.page(request, _SOURCES, status=status, calendars=calendars, **more)
    strip = await strip_of(db, expert_id_of(request))
    return html.page(
        request, "templates/calendars/portal.html", status=status, strip=strip, now=now, calendars=calendars,
        calendar_back="jadwal", **more,
    )  # fmt: skip


async def _done(
    request: WebRequest, db: Database, settings: Settings, now: datetime, text: str, *, kind: Kind = "ok"
) -> Response[Any]:
    if html.wants_partial(request):
        return await _section(request, db, settings, now, calendar_saved=text, calendar_kind=kind)
    answer = html.see_other(request, _ON_JADWAL)
    put_flash(request, answer, kind, text)
    return answer


async def _back(request: WebRequest, text: str) -> Response[Any]:
    """On to the page the form stood on."""
    on_jadwal = (await posted(request)).text("back") == "jadwal" and _viewer(request).expert_id is not None
    answer = html.see_other(request, _ON_JADWAL if on_jadwal else _OWN)
    put_flash(request, answer, "ok", text)
    return answer


async def _limit_reading(request: WebRequest, db: Database) -> None:
    """Each reading asks somebody else's server. Raises `TooMany`."""
    await limit(db, "calendar", str(_viewer(request).id), most=10, seconds=600)


def _viewer(request: WebRequest) -> Viewer:
    assert request.user is not None, "the guard let nobody else in"
    return request.user


router = Router(
    path="/",
    route_handlers=[read_feed, show_own, make_own, drop_own, show_sources, connect, refresh, forget],
)
