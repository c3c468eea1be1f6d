"""What is known of an order: its whole story, for a page or a mail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import asyncpg

from mentorinaja.bookings.purchases import Purchase, purchase_from
from mentorinaja.bookings.refunds import REFUNDS_SQL, Refund, refunds_from
from mentorinaja.bookings.rules import (
    REPLY_WITHIN,
    REPORT_WITHIN,
    BookingStatus,
    OrderKind,
    PaymentStatus,
    review_until,
)
from mentorinaja.bookings.terms import Terms


@dataclass(frozen=True, slots=True)
class OrderDetail:
    """An order with its booking, both people, the link and what came after; amounts in whole rupiah.

    An extension comes with the booking of the session it extends; `status` is the order's own. A product comes
    without any: all that a booking has is None or empty, and it is completed while the buyer has it.
    `arrival_code` is for the payer's eyes only. `reported`: whether a problem of the session (or an objection)
    is open, or how it was decided. `kept` is what of the total stays sold, `earned` the expert's part of that.
    `moves`: how often its time was changed; `expert_came`: whether the expert was in its room; `user_absent`:
    whether a chat took place without its user; `ended_at`: when it was over. `expert_wrote`: whether the expert
    wrote in its room. `review_hidden`, `reply_hidden`: why an admin hid the review, or its reply alone, if so.
    `proposed_at`: the time the expert proposes instead; `choose_until`: until when its payer can choose
    another time for money that came late. `sequence` counts what its calendar entry was told.
    """

    id: int
    public_id: str
    kind: OrderKind
    item_name: str
    user_id: int
    payer_name: str
    payer_zone: str
    expert_id: int
    expert_user_id: int
    expert_name: str
    expert_slug: str
    expert_position: str
    expert_company: str
    expert_photo: UUID | None
    expert_zone: str
    subtotal: int
    admin_fee: int
    total: int
    platform_fee: int
    expert_share: int
    admin_fee_bps: int
    platform_fee_bps: int
    payment_method: str
    payment_status: PaymentStatus
    under_review: bool
    last_attempt_failed: bool
    pay_deadline: datetime
    created_at: datetime
    paid_at: datetime | None
    booking_id: UUID | None
    service_id: int | None
    status: BookingStatus
    cancel_reason: str | None
    category: str | None
    duration_minutes: int | None
    address: str
    arrival_code: str | None
    is_now: bool
    starts_at: datetime | None
    topic: str
    notes: str
    meeting_url: str | None
    rating: int | None
    review_comment: str | None
    review_reply: str | None
    replied_at: datetime | None
    review_hidden: str
    reply_hidden: str
    reported: Literal["open", "refunded", "kept"] | None
    invoice_year: int | None
    invoice_number: int | None
    invoice_issued_at: datetime | None
    kept: int
    earned: int
    moves: int
    sequence: int
    cancel_policy: Mapping[str, Any]
    most_back_bps: int | None
    proposed_at: datetime | None
    choose_until: datetime | None
    expert_came: bool
    expert_wrote: bool
    user_absent: bool
    ended_at: datetime | None
    refunds: tuple[Refund, ...]
    purchase: Purchase | None

    @property
    def is_extension(self) -> bool:
        """More time for a session that runs: the booking beside it is that session's."""
        return self.kind == "extension"

    @property
    def is_product(self) -> bool:
        """A file or a link to one: there is no session beside it."""
        return self.kind == "product"

    @property
    def is_thread(self) -> bool:
        """Answered in writing: `starts_at` is when the answer is due, and no time is taken."""
        return self.booking_id is not None and self.duration_minutes is None

    @property
    def session_id(self) -> UUID:
        """The id of the booking beside it; only for what has one."""
        assert self.booking_id is not None, f"{self.public_id} has no session"
        return self.booking_id

    @property
    def begins_at(self) -> datetime:
        """When the booked time begins; of a thread, when its answer is due; only for what has a session."""
        assert self.starts_at is not None, f"{self.public_id} has no session"
        return self.starts_at

    @property
    def ends_at(self) -> datetime:
        """When the booked time ends; of a thread, when its answer is due; only for what has a session."""
        return self.begins_at + timedelta(minutes=self.duration_minutes or 0)

    @property
    def is_paid(self) -> bool:
        """Confirmed or over: it was sold, whatever the money did later."""
        return self.status in ("confirmed", "completed")

    @property
    def room_path(self) -> str:
        """The session's page, which is also the meeting link of a chat."""
        return f"/session?bookingId={self.booking_id}"

    @property
    def invoice_name(self) -> str | None:
        """`INV-2026-000123`, or None before payment."""
        if self.invoice_number is None:
            return None
        return f"INV-{self.invoice_year}-{self.invoice_number:06}"

    def shown_status(self, now: datetime) -> BookingStatus:
        """The status people see: an unpaid booking past its deadline is over before that is written down."""
        return "cancelled" if self.status == "pending" and self.pay_deadline <= now else self.status

    @property
    def to_transfer(self) -> bool:
        """Whether money of it is to be transferred to its payer by hand, to an account that can still be given."""
        return any(refund.to_transfer for refund in self.refunds)

    @property
    def all_goes_back(self) -> bool:
        """Whether nothing of what was paid stays sold."""
        return self.kept == 0 and any(refund.state != "rejected" for refund in self.refunds)

    def can_be_reviewed(self, now: datetime) -> bool:
        """Whether the payer may write the review now."""
        return (
            self.kind == "booking"
            and self.status == "completed"
            and self.rating is None
            and now < review_until(self.ended_at or self.ends_at)
        )

    @property
    def terms(self) -> Terms:
        """How its session can be changed; only for an order with a booking of its own."""
        return Terms(
            (self.status, self.payment_status),
            self.cancel_policy,
            self.most_back_bps,
            self.begins_at,
            self.ends_at,
            takes_time=not self.is_thread,
            is_chat=self.category == "online_chat",
            expert_came=self.expert_came,
            expert_wrote=self.expert_wrote,
        )

    def can_be_called_off(self, now: datetime) -> bool:
        """Whether the payer may cancel the paid session now, whatever goes back then."""
        return self.kind == "booking" and self.terms.back_bps(now) is not None

    def can_be_moved(self, now: datetime) -> bool:
        """Whether the payer may choose another time for the paid session now."""
        if self.kind != "booking":
            return False
        return self.terms.payer_may_move(now) or self.terms.instead_of_absent(now)

    def can_choose(self, now: datetime) -> bool:
        """Whether the payer, whose money came late, may choose another time for it now."""
        return self.choose_until is not None and now < self.choose_until

    def proposal(self, now: datetime) -> datetime | None:
        """The time the expert proposes instead, as long as that can be answered."""
        if self.proposed_at is None or now >= min(self.proposed_at, self.begins_at):
            return None
        return self.proposed_at

    def can_be_replied_to(self, now: datetime) -> bool:
        """Whether the expert may write the reply to the payer's review now, or still change it."""
        if self.rating is None or self.review_hidden or self.reply_hidden:
            return False
        return self.replied_at is None or now <= self.replied_at + REPLY_WITHIN

    def can_be_reported(self, now: datetime) -> bool:
        """Whether either side may still say that something was wrong with a video or offline session."""
        return (
            self.kind == "booking"
            and self.status == "completed"
            and self.category != "online_chat"
            and self.reported is None
            and now < self.ends_at + REPORT_WITHIN
        )


# An order's own booking, or that of the session it extends; a product's order has neither, but a purchase.
WITH_BOOKING = """
    LEFT JOIN (session_extensions sx JOIN bookings extended ON extended.id = sx.booking_id) ON sx.order_id = o.id
    LEFT JOIN bookings b ON b.order_id = coalesce(extended.order_id, o.id)
    LEFT JOIN purchases bought ON bought.order_id = o.id
"""

# Without a booking of its own an order is waiting, given up, or where the session is that it belongs to.
STATUS = """
    CASE WHEN o.kind = 'booking' THEN b.status
         WHEN o.kind = 'product' THEN CASE bought.state WHEN 'waiting' THEN 'pending'
           WHEN 'owned' THEN 'completed' ELSE 'cancelled' END
         WHEN o.payment_status = 'waiting' THEN 'pending'
         WHEN o.paid_at IS NULL THEN 'cancelled' ELSE b.status END
"""

# How often a calendar was told something new of the session: the same in mails and in what calendars read.
SEQUENCE = """
    (SELECT greatest(0, count(*) - 1) FROM order_events v WHERE v.order_id = o.id AND v.event IN (
       'confirmed', 'moved', 'link_changed', 'cancelled', 'reopened', 'reversed', 'refunded', 'chargeback'))
"""

# Unpaid, cancelled and expired bookings show no link.
DETAIL_SQL = f"""
    SELECT o.id, o.public_id, o.kind, o.item_name, o.user_id, o.payer_name, pu.time_zone AS payer_zone,
      o.expert_id, e.user_id AS expert_user_id, o.expert_name, e.slug AS expert_slug,
      e.position_title AS expert_position, e.company AS expert_company, e.photo_id AS expert_photo,
      eu.time_zone AS expert_zone,
      o.subtotal, o.admin_fee, o.total, o.platform_fee, o.expert_share, o.admin_fee_bps, o.platform_fee_bps,
      o.payment_method, o.payment_status, o.under_review, o.last_attempt_failed, o.pay_deadline, o.created_at,
      o.paid_at, b.id AS booking_id, b.service_id, {STATUS} AS status, b.cancel_reason, b.category,
      b.duration_minutes, coalesce(b.address, '') AS address,
      CASE WHEN b.status = 'confirmed' THEN b.arrival_code END AS arrival_code,
      o.kind = 'booking' AND b.is_now AS is_now, b.starts_at,
      coalesce(b.topic, '') AS topic, coalesce(b.notes, '') AS notes,
      CASE WHEN b.status IN ('confirmed', 'completed') THEN l.url END AS meeting_url,
      r.rating, r.comment AS review_comment, r.reply AS review_reply, r.replied_at,
      coalesce(r.hidden_because, '') AS review_hidden, coalesce(r.reply_hidden_because, '') AS reply_hidden,
      (SELECT coalesce(x.decision, 'open') FROM session_reports x
       WHERE x.booking_id = b.id ORDER BY x.id LIMIT 1) AS reported,
      i.year AS invoice_year, i.number AS invoice_number, i.issued_at AS invoice_issued_at,
      sale.kept, sale.earned,
      (SELECT count(*) FROM order_events v WHERE v.order_id = o.id AND v.event = 'moved') AS moves,
      {SEQUENCE} AS sequence,
      o.cancel_policy, o.most_back_bps,
      (SELECT p.starts_at FROM proposals p WHERE p.booking_id = b.id AND p.state = 'open') AS proposed_at,
      (SELECT f.not_before FROM refunds f WHERE f.order_id = o.id AND o.payment_status = 'paid_late'
         AND f.reason = 'paid_late' AND f.state IN ('requested', 'approved') LIMIT 1) AS choose_until,
      EXISTS (SELECT FROM chat_messages m WHERE m.booking_id = b.id AND m.sender_type = 'expert') AS expert_wrote,
      EXISTS (SELECT FROM active_sessions n
        WHERE n.booking_id = b.id AND n.expert_joined_at IS NOT NULL) AS expert_came,
      o.kind = 'booking' AND b.status = 'completed' AND EXISTS (SELECT FROM active_sessions n
        WHERE n.booking_id = b.id AND n.timed AND n.user_joined_at IS NULL) AS user_absent,
      (SELECT n.ended_at FROM active_sessions n WHERE n.booking_id = b.id) AS ended_at,
      {REFUNDS_SQL} AS refunds,
      (SELECT jsonb_build_object('product_id', goods.id, 'type', goods.type, 'state', bought.state,
          'cancelled', bought.cancelled, 'downloads', bought.downloads, 'allowed', bought.allowed,
          'first_at', bought.first_downloaded_at, 'back_bps', o.cancel_policy->'until_first_download_bps')
       FROM products goods WHERE goods.id = bought.product_id) AS purchase
    FROM orders o
    {WITH_BOOKING}
    JOIN users pu ON pu.id = o.user_id
    JOIN experts e ON e.id = o.expert_id
    JOIN users eu ON eu.id = e.user_id
    LEFT JOIN meeting_link_uses lu ON lu.booking_id = b.id
    LEFT JOIN meeting_links_pool l ON l.id = lu.link_id
    LEFT JOIN reviews r ON r.order_id = o.id
    LEFT JOIN LATERAL (SELECT year, number, issued_at FROM invoices WHERE order_id = o.id
      ORDER BY id DESC LIMIT 1) i ON true
    CROSS JOIN LATERAL (
      SELECT greatest(0, coalesce(-sum(y.amount) FILTER (
          WHERE c.kind NOT IN ('gateway', 'refund_due', 'refunded')), 0))::bigint AS kept,
        coalesce(-sum(y.amount) FILTER (WHERE c.expert_id IS NOT NULL), 0)::bigint AS earned
      FROM ledger_journals j JOIN ledger_entries y ON y.journal_id = j.id
        JOIN ledger_accounts c ON c.id = y.account_id
      WHERE j.order_id = o.id) sale
"""


def detail_from(row: asyncpg.Record) -> OrderDetail:
    """A row of `DETAIL_SQL`, whatever else was selected beside it."""
    values = {field.name: row[field.name] for field in fields(OrderDetail)}
    known = {"refunds": refunds_from(row["refunds"]), "purchase": purchase_from(row["purchase"])}
    return OrderDetail(**values | known)
