"""The mentor's photo on PROFIL: sent, changed, taken away."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from litestar import Response, get, post

from mentorinaja.bookings.strip import strip_of
from mentorinaja.db.pool import Database
from mentorinaja.experts import photos
from mentorinaja.portal.profile_routes import DASHBOARD
from mentorinaja.storage import Storage
from mentorinaja.web import html
from mentorinaja.web.auth import expert_id_of, requires_expert
from mentorinaja.web.bodies import FILE_FIELD, posted
from mentorinaja.web.flash import put_flash
from mentorinaja.web.parts import FileField
from mentorinaja.web.viewer import WebRequest

_HERE = DASHBOARD + "/profil/foto"
_PAGE, _SECTION = "templates/portal/photo.html", "partials/portal/photo.html"
_FACE = "partials/portal/face.html"
_TAKES_A_PHOTO = {FILE_FIELD: FileField("photo", photos.MOST_BYTES)}


@get(_HERE, guards=[requires_expert])
async def show_photo(request: WebRequest, db: Database, now: datetime) -> Response[Any]:
    """The photo with its forms, as a page of its own."""
    return await _section(request, db, now)


@post(_HERE, guards=[requires_expert], opt=_TAKES_A_PHOTO, request_max_body_size=None)
async def change_photo(request: WebRequest, db: Database, storage: Storage, now: datetime) -> Response[Any]:
    """Show the sent photo with the mentor's name from now on; htmx gets the section."""
    assert request.user is not None, "the guard let nobody else in"
    file = (await posted(request)).file("photo")
    try:
        await photos.change_photo(db, storage, expert_id_of(request), request.user.id, file)
    except (photos.BadPhoto, photos.PhotoUnkept) as refusal:
        return await _section(request, db, now, status=refusal.status, photo_trouble=refusal.text)
    return await _done(request, db, now, "Foto disimpan.")


@post(_HERE + "/hapus", guards=[requires_expert])
async def remove_photo(request: WebRequest, db: Database, storage: Storage, now: datetime) -> Response[Any]:
    """Show the mentor's initials again; htmx gets the section."""
    await photos.remove_photo(db, storage, expert_id_of(request))
    return await _done(request, db, now, "Foto dihapus. Inisial Anda tampil lagi.")


async def _done(request: WebRequest, db: Database, now: datetime, text: str) -> Response[Any]:
    if not html.wants_partial(request):
        answer = html.see_other(request, DASHBOARD + "#foto")
        put_flash(request, answer, "ok", text)
        return answer
    strip = await strip_of(db, expert_id_of(request))
    section = html.render(request, _SECTION, strip=strip, now=now, photo_saved=text)
    face = html.render(request, _FACE, strip=strip)
    # Not morphed: a file that was sent would stay chosen.
    above = f'<hx-partial hx-target="#portal-face" hx-swap="outerHTML">{face}</hx-partial>'
    return html.respond(request, section + above)


async def _section(
    request: WebRequest, db: Database, now: datetime, *, status: int = 200, **context: str
) -> Response[Any]:
    strip = await strip_of(db, expert_id_of(request))
    return html.answer(request, _PAGE, _SECTION, status=status, strip=strip, now=now, **context)


handlers = [show_photo, change_photo, remove_photo]
