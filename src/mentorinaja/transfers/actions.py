"""Putting transfers into a file for the bank, making a file once more, and writing down what the bank has done."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from mentorinaja.audit import actions as audit
from mentorinaja.banks.vault import Unreadable, Vault
from mentorinaja.db.pool import Connection, Database, atomic
from mentorinaja.errors import DomainError, NotThere
from mentorinaja.formats import rupiah
from mentorinaja.transfers import queries
from mentorinaja.transfers.queries import Batched
from mentorinaja.transfers.rules import (
    MOST,
    AlreadyInBatch,
    Kind,
    Line,
    Reference,
    Unbatchable,
    Unmarkable,
    bank_csv,
    contradicted,
)
from mentorinaja.web.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Source:
    """Where transfers of a kind come from: the feature that owns their money.

    `lines` locks what has these subjects and says of each, in the order they stand in a file, what can be transferred
    now, or in a sentence why it cannot; raises `NotThere` for whoever is no admin. `mark` is a transaction: one of them,
    which stands in a file, was sent under a reference; raises `DomainError`, `NotThere` for a subject that is none.
    """

    kind: Kind
    lines: Callable[[Connection, Viewer, Sequence[str]], Awaitable[Mapping[str, Line | str]]]
    mark: Callable[[Database, Viewer, str, str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class BankFile:
    """A file to be downloaded once; it holds full account numbers and is kept nowhere."""

    batch_id: int
    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a line with a reference; `problem` is "" for one that is marked as sent.

    `known`: something with its id was found.
    """

    line: Reference
    problem: str = ""
    known: bool = True


@atomic
async def make_file(
    tx: Connection,
    vault: Vault,
    admin: Viewer,
    source: Source,
    subjects: Sequence[str],
    again: Collection[str] = (),
) -> BankFile:
    """A new file for the bank of these transfers; `again`: the subjects that may stand in one more than they are in.

    The log is told the ids and the total, never the account numbers. Raises `NotThere`, `AlreadyInBatch`,
    `Unbatchable`; then there is no file.
    """
    chosen = list(dict.fromkeys(subjects))
    if not chosen:
        raise Unbatchable("Pilih setidaknya satu transfer.")
    if len(chosen) > MOST:
        raise Unbatchable(f"Satu berkas memuat paling banyak {MOST} transfer.")
    found = await source.lines(tx, admin, chosen)
    if problems := {subject: line for subject, line in found.items() if isinstance(line, str)}:
        raise Unbatchable("Berkas belum dibuat: ada yang tidak bisa ditransfer sekarang.", problems=problems)
    lines = [line for line in found.values() if isinstance(line, Line)]
    batch_id: int = await tx.fetchval(
        "INSERT INTO transfer_batches (kind, made_by) VALUES ($1, $2) RETURNING id", source.kind, admin.id
    )
    known = await queries.batched(tx, source.kind, chosen)
    once_more = {line.subject for line in lines if (line.subject, line.round) in known}.intersection(again)
    await _write(tx, batch_id, source.kind, lines, once_more)
    await _note(tx, admin, "batch.made", source.kind, batch_id, lines)
    return _file(vault, source.kind, batch_id, lines)


@atomic
async def make_file_again(
    tx: Connection, vault: Vault, admin: Viewer, source: Source, batch_id: int
) -> BankFile:
    """A file that was made before, once more: what of it would be transferred just so now.

    Another round, amount or account is left out: what the file says would go to the wrong place, or be too much.
    Raises `NotThere`, `Unbatchable` when nothing of it is left.
    """
    written = await queries.lines_of(tx, source.kind, batch_id)
    now = await source.lines(tx, admin, [line.subject for line in written])
    lines = [line for line in written if now[line.subject] == line]
    if not lines:
        raise Unbatchable("Tidak ada transfer dari berkas ini yang masih menunggu.")
    await _note(tx, admin, "batch.downloaded", source.kind, batch_id, lines)
    return _file(vault, source.kind, batch_id, lines)


async def mark_many_sent(
    db: Database, admin: Viewer, source: Source, lines: Sequence[Reference]
) -> list[Outcome]:
    """Mark each as sent under its reference, one transaction a line: one that is refused keeps none of the others back.

    The same lines sent again are the same decisions. Raises `NotThere` for whoever is no admin.
    """
    if admin.role != "admin":
        raise NotThere
    unclear = contradicted(lines)
    return [await _marked(db, admin, source, line, unclear) for line in lines]


async def require_file(tx: Connection, kind: Kind, subject: str, round_: int) -> Batched:
    """The file that this transfer stands in: what the bank has done. Raises `Unmarkable`."""
    found = await queries.file_of(tx, kind, subject, round_)
    if found is None:
        raise Unmarkable("Belum ada di berkas bank.")
    return found


async def _marked(
    db: Database, admin: Viewer, source: Source, line: Reference, unclear: Collection[str]
) -> Outcome:
    if line.subject in unclear:
        problem = "Id ini ditempel dengan nomor referensi yang berbeda. Sisakan yang benar."
        return Outcome(line, problem, known=False)
    try:
        await source.mark(db, admin, line.subject, line.reference)
    except NotThere:
        return Outcome(line, "Id ini tidak dikenal. Tulis seperti di berkas bank.", known=False)
    except DomainError as refusal:
        return Outcome(line, str(refusal))
    return Outcome(line)


async def _write(
    tx: Connection, batch_id: int, kind: Kind, lines: Sequence[Line], again: Collection[str]
) -> None:
    """All lines in one statement; whoever was put into another file meanwhile is refused, with all of this one."""
    rows = await tx.fetch(
        """INSERT INTO transfer_items (batch_id, kind, subject, round, amount, bank, number_sealed, tail, holder, again)
           SELECT $1, $2, * FROM unnest($3::text[], $4::integer[], $5::bigint[], $6::text[], $7::bytea[], $8::text[],
             $9::text[], $10::boolean[])
           ON CONFLICT (kind, subject, round) WHERE NOT again DO NOTHING RETURNING subject""",
        batch_id,
        kind,
        [line.subject for line in lines],
        [line.round for line in lines],
        [line.amount for line in lines],
        [line.bank for line in lines],
        [line.number_sealed for line in lines],
        [line.tail for line in lines],
        [line.holder for line in lines],
        [line.subject in again for line in lines],
    )
    written = {row["subject"] for row in rows}
    if refused := [line.subject for line in lines if line.subject not in written]:
        problem = "Sudah ada di berkas lain. Centang “masukkan lagi” jika memang harus dikirim ulang."
        raise AlreadyInBatch(
            "Berkas belum dibuat: ada yang sudah di berkas lain.", problems=dict.fromkeys(refused, problem)
        )


async def _note(
    tx: Connection, admin: Viewer, action: str, kind: Kind, batch_id: int, lines: Sequence[Line]
) -> None:
    total = sum(line.amount for line in lines)
    detail = {"kind": kind, "ids": [line.subject for line in lines], "total": rupiah(total)}
    await audit.record(tx, admin, action, "batch", str(batch_id), amount=total, detail=detail)


def _file(vault: Vault, kind: Kind, batch_id: int, lines: Sequence[Line]) -> BankFile:
    try:
        text = bank_csv((line, vault.open(line.number_sealed)) for line in lines)
    except Unreadable as problem:
        raise Unbatchable(f"Nomor rekening tidak dapat dibaca: {problem}.") from problem
    return BankFile(batch_id, f"{kind}-{batch_id}.csv", text.encode())
