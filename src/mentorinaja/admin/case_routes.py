"""The cases of all desks: what is known of one, and each decision with what it will do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from litestar import Response, get, post

from mentorinaja.admin import passwords
from mentorinaja.admin.cases import Case, Decision, Means, Plan
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


@get("/admin/{name:str}/{case_id:str}", guards=[requires_admin])
async def show_case(request: WebRequest, name: str, case_id: str) -> Response[Any]:
    """What is known of a case, what may be decided, and what admins did before."""
    means, desk = means_of(request), desk_called(name)
    return await _case_page(request, means, desk, case_id, await _load(means, desk, case_id))


@get("/admin/{name:str}/{case_id:str}/{decision_name:str}", guards=[requires_admin])
async def ask(request: WebRequest, name: str, case_id: str, decision_name: str) -> Response[Any]:
    """What a decision will do, and its form: a page, and a dialog with script."""
    means, desk = means_of(request), desk_called(name)
    decision, case = _decision(desk, decision_name), await _load(means, desk, case_id)
    if not decision.allowed(case):
        return await _refused(request, means, desk, case_id, case)
    form = decision.form(data=dict(await decision.start(means, case)))
    return await _question(request, means, desk, case_id, case, decision, form)


@post("/admin/{name:str}/{case_id:str}/{decision_name:str}", guards=[requires_admin])
async def decide(request: WebRequest, name: str, case_id: str, decision_name: str) -> Response[Any]:
    """Carry a decision out; who began it with a case that has changed since is told, and asked once more."""
    means, desk = means_of(request), desk_called(name)
    decision, case = _decision(desk, decision_name), await _load(means, desk, case_id)
    sent = await posted(request)
    form = decision.form(sent)
    if not decision.allowed(case):
        return await _refused(request, means, desk, case_id, case)
    if decision.preview and "count" in sent:
        return await _question(request, means, desk, case_id, case, decision, form)
    shown: Mapping[str, Any] = {}
    status = 200
    if sent.text("version") != case.version:
        form.form_errors.append(_CHANGED)
        status = 409
    elif not form.validate():
        status = 422
    elif problem := await _password_problem(means, decision, sent.text("password") or ""):
        shown, status = {"password_error": str(problem)}, problem.status
    if status != 200:
        return await _question(request, means, desk, case_id, case, decision, form, status=status, **shown)
    try:
        said = await decision.run(means, case, form)
    except DomainError as refusal:
        return await _after_refusal(request, means, desk, case_id, decision, form, refusal)
    response = html.see_other(request, f"/admin/{desk.name}/{case_id}")
    put_flash(request, response, "ok", said)
    return response


async def _load(means: Means, desk: Desk, case_id: str) -> Case:
    case = await desk.load(means, case_id) if desk.load else None
    if case is None:
        raise NotThere
    return case


def _decision(desk: Desk, name: str) -> Decision:
    decision = desk.decision(name)
    if decision is None:
        raise NotThere
    return decision


async def _password_problem(means: Means, decision: Decision, password: str) -> DomainError | None:
    """Why a sensitive decision has to wait for the password, or None when it was given lately or just now."""
    return await passwords.problem_with(means, password) if decision.sensitive else None


async def _after_refusal(
    request: WebRequest,
    means: Means,
    desk: Desk,
    case_id: str,
    decision: Decision,
    form: BaseForm,
    refusal: DomainError,
) -> Response[Any]:
    """The rule that said no, above the form with the case as it is now; or above the case, when it is over."""
    case = await _load(means, desk, case_id)
    if not decision.allowed(case):
        return await _refused(request, means, desk, case_id, case, str(refusal))
    form.form_errors.append(str(refusal))
    return with_wait(
        await _question(request, means, desk, case_id, case, decision, form, status=refusal.status), refusal
    )


async def _question(
    request: WebRequest,
    means: Means,
    desk: Desk,
    case_id: str,
    case: Case,
    decision: Decision,
    form: BaseForm,
    *,
    status: int = 200,
    password_error: str = "",
) -> Response[Any]:
    in_dialog = html.wants_partial(request)
    asks_password = decision.sensitive and await passwords.is_asked(means)
    context = {
        "desk": desk,
        "case": case,
        "case_id": case_id,
        "decision": decision,
        "plan": await _plan(means, case, decision, form),
        "form": form,
        "asks_password": asks_password,
        "password_error": password_error,
        "in_dialog": in_dialog,
        "title": decision.label,
        "body": "partials/admin/question.html",
    }
    if in_dialog:
        return html.page(request, "partials/ui/dialog_body.html", status=status, **context)
    return desk_page(request, "templates/admin/decide.html", desk.name, status=status, **context)


async def _plan(means: Means, case: Case, decision: Decision, form: BaseForm) -> Plan:
    if decision.preview:
        return await decision.preview(means, case, form)
    return await decision.plan(means, case)


async def _refused(
    request: WebRequest, means: Means, desk: Desk, case_id: str, case: Case, why: str = ""
) -> Response[Any]:
    """Somebody else was quicker, or the address is old: the case as it is now, with what happened."""
    if html.wants_partial(request):
        response = html.see_other(request, f"/admin/{desk.name}/{case_id}")
        put_flash(request, response, "warn", why or _OVER)
        return response
    return await _case_page(request, means, desk, case_id, case, status=409, refusal=why or _OVER)


async def _case_page(
    request: WebRequest,
    means: Means,
    desk: Desk,
    case_id: str,
    case: Case,
    *,
    status: int = 200,
    refusal: str = "",
) -> Response[Any]:
    return desk_page(
        request,
        "templates/admin/case.html",
        desk.name,
        status=status,
        desk=desk,
        case=case,
        case_id=case_id,
        decisions=[decision for decision in desk.decisions if decision.allowed(case)],
        done=await audit.entries_about(means.db, desk.kind, case.subject),
        refusal=refusal,
        now=means.now,
    )


handlers = [show_case, ask, decide]
