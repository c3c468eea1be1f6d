"""People on the desk: everybody with an account, found by name, email, phone or order."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mentorinaja.accounts import people
from mentorinaja.accounts.people import Person, RoleRequest, SignIn
from mentorinaja.admin import about_people as about
from mentorinaja.admin.about_people import Deal
from mentorinaja.admin.cases import Case, Event, Means, Part
from mentorinaja.admin.listing import Cell, Choice, Column, Filter, Listing, Row, Where
from mentorinaja.admin.mentor_words import STATES
from mentorinaja.admin.words import time
from mentorinaja.formats import rupiah, zone_name
from mentorinaja.typed import whole_in

ROLES = {"user": "Pengguna", "expert": "Mentor", "admin": "Admin"}
_ROLE_CHIPS = {"user": "plain", "expert": "ok", "admin": "warn"}
_ORDER_ID = re.compile(r"(BE|PD|EX)-[0-9]{8}-[A-Z0-9]{6}")
_PHONE = re.compile(r"[0-9 .()/+\-]{4,40}")
# Fewer letters are looked for at the beginning of words alone: an index knows no shorter pieces.
_LEAST_INSIDE = 3


@dataclass(frozen=True, slots=True)
class UserCase:
    """What decisions about a person rest on; `own`: it is the admin who looks, `me` is that admin's id."""

    person: Person
    sign_ins: list[SignIn]
    coming: list[Deal]
    request: RoleRequest | None
    me: int

    @property
    def own(self) -> bool:
        """Whether the admin looks at the own account."""
        return self.person.id == self.me

    @property
    def open_sign_ins(self) -> int:
        """On how many devices the person is signed in."""
        return sum(each.open for each in self.sign_ins)


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
    plain = re.sub(r"([\\%_])", r"\\\1", words)
    inside = (f"%{plain}%",) if len(words) >= _LEAST_INSIDE else (f"{plain}%", f"% {plain}%")
    found = ["SELECT id FROM users WHERE full_name ILIKE {}"] * len(inside)
    found.append("SELECT id FROM users WHERE email::text ILIKE {}")
    values: list[object] = [*inside, f"{plain}%"]
    if span := phone_range(words):
        found.append('SELECT id FROM users WHERE phone COLLATE "C" >= {} AND phone COLLATE "C" < {}')
        values += span
    if _ORDER_ID.fullmatch(words.upper()):
        found.append("SELECT user_id FROM orders WHERE public_id = {}")
        found.append(
            "SELECT e.user_id FROM orders o JOIN experts e ON e.id = o.expert_id WHERE o.public_id = {}"
        )
        values += [words.upper()] * 2
    return Where(f"u.id = ANY (ARRAY({' UNION '.join(found)}))", tuple(values))


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
        Column("Email", lambda row: Cell(row["email"])),
        Column("Telepon", lambda row: Cell(row["phone"])),
        Column("Peran", lambda row: role_cell(row["role"])),
        Column("Profil mentor", lambda row: Cell(STATES.get(row["expert_status"] or "", ""))),
        Column("Keadaan", _state),
        Column("Sejak", lambda row: time(row["created_at"])),
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


async def load(means: Means, case_id: str) -> Case | None:
    """Somebody with devices, orders, mails and what was decided."""
    user_id = whole_in(case_id)
    person = await people.person_of(means.db, user_id) if user_id is not None else None
    if person is None:
        return None
    requests = await people.role_requests_of(means.db, person.id)
    data = UserCase(
        person,
        await people.sign_ins_of(means.db, person.id),
        await about.coming_paid(means.db, person.id, person.expert_id),
        next((each for each in requests if each.state == "open"), None),
        means.admin.id,
    )
    return Case(
        subject=str(person.id),
        title=person.full_name,
        version=_version(data),
        data=data,
        chips=_chips(data),
        facts=await _facts(means, data),
        parts=await _parts(means, data),
        events=await _events(means, person, requests),
    )


def _version(data: UserCase) -> str:
    person = data.person
    request = f"{data.request.id}" if data.request else ""
    return ":".join(
        (
            person.role,
            f"{person.suspended_at.timestamp() if person.suspended_at else 0}",
            request,
            f"{len(data.coming)}-{sum(deal.total for deal in data.coming)}",
        )
    )


def _chips(data: UserCase) -> tuple[Cell, ...]:
    person = data.person
    chips = [role_cell(person.role)]
    if person.suspended_at:
        chips.append(Cell("Ditangguhkan", chip="bad"))
    if data.request:
        chips.append(Cell("Perubahan peran menunggu", chip="warn"))
    return tuple(chips)


async def _facts(means: Means, data: UserCase) -> tuple[tuple[str, Cell], ...]:
    person, bought = data.person, await about.bought_by(means.db, data.person.id)
    facts = [
        ("Email", Cell(person.email, note="dikonfirmasi" if person.verified_at else "belum dikonfirmasi")),
        ("Telepon", Cell(person.phone)),
        ("Zona waktu", Cell(zone_name(person.time_zone))),
        ("Terdaftar", time(person.created_at)),
        ("Order", Cell(f"{bought.orders} dibuat, {bought.paid} dibayar", note=rupiah(bought.amount))),
    ]
    if person.expert_id is not None:
        profile = f"/admin/experts/{person.expert_id}"
        facts.append(
            ("Profil mentor", Cell(STATES[person.expert_status], href=profile, note=person.expert_slug))
        )
    if person.suspended_at:
        facts.append(("Ditangguhkan", Cell(time(person.suspended_at).text, note=person.suspended_because)))
    if person.role == "admin":
        two = "terpasang" if person.has_factor else "belum terpasang"
        facts.append(("Verifikasi dua langkah", Cell(two)))
        if not data.own:
            facts.append(
                (
                    "Penangguhan",
                    Cell("Admin tidak dapat ditangguhkan. Ajukan dulu agar ia berhenti sebagai admin."),
                )
            )
    if data.request:
        asked = data.request
        facts.append(("Diajukan", Cell(f"{asked.words}, oleh {asked.asker}", note=asked.reason)))
    return tuple(facts)


async def _parts(means: Means, data: UserCase) -> tuple[Part, ...]:
    person = data.person
    can_look = person.role != "admin" and not person.suspended_at
    orders = await about.latest_orders(means.db, person.id, person.expert_id)
    parts = [
        Part("devices", "Perangkat", "partials/admin/devices.html", {"user": data, "can_look": can_look}),
        Part("orders", "Order terakhir", "partials/admin/deals.html", {"deals": orders, "paid_ahead": False}),
        Part("mails", "Email terakhir", "partials/admin/letters.html",
             {"letters": await about.latest_mails(means.db, person.id)}),
    ]  # fmt: skip
    if data.coming:
        coming = {"deals": data.coming, "paid_ahead": True}
        parts.insert(
            1, Part("coming", "Sesi mendatang yang sudah dibayar", "partials/admin/deals.html", coming)
        )
    return tuple(parts)


async def _events(means: Means, person: Person, requests: list[RoleRequest]) -> tuple[Event, ...]:
    events = [Event(person.created_at, "Terdaftar")]
    if person.verified_at:
        events.append(Event(person.verified_at, "Email dikonfirmasi"))
    for each in await people.suspensions_of(means.db, person.id):
        events.append(Event(each.began_at, "Ditangguhkan", each.suspended_by, each.reason, kind="bad"))
        if each.ended_at:
            events.append(Event(each.ended_at, "Dibuka lagi", each.lifted_by, each.lifted_because))
    decided = {"confirmed": "disetujui", "declined": "ditolak", "withdrawn": "ditarik"}
    for asked in requests:
        events.append(Event(asked.asked_at, f"Diajukan: {asked.words.lower()}", asked.asker, asked.reason))
        if asked.decided_at:
            text = f"{asked.words}: {decided[asked.state]}"
            events.append(Event(asked.decided_at, text, asked.decider))
    return tuple(sorted(events, key=lambda event: event.at))
