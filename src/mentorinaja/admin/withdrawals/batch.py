"""Sending approved withdrawals by bank: a file to download, and what the bank did with it, many lines at once."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from mentorinaja.admin import passwords
from mentorinaja.admin.cases import Means
from mentorinaja.admin.pages import bank_file, desk_page, means_of
from mentorinaja.banks.vault import Vault
from mentorinaja.errors import DomainError
from mentorinaja.transfers import queries as files
from mentorinaja.transfers.rules import MOST, Unbatchable, references_in
from mentorinaja.typed import whole_in
from mentorinaja.web.auth import requires_admin
from mentorinaja.web.bodies import Posted, posted
from mentorinaja.web.flash import put_flash
from mentorinaja.web.html import see_other
from mentorinaja.web.problems import with_wait
from mentorinaja.web.viewer import WebRequest
from mentorinaja.withdrawals import actions, queries
from mentorinaja.withdrawals.actions import Outcome

_HERE = "/admin/withdrawals/batch"
# A form carries so many boxes at most.
_SHOWN = 200


@get(_HERE, guards=[requires_admin])
async def show_batch(request: WebRequest) -> Response[Any]:
    """What is approved and not sent yet, each with the file it is in; the last files; a field for references."""
    return await _page(request, means_of(request))


@post(_HERE, guards=[requires_admin])
async def make_batch(request: WebRequest) -> Response[Any]:
    """A new file of the chosen ones (`id`; `again` for those that are in a file already), after the password."""
    means, sent = means_of(request), await posted(request)
    again = _texts(sent, "again")
    chosen = _texts(sent, "id") + again
    if refusal := await passwords.problem_with(means, sent.text("password") or ""):
        return await _page(request, means, chosen=chosen, password_error=refusal)
    try:
        file = await actions.make_file(means.db, Vault(means.settings), means.admin, chosen, again)
    except DomainError as problem:
        return await _page(request, means, chosen=chosen, problem=problem)
    return bank_file(file)


@post(f"{_HERE}/again", guards=[requires_admin])
async def download_again(request: WebRequest) -> Response[Any]:
    """A file that was made before (`batch`), without what was decided on since, after the password."""
    means, sent = means_of(request), await posted(request)
    if refusal := await passwords.problem_with(means, sent.text("password") or ""):
        return await _page(request, means, problem=refusal)
    try:
        batch_id = whole_in(sent.text("batch")) or 0
        file = await actions.make_file_again(means.db, Vault(means.settings), means.admin, batch_id)
    except DomainError as problem:
        return await _page(request, means, problem=problem)
    return bank_file(file)


@post(f"{_HERE}/sent", guards=[requires_admin])
async def mark_sent(request: WebRequest) -> Response[Any]:
    """Mark many as sent: an id and its reference a line (`lines`), after the password. Lines that are refused stay in
    the field (422).
    """
    means, sent = means_of(request), await posted(request)
    text = sent.text("lines") or ""
    try:
        lines = references_in(text)
        if not lines:
            raise Unbatchable("Tempel id penarikan dan nomor referensinya, satu per baris.")
    except Unbatchable as problem:
        return await _page(request, means, lines=text, lines_error=str(problem), status=422)
    if refusal := await passwords.problem_with(means, sent.text("password") or ""):
        return await _page(request, means, lines=text, unconfirmed=refusal)
    outcomes = await actions.mark_many_sent(means.db, means.admin, lines)
    refused = [outcome for outcome in outcomes if outcome.problem]
    done = f"{len(outcomes) - len(refused)} penarikan ditandai terkirim."
    if refused:
        left = "\n".join(f"{one.line.subject} {one.line.reference}".strip() for one in refused)
        return await _page(request, means, lines=left, refused=refused, done=done, status=422)
    response = see_other(request, _HERE)
    put_flash(request, response, "ok", done)
    return response


def _texts(sent: Posted, name: str) -> list[str]:
    return [value for value in sent.getlist(name) if isinstance(value, str)]


async def _page(
    request: WebRequest,
    means: Means,
    *,
    chosen: list[str] | None = None,
    problem: DomainError | None = None,
    password_error: DomainError | None = None,
    lines: str = "",
    lines_error: str = "",
    unconfirmed: DomainError | None = None,
    refused: list[Outcome] | None = None,
    done: str = "",
    status: int = 200,
) -> Response[Any]:
    """The page; `chosen` are the ids whose boxes are ticked (None: all that are in no file yet).

    `password_error` is about the file, `unconfirmed` about what was sent.
    """
    waiting = await queries.to_send(means.db, _SHOWN)
    refusal = problem or password_error or unconfirmed
    answer = desk_page(
        request,
        "templates/admin/withdrawal_batch.html",
        "withdrawals",
        status=refusal.status if refusal else status,
        waiting=waiting,
        all_waiting=await queries.count_to_send(means.db),
        in_files=await queries.files_of(means.db, [one.public_id for one in waiting]),
        batches=await files.latest(means.db, "withdrawal"),
        chosen=chosen,
        problem=problem,
        asks_password=await passwords.is_asked(means),
        password_error=str(password_error) if password_error else "",
        lines=lines,
        lines_error=lines_error,
        unconfirmed=str(unconfirmed) if unconfirmed else "",
        refused=refused or [],
        done=done,
        most=MOST,
    )
    return with_wait(answer, refusal) if refusal else answer


handlers = [show_batch, make_batch, download_again, mark_sent]
