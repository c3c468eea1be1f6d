"""What must always hold in the database: SQL that may return no row, by the code of the promise it checks.

M: money, B: bookings, C: chat and sessions, A: accounts, reviews, mails, invoices,
P: products. Run after every test and by
`mentorinaja check-invariants`; a row that comes back names what is broken.
"""

from __future__ import annotations

import asyncpg

from mentorinaja.db.invariants.applications import APPLICATIONS
from mentorinaja.db.invariants.bookings import BOOKINGS
from mentorinaja.db.invariants.calendars import CALENDARS
from mentorinaja.db.invariants.changes import CHANGES
from mentorinaja.db.invariants.extensions import EXTENSIONS
from mentorinaja.db.invariants.gateway import GATEWAY
from mentorinaja.db.invariants.invoices import INVOICES
from mentorinaja.db.invariants.money import MONEY
from mentorinaja.db.invariants.products import PRODUCTS
from mentorinaja.db.invariants.refunds import REFUNDS
from mentorinaja.db.invariants.rest import REST
from mentorinaja.db.invariants.sessions import SESSIONS
from mentorinaja.db.invariants.shelves import SHELVES
from mentorinaja.db.invariants.trust import TRUST
from mentorinaja.db.invariants.withdrawals import WITHDRAWALS
from mentorinaja.db.pool import Database

INVARIANTS = (
    MONEY
    | GATEWAY
    | BOOKINGS
    | CALENDARS
    | CHANGES
    | SESSIONS
    | EXTENSIONS
    | INVOICES
    | PRODUCTS
    | REFUNDS
    | REST
    | TRUST
    | SHELVES
    | WITHDRAWALS
    | APPLICATIONS
)


async def broken(db: Database) -> dict[str, list[asyncpg.Record]]:
    """Every invariant with the rows that break it; an empty list is a promise kept. Reads one moment."""
    async with db.snapshot() as connection:
        return {name: await connection.fetch(sql) for name, sql in INVARIANTS.items()}
