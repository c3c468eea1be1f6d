"""Files for the bank: what is in one is in no second one unless somebody says so."""

import csv
import io
from collections.abc import Sequence

import pytest

from mentorinaja.banks.vault import Vault
from mentorinaja.db.pool import Connection, Database
from mentorinaja.errors import NotThere
from mentorinaja.transfers import actions, queries
from mentorinaja.transfers.actions import BankFile, Source
from mentorinaja.transfers.rules import AlreadyInBatch, Line, Unbatchable, Unmarkable, references_in
from mentorinaja.web.viewer import Viewer
from tests.support.bookings import settings_of
from tests.support.desk import make_admin

GONE = "Sudah ditransfer."


def line(vault: Vault, subject: str, number: str = "1234567890", *, round_: int = 1) -> Line:
    return Line(subject, round_, 50_000, "014", vault.seal(number), number[-4:], "Bima Putra")


def source_of(*lines: Line) -> Source:
    """A feature for which just these transfers are due."""
    due = {line.subject: line for line in lines}

    async def told(_tx: Connection, _admin: Viewer, subjects: Sequence[str]) -> dict[str, Line | str]:
        return {subject: due.get(subject, GONE) for subject in subjects}

    async def mark(_db: Database, _admin: Viewer, subject: str, reference: str) -> None:
        if subject not in due:
            raise NotThere
        if not reference:
            raise Unmarkable("Tulis nomor referensi bank.")

    return Source("refund", told, mark)


async def make(
    db: Database, vault: Vault, admin: Viewer, lines: list[Line], again: tuple[str, ...] = ()
) -> BankFile:
    subjects = [line.subject for line in lines]
    return await actions.make_file(db, vault, admin, source_of(*lines), subjects, again)


async def test_a_transfer_is_in_one_file_unless_somebody_says_so(unchecked_db: Database) -> None:
    """Of files alone: no refund stands behind these lines, so the invariants are not asked."""
    db = unchecked_db
    admin, vault = await make_admin(db), Vault(settings_of(db))
    one, two = line(vault, "R-1", "0012345678"), line(vault, "R-2")
    first = await make(db, vault, admin, [one, two])
    rows = list(csv.DictReader(io.StringIO(first.content.decode())))
    assert [(row["id"], row["account_number"], row["amount"]) for row in rows] == [
        ("R-1", "0012345678", "50000"),
        ("R-2", "1234567890", "50000"),
    ]
    with pytest.raises(AlreadyInBatch) as refused:
        await make(db, vault, admin, [line(vault, "R-2"), line(vault, "R-3")])
    assert set(refused.value.problems) == {"R-2"}
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

    # Made once more it holds what would be transferred just so now.
    other = line(vault, "R-2", "1234567899")
    again = await actions.make_file_again(db, vault, admin, source_of(one, other), first.batch_id)
    assert again.content.decode().splitlines() == first.content.decode().splitlines()[:2]
    for batch_id, source in ((first.batch_id, source_of(other)), (999, source_of(one))):
        with pytest.raises(Unbatchable):
            await actions.make_file_again(db, vault, admin, source, batch_id)
    with pytest.raises(Unbatchable):
        await make(db, vault, admin, [])
    with pytest.raises(Unbatchable) as refused_too:
        await actions.make_file(db, vault, admin, source_of(one), ["R-1", "R-9"], ["R-1"])
    assert refused_too.value.problems == {"R-9": GONE}

    told = await db.fetch("SELECT action, subject, amount, detail FROM audit_log ORDER BY id")
    assert [(row["action"], row["subject"], row["amount"], row["detail"]["ids"]) for row in told] == [
        ("batch.made", str(first.batch_id), 100_000, ["R-1", "R-2"]),
        ("batch.made", str(second.batch_id), 100_000, ["R-2", "R-3"]),
        ("batch.made", str(third.batch_id), 50_000, ["R-2"]),
        ("batch.downloaded", str(first.batch_id), 50_000, ["R-1"]),
    ]
    assert not any("1234567890" in str(dict(row)) for row in told)


async def test_each_pasted_line_stands_alone(unchecked_db: Database) -> None:
    """Of the mechanism alone; what refunds and withdrawals refuse stands in their own tests."""
    db, admin = unchecked_db, await make_admin(unchecked_db)
    vault = Vault(settings_of(db))
    source = source_of(*(line(vault, subject) for subject in ("R-1", "R-2", "R-3")))
    lines = references_in("r-1 FT-1\nR-1 FT-1\nR-2 FT-2\nR-2 FT-9\nR-3\nR-9 FT-3")
    for _ in range(2):
        outcomes = await actions.mark_many_sent(db, admin, source, lines)
        assert [bool(one.problem) for one in outcomes] == [False, False, True, True, True, True]
        assert [one.known for one in outcomes] == [True, True, False, False, True, False]
    with pytest.raises(NotThere):
        await actions.mark_many_sent(
            db, Viewer(admin.id, "", "", "user", "Asia/Jakarta", 0, None), source, lines
        )
