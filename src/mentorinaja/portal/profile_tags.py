"""Expertise & Skills on PROFIL: tags that are added and taken away one by one, with what others use suggested."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from litestar import Response, get, post

from mentorinaja.bookings.strip import strip_of
from mentorinaja.db.pool import Database
from mentorinaja.errors import NotThere
from mentorinaja.experts import details, editing
from mentorinaja.experts.editing import ListFull, TagKind
from mentorinaja.experts.profile_forms import TagForm
from mentorinaja.experts.rules import ProfileInvalid
from mentorinaja.web import html
from mentorinaja.web.auth import expert_id_of, requires_expert
from mentorinaja.web.bodies import posted
from mentorinaja.web.flash import put_flash
from mentorinaja.web.forms import read_form
from mentorinaja.web.viewer import WebRequest

_DASHBOARD = "/expert/dashboard"
_TAGS = _DASHBOARD + "/profil/keahlian"
_PAGE, _SECTION = "templates/portal/profile_part.html", "partials/portal/tags.html"
_KINDS: Mapping[str, TagKind] = {"expertise": "expertise", "skill": "skill"}


@get(_TAGS, guards=[requires_expert])
async def show_tags(request: WebRequest, db: Database, now: datetime) -> Response[Any]:
    """Both kinds of tags, as a page of their own."""
    return await _section(request, db, now)


@post(_TAGS, guards=[requires_expert])
async def add_tag(request: WebRequest, db: Database, now: datetime) -> Response[Any]:
    """One more tag; what cannot be one stays beside its field."""
    form, kind = await read_form(request, TagForm), _kind((await posted(request)).text("kind"))
    typed = form.name.data or ""
    try:
        if not form.validate():
            return await _section(
                request, db, now, kind, status=422, typed=typed, trouble=" ".join(form.name.errors)
            )
        name = await editing.add_tag(db, expert_id_of(request), kind, form.name.data or "")
    except (ProfileInvalid, ListFull) as problem:
        return await _section(
            request, db, now, kind, status=problem.status, typed=typed, trouble=problem.text
        )
    return await _done(request, db, now, kind, f"“{name}” ditambahkan.")


@post(_TAGS + "/hapus", guards=[requires_expert])
async def remove_tag(request: WebRequest, db: Database, now: datetime) -> Response[Any]:
    """Take a tag away; twice is once."""
    sent = await posted(request)
    kind, name = _kind(sent.text("kind")), sent.text("name") or ""
    await editing.remove_tag(db, expert_id_of(request), kind, name)
    return await _done(request, db, now, kind, f"“{name}” dihapus.")


@get(_TAGS + "/saran", guards=[requires_expert])
async def suggest(request: WebRequest, db: Database) -> Response[Any]:
    """What others call it: options for the field's list."""
    asked = request.query_params
    names = await details.common_tags(db, _kind(asked.get("kind")), asked.get("name", ""))
    return html.page(request, "partials/portal/tag_options.html", names=names, kind=asked["kind"])


async def suggestions(request: WebRequest) -> dict[str, list[str]]:
    """What most experts have, by the kind of tag: offered before anything is typed, and without script."""
    return {kind: await request.app.state.catalog.common_tags(kind) for kind in _KINDS}


def _kind(text: str | None) -> TagKind:
    kind = _KINDS.get(text or "")
    if kind is None:
        raise NotThere
    return kind


async def _done(request: WebRequest, db: Database, now: datetime, kind: TagKind, said: str) -> Response[Any]:
    if html.wants_partial(request):
        return await _section(request, db, now, kind, said=said)
    answer = html.see_other(request, _DASHBOARD + "#keahlian")
    put_flash(request, answer, "ok", said)
    return answer


async def _section(
    request: WebRequest,
    db: Database,
    now: datetime,
    kind: TagKind | None = None,
    *,
    status: int = 200,
    typed: str = "",
    trouble: str = "",
    said: str = "",
) -> Response[Any]:
    """The section; `kind` is whose field has `typed`, `trouble` or the news that was `said`, and the focus."""
    expert_id = expert_id_of(request)
    expertise, skills = await details.tags_of(db, expert_id)
    return html.answer(
        request,
        _PAGE,
        _SECTION,
        status=status,
        shown=_SECTION,
        anchor="keahlian",
        expertise=expertise,
        skills=skills,
        suggested=await suggestions(request),
        tried={"kind": kind, "typed": typed, "trouble": trouble, "said": said},
        strip=await strip_of(db, expert_id),
        now=now,
    )


handlers = [show_tags, add_tag, remove_tag, suggest]
