"""Making a booking: one transaction from the limits to the alarm at its payment deadline."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from mentorinaja import formats, money
from mentorinaja.bookings import moves, reminding, rules, slots
from mentorinaja.bookings.placing import NewOrder, place_order
from mentorinaja.bookings.refusals import (
    MethodLimit,
    NotASlot,
    NotReceiving,
    OwnService,
    PriceChanged,
    ServiceGone,
    UnpaidLimit,
)
from mentorinaja.bookings.rules import Hold
from mentorinaja.db.pool import Connection, atomic
from mentorinaja.policies import queries as policies
from mentorinaja.policies.rules import Policy, Sold
from mentorinaja.schedule import queries as schedule


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to book; `starts_at` is None for "Sekarang". The form has checked the texts.

    `shown` is the total in whole rupiah the person was shown; None when that is not known.
    """

    user_id: int
    service_id: int
    starts_at: datetime | None
    topic: str
    notes: str
    payment_method: str
    shown: int | None = None


@dataclass(frozen=True, slots=True)
class _Offer:
    """The service as it is on sale in this transaction."""

    service_id: int
    expert_id: int
    expert_user_id: int
    expert_name: str
    name: str
    category: str
    minutes: int | None
    price: int
    address: str
    buffer_minutes: int


@atomic
async def book(tx: Connection, wish: Wish) -> str:
    """Hold the slot (a thread holds none) and make its order; answers the order's public id.

    The same wish sent twice answers the first one's id. Raises `SlotTaken`, `OwnOverlap`, `NotASlot`,
    `UnpaidLimit`, `MethodLimit`, `PriceChanged`, `OwnService`, `NotReceiving` or `ServiceGone`; then nothing was changed.
    """
    now: datetime = await tx.fetchval("SELECT app_now()")
    payer_name = await lock_user(tx, wish.user_id)
    if public_id := await _same_booking(tx, wish):
        return public_id
    offer = await _offer(tx, wish.service_id)
    if offer.expert_user_id == wish.user_id:
        raise OwnService("Anda tidak dapat memesan sesi dari diri sendiri.")
    policy = await policies.current(tx)
    price = policy.price(offer.price)
    if wish.shown not in (None, price.total):
        raise PriceChanged(
            f"{offer.name} sekarang {formats.rupiah(price.total)} termasuk biaya admin. "
            "Isian Anda masih ada: lanjutkan bila harga ini cocok."
        )
    if reason := rules.method_refusal(wish.payment_method, price.total):
        raise MethodLimit(reason)
    await _check_unpaid(tx, wish.user_id, offer.expert_id)

    starts = wish.starts_at or now
    time = await _time_held(tx, wish, offer, starts)
    deadline = rules.pay_deadline(now, starts, is_now=wish.starts_at is None)
    new = _order(wish, offer, policy, price, payer_name, deadline)
    order = await place_order(tx, new, now, actor="user", actor_id=wish.user_id)
    if not await _insert_booking(tx, wish, offer, starts, time, order.id):
        assert time is not None, "only what takes time can be taken"
        raise await slots.why_lost(tx, wish.user_id, time)
    if await moves.refresh(tx, offer.expert_id) != "published":
        raise NotReceiving.of(offer.expert_name)
    await reminding.tell_booked(tx, wish.user_id, order.id, order.public_id)
    await reminding.warn_before_deadline(tx, wish.user_id, order.id, order.public_id, now, deadline)
    return order.public_id


async def lock_user(tx: Connection, user_id: int) -> str:
    """One booking at a time per user, so that the unpaid limits hold; answers the user's name."""
    name: str = await tx.fetchval("SELECT full_name FROM users WHERE id = $1 FOR NO KEY UPDATE", user_id)
    return name


async def _same_booking(tx: Connection, wish: Wish) -> str | None:
    public_id: str | None = await tx.fetchval(
        """SELECT o.public_id FROM bookings b JOIN orders o ON o.id = b.order_id
           WHERE b.user_id = $1 AND b.service_id = $2
             AND CASE WHEN $3::timestamptz IS NULL THEN b.is_now AND b.status = 'pending'
                      ELSE b.starts_at = $3 AND NOT b.is_now AND b.status IN ('pending', 'confirmed') END
             AND (b.status = 'confirmed' OR o.pay_deadline > app_now())
           ORDER BY o.id LIMIT 1""",
        wish.user_id,
        wish.service_id,
        wish.starts_at,
    )
    return public_id


async def _offer(tx: Connection, service_id: int) -> _Offer:
    """The service, which nobody takes off for good until this ends."""
    row = await tx.fetchrow(
        """SELECT s.id AS service_id, e.id AS expert_id, e.user_id AS expert_user_id,
             e.display_name AS expert_name, s.name, s.category, s.duration_minutes AS minutes, s.price,
             s.address, coalesce(h.buffer_minutes, 0) AS buffer_minutes
           FROM services s JOIN experts e ON e.id = s.expert_id JOIN users u ON u.id = e.user_id
             LEFT JOIN schedules h ON h.expert_id = e.id
           WHERE s.id = $1 AND s.active AND s.archived_at IS NULL AND e.status = 'published' AND u.suspended_at IS NULL
           FOR KEY SHARE OF s""",
        service_id,
    )
    if row is None:
        raise ServiceGone("Layanan ini tidak lagi dijual. Pilih layanan lain.")
    return _Offer(**dict(row))


async def _check_unpaid(tx: Connection, user_id: int, expert_id: int) -> None:
    rows = await tx.fetch(
        """SELECT o.public_id, o.expert_id FROM orders o JOIN bookings b ON b.order_id = o.id
           WHERE o.user_id = $1 AND b.status = 'pending' AND o.pay_deadline > app_now() ORDER BY o.id""",
        user_id,
    )
    same = [row["public_id"] for row in rows if row["expert_id"] == expert_id]
    if same:
        raise UnpaidLimit(
            "Anda punya booking yang belum dibayar dengan mentor ini. Bayar atau batalkan dulu.",
            [("Buka booking itu", f"/payment/{same[0]}")],
        )
    if len(rows) >= rules.MOST_UNPAID:
        raise UnpaidLimit(
            f"Anda punya {len(rows)} booking yang belum dibayar. Bayar atau batalkan salah satunya dulu.",
            [("Buka booking itu", f"/payment/{rows[0]['public_id']}")],
        )


async def _time_held(tx: Connection, wish: Wish, offer: _Offer, starts: datetime) -> Hold | None:
    """The time this booking takes, checked to be free; None for a thread, whose due time is checked."""
    if offer.minutes is None:
        if not await _is_offered(tx, wish, offer):
            raise NotASlot("Jawaban tidak bisa dijanjikan untuk waktu ini. Pilih salah satu waktu di daftar.")
        return None
    time = rules.hold(starts, offer.minutes, offer.buffer_minutes, is_now=wish.starts_at is None)
    await moves.expire_overdue(tx, offer.expert_id, wish.user_id, time)
    await _check_slot(tx, wish, offer, time)
    return time


async def _is_offered(tx: Connection, wish: Wish, offer: _Offer) -> bool:
    """The same SQL that cards and the form ask."""
    if wish.starts_at is None:
        return await schedule.ready_now(tx, offer.expert_id, offer.minutes, wish.user_id)
    return await schedule.slot_is_free(tx, offer.expert_id, offer.minutes, wish.starts_at, wish.user_id)


async def _check_slot(tx: Connection, wish: Wish, offer: _Offer, time: Hold) -> None:
    """When the slot is not offered, why."""
    if await _is_offered(tx, wish, offer):
        return
    is_now = wish.starts_at is None
    raise await slots.why_not_free(tx, offer.expert_id, wish.user_id, time, is_now=is_now)


def _order(
    wish: Wish, offer: _Offer, policy: Policy, price: money.Price, payer_name: str, deadline: datetime
) -> NewOrder:
    return NewOrder(
        kind="booking",
        user_id=wish.user_id,
        payer_name=payer_name,
        expert_id=offer.expert_id,
        expert_name=offer.expert_name,
        item_name=_item_name(offer),
        price=price,
        admin_fee_bps=policy.admin_fee_bps,
        platform_fee_bps=policy.platform_fee_bps,
        tax_bps=policy.tax_bps,
        cancel_policy=policy.cancel_rule(_sold(wish, offer)),
        payment_method=wish.payment_method,
        pay_deadline=deadline,
    )


def _sold(wish: Wish, offer: _Offer) -> Sold:
    if offer.minutes is None:
        return "thread"
    return "now" if wish.starts_at is None else "session"


def _item_name(offer: _Offer) -> str:
    return f"{offer.name} ({formats.duration(offer.minutes)})" if offer.minutes else offer.name


async def _insert_booking(
    tx: Connection, wish: Wish, offer: _Offer, starts: datetime, time: Hold | None, order_id: int
) -> UUID | None:
    """The exclusion constraints decide. ON CONFLICT waits for a rival without the two deadlocking."""
    booking_id: UUID | None = await tx.fetchval(
        """INSERT INTO bookings (order_id, user_id, expert_id, service_id, category, duration_minutes,
             address, is_now, starts_at, during, blocked, topic, notes)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, CASE WHEN $6::int IS NOT NULL THEN tstzrange($9, $10) END,
             CASE WHEN $6::int IS NOT NULL THEN tstzrange($9, $11) END, $12, $13)
           ON CONFLICT DO NOTHING RETURNING id""",
        order_id,
        wish.user_id,
        offer.expert_id,
        offer.service_id,
        offer.category,
        offer.minutes,
        offer.address,
        wish.starts_at is None,
        starts,
        time and time.ends,
        time and time.blocked_until,
        wish.topic,
        wish.notes,
    )
    return booking_id
