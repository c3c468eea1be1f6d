"""Reviews as Piccolo sees them: one per order."""

from __future__ import annotations

from piccolo.columns import BigInt, BigSerial, Boolean, Integer, Text, Timestamptz
from piccolo.table import Table


class Reviews(Table, tablename="reviews"):
    """One review; experts.rating_sum and rating_count follow those that are shown in the same transaction."""

    id = BigSerial(primary_key=True)
    order_id = BigInt()
    expert_id = BigInt()
    user_id = BigInt()
    rating = Integer()
    comment = Text()
    display_name = Text()
    anonymous = Boolean()
    created_at = Timestamptz()
    edited_at = Timestamptz(null=True)
