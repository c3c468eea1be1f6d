"""Orders on the desk: everything that was ever ordered, each with its whole history and what can be decided about it."""

from __future__ import annotations

from dataclasses import replace

from mentorinaja.admin.desk import Desk
from mentorinaja.admin.listing import Cell, Choice, Column, Filter, Listing, Row, Where
from mentorinaja.admin.orders.case import load
from mentorinaja.admin.orders.decisions import DECISIONS
from mentorinaja.admin.orders.search import search
from mentorinaja.admin.orders.unpaid import PAST_DEADLINE
from mentorinaja.admin.orders.words import BOOKING, CATEGORIES, KINDS, PAYMENT, booking_chip, payment_chip
from mentorinaja.admin.words import moment, money, order, person
from mentorinaja.formats import when

# Written out, not passed as values: so that the planner knows which of the partial indexes they are for.
_HEALTH = (
    ("unpaid", "Belum dibayar, batasnya lewat", PAST_DEADLINE),
    ("late", "Uang masuk terlambat", "o.payment_status = 'paid_late'"),
    ("refund", "Dana belum kembali", "o.payment_status = 'refund_pending'"),
    (
        "disputed",
        "Ada laporan terbuka",
        "o.id = ANY (ARRAY(SELECT d.order_id FROM session_reports r JOIN bookings d ON d.id = r.booking_id "
        "WHERE r.decided_at IS NULL))",
    ),
    ("taken", "Ditarik bank atau chargeback", "o.payment_status IN ('reversed', 'chargeback')"),
    ("review", "Pembayaran sedang diperiksa", "o.payment_status = 'waiting' AND o.under_review"),
    (
        "running",
        "Sesi sedang berjalan",
        "o.id = ANY (ARRAY(SELECT d.order_id FROM active_sessions s JOIN bookings d ON d.id = s.booking_id "
        "WHERE s.status IN ('running', 'paused')))",
    ),
    (
        "soon",
        "Sesi mulai dalam satu jam",
        "o.id = ANY (ARRAY(SELECT d.order_id FROM bookings d WHERE d.status = 'confirmed' "
        "AND d.starts_at > app_now() AND d.starts_at <= app_now() + interval '1 hour'))",
    ),
)


def _status(row: Row) -> Cell:
    """How the money stands, and under it the booking; of what has none, what it is."""
    booking = booking_chip("cancelled" if row["overdue"] and row["status"] == "pending" else row["status"])
    return replace(payment_chip(row["payment_status"]), note=booking.text or KINDS[row["kind"]])


def _named(row: Row) -> Cell:
    return replace(order(row["public_id"]), note=when(row["created_at"]))


LISTING = Listing(
    fields=f"""o.public_id, o.kind, o.item_name, o.user_id, o.payer_name, e.user_id AS expert_user_id, o.expert_name,
              b.status, b.category, b.starts_at, o.payment_status, {PAST_DEADLINE} AS overdue, o.payment_method, o.subtotal,
              o.admin_fee, o.total, o.platform_fee, o.expert_share, o.created_at, o.paid_at""",
    source="orders o LEFT JOIN bookings b ON b.order_id = o.id",
    beside="LEFT JOIN experts e ON e.id = o.expert_id",
    key="o.id",
    at="o.created_at",
    columns=(
        Column("Order", _named),
        Column("Yang dipesan", lambda row: Cell(row["item_name"]), long=True),
        Column("Pembayar", lambda row: person(row["payer_name"], "", row["user_id"])),
        Column("Mentor", lambda row: person(row["expert_name"], "", row["expert_user_id"])),
        Column("Mulai", lambda row: moment(row["starts_at"])),
        Column("Pembayaran", _status),
        Column("Total", lambda row: money(row["total"]), number=True),
    ),
    exports=(
        ("order", lambda row: row["public_id"]),
        ("jenis", lambda row: row["kind"]),
        ("yang dipesan", lambda row: row["item_name"]),
        ("pembayar", lambda row: row["payer_name"]),
        ("mentor", lambda row: row["expert_name"]),
        ("mulai", lambda row: row["starts_at"]),
        ("booking", lambda row: row["status"]),
        ("pembayaran", lambda row: row["payment_status"]),
        ("cara bayar", lambda row: row["payment_method"]),
        ("harga", lambda row: row["subtotal"]),
        ("biaya admin", lambda row: row["admin_fee"]),
        ("total", lambda row: row["total"]),
        ("biaya platform", lambda row: row["platform_fee"]),
        ("bagian mentor", lambda row: row["expert_share"]),
        ("dibuat", lambda row: row["created_at"]),
        ("dibayar", lambda row: row["paid_at"]),
    ),
    search=search,
    search_hint="Id order, transaksi Midtrans, nama, email, atau telepon",
    filters=(
        Filter(
            "see", "Perlu dilihat", tuple(Choice(name, words, Where(sql)) for name, words, sql in _HEALTH)
        ),
        Filter(
            "kind",
            "Jenis",
            tuple(Choice(kind, words, Where(f"o.kind = '{kind}'")) for kind, words in KINDS.items()),
        ),
        Filter(
            "status",
            "Booking",
            tuple(
                Choice(status, words, Where(f"o.kind = 'booking' AND b.status = '{status}'"))
                for status, (words, _) in BOOKING.items()
            ),
        ),
        Filter(
            "money",
            "Pembayaran",
            tuple(
                Choice(status, words, Where(f"o.payment_status = '{status}'"))
                for status, (words, _) in PAYMENT.items()
            ),
        ),
        Filter(
            "category",
            "Kategori",
            tuple(
                Choice(category, words, Where(f"o.kind = 'booking' AND b.category = '{category}'"))
                for category, words in CATEGORIES.items()
            ),
        ),
    ),
    amount="o.total",
    amount_label="Total",
)

DESK = Desk(
    name="orders",
    title="Order",
    word="order",
    kind="order",
    about="Semua sesi, produk, dan tambahan waktu yang pernah dipesan.",
    listing=LISTING,
    load=load,
    decisions=DECISIONS,
)
