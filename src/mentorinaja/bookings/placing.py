"""An order as it is placed, whatever it sells: what it costs and promises is copied onto it and stays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from mentorinaja.bookings import moves, rules
from mentorinaja.db.pool import Connection
from mentorinaja.jobs.queue import enqueue
from mentorinaja.money import Price

# What is sold, and how its public ids begin.
_PREFIXES = {"booking": "BE", "product": "PD", "extension": "EX"}


@dataclass(frozen=True, slots=True)
class NewOrder:
    """What somebody orders. The rates are those its price was made with, in basis points."""

    kind: Literal["booking", "product", "extension"]
    user_id: int
    payer_name: str
    expert_id: int
    expert_name: str
    item_name: str
    price: Price
    admin_fee_bps: int
    platform_fee_bps: int
    tax_bps: int
    cancel_policy: Mapping[str, Any]
    payment_method: str
    pay_deadline: datetime


@dataclass(frozen=True, slots=True)
class Placed:
    """The order's two names."""

    id: int
    public_id: str


async def place_order(
    tx: Connection, new: NewOrder, now: datetime, *, actor: Literal["user", "expert"], actor_id: int
) -> Placed:
    """Write the order and who made it, and ring at its payment deadline. `now` is the transaction's `app_now()`."""
    order_id: int | None = None
    while order_id is None:
        public_id = rules.new_public_id(now, _PREFIXES[new.kind])
        order_id = await tx.fetchval(
            """INSERT INTO orders (public_id, kind, user_id, payer_name, expert_id, expert_name, item_name,
                 subtotal, admin_fee, total, platform_fee, expert_share, admin_fee_bps, platform_fee_bps,
                 tax_bps, cancel_policy, payment_method, pay_deadline, created_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
               ON CONFLICT (public_id) DO NOTHING RETURNING id""",
            public_id,
            new.kind,
            new.user_id,
            new.payer_name,
            new.expert_id,
            new.expert_name,
            new.item_name,
            new.price.subtotal,
            new.price.admin_fee,
            new.price.total,
            new.price.platform_fee,
            new.price.expert_share,
            new.admin_fee_bps,
            new.platform_fee_bps,
            new.tax_bps,
            new.cancel_policy,
            new.payment_method,
            new.pay_deadline,
            now,
        )
    await moves.record_event(tx, order_id, actor, "created", actor_id=actor_id)
    await enqueue(tx, moves.EXPIRE_DUE, at=new.pay_deadline)
    return Placed(order_id, public_id)
