"""Changing fees and rules: typed, told what it does, then changed as it was told."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from litestar import Response, get, post

from mentorinaja.admin import passwords
from mentorinaja.admin.cases import Means
from mentorinaja.admin.pages import desk_page, means_of
from mentorinaja.admin.settings.form import ChangeForm, first_values
from mentorinaja.admin.settings.words import LABELS, said
from mentorinaja.errors import DomainError
from mentorinaja.formats import when
from mentorinaja.money import Price
from mentorinaja.policies import actions, queries, rules
from mentorinaja.policies.rules import EXAMPLE, Policy
from mentorinaja.web.auth import requires_admin
from mentorinaja.web.bodies import posted
from mentorinaja.web.flash import put_flash
from mentorinaja.web.html import see_other
from mentorinaja.web.problems import with_wait
from mentorinaja.web.viewer import WebRequest

_HERE = "/admin/settings/ubah"
_TOUCHED = "Isian berubah sejak diperiksa. Periksa akibatnya sekali lagi, lalu simpan."


@dataclass(frozen=True, slots=True)
class Offer:
    """What a change does, as it is told before it is made; `token` names exactly this.

    `changes`: (what, from, to); `mentors`: how many are told by mail; `old` and `new` are the prices of the example.
    """

    token: str
    changes: tuple[tuple[str, str, str], ...]
    mentors: int
    old: Price
    new: Price


@get(_HERE, guards=[requires_admin])
async def show_change(request: WebRequest) -> Response[Any]:
    """The form, with what holds now."""
    means = means_of(request)
    form = first_values(await queries.current(means.db), await queries.version(means.db))
    return await _page(request, means, form)


@post(_HERE, guards=[requires_admin])
async def change(request: WebRequest) -> Response[Any]:
    """First tell what the change does; then, when `offer` names what was told, make it, after the password."""
    means, sent = means_of(request), await posted(request)
    form = ChangeForm(sent)
    before = await queries.current(means.db)
    version = await queries.version(means.db)
    if form.known.data != version:
        return await _too_late(request, means, form, version)
    if planned := await queries.planned(means.db):
        form.form_errors.append(actions.already_planned(planned))
        return await _page(request, means, form, status=409)
    after = _checked(form, before, means)
    if after is None:
        return await _page(request, means, form, status=422)
    if not rules.differences(before, after):
        form.form_errors.append("Belum ada yang Anda ubah.")
        return await _page(request, means, form, status=409)
    offer = await _offer(means, form, before, after)
    if (wanted := sent.text("offer")) != offer.token:
        if wanted:
            form.form_errors.append(_TOUCHED)
        return await _page(request, means, form, offer, status=409 if wanted else 200)
    if refusal := await passwords.problem_with(means, sent.text("password") or ""):
        answer = await _page(request, means, form, offer, status=refusal.status, password_error=str(refusal))
        return with_wait(answer, refusal)
    return await _save(request, means, form, offer)


async def _save(request: WebRequest, means: Means, form: ChangeForm, offer: Offer) -> Response[Any]:
    try:
        made = await actions.change(
            means.db,
            means.admin,
            form.reason.data or "",
            since=form.since,
            seen=form.known.data,
            **form.values,
        )
    except DomainError as problem:
        version = await queries.version(means.db)
        if form.known.data != version:
            return await _too_late(request, means, form, version)
        form.form_errors.append(str(problem))
        return await _page(request, means, form, offer, status=problem.status)
    response = see_other(request, f"/admin/settings/{made.id}")
    said_when = f"berlaku mulai {when(made.since)}" if made.planned_at else "berlaku sekarang"
    put_flash(request, response, "ok", f"Perubahan disimpan dan {said_when}.")
    return response


def _checked(form: ChangeForm, before: Policy, means: Means) -> Policy | None:
    """The set that was typed, or None when something is wrong with it, which then stands beside its field."""
    if not form.validate():
        return None
    after = rules.changed(before, form.values)
    found = rules.problems(after)
    for name, text in found.items():
        form[name].errors = [text]
    late = rules.wrong_time(form.since, means.now) if form.since else None
    if late:
        form.day.errors = [late]
    return None if found or late else after


async def _too_late(request: WebRequest, means: Means, form: ChangeForm, version: str) -> Response[Any]:
    """Another admin was quicker: told what they did, with what was typed; sent once more it is looked at anew."""
    newest = (await queries.history(means.db))[0]
    did = (
        f"{newest.withdrawn.by} membatalkan rencana perubahan ({newest.withdrawn.reason})."
        if newest.withdrawn
        else f"{newest.by} mengubah aturan pada {when(newest.policy.made_at)} ({newest.policy.reason})."
    )
    form.validate()
    form.form_errors.append(f"{did} Isian Anda masih ada: periksa akibatnya terhadap aturan yang sekarang.")
    form.known.data = version
    form.known.raw_data = None
    return await _page(request, means, form, status=409)


async def _offer(means: Means, form: ChangeForm, before: Policy, after: Policy) -> Offer:
    changes = tuple(
        (LABELS[name], said(name, old), said(name, new))
        for name, old, new in rules.differences(before, after)
    )
    told = [form.known.data, changes, form.since and form.since.isoformat(), form.reason.data]
    return Offer(
        token=hashlib.sha256(repr(told).encode()).hexdigest()[:32],
        changes=changes,
        mentors=len(await queries.mentors(means.db)) if rules.touches_mentors(before, after) else 0,
        old=before.price(EXAMPLE),
        new=after.price(EXAMPLE),
    )


async def _page(
    request: WebRequest,
    means: Means,
    form: ChangeForm,
    offer: Offer | None = None,
    *,
    status: int = 200,
    password_error: str = "",
) -> Response[Any]:
    return desk_page(
        request,
        "templates/admin/settings/form.html",
        "settings",
        status=status,
        form=form,
        offer=offer,
        example=EXAMPLE,
        planned=await queries.planned(means.db),
        asks_password=offer is not None and await passwords.is_asked(means),
        password_error=password_error,
    )


handlers = [show_change, change]
