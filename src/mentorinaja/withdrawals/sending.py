"""Sending approved withdrawals: the file for the bank, and many marked as sent at once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import cast

import asyncpg

from mentorinaja.banks.vault import Vault
from mentorinaja.db.pool import Connection, Database, atomic
from mentorinaja.errors import DomainError, NotThere
from mentorinaja.transfers import actions as transfers
from mentorinaja.transfers import queries as files
from mentorinaja.transfers.actions import BankFile
from mentorinaja.transfers.rules import Reference, Unbatchable
from mentorinaja.web.viewer import Viewer
from mentorinaja.withdrawals import queries
from mentorinaja.withdrawals.deciding import mark_sent
from mentorinaja.withdrawals.rules import WORDS, State


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a line with a reference; `problem` is "" for one that is marked as sent."""

    line: Reference
    problem: str


@atomic
async def make_file(
    tx: Connection, vault: Vault, admin: Viewer, public_ids: Sequence[str], again: Collection[str] = ()
) -> BankFile:
    """A file for the bank of these approved withdrawals; `again`: those that may stand in one more file.

    Raises `NotThere`, `Unbatchable` and `AlreadyInBatch`; then there is no file.
    """
    chosen = list(dict.fromkeys(public_ids))
    problems = await _problems(tx, admin, chosen)
    if refused := [f"{public_id}: {why}" for public_id, why in problems.items() if why]:
        raise Unbatchable(" ".join(refused))
    lines = await queries.lines_of(tx, chosen)
    return await transfers.make_batch(tx, vault, admin, "withdrawal", list(lines.values()), again)


@atomic
async def make_file_again(tx: Connection, vault: Vault, admin: Viewer, batch_id: int) -> BankFile:
    """A file that was made before, once more, without what was decided on since. Raises `NotThere`, `Unbatchable`."""
    rounds = {line.subject: line.round for line in await files.lines_of(tx, "withdrawal", batch_id)}
    problems = await _problems(tx, admin, list(rounds))
    now = await queries.lines_of(tx, list(rounds))
    still = [one for one, round_ in rounds.items() if not problems[one] and now[one].round == round_]
    return await transfers.make_again(tx, vault, admin, "withdrawal", batch_id, still)


async def mark_many_sent(db: Database, admin: Viewer, lines: Sequence[Reference]) -> list[Outcome]:
    """Mark each as sent under its reference, one transaction a line: one that is refused keeps none of the others back.

    The same lines sent again are the same decisions. Raises `NotThere` for whoever is no admin.
    """
    if admin.role != "admin":
        raise NotThere
    return [Outcome(line, await _sent(db, admin, line)) for line in lines]


async def _sent(db: Database, admin: Viewer, line: Reference) -> str:
    try:
        await mark_sent(db, admin, line.subject, line.reference)
    except NotThere:
        return "Tidak ada penarikan dengan id ini."
    except DomainError as problem:
        return str(problem)
    return ""


async def _problems(tx: Connection, admin: Viewer, public_ids: Sequence[str]) -> dict[str, str]:
    """Lock these, and say of each why it cannot be sent; "" when it can. Raises `NotThere` for whoever is no admin."""
    if admin.role != "admin":
        raise NotThere
    await tx.execute(
        "SELECT FROM withdrawals WHERE public_id = ANY($1::text[]) ORDER BY id FOR UPDATE", list(public_ids)
    )
    # A statement of its own: it sees what was committed while the locks were waited for.
    rows = await tx.fetch(
        """SELECT w.public_id, w.state, e.user_id, u.suspended_at IS NOT NULL AS suspended
           FROM withdrawals w JOIN experts e ON e.id = w.expert_id JOIN users u ON u.id = e.user_id
           WHERE w.public_id = ANY($1::text[])""",
        list(public_ids),
    )
    found = dict.fromkeys(public_ids, "tidak ada penarikan dengan id ini.")
    return found | {row["public_id"]: _problem(row, admin) for row in rows}


def _problem(row: asyncpg.Record, admin: Viewer) -> str:
    if row["state"] != "processing":
        return f"berstatus “{WORDS[cast(State, row['state'])]}”."
    if row["user_id"] == admin.id:
        return "penarikan Anda sendiri. Minta admin lain mengirimnya."
    return "akun mentornya ditangguhkan." if row["suspended"] else ""
