"""The cases of all desks: what is known of one, and each decision with what it will do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from litestar import Response, get, post

from mentorinaja.admin import passwords
from mentorinaja.admin.cases import Case, Decision, Means
from mentorinaja.admin.desk import Desk
from mentorinaja.admin.pages import desk_called, desk_page, means_of
from mentorinaja.audit import queries as audit
from mentorinaja.errors import DomainError, NotThere
from mentorinaja.web import html
from mentorinaja.web.auth import requires_admin
from mentorinaja.web.bodies import posted
from mentorinaja.web.flash import put_flash
from mentorinaja.web.forms import BaseForm
from mentorinaja.web.problems import with_wait
from mentorinaja.web.viewer import WebRequest

_CHANGED = "Keadaannya berubah sejak Anda membuka halaman ini. Periksa lagi sebelum memutuskan."
_OVER = "Ini tidak dapat diputuskan lagi: keadaannya sudah berubah."


@dataclass(frozen=True)
class _Here:
    """What a request is about: the case of this id at a desk."""

    request: WebRequest
    means: Means
    desk: Desk[Any]
    case_id: str

    @property
    def address(self) -> str:
        return f"/admin/{self.desk.name}/{self.case_id}"

    async def case(self) -> Case[Any]:
        """As it is now. Raises `NotThere`."""
        case = await self.desk.load(self.means, self.case_id)
        if case is None:
            raise NotThere
        return case

    def decision(self, name: str) -> Decision[Any]:
        """The desk's decision of this name. Raises `NotThere`."""
        decision = self.desk.decision(name)
        if decision is None:
            raise NotThere
        return decision


@get("/admin/{name:str}/{case_id:str}", guards=[requires_admin])
async def show_case(request: WebRequest, name: str, case_id: str) -> Response[Any]:
    """What is known of a case, what may be decided, and what admins did before."""
    here = _Here(request, means_of(request), desk_called(name), case_id)
    return await _case_page(here, await here.case())


@get("/admin/{name:str}/{case_id:str}/{decision_name:str}", guards=[requires_admin])
async def ask(request: WebRequest, name: str, case_id: str, decision_name: str) -> Response[Any]:
    """What a decision will do, and its form: a page, and a dialog with script."""
    here = _Here(request, means_of(request), desk_called(name), case_id)
    decision, case = here.decision(decision_name), await here.case()
    if not decision.allowed(case.data):
        return await _refused(here, case)
    return await _question(here, case, decision, decision.form(data=dict(decision.start(case.data))))


@post("/admin/{name:str}/{case_id:str}/{decision_name:str}", guards=[requires_admin])
async def decide(request: WebRequest, name: str, case_id: str, decision_name: str) -> Response[Any]:
    """Carry a decision out; who began it with a case that has changed since is told, and asked once more."""
    here = _Here(request, means_of(request), desk_called(name), case_id)
    decision, case = here.decision(decision_name), await here.case()
    sent = await posted(request)
    form = decision.form(sent)
    if not decision.allowed(case.data):
        return await _refused(here, case)
    if decision.preview and "count" in sent:
        for field in form:  # what cannot be read is told beside it; what is not written yet is not
            field.errors = field.process_errors
        return await _question(here, case, decision, form)
    if sent.text("version") != case.version:
        form.form_errors.append(_CHANGED)
        return await _question(here, case, decision, form, status=409)
    if not form.validate():
        return await _question(here, case, decision, form, status=422)
    if problem := await _password_problem(here.means, decision, sent.text("password") or ""):
        return await _question(here, case, decision, form, status=problem.status, password_error=str(problem))
    try:
        said = await decision.run(here.means, case.data, form)
    except DomainError as refusal:
        return await _after_refusal(here, decision, form, refusal)
    response = html.see_other(request, here.address)
    put_flash(request, response, "ok", said)
    return response


async def _password_problem(means: Means, decision: Decision[Any], password: str) -> DomainError | None:
    """Why a sensitive decision has to wait for the password, or None when it was given lately or just now."""
    return await passwords.problem_with(means, password) if decision.sensitive else None


async def _after_refusal(
    here: _Here, decision: Decision[Any], form: BaseForm, refusal: DomainError
) -> Response[Any]:
    """The rule that said no, above the form with the case as it is now; or above the case, when it is over."""
    case = await here.case()
    if not decision.allowed(case.data):
        return await _refused(here, case, str(refusal))
    form.form_errors.append(str(refusal))
    return with_wait(await _question(here, case, decision, form, status=refusal.status), refusal)


async def _question(
    here: _Here,
    case: Case[Any],
    decision: Decision[Any],
    form: BaseForm,
    *,
    status: int = 200,
    password_error: str = "",
) -> Response[Any]:
    in_dialog = html.wants_partial(here.request)
    context = {
        "desk": here.desk,
        "case": case,
        "case_id": here.case_id,
        "decision": decision,
        "plan": await decision.told(here.means, case.data, form),
        "form": form,
        "asks_password": decision.sensitive and await passwords.is_asked(here.means),
        "password_error": password_error,
        "in_dialog": in_dialog,
        "title": decision.label,
        "body": "partials/admin/question.html",
    }
    if in_dialog:
        return html.page(here.request, "partials/ui/dialog_body.html", status=status, **context)
    return desk_page(here.request, "templates/admin/decide.html", here.desk.name, status=status, **context)


async def _refused(here: _Here, case: Case[Any], why: str = "") -> Response[Any]:
    """Somebody else was quicker, or the address is old: the case as it is now, with what happened."""
    if html.wants_partial(here.request):
        response = html.see_other(here.request, here.address)
        put_flash(here.request, response, "warn", why or _OVER)
        return response
    return await _case_page(here, case, status=409, refusal=why or _OVER)


async def _case_page(here: _Here, case: Case[Any], *, status: int = 200, refusal: str = "") -> Response[Any]:
    return desk_page(
        here.request,
        "templates/admin/case.html",
        here.desk.name,
        status=status,
        desk=here.desk,
        case=case,
        case_id=here.case_id,
        decisions=[decision for decision in here.desk.decisions if decision.allowed(case.data)],
        done=await audit.entries_about(here.means.db, here.desk.kind, case.subject),
        refusal=refusal,
        now=here.means.now,
    )


handlers = [show_case, ask, decide]
