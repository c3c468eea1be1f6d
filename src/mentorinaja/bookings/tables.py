"""Orders and bookings as Piccolo sees them; ranges and JSON are written in SQL."""

from __future__ import annotations

from piccolo.columns import JSONB, UUID, BigInt, BigSerial, Boolean, Integer, Text, Timestamptz
from piccolo.table import Table


class Orders(Table, tablename="orders"):
    """What somebody agreed to pay. Amounts are whole rupiah, copied when the order is made."""

    id = BigSerial(primary_key=True)
    public_id = Text()
    kind = Text()
    user_id = BigInt()
    expert_id = BigInt()
    item_name = Text()
    payer_name = Text()
    expert_name = Text()
    subtotal = BigInt()
    admin_fee = BigInt()
    total = BigInt()
    platform_fee = BigInt()
    expert_share = BigInt()
    admin_fee_bps = Integer()
    platform_fee_bps = Integer()
    tax_bps = Integer()
    cancel_policy = JSONB()
    payment_method = Text()
    payment_status = Text()
    under_review = Boolean()
    last_attempt_failed = Boolean()
    pay_deadline = Timestamptz()
    created_at = Timestamptz()
    paid_at = Timestamptz(null=True)
    release_at = Timestamptz(null=True)


class Bookings(Table, tablename="bookings"):
    """A session with an expert. `during` and `blocked` (the time it takes and holds) are ranges, used in SQL."""

    id = UUID(primary_key=True)
    order_id = BigInt()
    user_id = BigInt()
    expert_id = BigInt()
    service_id = BigInt()
    status = Text()
    cancel_reason = Text(null=True)
    category = Text()
    duration_minutes = Integer(null=True)
    address = Text()
    is_now = Boolean()
    starts_at = Timestamptz()
    during = Text(null=True)
    blocked = Text(null=True)
    topic = Text()
    notes = Text()
    created_at = Timestamptz()
