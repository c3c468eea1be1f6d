"""One order on the desk: what is known of it, where its money is, and all that ever happened to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

import asyncpg

from mentorinaja.admin.cases import Case, Means, Part
from mentorinaja.admin.listing import Cell
from mentorinaja.admin.orders import history as order_history
from mentorinaja.admin.orders.words import CATEGORIES, KINDS, REASONS, booking_chip, payment_chip
from mentorinaja.admin.words import money, order, person, time
from mentorinaja.bookings import queries as orders
from mentorinaja.bookings.queries import OrderDetail
from mentorinaja.bookings.rules import METHODS
from mentorinaja.formats import WIB, duration, percent, when
from mentorinaja.ledger import queries as ledger

Facts = list[tuple[str, Cell]]

_AROUND = """
    SELECT pu.email::text AS payer_email, pu.phone AS payer_phone, eu.email::text AS expert_email,
      eu.phone AS expert_phone, p.public_id AS part_of, l.url AS link, s.status AS room,
      (SELECT count(*) FROM payment_attempts a WHERE a.order_id = o.id) AS attempts,
      (SELECT string_agg(a.state, ',' ORDER BY a.id) FROM payment_attempts a WHERE a.order_id = o.id) AS tries,
      EXISTS (SELECT FROM session_reports r WHERE r.booking_id = b.id AND r.decided_at IS NULL) AS reported,
      ARRAY(SELECT x.public_id FROM session_extensions e JOIN orders x ON x.id = e.order_id
        WHERE e.booking_id = b.id ORDER BY x.id) AS extensions
    FROM orders o JOIN users pu ON pu.id = o.user_id JOIN experts m ON m.id = o.expert_id
      JOIN users eu ON eu.id = m.user_id LEFT JOIN bookings b ON b.order_id = o.id
      LEFT JOIN active_sessions s ON s.booking_id = b.id
      LEFT JOIN meeting_link_uses u ON u.booking_id = b.id LEFT JOIN meeting_links_pool l ON l.id = u.link_id
      LEFT JOIN session_extensions y ON y.order_id = o.id LEFT JOIN bookings k ON k.id = y.booking_id
      LEFT JOIN orders p ON p.id = k.order_id
    WHERE o.id = $1
"""


@dataclass(frozen=True, slots=True)
class OrderCase:
    """What decisions about an order rest on; `policy_back`: rupiah that its rule gives back now, None: too late.

    `attempts` counts what was ever tried, `reported` says that a report waits for its decision. `back`: rupiah that go
    back as it is typed, None as long as nothing is; `nearest`: the next free times, asked only where they are told.
    """

    sale: OrderDetail
    now: datetime
    attempts: int
    reported: bool
    policy_back: int | None
    back: int | None = None
    nearest: tuple[datetime, ...] = ()


async def load(means: Means, public_id: str) -> Case[OrderCase] | None:
    """The order of this id with everything about it."""
    sale = await orders.order_called(means.db, public_id)
    if sale is None:
        return None
    around = await means.db.fetchrow(_AROUND, sale.id)
    assert around is not None, "orders are never deleted"
    flow = await ledger.where_went(means.db, sale.id)
    told = await order_history.latest(means.db, sale.id)
    whole = f"/admin/orders/history?order={sale.public_id}"
    ordered = OrderCase(
        sale, means.now, around["attempts"], around["reported"], _policy_back(sale, means.now)
    )
    return Case(
        subject=sale.public_id,
        title=sale.public_id,
        version=_version(ordered, around["tries"] or ""),
        data=ordered,
        chips=(*([booking_chip(sale.status)] if sale.booking_id else []), payment_chip(sale.payment_status)),
        facts=(*_what(sale, around), *_times(sale), *_prices(sale)),
        parts=(
            Part("flow", "Ke mana uang", "partials/admin/orders/flow.html", {"flow": flow}),
            Part("history", "Riwayat", "partials/admin/orders/history.html", {"told": told, "all": whole}),
        ),
    )


def _policy_back(sale: OrderDetail, now: datetime) -> int | None:
    return sale.terms.back(now, sale.total, sale.kept) if sale.kind == "booking" else None


def _version(ordered: OrderCase, tries: str) -> str:
    """Another one as soon as anything that a decision rests on is different."""
    sale = ordered.sale
    told = (
        sale.status, sale.payment_status, sale.cancel_reason, sale.kept, sale.starts_at, sale.moves, sale.most_back_bps,
        ordered.policy_back, ordered.reported, sale.choose_until, tries,
        [(refund.id, refund.state, refund.way) for refund in sale.refunds],
    )  # fmt: skip
    return sha256(repr(told).encode()).hexdigest()[:16]


def _what(sale: OrderDetail, around: asyncpg.Record) -> Facts:
    facts: Facts = [
        ("Yang dipesan", Cell(sale.item_name, note=_kind(sale))),
        ("Pembayar", person(sale.payer_name, _reach(around, "payer"), sale.user_id)),
        ("Mentor", person(sale.expert_name, _reach(around, "expert"), sale.expert_user_id)),
    ]
    if sale.is_extension:
        facts.append(("Bagian dari", order(around["part_of"])))
    facts += [("Tambahan waktu", order(public_id)) for public_id in around["extensions"]]
    if sale.topic and not sale.is_extension:
        facts.append(("Topik", Cell(sale.topic)))
    if sale.category == "online_video" and not sale.is_extension:
        facts.append(("Tautan meeting", Cell(around["link"] or "Belum ada")))
    if sale.status == "cancelled" and not sale.is_extension and sale.cancel_reason:
        facts.append(("Dibatalkan oleh", Cell(REASONS.get(sale.cancel_reason, sale.cancel_reason))))
    return facts


def _reach(around: asyncpg.Record, who: str) -> str:
    return f"{around[f'{who}_email']}, {around[f'{who}_phone']}"


def _kind(sale: OrderDetail) -> str:
    if sale.is_product or sale.is_extension or sale.category is None:
        return KINDS[sale.kind]
    return f"{KINDS[sale.kind]} {CATEGORIES[sale.category].lower()}, {duration(sale.duration_minutes)}"


def _times(sale: OrderDetail) -> Facts:
    facts: Facts = []
    if sale.kind == "booking":
        name = "Jawaban paling lambat" if sale.is_thread else "Mulai"
        facts.append((name, Cell(when(sale.begins_at), note=_zones(sale))))
        if sale.moves:
            facts.append(("Jadwal dipindah", Cell(f"{sale.moves} kali")))
    facts += [("Dibuat", time(sale.created_at)), ("Batas bayar", time(sale.pay_deadline))]
    if sale.paid_at:
        facts.append(("Dibayar", time(sale.paid_at)))
    return facts


def _zones(sale: OrderDetail) -> str:
    """The same time as its two people read it, where their clocks differ from the desk's."""
    told = [
        f"{who}: {when(sale.begins_at, zone)}"
        for who, zone in (("Pengguna", sale.payer_zone), ("Mentor", sale.expert_zone))
        if zone != WIB
    ]
    return "; ".join(told)


def _prices(sale: OrderDetail) -> Facts:
    facts: Facts = [
        ("Harga", money(sale.subtotal)),
        (f"Biaya admin ({percent(sale.admin_fee_bps)})", money(sale.admin_fee)),
        ("Total", money(sale.total)),
        (f"Platform ({percent(sale.platform_fee_bps)})", money(sale.platform_fee)),
        ("Bagian mentor", money(sale.expert_share)),
        (
            "Cara bayar",
            Cell(METHODS[sale.payment_method].name if sale.payment_method in METHODS else "Semua"),
        ),
    ]
    if sale.kept and sale.kept != sale.total:
        facts.append(("Masih terjual", Cell(money(sale.kept).text, note=f"mentor {money(sale.earned).text}")))
    if sale.kind == "booking":
        facts.append(("Aturan batal", Cell(sale.terms.words)))
    if sale.invoice_name:
        facts.append(("Invoice", Cell(sale.invoice_name, href=f"/invoice/{sale.public_id}")))
    return facts
