"""Files for the bank: what is in one is in no second one unless somebody says so."""

import csv
import io

import pytest

from mentorinaja.banks.vault import Vault
from mentorinaja.db.pool import Connection, Database, atomic
from mentorinaja.transfers import actions, queries
from mentorinaja.transfers.actions import BankFile
from mentorinaja.transfers.rules import AlreadyInBatch, Line, Unbatchable
from mentorinaja.web.viewer import Viewer
from tests.support.bookings import settings_of
from tests.support.desk import make_admin


def line(vault: Vault, subject: str, number: str = "1234567890", *, round_: int = 1) -> Line:
    return Line(subject, round_, 50_000, "014", vault.seal(number), number[-4:], "Bima Putra")


@atomic
async def make(
    tx: Connection, vault: Vault, admin: Viewer, lines: list[Line], again: tuple[str, ...] = ()
) -> BankFile:
    return await actions.make_batch(tx, vault, admin, "refund", lines, again)


@atomic
async def once_more(tx: Connection, vault: Vault, admin: Viewer, batch_id: int, still: set[str]) -> BankFile:
    return await actions.make_again(tx, vault, admin, "refund", batch_id, still)


async def test_a_transfer_is_in_one_file_unless_somebody_says_so(unchecked_db: Database) -> None:
    """Of files alone: no refund stands behind these lines, so the invariants are not asked."""
    db = unchecked_db
    admin, vault = await make_admin(db), Vault(settings_of(db))
    first = await make(db, vault, admin, [line(vault, "R-1", "0012345678"), line(vault, "R-2")])
    rows = list(csv.DictReader(io.StringIO(first.content.decode())))
    assert [(row["id"], row["account_number"], row["amount"]) for row in rows] == [
        ("R-1", "0012345678", "50000"),
        ("R-2", "1234567890", "50000"),
    ]
    with pytest.raises(AlreadyInBatch) as refused:
        await make(db, vault, admin, [line(vault, "R-2"), line(vault, "R-3")])
    assert refused.value.subjects == ("R-2",)
    assert not await queries.batched(db, "refund", ["R-3"]), "nothing of a refused file is kept"
    second = await make(db, vault, admin, [line(vault, "R-2"), line(vault, "R-3")], ("R-2", "R-3"))
    with pytest.raises(AlreadyInBatch):
        await make(db, vault, admin, [line(vault, "R-3")])
    # What came back is a transfer of its own.
    third = await make(db, vault, admin, [line(vault, "R-2", round_=2)])
    found = await queries.batched(db, "refund", ["R-1", "R-2", "R-3"])
    assert {key: one.batch_id for key, one in found.items()} == {
        ("R-1", 1): first.batch_id,
        ("R-2", 1): second.batch_id,
        ("R-2", 2): third.batch_id,
        ("R-3", 1): second.batch_id,
    }
    assert [(one.id, one.count, one.amount) for one in await queries.latest(db, "refund")] == [
        (third.batch_id, 1, 50_000),
        (second.batch_id, 2, 100_000),
        (first.batch_id, 2, 100_000),
    ]

    again = await once_more(db, vault, admin, first.batch_id, {"R-1"})
    assert again.content.decode().splitlines() == first.content.decode().splitlines()[:2]
    for batch_id, still in ((first.batch_id, set[str]()), (999, {"R-1"})):
        with pytest.raises(Unbatchable):
            await once_more(db, vault, admin, batch_id, still)
    with pytest.raises(Unbatchable):
        await make(db, vault, admin, [])

    told = await db.fetch("SELECT action, subject, amount, detail FROM audit_log ORDER BY id")
    assert [(row["action"], row["subject"], row["amount"], row["detail"]["ids"]) for row in told] == [
        ("batch.made", str(first.batch_id), 100_000, ["R-1", "R-2"]),
        ("batch.made", str(second.batch_id), 100_000, ["R-2", "R-3"]),
        ("batch.made", str(third.batch_id), 50_000, ["R-2"]),
        ("batch.downloaded", str(first.batch_id), 50_000, ["R-1"]),
    ]
    assert not any("1234567890" in str(dict(row)) for row in told)
