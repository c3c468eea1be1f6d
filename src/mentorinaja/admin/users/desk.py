"""The desk of people: everybody with an account, and what waits for a second admin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mentorinaja.accounts import people
from mentorinaja.admin.cases import Means
from mentorinaja.admin.desk import Desk
from mentorinaja.admin.experts.words import STATES
from mentorinaja.admin.listing import Cell, Choice, Column, Filter, Listing, Row, Where
from mentorinaja.admin.users.case import load
from mentorinaja.admin.users.decisions import DECISIONS
from mentorinaja.admin.users.search import search
from mentorinaja.admin.users.words import ROLES, role_cell
from mentorinaja.admin.words import moment


def _state(row: Row) -> Cell:
    if row["suspended_at"]:
        return Cell("Ditangguhkan", chip="bad")
    return Cell("Aktif") if row["email_verified_at"] else Cell("Aktif", note="email belum dikonfirmasi")


LISTING = Listing(
    fields="""u.id, u.full_name, u.email::text AS email, u.phone, u.role, u.created_at, u.suspended_at,
              u.email_verified_at, (SELECT status FROM experts e WHERE e.user_id = u.id) AS expert_status""",
    source="users u",
    key="u.id",
    at="u.created_at",
    columns=(
        Column("Nama", lambda row: Cell(row["full_name"], href=f"/admin/users/{row['id']}")),
        Column("Kontak", lambda row: Cell(row["email"], note=row["phone"])),
        Column("Peran", lambda row: role_cell(row["role"])),
        Column("Profil mentor", lambda row: Cell(STATES.get(row["expert_status"] or "", ""))),
        Column("Keadaan", _state),
        Column("Sejak", lambda row: moment(row["created_at"])),
    ),
    exports=(
        ("id", lambda row: row["id"]),
        ("nama", lambda row: row["full_name"]),
        ("email", lambda row: row["email"]),
        ("telepon", lambda row: row["phone"]),
        ("peran", lambda row: row["role"]),
        ("profil_mentor", lambda row: row["expert_status"]),
        ("sejak", lambda row: row["created_at"]),
        ("ditangguhkan", lambda row: row["suspended_at"]),
    ),
    search=search,
    search_hint="Nama, email, telepon, atau id order",
    filters=(
        Filter(
            "role",
            "Peran",
            tuple(Choice(role, words, Where("u.role = {}", (role,))) for role, words in ROLES.items()),
        ),
        Filter(
            "state",
            "Keadaan",
            (
                Choice("suspended", "Ditangguhkan", Where("u.suspended_at IS NOT NULL")),
                Choice("unverified", "Email belum dikonfirmasi", Where("u.email_verified_at IS NULL")),
            ),
        ),
        Filter(
            "profile",
            "Profil mentor",
            (
                Choice("yes", "Punya", Where("EXISTS (SELECT FROM experts e WHERE e.user_id = u.id)")),
                Choice(
                    "no", "Tidak punya", Where("NOT EXISTS (SELECT FROM experts e WHERE e.user_id = u.id)")
                ),
            ),
        ),
    ),
)


async def _waiting(means: Means) -> Mapping[str, Any]:
    return {"requests": await people.waiting_role_requests(means.db), "me": means.admin.id}


DESK = Desk(
    name="users",
    title="Pengguna",
    word="akun",
    kind="user",
    about="Semua orang yang punya akun.",
    listing=LISTING,
    load=load,
    decisions=DECISIONS,
    above="partials/admin/users/above.html",
    above_context=_waiting,
)
