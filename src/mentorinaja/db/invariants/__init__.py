"""What must always hold in the database: SQL that may return no row, by the code of the promise it checks.

M: money, B: bookings, C: chat and sessions, A: accounts, reviews, mails, invoices,
P: products, T: trust, L: the log of what admins did. Run after every test and by
`mentorinaja check-invariants`; a row that comes back names what is broken.
"""

from __future__ import annotations

import json
from typing import Any

from mentorinaja.db.invariants.accounts import ACCOUNTS
from mentorinaja.db.invariants.applications import APPLICATIONS
from mentorinaja.db.invariants.bookings import BOOKINGS
from mentorinaja.db.invariants.calendars import CALENDARS
from mentorinaja.db.invariants.changes import CHANGES
from mentorinaja.db.invariants.decisions import DECISIONS
from mentorinaja.db.invariants.extensions import EXTENSIONS
from mentorinaja.db.invariants.favourites import FAVOURITES
from mentorinaja.db.invariants.gateway import GATEWAY
from mentorinaja.db.invariants.invoices import INVOICES
from mentorinaja.db.invariants.money import MONEY
from mentorinaja.db.invariants.people import PEOPLE
from mentorinaja.db.invariants.products import PRODUCTS
from mentorinaja.db.invariants.profiles import PROFILES
from mentorinaja.db.invariants.refunds import REFUNDS
from mentorinaja.db.invariants.rest import REST
from mentorinaja.db.invariants.sessions import SESSIONS
from mentorinaja.db.invariants.shelves import SHELVES
from mentorinaja.db.invariants.trust import TRUST
from mentorinaja.db.invariants.withdrawals import WITHDRAWALS
from mentorinaja.db.pool import Connection, Database

INVARIANTS = (
    MONEY
    | GATEWAY
    | BOOKINGS
    | CALENDARS
    | CHANGES
    | DECISIONS
    | SESSIONS
    | EXTENSIONS
    | FAVOURITES
    | INVOICES
    | PEOPLE
    | PRODUCTS
    | PROFILES
    | REFUNDS
    | REST
    | TRUST
    | SHELVES
    | WITHDRAWALS
    | APPLICATIONS
    | ACCOUNTS
)


# One question for all of them: what is asked after every test should cost one answer, not a hundred.
_ALL = " UNION ALL ".join(
    f"SELECT '{name}' AS name, to_jsonb(found) AS row FROM ({sql}) AS found"
    for name, sql in INVARIANTS.items()
)


async def broken(db: Database) -> dict[str, list[dict[str, Any]]]:
    """Every invariant with the rows that break it; an empty list is a promise kept. Reads one moment."""
    async with db.snapshot() as connection:
        return await broken_in(connection)


async def broken_in(connection: Connection) -> dict[str, list[dict[str, Any]]]:
    """The same, asked on a connection of the caller's."""
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in INVARIANTS}
    for name, row in await connection.fetch(_ALL):
        found[name].append(json.loads(row) if isinstance(row, str) else row)
    return found
