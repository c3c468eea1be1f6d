"""Meeting links on the desk: what the pool holds, and which session has which."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mentorinaja.admin.cases import Means
from mentorinaja.admin.desk import Desk
from mentorinaja.admin.links.case import CHIPS, load
from mentorinaja.admin.links.decisions import DECISIONS
from mentorinaja.admin.listing import Cell, Choice, Column, Filter, Listing, Row, Where
from mentorinaja.admin.words import inside, moment, order
from mentorinaja.formats import day, when
from mentorinaja.payments import link_queries
from mentorinaja.payments.link_rules import EXPIRING_DAYS, STATES

_ROW = """
  l.url, l.reusable, l.created_at, l.expires_at,
  (SELECT o.public_id FROM meeting_link_uses u JOIN bookings b ON b.id = u.booking_id JOIN orders o ON o.id = b.order_id
   WHERE u.link_id = l.id ORDER BY b.starts_at DESC LIMIT 1) AS public_id,
  (SELECT max(b.starts_at) FROM meeting_link_uses u JOIN bookings b ON b.id = u.booking_id
   WHERE u.link_id = l.id) AS starts_at
"""
_KINDS = (
    ("left", "Tersedia (semua)", link_queries.GOOD),
    ("free", STATES["free"], f"NOT l.reusable AND {link_queries.GOOD}"),
    ("reusable", STATES["reusable"], f"l.reusable AND {link_queries.GOOD}"),
    ("reserved", STATES["reserved"], link_queries.RESERVED),
    ("used", "Terpakai (semua)", link_queries.USED),
    ("expiring", f"Habis dalam {EXPIRING_DAYS} hari", link_queries.EXPIRING),
    ("expired", STATES["expired"], link_queries.GONE),
    ("misfit", "Habis sebelum sesinya", link_queries.MISFITS),
    ("retired", STATES["retired"], "l.retired_at IS NOT NULL"),
)


def _search(words: str) -> Where:
    """Part of the address, or the order whose session has it."""
    return Where(
        """l.id = ANY (ARRAY(SELECT x.id FROM meeting_links_pool x WHERE x.url ILIKE {}
             UNION ALL SELECT u.link_id FROM orders o JOIN bookings b ON b.order_id = o.id
               JOIN meeting_link_uses u ON u.booking_id = b.id WHERE o.public_id = upper({})))""",
        (inside(words), words),
    )


def _link(row: Row) -> Cell:
    return Cell(row["url"], href=f"/admin/links/{row['key']}")


def _state(row: Row) -> Cell:
    return Cell(STATES[row["state"]], chip=CHIPS[row["state"]])


def _session(row: Row) -> Cell:
    cell = order(row["public_id"])
    return Cell(cell.text, cell.href, note=when(row["starts_at"]) if row["starts_at"] else "")


LISTING = Listing(
    fields=f"{link_queries.STATE} AS state, {_ROW}",
    source="meeting_links_pool l",
    key="l.id",
    at="l.created_at",
    columns=(
        Column("Tautan", _link),
        Column("Keadaan", _state),
        Column("Sesi terakhir", _session),
        Column("Berlaku sampai", lambda row: Cell(day(row["expires_at"]) if row["expires_at"] else "–")),
        Column("Ditambahkan", lambda row: moment(row["created_at"])),
    ),
    exports=(
        ("tautan", lambda row: row["url"]),
        ("keadaan", lambda row: STATES[row["state"]]),
        ("dipakai_ulang", lambda row: "ya" if row["reusable"] else "tidak"),
        ("order", lambda row: row["public_id"]),
        ("mulai", lambda row: row["starts_at"]),
        ("berlaku_sampai", lambda row: row["expires_at"]),
        ("ditambahkan", lambda row: row["created_at"]),
    ),
    search=_search,
    search_hint="Bagian dari tautan, atau id order",
    filters=(
        Filter("state", "Keadaan", tuple(Choice(value, label, Where(sql)) for value, label, sql in _KINDS)),
    ),
)


async def _above(means: Means) -> Mapping[str, Any]:
    return {
        "stock": await link_queries.link_stock(means.db),
        "used": await link_queries.links_used(means.db),
    }


DESK = Desk(
    name="links",
    title="Tautan meeting",
    word="tautan",
    kind="link",
    about="Tautan untuk sesi video: satu sesi satu tautan, kecuali yang boleh dipakai ulang.",
    listing=LISTING,
    load=load,
    decisions=DECISIONS,
    above="partials/admin/links/above.html",
    above_context=_above,
)
