"""Adding many meeting links at once: pasted, looked over line by line, then added as they were shown."""

from __future__ import annotations

import hashlib
from typing import Any

from litestar import Response, get, post
from wtforms import BooleanField, DateField
from wtforms.validators import Optional
from wtforms.widgets import TextArea

from mentorinaja.admin.pages import desk_page, means_of
from mentorinaja.payments import actions, link_queries
from mentorinaja.payments.actions import PasteChanged
from mentorinaja.payments.link_rules import MOST_LINES, Line, end_of, good, is_past
from mentorinaja.web.auth import requires_admin
from mentorinaja.web.bodies import posted
from mentorinaja.web.flash import put_flash
from mentorinaja.web.forms import BaseForm, TextField, required
from mentorinaja.web.html import see_other
from mentorinaja.web.viewer import WebRequest

_CHANGED = "Isinya berubah sejak diperiksa. Periksa hasilnya sekali lagi, lalu tambahkan."


class PasteForm(BaseForm):
    """What was pasted, and what is true of all of it."""

    links = TextField(
        "Tautan, satu per baris", [required("Tempel paling sedikit satu tautan.")], widget=TextArea()
    )
    reusable = BooleanField("Boleh dipakai ulang, selang dua jam")
    last_day = DateField("Berlaku sampai akhir tanggal", [Optional()])


@get("/admin/links/tempel", guards=[requires_admin])
async def show_paste(request: WebRequest) -> Response[Any]:
    """The empty form."""
    return _page(request, PasteForm())


@post("/admin/links/tempel", guards=[requires_admin])
async def paste(request: WebRequest) -> Response[Any]:
    """First look every line over; then, when `add` names what was shown, add the good ones, all or none of them."""
    means, sent = means_of(request), await posted(request)
    form = PasteForm(sent)
    valid = form.validate()
    if form.last_day.data and is_past(form.last_day.data, means.now):
        form.last_day.errors = ["Tanggal ini sudah lewat."]
        valid = False
    text = form.links.data or ""
    lines = await link_queries.look_over(means.db, text) if text else []
    if len(lines) > MOST_LINES:
        form.links.errors = [f"Paling banyak {MOST_LINES} tautan sekali tempel; ini {len(lines)}."]
        return _page(request, form, status=422)
    if not valid:
        return _page(request, form, lines, status=422)
    wanted = sent.text("add")
    if wanted is None or not good(lines):
        return _page(request, form, lines, status=422 if any(line.problem for line in lines) else 200)
    if wanted != shown(form, lines):
        form.form_errors.append(_CHANGED)
        return _page(request, form, lines, status=409)
    try:
        count = await actions.add_pasted(
            means.db,
            means.admin,
            good(lines),
            reusable=form.reusable.data,
            expires_at=end_of(form.last_day.data),
        )
    except PasteChanged as changed:
        form.form_errors.append(str(changed))
        return _page(request, form, await link_queries.look_over(means.db, text), status=409)
    response = see_other(request, "/admin/links")
    put_flash(
        request, response, "ok", f"{count} tautan ditambahkan. Sesi yang menunggu mendapatkannya sekarang."
    )
    return response


def shown(form: PasteForm, lines: list[Line]) -> str:
    """A name for exactly what a page offers to add."""
    offered = "\n".join([*good(lines), str(bool(form.reusable.data)), str(form.last_day.data)])
    return hashlib.sha256(offered.encode()).hexdigest()[:32]


def _page(
    request: WebRequest, form: PasteForm, lines: list[Line] | None = None, *, status: int = 200
) -> Response[Any]:
    looked = lines or []
    return desk_page(
        request,
        "templates/admin/links/paste.html",
        "links",
        status=status,
        form=form,
        lines=looked,
        ready=good(looked),
        wrong=[
            (line.number, line.text, line.problem, f"/admin/links/{line.known}" if line.known else "")
            for line in looked
            if line.problem
        ],
        # A field that is wrong is mended first; what was said of the whole form changes nothing of what can be added.
        offer=shown(form, looked) if good(looked) and not any(field.errors for field in form) else "",
        most=MOST_LINES,
    )


handlers = [show_paste, paste]
