"""The ordered lists on PROFIL: education, work, achievements; each row is added, changed, moved and taken away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from litestar import Response, get, post

from mentorinaja.bookings.strip import strip_of
from mentorinaja.db.pool import Database
from mentorinaja.errors import NotThere
from mentorinaja.experts import details, editing
from mentorinaja.experts.details import PARTS, Entry, Part
from mentorinaja.experts.editing import MOST_ENTRIES, EditedMeanwhile, ListFull
from mentorinaja.experts.ordering import said_of_move, way_in
from mentorinaja.experts.profile_forms import AchievementForm, EducationForm, EntryForm, WorkForm
from mentorinaja.web import html
from mentorinaja.web.auth import expert_id_of, requires_expert
from mentorinaja.web.bodies import posted
from mentorinaja.web.flash import put_flash
from mentorinaja.web.viewer import WebRequest

_DASHBOARD = "/expert/dashboard"
_LIST = _DASHBOARD + "/profil/{part:str}"
_ONE = _LIST + "/{entry_id:int}"
_PAGE = "templates/portal/profile_part.html"
_SECTION, _FORM, _REMOVE = (
    "partials/portal/entries.html",
    "partials/portal/entry_form.html",
    "partials/portal/entry_remove.html",
)
_FORMS: Mapping[str, type[EntryForm]] = {
    "pendidikan": EducationForm,
    "pekerjaan": WorkForm,
    "pencapaian": AchievementForm,
}


@dataclass(frozen=True, slots=True)
class Words:
    """How a list is called: as a heading, in a sentence, and what stands where it is empty."""

    title: str
    one: str
    empty: str


WORDS: Mapping[str, Words] = {
    "pendidikan": Words("Pendidikan", "pendidikan", "Belum ada pendidikan. Tulis gelar dan tempatnya."),
    "pekerjaan": Words(
        "Pengalaman Kerja", "pengalaman kerja", "Belum ada pengalaman kerja. Mulai dari yang terbaru."
    ),
    "pencapaian": Words(
        "Pencapaian", "pencapaian", "Belum ada pencapaian. Tulis yang paling Anda banggakan."
    ),
}


@get(_LIST, guards=[requires_expert])
async def show_list(request: WebRequest, db: Database, now: datetime, part: str) -> Response[Any]:
    """A list as it is; also what htmx puts back when an edit is called off."""
    return await _section(request, db, now, _part(part))


@get(_LIST + "/baru", guards=[requires_expert])
async def show_new(request: WebRequest, db: Database, now: datetime, part: str) -> Response[Any]:
    """An empty form for one more row."""
    return await _form(request, db, now, _part(part), _FORMS[part](this_year=now.year), None)


@post(_LIST + "/baru", guards=[requires_expert])
async def add(request: WebRequest, db: Database, now: datetime, part: str) -> Response[Any]:
    """One more row at the end of the list."""
    there = _part(part)
    form = _FORMS[part](await posted(request), this_year=now.year)
    if not form.validate():
        return await _form(request, db, now, there, form, None, status=422)
    try:
        await editing.add_entry(db, expert_id_of(request), there, form.told())
    except ListFull as problem:
        form.form_errors.append(problem.text)
        return await _form(request, db, now, there, form, None, status=problem.status)
    return await _done(request, db, now, there, "Ditambahkan.")


@get(_ONE, guards=[requires_expert])
async def show_one(
    request: WebRequest, db: Database, now: datetime, part: str, entry_id: int
) -> Response[Any]:
    """A row to be changed."""
    entry = await details.entry_of(db, expert_id_of(request), _part(part), entry_id)
    form = _FORMS[part](this_year=now.year, told=entry.told)
    form.version.data = entry.version
    return await _form(request, db, now, _part(part), form, entry)


@post(_ONE, guards=[requires_expert])
async def change(request: WebRequest, db: Database, now: datetime, part: str, entry_id: int) -> Response[Any]:
    """Save a row, unless it was changed elsewhere since: then both stand side by side."""
    there, expert_id = _part(part), expert_id_of(request)
    entry = await details.entry_of(db, expert_id, there, entry_id)
    form = _FORMS[part](await posted(request), this_year=now.year)
    if not form.validate():
        return await _form(request, db, now, there, form, entry, status=422)
    try:
        await editing.change_entry(db, expert_id, there, entry_id, form.told(), form.version.data or "")
    except EditedMeanwhile as problem:
        entry = await details.entry_of(db, expert_id, there, entry_id)
        form.version.data = entry.version
        return await _form(request, db, now, there, form, entry, status=problem.status, conflict=True)
    return await _done(request, db, now, there, "Perubahan disimpan.")


@get(_ONE + "/hapus", guards=[requires_expert])
async def ask_remove(
    request: WebRequest, db: Database, now: datetime, part: str, entry_id: int
) -> Response[Any]:
    """Asks first."""
    there, expert_id = _part(part), expert_id_of(request)
    entry = await details.entry_of(db, expert_id, there, entry_id)
    return await _answer(request, db, now, there, _REMOVE, title=f"Hapus {WORDS[part].one}", entry=entry)


@post(_ONE + "/hapus", guards=[requires_expert])
async def remove(request: WebRequest, db: Database, now: datetime, part: str, entry_id: int) -> Response[Any]:
    """Take a row away; twice is once."""
    there = _part(part)
    await editing.remove_entry(db, expert_id_of(request), there, entry_id)
    return await _done(request, db, now, there, "Dihapus.")


@post(_ONE + "/urutan", guards=[requires_expert])
async def move(request: WebRequest, db: Database, now: datetime, part: str, entry_id: int) -> Response[Any]:
    """Let a row change places with the one above or below it (`to`: `up` or `down`)."""
    there, expert_id = _part(part), expert_id_of(request)
    entry = await details.entry_of(db, expert_id, there, entry_id)
    way = way_in((await posted(request)).text("to"))
    changed = await editing.move_entry(db, expert_id, there, entry_id, way)
    return await _done(request, db, now, there, said_of_move(entry.name, way, changed), moved=True)


def _part(key: str) -> Part:
    if key not in PARTS:
        raise NotThere
    return PARTS[key]


async def _form(
    request: WebRequest,
    db: Database,
    now: datetime,
    part: Part,
    form: EntryForm,
    entry: Entry | None,
    *,
    status: int = 200,
    conflict: bool = False,
) -> Response[Any]:
    verb = "Edit" if entry else "Tambah"
    title = f"{verb} {WORDS[part.key].one}"
    return await _answer(
        request, db, now, part, _FORM, status=status, title=title, form=form, entry=entry, conflict=conflict
    )


async def _done(
    request: WebRequest,
    db: Database,
    now: datetime,
    part: Part,
    said: str,
    *,
    moved: bool = False,
) -> Response[Any]:
    if html.wants_partial(request):
        return await _section(request, db, now, part, said, moved=moved)
    answer = html.see_other(request, f"{_DASHBOARD}#{part.key}")
    put_flash(request, answer, "ok", said)
    return answer


async def _section(
    request: WebRequest,
    db: Database,
    now: datetime,
    part: Part,
    said: str = "",
    *,
    moved: bool = False,
) -> Response[Any]:
    entries = await details.entries_of(db, expert_id_of(request), part)
    return await _answer(
        request, db, now, part, _SECTION, entries=entries, most=MOST_ENTRIES, said=said, moved=moved
    )


async def _answer(
    request: WebRequest,
    db: Database,
    now: datetime,
    part: Part,
    partial: str,
    *,
    status: int = 200,
    **context: Any,
) -> Response[Any]:
    return html.answer(
        request,
        _PAGE,
        partial,
        status=status,
        shown=partial,
        anchor=part.key,
        part=part.key,
        words=WORDS[part.key],
        strip=await strip_of(db, expert_id_of(request)),
        now=now,
        **context,
    )


handlers = [show_list, show_new, add, show_one, change, ask_remove, remove, move]
