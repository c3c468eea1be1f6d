"""The files for the bank of all desks that send by bank: made, made once more, and what the bank did with them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from litestar import Response, get, post

from mentorinaja.admin import passwords
from mentorinaja.admin.batch import Told, Transfers, rows_of
from mentorinaja.admin.cases import Means
from mentorinaja.admin.desk import Desk
from mentorinaja.admin.pages import bank_file, desk_called, desk_page, means_of
from mentorinaja.banks.vault import Vault
from mentorinaja.errors import DomainError, NotThere
from mentorinaja.transfers import actions, queries
from mentorinaja.transfers.actions import BankFile
from mentorinaja.transfers.rules import MOST, Unbatchable, references_in
from mentorinaja.typed import whole_in
from mentorinaja.web.auth import requires_admin
from mentorinaja.web.bodies import Posted, posted
from mentorinaja.web.flash import put_flash
from mentorinaja.web.html import see_other
from mentorinaja.web.problems import with_wait
from mentorinaja.web.viewer import WebRequest


@dataclass(frozen=True, slots=True)
class Here:
    """One request: who asks, about which desk's transfers."""

    request: WebRequest
    means: Means
    desk: Desk[Any]
    transfers: Transfers


@get("/admin/{name:str}/batch", guards=[requires_admin])
async def show_batch(request: WebRequest, name: str) -> Response[Any]:
    """What waits for a transfer and the file each is in, a field for references, and the last files."""
    return await _page(_here(request, name), Told())


@post("/admin/{name:str}/batch/file", guards=[requires_admin])
async def make_file(request: WebRequest, name: str) -> Response[Any]:
    """A new file of the chosen ones (`id`; `again` for those that are in a file already), after the password."""
    here, sent = _here(request, name), await posted(request)
    chosen, again = _texts(sent, "id"), _texts(sent, "again")
    told = Told("file", chosen=frozenset(chosen), again=frozenset(again))
    return await _download(here, sent, told, partial(_made, here, chosen + again, again))


@post("/admin/{name:str}/batch/again", guards=[requires_admin])
async def make_file_again(request: WebRequest, name: str) -> Response[Any]:
    """A file that was made before (`batch`), without what is sent or otherwise by now, after the password."""
    here, sent = _here(request, name), await posted(request)
    return await _download(
        here, sent, Told("again"), partial(_made_again, here, whole_in(sent.text("batch")) or 0)
    )


@post("/admin/{name:str}/batch/sent", guards=[requires_admin])
async def mark_sent(request: WebRequest, name: str) -> Response[Any]:
    """What the bank has done: an id and its reference a line (`lines`), after the password. Each line stands alone;
    those that are refused stay in the field (422).
    """
    here, sent = _here(request, name), await posted(request)
    told = Told("sent", lines=sent.text("lines") or "")
    try:
        lines = references_in(told.lines)
    except Unbatchable as problem:
        told.problem = str(problem)
        return await _page(here, told, status=422)
    if not lines:
        told.problem = "Tempel id dan nomor referensinya, satu per baris."
        return await _page(here, told, status=422)
    if refusal := await passwords.problem_with(here.means, sent.text("password") or ""):
        return await _without_password(here, told, refusal)
    outcomes = await actions.mark_many_sent(here.means.db, here.means.admin, here.transfers.source, lines)
    told.refused = [outcome for outcome in outcomes if outcome.problem]
    count = len({outcome.line.subject for outcome in outcomes if not outcome.problem})
    told.done = f"{count or 'Belum ada'} {here.desk.word} ditandai terkirim."
    if told.refused:
        told.lines = "\n".join(outcome.line.text for outcome in told.refused)
        return await _page(here, told, status=422)
    response = see_other(request, f"/admin/{name}/batch")
    put_flash(request, response, "ok", f"{told.done} {here.transfers.told}")
    return response


def _here(request: WebRequest, name: str) -> Here:
    desk = desk_called(name)
    if desk.transfers is None:
        raise NotThere
    return Here(request, means_of(request), desk, desk.transfers)


def _texts(sent: Posted, name: str) -> list[str]:
    return [value for value in sent.getlist(name) if isinstance(value, str)]


async def _made(here: Here, subjects: list[str], again: list[str]) -> BankFile:
    means = here.means
    vault = Vault(means.settings)
    return await actions.make_file(means.db, vault, means.admin, here.transfers.source, subjects, again)


async def _made_again(here: Here, batch_id: int) -> BankFile:
    means = here.means
    return await actions.make_file_again(
        means.db, Vault(means.settings), means.admin, here.transfers.source, batch_id
    )


async def _download(
    here: Here, sent: Posted, told: Told, make: Callable[[], Awaitable[BankFile]]
) -> Response[Any]:
    if refusal := await passwords.problem_with(here.means, sent.text("password") or ""):
        return await _without_password(here, told, refusal)
    try:
        return bank_file(await make())
    except DomainError as problem:
        told.problem = str(problem)
        told.rows = problem.problems if isinstance(problem, Unbatchable) else {}
        return await _page(here, told, status=problem.status)


async def _without_password(here: Here, told: Told, refusal: DomainError) -> Response[Any]:
    told.password = str(refusal)
    return with_wait(await _page(here, told, status=refusal.status), refusal)


async def _page(here: Here, told: Told, *, status: int = 200) -> Response[Any]:
    means, transfers = here.means, here.transfers
    rows = await rows_of(means, transfers, told)
    shown = {row.due.subject for row in rows}
    return desk_page(
        here.request,
        "templates/admin/batch.html",
        here.desk.name,
        status=status,
        desk=here.desk,
        transfers=transfers,
        rows=rows,
        waiting=await transfers.count(means),
        elsewhere={subject: why for subject, why in told.rows.items() if subject not in shown},
        files=await queries.latest(means.db, transfers.source.kind),
        told=told,
        most=MOST,
        asks_password=await passwords.is_asked(means),
    )


handlers = [show_batch, make_file, make_file_again, mark_sent]
