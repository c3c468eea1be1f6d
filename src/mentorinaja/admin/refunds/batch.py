"""Refunds by hand, many at once: the file for the bank, and the bank's references for what it has transferred."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from litestar import Response, get, post

from mentorinaja.admin import passwords
from mentorinaja.admin.cases import Means
from mentorinaja.admin.pages import bank_file, desk_page, means_of
from mentorinaja.banks.vault import Vault
from mentorinaja.errors import DomainError
from mentorinaja.refunds import actions, queries
from mentorinaja.refunds.queries import MOST_READY, Ready
from mentorinaja.refunds.rules import Sent, Unmarkable, id_in, name_of
from mentorinaja.transfers import queries as batches
from mentorinaja.transfers.queries import Batched
from mentorinaja.transfers.rules import Unbatchable, references_in
from mentorinaja.typed import whole_in
from mentorinaja.web.auth import requires_admin
from mentorinaja.web.bodies import Posted, posted
from mentorinaja.web.flash import put_flash
from mentorinaja.web.html import see_other
from mentorinaja.web.problems import with_wait
from mentorinaja.web.viewer import WebRequest

_HERE = "/admin/refunds/batch"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A refund that is ready, and the file it stands in for this transfer, if it does."""

    refund: Ready
    file: Batched | None


@dataclass
class Told:
    """What was wrong with a form: of all of it, beside a refund's row, and line by line of what was pasted."""

    form: str = ""
    problem: str = ""
    rows: dict[int, str] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    password: str = ""

    def __bool__(self) -> bool:
        """Whether anything is."""
        return bool(self.problem or self.rows or self.lines or self.password)


@get(_HERE, guards=[requires_admin])
async def show_batch(request: WebRequest) -> Response[Any]:
    """What is ready, what the bank has, and the last files."""
    return await _page(request, means_of(request))


@post(_HERE + "/file", guards=[requires_admin])
async def make_file(request: WebRequest) -> Response[Any]:
    """A new file of the refunds that are ticked (`refund`); `again`: those that are in another one already."""
    means, sent = means_of(request), await posted(request)
    if problem := await passwords.problem_with(means, sent.text("password") or ""):
        return await _refused(request, means, sent, Told("file", password=str(problem)), problem)
    try:
        file = await actions.make_batch(
            means.db, Vault(means.settings), means.admin, _ids(sent, "refund"), _ids(sent, "again")
        )
    except DomainError as problem:
        rows = problem.problems if isinstance(problem, Unmarkable) else {}
        return await _refused(request, means, sent, Told("file", str(problem), rows), problem)
    return bank_file(file)


@post(_HERE + "/again", guards=[requires_admin])
async def make_file_again(request: WebRequest) -> Response[Any]:
    """A file that was made before (`batch`), less what is sent or otherwise by now."""
    means, sent = means_of(request), await posted(request)
    if problem := await passwords.problem_with(means, sent.text("password") or ""):
        return await _refused(request, means, sent, Told("again", password=str(problem)), problem)
    try:
        file = await actions.download_again(
            means.db, Vault(means.settings), means.admin, whole_in(sent.text("batch")) or 0
        )
    except DomainError as problem:
        return await _refused(request, means, sent, Told("again", str(problem)), problem)
    return bank_file(file)


@post(_HERE + "/sent", guards=[requires_admin])
async def mark_sent(request: WebRequest) -> Response[Any]:
    """The bank's references, in the rows' fields or pasted: all are written down, or none; sent again they are as once."""
    means, sent = means_of(request), await posted(request)
    told = Told("sent")
    wanted = await _references(means, sent, told)
    if not wanted and not told:
        told.problem = "Isi setidaknya satu nomor referensi."
    if told:
        told.problem = told.problem or "Tidak ada yang disimpan. Perbaiki yang ditandai, lalu kirim lagi."
        return await _refused(request, means, sent, told, status=422)
    if problem := await passwords.problem_with(means, sent.text("password") or ""):
        return await _refused(request, means, sent, Told("sent", password=str(problem)), problem)
    try:
        count = await actions.mark_all_transferred(means.db, means.admin, wanted)
    except Unmarkable as problem:
        told.problem, told.rows = "Tidak ada yang disimpan. Perbaiki yang ditandai.", problem.problems
        return await _refused(request, means, sent, told, problem)
    response = see_other(request, _HERE)
    put_flash(request, response, "ok", _said(count))
    return response


async def _references(means: Means, sent: Posted, told: Told) -> list[Sent]:
    """What is said to have been sent, with the account its file says; what cannot be read stands in `told`."""
    typed = {
        int(name.removeprefix("reference-")): value
        for name in sent
        if name.startswith("reference-") and whole_in(name.removeprefix("reference-")) is not None
        if (value := (sent.text(name) or "").strip())
    }
    try:
        pasted = references_in(sent.text("pasted") or "")
    except Unbatchable as problem:
        told.problem = str(problem)
        return []
    for line in pasted:
        refund_id = id_in(line.subject)
        if refund_id is None or not line.reference:
            told.lines.append(f"Baris {line.place}: tulis id seperti RF-12, lalu nomor referensinya.")
        elif typed.get(refund_id, line.reference) != line.reference:
            told.lines.append(
                f"Baris {line.place}: {name_of(refund_id)} sudah punya nomor referensi lain di sini."
            )
        else:
            typed[refund_id] = line.reference
    files = _newest(await batches.batched(means.db, "refund", [name_of(one) for one in typed]))
    for refund_id in typed:
        if name_of(refund_id) not in files:
            told.rows[refund_id] = "Belum ada di berkas bank."
    return [
        Sent(refund_id, reference, files[name_of(refund_id)].tail)
        for refund_id, reference in typed.items()
        if refund_id not in told.rows
    ]


def _newest(found: Mapping[tuple[str, int], Batched]) -> dict[str, Batched]:
    return {name: found[name, number] for name, number in sorted(found)}


def _ids(sent: Posted, name: str) -> list[int]:
    found = (whole_in(value) for value in sent.getlist(name))
    return list(dict.fromkeys(one for one in found if one is not None))


def _said(count: int) -> str:
    if not count:
        return "Semuanya sudah tercatat terkirim sebelumnya."
    return f"{count} pengembalian dana tercatat terkirim. Pembayar diberi tahu lewat email."


async def _refused(
    request: WebRequest,
    means: Means,
    sent: Posted,
    told: Told,
    problem: DomainError | None = None,
    *,
    status: int = 409,
) -> Response[Any]:
    response = await _page(request, means, sent, told, status=problem.status if problem else status)
    return with_wait(response, problem) if problem else response


async def _page(
    request: WebRequest,
    means: Means,
    sent: Posted | None = None,
    told: Told | None = None,
    *,
    status: int = 200,
) -> Response[Any]:
    ready = await queries.ready(means.db)
    found = await batches.batched(means.db, "refund", [one.name for one in ready])
    rows = [Waiting(one, found.get((one.name, one.round))) for one in ready]
    chosen = sent if sent and told and told.form == "file" else None
    shown = {row.refund.id for row in rows if row.file}
    return desk_page(
        request,
        "templates/admin/refund_batch.html",
        "refunds",
        status=status,
        rows=rows,
        at_bank=[row for row in rows if row.file],
        ticked=set(_ids(chosen, "refund")) if chosen else {row.refund.id for row in rows if not row.file},
        again=set(_ids(chosen, "again")) if chosen else set(),
        typed=sent,
        told=told or Told(),
        elsewhere={one: text for one, text in told.rows.items() if one not in shown} if told else {},
        most=MOST_READY,
        files=await batches.latest(means.db, "refund"),
        asks_password=await passwords.is_asked(means),
    )


handlers = [show_batch, make_file, make_file_again, mark_sent]
