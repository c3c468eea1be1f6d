"""Somebody on the desk: what is known of an account, where it is signed in, what was ordered, mailed and decided."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from mentorinaja.accounts import people
from mentorinaja.accounts.people import Person, RoleRequest, SignIn
from mentorinaja.admin import about
from mentorinaja.admin.about import Deal
from mentorinaja.admin.cases import Case, Event, Means, Part
from mentorinaja.admin.experts.words import STATES
from mentorinaja.admin.listing import Cell
from mentorinaja.admin.orders.words import PAYMENT
from mentorinaja.admin.upkeep.words import about_of, kind_of
from mentorinaja.admin.users.words import role_cell
from mentorinaja.admin.words import time
from mentorinaja.formats import rupiah, zone_name
from mentorinaja.typed import whole_in


@dataclass(frozen=True, slots=True)
class UserCase:
    """What decisions about a person rest on; `me` is the id of the admin who looks.

    `unpaid`: how many bookings with the mentor can still be paid for, asked only where it is told.
    """

    person: Person
    sign_ins: list[SignIn]
    coming: list[Deal]
    request: RoleRequest | None
    me: int
    unpaid: int = 0

    @property
    def is_own(self) -> bool:
        """Whether the admin looks at the own account."""
        return self.person.id == self.me

    @property
    def open_sign_ins(self) -> int:
        """On how many devices the person is signed in."""
        return sum(each.open for each in self.sign_ins)

    @property
    def asked(self) -> RoleRequest:
        """The request that waits. Only where there is one."""
        assert self.request is not None, "nothing is decided about a request that is not there"
        return self.request


async def load(means: Means, case_id: str) -> Case[UserCase] | None:
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
        if not data.is_own:
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
        Part("devices", "Perangkat", "partials/admin/users/devices.html",
             {"user": data, "can_look": can_look, "device_of": about.device_of}),
        Part("orders", "Order terakhir", "partials/admin/deals.html", {"deals": orders, "words": PAYMENT}),
        Part("mails", "Email terakhir", "partials/admin/users/mails.html",
             {"letters": await about.latest_mails(means.db, person.id), "kind_of": kind_of, "about_of": about_of}),
        Part("lists", "Daftar lain", "partials/admin/users/lists.html", {"lists": _lists(person)}),
    ]  # fmt: skip
    if data.coming:
        coming = {"deals": data.coming, "words": None}
        parts.insert(
            1, Part("coming", "Sesi mendatang yang sudah dibayar", "partials/admin/deals.html", coming)
        )
    return tuple(parts)


def _lists(person: Person) -> list[tuple[str, str]]:
    """Where else this person is found: names and addresses."""
    found = [
        ("Order", "orders", person.email),
        ("Pengembalian dana", "refunds", person.full_name),
        ("Laporan sesi", "reports", person.full_name),
        ("Email", "mails", person.email),
    ]
    if person.expert_id is not None:
        found.append(("Penarikan", "withdrawals", person.full_name))
    if person.role == "admin":
        found.append(("Yang dilakukannya sebagai admin", "audit", f"oleh:{person.email}"))
    return [(name, f"/admin/{desk}?{urlencode({'q': words})}") for name, desk, words in found]


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
