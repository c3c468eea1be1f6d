"""Policies as Piccolo sees them: append-only, one row is the complete set."""

from __future__ import annotations

from piccolo.columns import JSONB, BigInt, BigSerial, Integer, Text, Timestamptz
from piccolo.table import Table


class Policies(Table, tablename="policies"):
    """What holds from `since` on. Rates are basis points, `least_withdrawal` is whole rupiah."""

    id = BigSerial(primary_key=True)
    since = Timestamptz()
    admin_fee_bps = Integer()
    platform_fee_bps = Integer()
    tax_bps = Integer()
    cancel_steps = JSONB()
    now_bps = Integer()
    thread_bps = Integer()
    product_bps = Integer()
    least_withdrawal = BigInt()
    downloads = Integer()
    changed_by = BigInt(null=True)
    reason = Text()
    planned_at = Timestamptz(null=True)


class PolicyWithdrawals(Table, tablename="policy_withdrawals"):
    """A planned set that never held, by whom and why."""

    policy_id = BigInt(primary_key=True)
    at = Timestamptz()
    withdrawn_by = BigInt()
    reason = Text()
