"""The desk of mentors: who waits for a decision, and which profiles stand in the lists."""

from __future__ import annotations

from mentorinaja.admin.desk import Desk
from mentorinaja.admin.experts.case import load
from mentorinaja.admin.experts.decisions import DECISIONS
from mentorinaja.admin.experts.words import STATE_CHIPS, STATES
from mentorinaja.admin.listing import Cell, Choice, Column, Filter, Listing, Row, Where
from mentorinaja.admin.words import inside, moment, person, plain


def _search(words: str) -> Where:
    """In name, address, company, or at the beginning of the email: found first, so that each goes by its index."""
    long = len(words) > 2
    like = inside(words) if long else f"{plain(words)}%"
    columns = ("display_name", "slug", "company")
    found = [f"SELECT id FROM experts WHERE {column} ILIKE {{}}" for column in columns]
    values = [like] * len(columns)
    if long:
        found.append(
            "SELECT m.id FROM users p JOIN experts m ON m.user_id = p.id WHERE p.email::text ILIKE {}"
        )
        values.append(f"{plain(words)}%")
    return Where(f"e.id = ANY (ARRAY({' UNION ALL '.join(found)}))", tuple(values))


def _state(row: Row) -> Cell:
    return Cell(STATES[row["status"]], chip=STATE_CHIPS[row["status"]])


LISTING = Listing(
    fields="""e.id, e.slug, e.status, e.display_name, e.position_title, e.company, e.user_id, e.created_at,
              e.rating_count, u.email::text AS email,
              (SELECT max(at) FROM application_events x WHERE x.expert_id = e.id AND x.event = 'submitted') AS sent_at""",
    source="experts e",
    beside="LEFT JOIN users u ON u.id = e.user_id",
    key="e.id",
    at="e.created_at",
    columns=(
        Column(
            "Mentor",
            lambda row: Cell(row["display_name"], href=f"/admin/experts/{row['id']}", note=row["slug"]),
        ),
        Column("Status", _state),
        Column("Peran", lambda row: Cell(row["position_title"], note=row["company"])),
        Column("Akun", lambda row: person(row["email"], "", row["user_id"])),
        Column("Lamaran dikirim", lambda row: moment(row["sent_at"])),
        Column("Profil dibuat", lambda row: moment(row["created_at"])),
    ),
    exports=(
        ("id", lambda row: row["id"]),
        ("mentor", lambda row: row["display_name"]),
        ("alamat", lambda row: row["slug"]),
        ("status", lambda row: row["status"]),
        ("peran", lambda row: row["position_title"]),
        ("perusahaan", lambda row: row["company"]),
        ("email", lambda row: row["email"]),
        ("lamaran_dikirim", lambda row: row["sent_at"]),
        ("profil_dibuat", lambda row: row["created_at"]),
    ),
    search=_search,
    search_hint="Nama, alamat profil, perusahaan, atau email",
    filters=(
        Filter(
            "status",
            "Status",
            tuple(
                Choice(status, words, Where("e.status = {}", (status,))) for status, words in STATES.items()
            ),
        ),
    ),
)

DESK = Desk(
    name="experts",
    title="Mentor",
    word="mentor",
    kind="expert",
    about="Lamaran yang menunggu, dan semua profil mentor.",
    listing=LISTING,
    load=load,
    decisions=DECISIONS,
)
