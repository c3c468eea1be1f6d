"""People on the desk: everybody with an account, found by name, email, phone or order."""

from __future__ import annotations

import re

from mentorinaja.admin.listing import Cell, Choice, Column, Filter, Listing, Row, Where
from mentorinaja.admin.people.mentor_words import STATES
from mentorinaja.admin.words import inside, moment, plain

ROLES = {"user": "Pengguna", "expert": "Mentor", "admin": "Admin"}
_ROLE_CHIPS = {"user": "plain", "expert": "ok", "admin": "warn"}
_ORDER_ID = re.compile(r"(BE|PD|EX)-[0-9]{8}-[A-Z0-9]{6}")
_PHONE = re.compile(r"[0-9 .()/+\-]{4,40}")
# Fewer letters are looked for as a whole word of the name: an index knows no shorter pieces.
_LEAST_INSIDE = 3


def phone_range(words: str) -> tuple[str, str] | None:
    """From where to where the phone numbers (E.164) lie that begin as typed in any spelling; None for no number.

    >>> phone_range("0812-3456"), phone_range("budi")
    (('+628123456', '+628123456:'), None)
    """
    if not _PHONE.fullmatch(words):
        return None
    digits = re.sub(r"[^0-9]", "", words)
    if len(digits) < 4:
        return None
    if not words.startswith("+"):
        digits = digits if digits.startswith("62") else "62" + digits.removeprefix("0")
    return f"+{digits}", f"+{digits}:"


def search(words: str) -> Where:
    """Everybody with these words in the name, at the beginning of the email, as phone number or as either side of an order.

    The people are found first and their rows read then: however the list is ordered, each search goes by its index.
    """
    whole = plain(words)
    found = ["SELECT id FROM users WHERE full_name ILIKE {}"]
    values: list[object] = [inside(words)]
    if len(words) < _LEAST_INSIDE:
        found *= 4
        values = [whole, f"{whole} %", f"% {whole}", f"% {whole} %"]
    else:
        found.append("SELECT id FROM users WHERE email::text ILIKE {}")
        values.append(f"{whole}%")
    if span := phone_range(words):
        found.append('SELECT id FROM users WHERE phone COLLATE "C" >= {} AND phone COLLATE "C" < {}')
        values += span
    if _ORDER_ID.fullmatch(words.upper()):
        found.append("SELECT user_id FROM orders WHERE public_id = {}")
        found.append(
            "SELECT e.user_id FROM orders o JOIN experts e ON e.id = o.expert_id WHERE o.public_id = {}"
        )
        values += [words.upper()] * 2
    return Where(f"u.id = ANY (ARRAY({' UNION ALL '.join(found)}))", tuple(values))


def role_cell(role: str) -> Cell:
    """What somebody is."""
    return Cell(ROLES[role], chip=_ROLE_CHIPS[role])


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
