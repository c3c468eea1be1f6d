"""An order as its row is locked for a move, with its booking."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from mentorinaja.bookings.rules import BookingStatus, Hold, OrderKind, PaymentStatus, State


@dataclass(frozen=True, slots=True)
class Order:
    """An order, locked by the caller's transaction with its booking; `now` is the database's time then.

    Without a booking of its own (`booking_id` None) all that a booking has is None, too.
    """

    id: int
    public_id: str
    kind: OrderKind
    user_id: int
    expert_id: int
    payment_method: str
    payment_status: PaymentStatus
    under_review: bool
    last_attempt_failed: bool
    total: int
    created_at: datetime
    paid_at: datetime | None
    pay_deadline: datetime
    booking_id: UUID | None
    status: BookingStatus | None
    cancel_reason: str | None
    category: str | None
    duration_minutes: int | None
    is_now: bool
    starts_at: datetime | None
    held_until: datetime | None
    blocked_until: datetime | None
    expert_wrote: bool
    now: datetime

    @property
    def state(self) -> State:
        """The pair the table of moves speaks of."""
        return self.status, self.payment_status

    @property
    def waits(self) -> bool:
        """Whether it waits for its money, in time or not."""
        return self.payment_status == "waiting"

    @property
    def overdue(self) -> bool:
        """Unpaid and past its payment deadline, whether or not that was written down."""
        return self.waits and self.pay_deadline <= self.now

    @property
    def given_up(self) -> bool:
        """Whether nothing was sold with it, and nothing will be."""
        if self.booking_id is None:
            return not self.waits and self.paid_at is None
        return self.status == "cancelled"

    @property
    def at_once(self) -> bool:
        """Whether what is paid for begins at the payment: money that a bank may take back will not do."""
        return self.is_now or self.kind == "extension"

    @property
    def started(self) -> bool:
        """Whether what was bought has begun: a session at its time, a thread with the expert's first message.

        What is neither begins when it is paid.
        """
        if self.starts_at is None:
            return True
        return self.expert_wrote if self.hold is None else self.starts_at <= self.now

    @property
    def hold(self) -> Hold | None:
        """The time it takes and holds; None for what takes none."""
        if self.starts_at is None or self.held_until is None or self.blocked_until is None:
            return None
        return Hold(self.starts_at, self.held_until, self.blocked_until)


# An order that is locked already, with its booking, which this locks.
LOCK_SQL = """
    SELECT o.id, o.public_id, o.kind, o.user_id, o.expert_id, o.payment_method, o.payment_status, o.under_review,
      o.last_attempt_failed, o.total, o.created_at, o.paid_at, o.pay_deadline, b.id AS booking_id, b.status,
      b.cancel_reason, b.category, b.duration_minutes, coalesce(b.is_now, false) AS is_now, b.starts_at,
      upper(b.during) AS held_until,
      upper(b.blocked) AS blocked_until,
      b.during IS NULL AND EXISTS (SELECT FROM chat_messages m
        WHERE m.booking_id = b.id AND m.sender_type = 'expert') AS expert_wrote, app_now() AS now
    FROM orders o
    LEFT JOIN LATERAL (SELECT * FROM bookings WHERE order_id = o.id FOR NO KEY UPDATE) b ON true
    WHERE o.id = $1
"""


def order_from(row: asyncpg.Record) -> Order:
    """A row of `LOCK_SQL`."""
    return Order(**dict(row))
