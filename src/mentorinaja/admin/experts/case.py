"""A mentor on the desk: everything that a decision is made on."""

from __future__ import annotations

from dataclasses import dataclass

from mentorinaja.accounts import people
from mentorinaja.accounts.people import Person
from mentorinaja.admin import about
from mentorinaja.admin.about import Deal
from mentorinaja.admin.cases import Case, Event, Means, Part
from mentorinaja.admin.experts.words import EVENTS, PAUSES, STATE_CHIPS, STATES
from mentorinaja.admin.listing import Cell
from mentorinaja.admin.words import money, person, stars, time
from mentorinaja.applications import queries as applications
from mentorinaja.applications.queries import Application, Happened
from mentorinaja.applications.rules import hints
from mentorinaja.experts import queries as experts
from mentorinaja.experts.queries import ExpertPage, Facts, Pause
from mentorinaja.ledger import queries as ledger
from mentorinaja.ledger.queries import Earnings
from mentorinaja.schedule.plan import Plan, plan_of
from mentorinaja.schedule.rules import DAY_NAMES
from mentorinaja.trust import queries as trust
from mentorinaja.typed import whole_in


@dataclass(frozen=True, slots=True)
class MentorCase:
    """What decisions about a mentor rest on; `seen` is the version of the profile that the page shows."""

    person: Person
    page: ExpertPage
    application: Application
    pause: Pause | None
    coming: list[Deal]
    seen: str
    is_own: bool

    @property
    def status(self) -> str:
        """Where the profile stands."""
        return self.application.status

    @property
    def is_public(self) -> bool:
        """Whether everybody can open the page."""
        return self.status in ("published", "paused")


async def load(means: Means, case_id: str) -> Case[MentorCase] | None:
    """A mentor with the application as it would be shown, its history, money and sessions."""
    expert_id = whole_in(case_id)
    user_id = (
        await means.db.fetchval("SELECT user_id FROM experts WHERE id = $1", expert_id) if expert_id else None
    )
    found = await people.person_of(means.db, user_id) if user_id is not None else None
    if found is None or expert_id is None:
        return None
    data = MentorCase(
        person=found,
        page=await experts.own_page(means.db, expert_id),
        application=await applications.application_for(means.db, found.id),
        pause=await experts.pause_of(means.db, expert_id),
        coming=await about.coming_paid(means.db, 0, expert_id),
        seen=await applications.profile_version(means.db, expert_id),
        is_own=found.id == means.admin.id,
    )
    history = await applications.history_of(means.db, expert_id)
    return Case(
        subject=str(expert_id),
        title=data.page.display_name,
        version=f"{data.status}:{data.person.suspended_at}:{len(history)}:{data.pause.id if data.pause else ''}:{data.seen}",
        data=data,
        chips=_chips(data),
        facts=(
            *_facts(data, sum(each.event == "rejected" for each in history)),
            *_money(await ledger.earnings(means.db, expert_id)),
            *_trust(await trust.facts_of(means.db, expert_id)),
        ),
        parts=await _parts(means, data),
        events=await _events(means, data, history),
    )


def _chips(data: MentorCase) -> tuple[Cell, ...]:
    chips = (Cell(STATES[data.status], chip=STATE_CHIPS[data.status]),)
    if data.person.suspended_at and data.status != "suspended":
        return (*chips, Cell("Akun ditangguhkan", chip="bad"))
    return chips


def _facts(data: MentorCase, sent_back: int) -> tuple[tuple[str, Cell], ...]:
    one, page = data.person, data.page
    facts = [
        ("Akun", person(one.full_name, one.email, one.id)),
        ("Email", Cell("sudah dikonfirmasi" if one.verified_at else "belum dikonfirmasi")),
        ("Alamat profil", Cell(page.slug, href=f"/expert/{page.slug}" if data.is_public else "")),
        ("Seperti dilihat pengguna", Cell("Buka pratinjau", href=f"/admin/experts/pratinjau?id={page.id}")),
        ("Peran", Cell(page.position_title, note=page.company)),
        ("Pengalaman", Cell(f"{page.years_experience} tahun", note=page.place)),
        ("Pernah dikembalikan", Cell(f"{sent_back} kali")),
    ]
    if one.role != "admin" and not one.suspended_at:
        facts.append(("Menutup akunnya", Cell("Tangguhkan", href=f"/admin/users/{one.id}/suspend")))
    if page.rating_count:
        facts.append(("Ulasan", Cell(f"{stars(page.mean)} dari {page.rating_count} ulasan")))
    if data.pause:
        why = ". ".join(filter(None, (PAUSES[data.pause.cause], data.pause.words)))
        facts.append(("Tidak tampil sejak", Cell(time(data.pause.began_at).text, note=why)))
    return tuple(facts)


def _money(earned: Earnings) -> tuple[tuple[str, Cell], ...]:
    return (
        ("Total pendapatan", money(earned.total)),
        ("Saldo tersedia", money(earned.available)),
        ("Tertahan", money(earned.held)),
        ("Berutang ke platform", money(earned.owed)),
    )


def _trust(facts: Facts | None) -> tuple[tuple[str, Cell], ...]:
    return tuple((name, Cell(found)) for name, found in (facts.shown if facts else ()))


async def _parts(means: Means, data: MentorCase) -> tuple[Part, ...]:
    plan = await plan_of(means.db, data.page.id)
    profile = {
        "page": data.page,
        "services": await experts.all_services_of(means.db, data.page.id),
        "hours": hours_in_words(plan),
        "zone": plan.rules.time_zone,
    }
    parts = [
        Part("profile", "Profil", "partials/admin/experts/profile.html", profile),
        Part("complete", "Kelengkapan", "partials/admin/experts/checklist.html",
             {"hints": hints(data.application.facts)}),
    ]  # fmt: skip
    if data.coming:
        coming = {"deals": data.coming, "words": None}
        parts.append(Part("coming", "Sesi mendatang yang sudah dibayar", "partials/admin/deals.html", coming))
    return tuple(parts)


def hours_in_words(plan: Plan) -> list[tuple[str, str]]:
    """(days, hours) of the week, neighbours with the same hours together: `("Senin–Jumat", "09.00–17.00")`."""
    found: list[tuple[int, int, str]] = []
    for weekday in range(1, 8):
        hours = ", ".join(str(each).replace(":", ".") for each in plan.hours_of(weekday))
        if not hours:
            continue
        if found and found[-1][1:] == (weekday - 1, hours):
            found[-1] = (found[-1][0], weekday, hours)
        else:
            found.append((weekday, weekday, hours))
    names = [(DAY_NAMES[first - 1], DAY_NAMES[last - 1], hours) for first, last, hours in found]
    return [(first if first == last else f"{first}–{last}", hours) for first, last, hours in names]


async def _events(means: Means, data: MentorCase, history: list[Happened]) -> tuple[Event, ...]:
    events = [
        Event(
            each.at,
            EVENTS[each.event],
            each.actor,
            each.reason,
            kind="bad" if each.event == "rejected" else "",
        )
        for each in history
    ]
    for pause in await trust.pauses_of(means.db, data.page.id):
        events.append(Event(pause.began_at, PAUSES[pause.cause], note=pause.reason, kind="bad"))
        if pause.ended_at:
            events.append(Event(pause.ended_at, "Tampil lagi di daftar"))
    return tuple(sorted(events, key=lambda event: event.at))
