"""What is known of a difference: the attempt, everything Midtrans said of it, and what the ledger has."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from mentorinaja.admin.cases import Event, Part
from mentorinaja.admin.gateway.words import alert_words, said
from mentorinaja.db.pool import Database
from mentorinaja.ledger import queries as ledger

_MOST_WORDS = 100


@dataclass(frozen=True, slots=True)
class Difference:
    """A difference in whole rupiah, `here` as the ledger has it now; `state` is our word for the transaction."""

    id: int
    public_id: str
    order_id: int
    gateway_order_id: str
    attempt_state: str
    compared_at: datetime | None
    transaction_id: str
    state: str | None
    there: int | None
    there_status: str | None
    told: bool
    found_at: datetime
    seen_at: datetime
    resolved_at: datetime | None
    here: int


async def difference_by_id(db: Database, difference_id: int) -> Difference | None:
    """A difference by its number, whoever asks: for the desk."""
    row = await db.fetchrow(
        """SELECT d.id, o.public_id, o.id AS order_id, a.gateway_order_id, a.state AS attempt_state, a.compared_at,
             d.transaction_id, t.state, d.there, d.there_status, d.told, d.found_at, d.seen_at, d.resolved_at
           FROM gateway_differences d JOIN payment_attempts a ON a.id = d.attempt_id
             JOIN orders o ON o.id = a.order_id
             LEFT JOIN payment_transactions t ON t.transaction_id = d.transaction_id
           WHERE d.id = $1""",
        difference_id,
    )
    return Difference(**row, here=await ledger.held(db, row["transaction_id"])) if row else None


async def words_of(db: Database, found: Difference) -> tuple[Event, ...]:
    """The latest of what Midtrans said of the attempt, the oldest first, as it came."""
    rows = await db.fetch(
        """SELECT at, source, transaction_status, alert, body FROM payment_logs
           WHERE gateway_order_id = $1 ORDER BY id DESC LIMIT $2""",
        found.gateway_order_id,
        _MOST_WORDS,
    )
    return tuple(
        Event(
            row["at"],
            said(row["source"], row["transaction_status"]),
            raw=json.dumps(row["body"], indent=2, ensure_ascii=False),
            kind="bad" if row["alert"] else "",
            note=f"Perlu dilihat: {alert_words(row['alert'])}" if row["alert"] else "",
        )
        for row in reversed(rows)
    )


async def journals_of(db: Database, found: Difference) -> Part:
    """What the ledger has of the order."""
    entries = await ledger.order_entries(db, found.order_id)
    return Part("journals", "Buku besar", "partials/admin/gateway/journals.html", {"entries": entries})
