"""Reported sessions on the desk: what went wrong, who says so, and how much money is at stake."""

from __future__ import annotations

from mentorinaja.admin.desk import Desk
from mentorinaja.admin.listing import Cell, Choice, Column, Filter, Listing, Row, Where
from mentorinaja.admin.reports.case import DECISIONS as DECIDED
from mentorinaja.admin.reports.case import KINDS, SIDES, chip, load
from mentorinaja.admin.reports.decisions import DECISIONS
from mentorinaja.admin.words import inside, moment, money, order, person

_SHOWN = 90
_FOUND = """r.id = ANY (ARRAY(
  SELECT x.id FROM orders f JOIN bookings k ON k.order_id = f.id JOIN session_reports x ON x.booking_id = k.id
    WHERE f.public_id = upper({})
  UNION SELECT x.id FROM session_reports x JOIN bookings k ON k.id = x.booking_id JOIN orders f ON f.id = k.order_id
    JOIN users p ON p.id = f.user_id JOIN experts e ON e.id = f.expert_id JOIN users m ON m.id = e.user_id
    WHERE p.full_name ILIKE {} OR m.full_name ILIKE {}))"""


def _search(words: str) -> Where:
    return Where(_FOUND, (words, inside(words), inside(words)))


def _id(row: Row) -> Cell:
    return Cell(f"Laporan {row['id']}", href=f"/admin/reports/{row['id']}", note=_short(row["words"]))


def _short(words: str) -> str:
    one_line = " ".join(words.split())
    return one_line if len(one_line) <= _SHOWN else one_line[:_SHOWN].rstrip() + "…"


_STATES = Filter(
    "state",
    "Status",
    (
        Choice("open", "Menunggu keputusan", Where("r.decided_at IS NULL")),
        Choice("decided", "Sudah diputuskan", Where("r.decided_at IS NOT NULL")),
        *(Choice(name, words, Where("r.decision = {}", (name,))) for name, (words, _) in DECIDED.items()),
    ),
)
_KINDS = Filter(
    "kind",
    "Jenis",
    tuple(Choice(name, words, Where("r.kind = {}", (name,))) for name, words in KINDS.items()),
)
_SIDES = Filter(
    "side", "Oleh", tuple(Choice(name, words, Where("r.side = {}", (name,))) for name, words in SIDES.items())
)

LISTING = Listing(
    fields="""r.id, r.side, r.kind, r.words, r.at, r.decision, r.decided_at, r.refund_amount, o.public_id, o.item_name,
              o.total, o.payer_name, o.user_id, o.expert_name, e.user_id AS expert_user_id""",
    source="session_reports r JOIN bookings b ON b.id = r.booking_id JOIN orders o ON o.id = b.order_id",
    beside="LEFT JOIN experts e ON e.id = o.expert_id",
    key="r.id",
    at="r.at",
    columns=(
        Column("Laporan", _id, long=True),
        Column("Status", lambda row: chip(row["decision"])),
        Column("Jenis", lambda row: Cell(KINDS[row["kind"]], note=f"oleh {SIDES[row['side']].lower()}")),
        Column("Order", lambda row: order(row["public_id"])),
        Column("Pengguna", lambda row: person(row["payer_name"], "", row["user_id"])),
        Column("Mentor", lambda row: person(row["expert_name"], "", row["expert_user_id"])),
        Column("Sejak", lambda row: moment(row["at"])),
        Column("Dibayar", lambda row: money(row["total"]), number=True),
    ),
    exports=(
        ("id", lambda row: row["id"]),
        ("status", lambda row: chip(row["decision"]).text),
        ("jenis", lambda row: KINDS[row["kind"]]),
        ("oleh", lambda row: SIDES[row["side"]]),
        ("order", lambda row: row["public_id"]),
        ("layanan", lambda row: row["item_name"]),
        ("pengguna", lambda row: row["payer_name"]),
        ("mentor", lambda row: row["expert_name"]),
        ("sejak", lambda row: row["at"]),
        ("diputuskan", lambda row: row["decided_at"]),
        ("kembali", lambda row: row["refund_amount"]),
        ("dibayar", lambda row: row["total"]),
    ),
    search=_search,
    search_hint="Order, pengguna, atau mentor",
    filters=(_STATES, _KINDS, _SIDES),
    amount="o.total",
    amount_label="dibayar",
)

DESK = Desk(
    name="reports",
    title="Laporan sesi",
    word="laporan",
    kind="report",
    about="Masalah dan keberatan atas sesi: pendapatan mentor ditahan sampai diputuskan.",
    listing=LISTING,
    load=load,
    decisions=DECISIONS,
)
