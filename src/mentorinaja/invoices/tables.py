"""Invoices and credit notes as Piccolo sees them: append-only, each with what it says."""

from __future__ import annotations

from piccolo.columns import JSONB, BigInt, BigSerial, Integer, Text, Timestamptz
from piccolo.table import Table


class Invoices(Table, tablename="invoices"):
    """What was paid, once a payment; numbers have no gaps within a year."""

    id = BigSerial(primary_key=True)
    order_id = BigInt()
    transaction_id = Text(null=True)
    year = Integer()
    number = Integer()
    issued_at = Timestamptz()
    document = JSONB()


class CreditNotes(Table, tablename="credit_notes"):
    """Money that went back, in whole rupiah; `credited` of it correct the invoice."""

    id = BigSerial(primary_key=True)
    order_id = BigInt()
    invoice_id = BigInt(null=True)
    refund_id = BigInt(null=True)
    year = Integer()
    number = Integer()
    issued_at = Timestamptz()
    reason = Text()
    amount = BigInt()
    credited = BigInt()
    document = JSONB()
