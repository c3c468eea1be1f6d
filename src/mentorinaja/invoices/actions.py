"""Issuing invoices and credit notes: steps of the transaction in which the money came or went."""

from __future__ import annotations

from dataclasses import dataclass

from mentorinaja.db.pool import Connection, atomic
from mentorinaja.invoices import rules

# The counter's row stays locked until the transaction ends, and goes back with it: no number is ever skipped.
_COUNTED = """
    INSERT INTO {counter} (year, last_number) VALUES (extract(year FROM app_now() AT TIME ZONE 'Asia/Jakarta'), 1)
    ON CONFLICT (year) DO UPDATE SET last_number = {counter}.last_number + 1 RETURNING year, last_number
"""


@dataclass(frozen=True, slots=True)
class _Gone:
    """`amount` rupiah that went back, of which `credited` correct this invoice."""

    invoice_id: int | None
    reason: str
    amount: int
    credited: int
    refund_id: int | None


async def issue(tx: Connection, order_id: int) -> str:
    """The name of the invoice of the payment that the order stands by, issued on first call and never again.

    Numbers have no gaps within a year (WIB). The order is locked by the caller, who calls this late in the
    transaction: others that issue wait for its end.
    """
    row = await tx.fetchrow(
        """SELECT year, number FROM invoices
           WHERE order_id = $1 AND transaction_id IS NOT DISTINCT FROM sale_transaction($1)""",
        order_id,
    )
    if row is None:
        row = await tx.fetchrow(
            f"""WITH counted AS ({_COUNTED.format(counter="invoice_counters")})
                INSERT INTO invoices (order_id, year, number) SELECT $1, year, last_number FROM counted
                RETURNING year, number""",
            order_id,
        )
    assert row is not None, "an insert answers its row"
    return rules.invoice_name(row["year"], row["number"])


async def credit(tx: Connection, order_id: int) -> list[str]:
    """Write a credit note for all of an order's money that went back and that none tells yet; answers their names.

    One for each refund that is done; one for what else left an invoice's sale: a bank took it, or it was given
    back at the gateway itself. Asking again writes nothing. The order is locked by the caller, who calls this
    late in the transaction, after the ledger and the refunds say what went back.
    """
    refunds = await tx.fetch(
        """SELECT r.id, r.amount, r.reason, r.transaction_id FROM refunds r
           WHERE r.order_id = $1 AND r.state = 'done'
             AND NOT EXISTS (SELECT FROM credit_notes n WHERE n.refund_id = r.id) ORDER BY r.id""",
        order_id,
    )
    names = []
    for refund in refunds:
        invoice_id, stands = await _standing(tx, order_id, refund["transaction_id"])
        credited = min(refund["amount"], stands)
        gone = _Gone(
            invoice_id if credited else None, refund["reason"], refund["amount"], credited, refund["id"]
        )
        names.append(await _note(tx, order_id, gone))
    return names + [await _note(tx, order_id, gone) for gone in await _taken(tx, order_id)]


@atomic
async def credit_order(tx: Connection, order_id: int) -> None:
    """As `credit`, for an order that is not locked yet."""
    await tx.execute("SELECT FROM orders WHERE id = $1 FOR NO KEY UPDATE", order_id)
    await credit(tx, order_id)


async def _standing(tx: Connection, order_id: int, transaction_id: str | None) -> tuple[int | None, int]:
    """The invoice of this payment and how many rupiah of it no note takes back; (None, 0) for what has none."""
    row = await tx.fetchrow(
        "SELECT invoice_id, stands FROM invoice_differences WHERE order_id = $1 AND transaction_id = $2",
        order_id,
        transaction_id,
    )
    return (row["invoice_id"], row["stands"]) if row else (None, 0)


async def _taken(tx: Connection, order_id: int) -> list[_Gone]:
    """What left the invoices' sales without a refund of ours."""
    rows = await tx.fetch(
        """SELECT d.invoice_id, d.difference, (
             SELECT j.kind FROM ledger_journals j
             WHERE j.transaction_id = d.transaction_id AND j.kind = ANY ($2) ORDER BY j.id DESC LIMIT 1) AS reason
           FROM invoice_differences d
           WHERE d.order_id = $1 AND d.transaction_id IS NOT NULL AND d.difference > 0 ORDER BY d.invoice_id""",
        order_id,
        list(rules.TAKEN_BACK),
    )
    return [
        _Gone(row["invoice_id"], row["reason"], row["difference"], row["difference"], None) for row in rows
    ]


async def _note(tx: Connection, order_id: int, gone: _Gone) -> str:
    row = await tx.fetchrow(
        f"""WITH counted AS ({_COUNTED.format(counter="credit_note_counters")})
            INSERT INTO credit_notes (order_id, invoice_id, reason, amount, credited, refund_id, year, number)
            SELECT $1, $2, $3, $4, $5, $6, year, last_number FROM counted RETURNING year, number""",
        order_id,
        gone.invoice_id,
        gone.reason,
        gone.amount,
        gone.credited,
        gone.refund_id,
    )
    assert row is not None, "an insert answers its row"
    return rules.note_name(row["year"], row["number"])
