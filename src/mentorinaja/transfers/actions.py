"""Putting transfers into a file for the bank, and making a file once more; both stand in the log."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from mentorinaja.audit import actions as audit
from mentorinaja.banks.vault import Unreadable, Vault
from mentorinaja.db.pool import Connection
from mentorinaja.formats import rupiah
from mentorinaja.transfers import queries
from mentorinaja.transfers.rules import MOST, AlreadyInBatch, Kind, Line, Unbatchable, bank_csv
from mentorinaja.web.viewer import Viewer


@dataclass(frozen=True, slots=True)
class BankFile:
    """A file to be downloaded once; it holds full account numbers and is kept nowhere."""

    batch_id: int
    name: str
    content: bytes


async def make_batch(
    tx: Connection,
    vault: Vault,
    admin: Viewer,
    kind: Kind,
    lines: Sequence[Line],
    again: Collection[str] = (),
) -> BankFile:
    """Put these transfers, which the caller has locked, into a new file for the bank.

    `again`: the subjects that may stand in one more file than the one they are in. The log is told the ids and the
    total, never the account numbers. Raises `AlreadyInBatch`, `Unbatchable`.
    """
    if not lines:
        raise Unbatchable("Pilih setidaknya satu transfer.")
    if len(lines) > MOST:
        raise Unbatchable(f"Satu berkas memuat paling banyak {MOST} transfer.")
    batch_id: int = await tx.fetchval(
        "INSERT INTO transfer_batches (kind, made_by) VALUES ($1, $2) RETURNING id", kind, admin.id
    )
    known = await queries.batched(tx, kind, [line.subject for line in lines])
    once_more = {line.subject for line in lines if (line.subject, line.round) in known}.intersection(again)
    await _write(tx, batch_id, kind, lines, once_more)
    await _note(tx, admin, "batch.made", kind, batch_id, lines)
    return _file(vault, kind, batch_id, lines)


async def make_again(
    tx: Connection, vault: Vault, admin: Viewer, kind: Kind, batch_id: int, still: Collection[str]
) -> BankFile:
    """A file that was made before, once more: the lines whose subject is among `still`, those that are not sent yet.

    Raises `Unbatchable` when nothing of it is left.
    """
    lines = [line for line in await queries.lines_of(tx, kind, batch_id) if line.subject in still]
    if not lines:
        raise Unbatchable("Tidak ada transfer dari berkas ini yang masih menunggu.")
    await _note(tx, admin, "batch.downloaded", kind, batch_id, lines)
    return _file(vault, kind, batch_id, lines)


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
    if refused := tuple(line.subject for line in lines if line.subject not in written):
        raise AlreadyInBatch(
            f"{', '.join(refused)} sudah ada di berkas lain. Centang “masukkan lagi” jika memang harus dikirim ulang.",
            subjects=refused,
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
