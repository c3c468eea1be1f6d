"""Payments as Piccolo sees them; JSON, ranges and arrays are written in SQL."""

from __future__ import annotations

from piccolo.columns import UUID, BigInt, BigSerial, Boolean, Integer, Text, Timestamptz
from piccolo.table import Table


class PaymentAttempts(Table, tablename="payment_attempts"):
    """One try at paying an order through Snap."""

    id = BigSerial(primary_key=True)
    order_id = BigInt()
    number = Integer()
    gateway_order_id = Text()
    amount = BigInt()
    state = Text()
    snap_token = Text(null=True)
    redirect_url = Text(null=True)
    created_at = Timestamptz()
    expires_at = Timestamptz()
    next_check_at = Timestamptz(null=True)
    checks = Integer()
    opener = UUID(null=True)
    opening_until = Timestamptz(null=True)


class PaymentTransactions(Table, tablename="payment_transactions"):
    """What is true of one transaction at Midtrans."""

    transaction_id = Text(primary_key=True)
    attempt_id = BigInt()
    payment_type = Text()
    gateway_status = Text()
    fraud_status = Text(null=True)
    state = Text()
    amount = BigInt()
    currency = Text()
    returned = BigInt()
    began_at = Timestamptz()
    first_seen_at = Timestamptz()
    changed_at = Timestamptz()


class Refunds(Table, tablename="refunds"):
    """Money that must go back: an intent, whoever causes it."""

    id = BigSerial(primary_key=True)
    order_id = BigInt()
    transaction_id = Text(null=True)
    amount = BigInt()
    reason = Text()
    state = Text()
    refund_key = Text()
    not_before = Timestamptz(null=True)
    way = Text(null=True)
    tries = Integer()
    next_try_at = Timestamptz(null=True)
    left_at = Timestamptz(null=True)
    problem = Text(null=True)
    reference = Text(null=True)
    account_id = BigInt(null=True)
    transferred = BigInt(null=True)
    decided_by = BigInt(null=True)
    decided_at = Timestamptz(null=True)
    decision_reason = Text(null=True)
    created_at = Timestamptz()
    changed_at = Timestamptz()


class RefundSteps(Table, tablename="refund_steps"):
    """A state a refund was in, and since when."""

    id = BigSerial(primary_key=True)
    refund_id = BigInt()
    state = Text()
    at = Timestamptz()


class MeetingLinksPool(Table, tablename="meeting_links_pool"):
    """A link that video sessions can be given."""

    id = BigSerial(primary_key=True)
    url = Text()
    reusable = Boolean()
    expires_at = Timestamptz(null=True)
    spent_at = Timestamptz(null=True)
    retired_at = Timestamptz(null=True)
    added_by = BigInt(null=True)
    created_at = Timestamptz()
