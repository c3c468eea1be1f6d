"""Refunds that go by bank, for its files: what can be transferred now, and what it has transferred."""

from __future__ import annotations

from collections.abc import Sequence

from mentorinaja.db.pool import Connection, atomic
from mentorinaja.errors import NotThere
from mentorinaja.formats import rupiah
from mentorinaja.refunds import queries
from mentorinaja.refunds.locking import lock_for
from mentorinaja.refunds.queries import Account, Refund
from mentorinaja.refunds.rules import Undecidable, id_in, name_of
from mentorinaja.refunds.transferring import account_for, write_down
from mentorinaja.transfers import actions as transfers
from mentorinaja.transfers.actions import Source
from mentorinaja.transfers.rules import Line, Unmarkable
from mentorinaja.web.viewer import Viewer


async def _lines(tx: Connection, admin: Viewer, subjects: Sequence[str]) -> dict[str, Line | str]:
    """What can be transferred now, by `RF-12`, locked in the order in which everybody locks them."""
    if admin.role != "admin":
        raise NotThere
    found: dict[str, Line | str] = {}
    for refund_id in await queries.in_order(tx, [_id_in(subject) for subject in subjects]):
        found[name_of(refund_id)] = await _line(tx, admin, refund_id)
    unknown = [subject for subject in subjects if subject not in found]
    return found | dict.fromkeys(unknown, "Tidak ada pengembalian dana dengan id ini.")


@atomic
async def _mark(tx: Connection, admin: Viewer, subject: str, reference: str) -> None:
    """It was transferred as its file says. Raises `NotThere`, `Undecidable`, `Unmarkable`."""
    refund, order = await lock_for(tx, admin, _id_in(subject))
    file = await transfers.require_file(tx, "refund", subject, refund.bounces + 1)
    # Part of it may have gone back otherwise since: what the bank sent was too much, which somebody looks at.
    if refund.state == "approved" and file.amount != refund.due:
        raise Unmarkable(
            f"Berkas {file.batch_id} memuat {rupiah(file.amount)}, tetapi yang harus kembali kini "
            f"{rupiah(refund.due)}. Putuskan di halaman kasusnya."
        )
    await write_down(tx, admin, refund, order, reference, file.tail)


BY_BANK = Source("refund", _lines, _mark)


async def _line(tx: Connection, admin: Viewer, refund_id: int) -> Line | str:
    try:
        refund, order = await lock_for(tx, admin, refund_id)
        return _written(refund, await account_for(tx, refund, order, None))
    except Undecidable as problem:
        return str(problem)


def _written(refund: Refund, account: Account) -> Line:
    name, number = name_of(refund.id), account.number_sealed
    return Line(name, refund.bounces + 1, refund.due, account.bank, number, account.tail, account.holder)


def _id_in(subject: str) -> int:
    """The refund that `RF-12` names, written just so; 0, which none has, for anything else."""
    refund_id = id_in(subject)
    return refund_id if refund_id is not None and name_of(refund_id) == subject else 0
