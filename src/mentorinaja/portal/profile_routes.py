"""PROFIL, the mentor's page of what everybody reads about the mentor, and its first section: who this is."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from litestar import Response, get, post

from mentorinaja.accounts import queries as accounts
from mentorinaja.bookings.strip import strip_of
from mentorinaja.db.pool import Database
from mentorinaja.experts import details, editing
from mentorinaja.experts.details import Person, version_of
from mentorinaja.experts.editing import EditedMeanwhile
from mentorinaja.experts.profile_forms import ProfileForm, SlugField
from mentorinaja.experts.rules import ProfileInvalid, SlugTaken
from mentorinaja.portal.profile_lists import WORDS
from mentorinaja.portal.profile_tags import suggestions
from mentorinaja.settings import Settings
from mentorinaja.web import html
from mentorinaja.web.auth import expert_id_of, requires_expert
from mentorinaja.web.flash import put_flash
from mentorinaja.web.forms import read_form
from mentorinaja.web.viewer import WebRequest

DASHBOARD = "/expert/dashboard"
_PERSON = DASHBOARD + "/profil/data"
_PAGE, _SECTION, _ADDRESS = (
    "templates/portal/profile_part.html",
    "partials/portal/person.html",
    "partials/portal/address.html",
)


@get(DASHBOARD, guards=[requires_expert])
async def show_profile(request: WebRequest, db: Database, settings: Settings, now: datetime) -> Response[Any]:
    """The own address and everything of the profile that can be changed."""
    expert_id = expert_id_of(request)
    assert request.user is not None, "the guard let nobody else in"
    profile = await details.own_profile(db, expert_id)
    return html.page(
        request,
        "templates/portal/profile.html",
        strip=await strip_of(db, expert_id),
        base_url=settings.base_url,
        now=now,
        profile=profile,
        form=_form_of(profile.person),
        words=WORDS,
        most=editing.MOST_ENTRIES,
        suggested=await suggestions(request),
        account=await accounts.account_for(db, request.user.id),
        email_change=await accounts.pending_email(db, request.user.id),
    )


@get(_PERSON, guards=[requires_expert])
async def show_person(request: WebRequest, db: Database, settings: Settings, now: datetime) -> Response[Any]:
    """The personal information, as a page of its own."""
    person = await details.person_of(db, expert_id_of(request))
    return await _person(request, db, settings, now, _form_of(person))


@post(_PERSON, guards=[requires_expert])
async def save_person(request: WebRequest, db: Database, settings: Settings, now: datetime) -> Response[Any]:
    """Save the personal information, unless it was changed elsewhere since: then both stand side by side."""
    form, expert_id = await read_form(request, ProfileForm), expert_id_of(request)
    if not form.validate():
        return await _person(request, db, settings, now, form, status=422)
    try:
        await editing.save_person(db, expert_id, form.person(), form.version.data or "")
    except (SlugTaken, ProfileInvalid) as problem:
        form.slug.errors = [problem.text]
        return await _person(request, db, settings, now, form, status=problem.status)
    except EditedMeanwhile as problem:
        there = await details.person_of(db, expert_id)
        form.version.data = version_of(there)
        return await _person(request, db, settings, now, form, there, status=problem.status)
    if html.wants_partial(request):
        return await _saved(request, db, settings, now)
    answer = html.see_other(request, DASHBOARD + "#data")
    put_flash(request, answer, "ok", "Perubahan disimpan.")
    return answer


@get(DASHBOARD + "/profil/slug", guards=[requires_expert])
async def check_slug(request: WebRequest, db: Database) -> Response[Any]:
    """Whether the address being typed can be had; a part for the page, or a page with the same sentence."""
    typed = SlugField.plain(request.query_params.get("slug", ""))
    standing = await details.slug_standing(db, typed, expert_id_of(request))
    return html.answer(
        request, "templates/portal/slug.html", "partials/portal/slug.html", standing=standing, slug=typed
    )


def _form_of(person: Person) -> ProfileForm:
    return ProfileForm(data=asdict(person) | {"version": version_of(person)})


async def _person(
    request: WebRequest,
    db: Database,
    settings: Settings,
    now: datetime,
    form: ProfileForm,
    there: Person | None = None,
    *,
    status: int = 200,
) -> Response[Any]:
    """The form; with `there`, what was saved meanwhile beside what was typed."""
    return html.answer(
        request,
        _PAGE,
        _SECTION,
        status=status,
        shown=_SECTION,
        anchor="data",
        form=form,
        there=_differences(form, there) if there else [],
        base_url=settings.base_url,
        strip=await strip_of(db, expert_id_of(request)),
        now=now,
    )


async def _saved(request: WebRequest, db: Database, settings: Settings, now: datetime) -> Response[Any]:
    expert_id = expert_id_of(request)
    return html.parts(
        request,
        {"data": _SECTION, "halaman": _ADDRESS},
        form=_form_of(await details.person_of(db, expert_id)),
        said="Perubahan disimpan.",
        strip=await strip_of(db, expert_id),
        base_url=settings.base_url,
        now=now,
    )


def _differences(form: ProfileForm, there: Person) -> list[tuple[str, str]]:
    """What is saved where it differs from what was typed: (label, value)."""
    saved, typed = asdict(there), asdict(form.person())
    return [
        (form[name].label.text, str(saved[name]) or "kosong") for name in saved if saved[name] != typed[name]
    ]


handlers = [show_profile, show_person, save_person, check_slug]
