"""Reading invoices and credit notes; what ends in `_for` answers only what this person may see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import asyncpg

from mentorinaja.bookings import queries as bookings
from mentorinaja.bookings.queries import OrderDetail
from mentorinaja.db.pool import Connection, Database
from mentorinaja.invoices import rules
from mentorinaja.invoices.documents import CreditNote, Invoice, invoice_from, note_from
from mentorinaja.web.viewer import Viewer

__all__ = ["CreditNote", "Invoice", "Papers"]


@dataclass(frozen=True, slots=True)
class Papers:
    """What the payer of an order has in hand: its invoices, newest first, and what corrects them, oldest first."""

    order: OrderDetail
    invoices: list[Invoice]
    notes: list[CreditNote]

    @property
    def invoice(self) -> Invoice:
        """The one that counts."""
        return self.invoices[0]

    @property
    def without_refund(self) -> list[CreditNote]:
        """What no refund of ours brought back, and so is told nowhere else."""
        return [note for note in self.notes if note.reason in rules.TAKEN_BACK]


async def papers_for(db: Database, viewer: Viewer, public_id: str) -> Papers | None:
    """An order's invoice with what belongs to it, for its payer and for admins; None before the payment."""
    order = await _order_for(db, viewer, public_id)
    if order is None:
        return None
    invoices = await _invoices(db, order.id)
    return Papers(order, invoices, await _notes(db, order.id)) if invoices else None


async def note_for(db: Database, viewer: Viewer, public_id: str, name: str) -> CreditNote | None:
    """A credit note of an order, for its payer and for admins."""
    key = rules.note_named(name)
    order = await _order_for(db, viewer, public_id) if key else None
    if order is None or key is None:
        return None
    notes = await _notes(db, order.id)
    return next((note for note in notes if note.name == rules.note_name(*key)), None)


async def sale_of_expert(db: Database, viewer: Viewer, public_id: str) -> OrderDetail | None:
    """An order that was paid once, for the expert who earns with it."""
    if viewer.expert_id is None:
        return None
    order = await bookings.order_of_expert(db, viewer.expert_id, public_id)
    return order if order and order.invoice_name else None


async def uncredited(db: Connection | Database, limit: int = 200) -> list[int]:
    """Ids of orders of which money went back that no credit note tells; oldest first."""
    rows = await db.fetch(
        """SELECT r.order_id FROM refunds r
           WHERE r.state = 'done' AND NOT EXISTS (SELECT FROM credit_notes n WHERE n.refund_id = r.id)
           UNION
           SELECT j.order_id FROM ledger_journals j
             JOIN invoices i ON i.order_id = j.order_id AND i.transaction_id = j.transaction_id
           WHERE j.kind = ANY ($2)
             AND NOT EXISTS (SELECT FROM credit_notes n WHERE n.invoice_id = i.id AND n.issued_at >= j.at)
             AND EXISTS (SELECT FROM invoice_differences d WHERE d.invoice_id = i.id AND d.difference > 0)
           ORDER BY order_id LIMIT $1""",
        limit,
        list(rules.TAKEN_BACK),
    )
    return [row["order_id"] for row in rows]


async def _order_for(db: Database, viewer: Viewer, public_id: str) -> OrderDetail | None:
    if viewer.role != "admin":
        return await bookings.order_for(db, viewer, public_id)
    order_id = await db.fetchval("SELECT id FROM orders WHERE public_id = $1", public_id)
    return await bookings.order_by_id(db, order_id) if order_id else None


async def _invoices(db: Database, order_id: int) -> list[Invoice]:
    rows = await db.fetch(
        "SELECT year, number, issued_at, document FROM invoices WHERE order_id = $1 ORDER BY id DESC",
        order_id,
    )
    return [invoice_from(_values(row)) for row in rows]


async def _notes(db: Database, order_id: int) -> list[CreditNote]:
    rows = await db.fetch(
        """SELECT year, number, issued_at, reason, amount, credited, document FROM credit_notes
           WHERE order_id = $1 ORDER BY id""",
        order_id,
    )
    return [note_from(_values(row)) for row in rows]


def _values(row: asyncpg.Record) -> Mapping[str, Any]:
    values = dict(row)
    said: dict[str, Any] = values.pop("document")
    return said | values
