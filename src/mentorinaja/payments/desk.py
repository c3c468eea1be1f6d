"""What the desk can ask about payments on the command line: where Midtrans and the ledger differ."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

import asyncpg

from mentorinaja.commands import Command, printable
from mentorinaja.db.pool import Database
from mentorinaja.formats import rupiah, when
from mentorinaja.settings import Settings


def _all(parser: ArgumentParser) -> None:
    parser.add_argument("--all", action="store_true", help="also those that are gone")


async def _differences(db: Database, _settings: Settings, given: Namespace) -> str:
    lines = [*await differences(db, resolved=given.all), "", await _how_far(db)]
    return "\n".join(map(printable, lines))


async def differences(db: Database, *, resolved: bool = False) -> list[str]:
    """A line for every difference that is open (or was), the oldest first."""
    rows = await db.fetch(
        """SELECT d.id, o.public_id, d.transaction_id, d.there, d.there_status, d.here, d.found_at, d.seen_at,
             d.resolved_at
           FROM gateway_differences d JOIN payment_attempts a ON a.id = d.attempt_id
             JOIN orders o ON o.id = a.order_id
           WHERE $1 OR d.resolved_at IS NULL ORDER BY d.id""",
        resolved,
    )
    return [_line(row) for row in rows] or ["Midtrans and the ledger agree."]


def _line(row: asyncpg.Record) -> str:
    there = "unknown" if row["there"] is None else f"{rupiah(row['there'])} ({row['there_status']})"
    until = f"gone {when(row['resolved_at'])}" if row["resolved_at"] else f"last seen {when(row['seen_at'])}"
    return (
        f"#{row['id']} {row['public_id']} {row['transaction_id']}: Midtrans {there}, ledger {rupiah(row['here'])};"
        f" found {when(row['found_at'])}, {until}"
    )


async def _how_far(db: Database) -> str:
    row = await db.fetchrow(
        """SELECT count(*) FILTER (WHERE compared_at > app_now() - interval '1 day') AS done,
             count(*) FILTER (WHERE next_compare_at < app_now() - interval '2 hours') AS behind
           FROM payment_attempts"""
    )
    assert row is not None, "a count has a row"
    return f"Compared in the last 24 hours: {row['done']}. Should have been compared by now: {row['behind']}."


COMMANDS = [
    Command("differences", "where Midtrans and the ledger differ, found night by night", _all, _differences)
]
