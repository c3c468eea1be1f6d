"""Refund accounts as Piccolo sees them; the refunds themselves are written by payments."""

from __future__ import annotations

from piccolo.columns import BigInt, BigSerial, Bytea, Text, Timestamptz
from piccolo.table import Table


class RefundAccounts(Table, tablename="refund_accounts"):
    """Where the payer of an order wants money that the gateway cannot send."""

    id = BigSerial(primary_key=True)
    order_id = BigInt()
    bank = Text()
    number_sealed = Bytea()
    tail = Text()
    holder = Text()
    given_by = BigInt()
    given_at = Timestamptz()
    bounced_at = Timestamptz(null=True)
