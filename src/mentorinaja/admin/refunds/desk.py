"""Refunds on the desk: what goes back to payers, which way, and what waits for an admin."""

from __future__ import annotations

from mentorinaja.admin.desk import Desk
from mentorinaja.admin.health.numbers import LATE_REFUND
from mentorinaja.admin.listing import Cell, Choice, Column, Filter, Listing, Row, Where
from mentorinaja.admin.refunds.batch import TRANSFERS
from mentorinaja.admin.refunds.case import load
from mentorinaja.admin.refunds.decisions import DECISIONS
from mentorinaja.admin.refunds.words import STATES, WAYS, state, way
from mentorinaja.admin.words import inside, moment, money, order, person
from mentorinaja.bookings.queries import why_refunded
from mentorinaja.refunds.rules import NEEDS_APPROVAL, REASONS, id_in, name_of

_ACCOUNT = """(SELECT a.{} FROM refund_accounts a WHERE a.order_id = r.order_id AND r.way = 'bank'
  AND CASE WHEN r.account_id IS NULL THEN a.bounced_at IS NULL ELSE a.id = r.account_id END ORDER BY a.id DESC LIMIT 1)"""
_HAS_ACCOUNT = "EXISTS (SELECT FROM refund_accounts a WHERE a.order_id = r.order_id AND a.bounced_at IS NULL)"
_OPEN = "r.state NOT IN ('done', 'rejected')"
# What was found by name or address, each looked up in its own index.
_FOUND = """r.id = ANY (ARRAY(
  SELECT f.id FROM orders x JOIN refunds f ON f.order_id = x.id WHERE x.public_id = upper({})
  UNION SELECT f.id FROM refunds f WHERE f.reference = {}
  UNION SELECT f.id FROM users p JOIN orders x ON x.user_id = p.id JOIN refunds f ON f.order_id = x.id
    WHERE p.full_name ILIKE {} OR p.email::text ILIKE {}))"""


def _search(words: str) -> Where:
    if (refund_id := id_in(words)) is not None and not words.isdecimal():
        return Where("r.id = {}::bigint", (refund_id,))
    found = Where(_FOUND, (words, words, inside(words), inside(words)))
    if refund_id is None:
        return found
    return Where(f"r.id = {{}}::bigint OR {found.sql}", (refund_id, *found.values))


def _name(row: Row) -> Cell:
    return Cell(name_of(row["id"]), href=f"/admin/refunds/{row['id']}")


def _state(row: Row) -> Cell:
    return state(row["state"], row["reason"], row["way"], has_account=row["tail"] is not None)


def _since(row: Row) -> Cell:
    return moment(row["created_at"], "Terlambat" if row["late"] else "")


def _way(row: Row) -> Cell:
    return Cell(way(row["way"]), note=f"•••• {row['tail']}" if row["tail"] else "")


_WAITING = Filter(
    "waiting",
    "Menunggu",
    (
        Choice("open", "Belum selesai", Where(_OPEN)),
        Choice(
            "approval",
            "Menunggu persetujuan",
            Where("r.state = 'requested' AND r.reason = ANY({}::text[])", (list(NEEDS_APPROVAL),)),
        ),
        Choice(
            "transfer",
            "Siap ditransfer",
            Where(f"r.state = 'approved' AND r.way = 'bank' AND {_HAS_ACCOUNT}"),
        ),
        Choice(
            "account",
            "Menunggu rekening",
            Where(f"r.state IN ('approved', 'failed') AND r.way = 'bank' AND NOT {_HAS_ACCOUNT}"),
        ),
        Choice(
            "gateway",
            "Menunggu Midtrans",
            Where("r.state IN ('approved', 'sent') AND r.way IS DISTINCT FROM 'bank' AND r.left_at IS NULL"),
        ),
        Choice("late", "Terlambat", Where(LATE_REFUND)),
    ),
)
_STATES = Filter(
    "state",
    "Status",
    tuple(Choice(name, words, Where("r.state = {}", (name,))) for name, (words, _) in STATES.items()),
)
_WAYS = Filter(
    "way",
    "Lewat",
    (
        Choice("gateway", "Midtrans", Where("r.way IN ('gateway', 'cancel')")),
        Choice("bank", WAYS["bank"], Where("r.way = 'bank'")),
        Choice("none", way(None), Where("r.way IS NULL")),
    ),
)
_REASONS = Filter(
    "reason",
    "Alasan",
    tuple(Choice(reason, why_refunded(reason), Where("r.reason = {}", (reason,))) for reason in REASONS),
)

LISTING = Listing(
    fields=f"""r.id, r.state, r.amount, r.reason, r.way, r.created_at, r.reference, o.public_id, o.payer_name, o.user_id,
              {_ACCOUNT.format("tail")} AS tail, coalesce({LATE_REFUND}, false) AS late""",
    source="refunds r",
    beside="LEFT JOIN orders o ON o.id = r.order_id",
    key="r.id",
    at="r.created_at",
    columns=(
        Column("Pengembalian", _name),
        Column("Status", _state),
        Column("Order", lambda row: order(row["public_id"])),
        Column("Pembayar", lambda row: person(row["payer_name"], "", row["user_id"])),
        Column("Alasan", lambda row: Cell(why_refunded(row["reason"])), long=True),
        Column("Lewat", _way),
        Column("Sejak", _since),
        Column("Jumlah", lambda row: money(row["amount"]), number=True),
    ),
    exports=(
        ("id", lambda row: name_of(row["id"])),
        ("status", lambda row: STATES[row["state"]][0]),
        ("order", lambda row: row["public_id"]),
        ("pembayar", lambda row: row["payer_name"]),
        ("alasan", lambda row: why_refunded(row["reason"])),
        ("lewat", lambda row: way(row["way"])),
        ("referensi", lambda row: row["reference"]),
        ("sejak", lambda row: row["created_at"]),
        ("terlambat", lambda row: "ya" if row["late"] else "tidak"),
        ("jumlah", lambda row: row["amount"]),
    ),
    search=_search,
    search_hint="Order, pembayar, referensi bank, atau RF-…",
    filters=(_WAITING, _STATES, _WAYS, _REASONS),
    amount="r.amount",
)


DESK = Desk(
    name="refunds",
    title="Pengembalian dana",
    word="pengembalian dana",
    kind="refund",
    about="Dana yang kembali kepada pembayar: lewat Midtrans bila bisa, selain itu ditransfer ke rekeningnya.",
    listing=LISTING,
    load=load,
    decisions=DECISIONS,
    above="partials/admin/batch/above.html",
    above_context=TRANSFERS.above,
    transfers=TRANSFERS,
)
