"""Approved withdrawals, for files for the bank: what can be transferred now, and what it has transferred."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import asyncpg

from mentorinaja.db.pool import Connection, atomic
from mentorinaja.errors import NotThere
from mentorinaja.transfers import actions as transfers
from mentorinaja.transfers.actions import Source
from mentorinaja.transfers.rules import Line
from mentorinaja.web.viewer import Viewer
from mentorinaja.withdrawals import queries
from mentorinaja.withdrawals.deciding import write_down
from mentorinaja.withdrawals.rules import WORDS, State


async def _lines(tx: Connection, admin: Viewer, public_ids: Sequence[str]) -> dict[str, Line | str]:
    """What can be transferred now, by public id, locked."""
    if admin.role != "admin":
        raise NotThere
    await _lock(tx, public_ids)
    # A statement of its own: it sees what was committed while the locks were waited for.
    rows = await tx.fetch(
        """SELECT w.public_id, w.state, e.user_id, u.suspended_at IS NOT NULL AS suspended
           FROM withdrawals w JOIN experts e ON e.id = w.expert_id JOIN users u ON u.id = e.user_id
           WHERE w.public_id = ANY($1::text[])""",
        list(public_ids),
    )
    found: dict[str, Line | str] = {**await queries.lines_of(tx, public_ids)}
    found |= {row["public_id"]: problem for row in rows if (problem := _problem(row, admin))}
    unknown = [public_id for public_id in public_ids if public_id not in found]
    return found | dict.fromkeys(unknown, "Tidak ada penarikan dengan id ini.")


@atomic
async def _mark(tx: Connection, admin: Viewer, public_id: str, reference: str) -> None:
    """It was transferred as its file says. Raises `NotThere`, `Undecidable`, `Unmarkable`."""
    await _lock(tx, [public_id])
    line = (await queries.lines_of(tx, [public_id])).get(public_id)
    if line is None:
        raise NotThere
    await transfers.require_file(tx, "withdrawal", public_id, line.round)
    await write_down(tx, admin, public_id, reference)


BY_BANK = Source("withdrawal", _lines, _mark)


async def _lock(tx: Connection, public_ids: Sequence[str]) -> None:
    await tx.execute(
        "SELECT FROM withdrawals WHERE public_id = ANY($1::text[]) ORDER BY id FOR UPDATE", list(public_ids)
    )


def _problem(row: asyncpg.Record, admin: Viewer) -> str:
    if row["state"] != "processing":
        return f"Berstatus “{WORDS[cast(State, row['state'])]}”."
    if row["user_id"] == admin.id:
        return "Ini penarikan Anda sendiri. Minta admin lain mengirimnya."
    return "Akun mentornya ditangguhkan." if row["suspended"] else ""
