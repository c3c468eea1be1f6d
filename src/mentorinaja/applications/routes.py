"""Becoming a mentor: what it takes for a visitor, the form in steps, and where the application stands."""

from __future__ import annotations

from typing import Any

from litestar import Response, Router, get, post

from mentorinaja.applications import actions, queries, rules, saving, steps
from mentorinaja.applications.forms import FORMS
from mentorinaja.applications.queries import Application, Draft
from mentorinaja.applications.rules import STEPS, TYPED_STEPS, step_path
from mentorinaja.db.pool import Database
from mentorinaja.errors import NotThere
from mentorinaja.experts.rules import ProfileInvalid, ServicesFull, SlugTaken
from mentorinaja.schedule.rules import ScheduleInvalid
from mentorinaja.settings import Settings
from mentorinaja.web import html
from mentorinaja.web.auth import requires_user
from mentorinaja.web.bodies import posted
from mentorinaja.web.flash import put_flash
from mentorinaja.web.forms import BaseForm
from mentorinaja.web.limits import count_hit, limit
from mentorinaja.web.viewer import Viewer, WebRequest

APPLY = "/expert/apply"
_PAGES = {
    "tentang": "templates/applications/tentang.html",
    "keahlian": "templates/applications/keahlian.html",
    "layanan": "templates/applications/layanan.html",
    "jadwal": "templates/applications/jadwal.html",
    "kirim": "templates/applications/kirim.html",
}


@get(APPLY, opt={"public": True})
async def show(request: WebRequest, db: Database, settings: Settings) -> Response[Any]:
    """What becoming a mentor means; for who is signed in the step to go on with, or how the application stands."""
    if request.user is None:
        return html.page(request, "templates/applications/invitation.html")
    application = await queries.application_for(db, request.user.id)
    if not application.is_open:
        return html.page(
            request, "templates/applications/sent.html", application=application, base_url=settings.base_url
        )
    step = request.query_params.get("step")
    if step not in STEPS or application.expert_id is None:
        step = rules.step_to_go_on(application.facts)
    return await _step_page(request, db, application, step)


@post(APPLY, guards=[requires_user])
async def save(request: WebRequest, db: Database) -> Response[Any]:
    """Take what a step's form says; what cannot be saved is kept as it was typed."""
    user, sent = _viewer(request), await posted(request)
    step = sent.text("step") or ""
    if step == "kirim":
        # Each one is told to every admin.
        await limit(db, "application", str(user.id), most=10, seconds=86_400)
        await actions.submit(db, user)
        return html.see_other(request, APPLY)
    if step not in FORMS:
        raise NotThere
    application = await queries.application_for(db, user.id)
    rules.check_open(application.status)
    if application.expert_id is None and step != "tentang":
        return html.see_other(request, APPLY)
    form, later = FORMS[step](sent), sent.text("go") == "later"
    if sent.text("show"):  # only what the price would earn, for who has no script
        await saving.put_aside(db, user.id, step, steps.typed_in(step, sent))
        return await _step_page(request, db, application, step, form, 200)
    status = await _saved(db, user, form) if form.validate() else 422
    if status is not None:
        await saving.put_aside(db, user.id, step, steps.typed_in(step, sent))
        return _later(request) if later else await _step_page(request, db, application, step, form, status)
    return _later(request) if later else html.see_other(request, step_path(rules.after(step)))


@post(APPLY + "/draft", opt={"public": True})
async def keep(request: WebRequest, db: Database) -> Response[Any]:
    """Keep what stands in a step's fields while somebody types.

    Public, because whose sign-in is over must not be torn from the page before it is sent: nothing is kept then.
    """
    sent = await posted(request)
    step, begun = sent.text("step") or "", sent.text("begun") or ""
    kept = False
    if request.user is not None and step in TYPED_STEPS and begun.isascii() and begun.isdecimal():
        person = request.user.id
        if await count_hit(db, "application_draft", str(person), most=600, seconds=600):
            kept = await saving.keep_typed(
                db, person, step, steps.typed_in(step, sent), min(int(begun[:9]), 2**31 - 1)
            )
    if not kept:
        return Response(b"", status_code=204)
    return html.page(request, "partials/applications/kept.html", kept=True)


@post(APPLY + "/withdraw", guards=[requires_user])
async def withdraw(request: WebRequest, db: Database) -> Response[Any]:
    """Take the application back, to change it."""
    await actions.withdraw(db, _viewer(request))
    answer = html.see_other(request, step_path("kirim"))
    put_flash(request, answer, "ok", "Lamaran ditarik. Ubah yang perlu, lalu kirim lagi.")
    return answer


async def _saved(db: Database, user: Viewer, form: BaseForm) -> int | None:
    """None when the step is a part of the profile now, else the status of the refusal, which the form tells."""
    try:
        await steps.save(db, user, form)
    except SlugTaken as refusal:
        form["slug"].errors = [*form["slug"].errors, refusal.text]
        return refusal.status
    except (ProfileInvalid, ServicesFull, ScheduleInvalid) as refusal:
        form.form_errors.append(refusal.text)
        return refusal.status
    return None


async def _step_page(
    request: WebRequest,
    db: Database,
    application: Application,
    step: str,
    form: BaseForm | None = None,
    status: int = 200,
) -> Response[Any]:
    user = _viewer(request)
    draft = await queries.draft_for(db, user.id, step) if step in TYPED_STEPS else Draft()
    if form is None and step in TYPED_STEPS:
        form = await steps.form_for(db, user, application, step, draft)
    return html.page(
        request,
        _PAGES[step],
        status=status,
        application=application,
        step=step,
        steps=STEPS,
        number=list(STEPS).index(step) + 1,
        missing=rules.missing_steps(application.facts),
        form=form,
        begun=draft.version,
        kept=draft.typed is not None and status == 200,
        hints=rules.hints(application.facts),
        services=await steps.services_there(db, application),
        common=await steps.common_expertise(db, step),
        **await steps.earning_of(db, form),
    )


def _later(request: WebRequest) -> Response[Any]:
    answer = html.see_other(request, "/")
    put_flash(request, answer, "ok", "Isian Anda tersimpan. Lanjutkan kapan saja lewat “Jadi mentor”.")
    return answer


def _viewer(request: WebRequest) -> Viewer:
    assert request.user is not None, "the guard let nobody else in"
    return request.user


router = Router(path="/", route_handlers=[show, save, keep, withdraw])
