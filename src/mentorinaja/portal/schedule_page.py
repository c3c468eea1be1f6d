"""How the parts of JADWAL are shown and answered: a part with its form open, and what a saved part changes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from litestar import Response

from mentorinaja.bookings.strip import strip_of
from mentorinaja.db.pool import Database
from mentorinaja.errors import DomainError
from mentorinaja.portal.agenda import agenda_of, sessions_outside
from mentorinaja.schedule.holidays import HOLIDAYS
from mentorinaja.schedule.plan import Plan, plan_of
from mentorinaja.schedule.rules import DAY_NAMES, minutes_said
from mentorinaja.web import html
from mentorinaja.web.auth import expert_id_of
from mentorinaja.web.flash import put_flash
from mentorinaja.web.viewer import WebRequest

SCHEDULE = "/expert/dashboard/jadwal"


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page that is edited in place: its id and its partial."""

    id: str
    partial: str


HOURS = Section("jam", "partials/portal/hours.html")
DAYS_OFF = Section("libur", "partials/portal/days_off.html")
EXTRA = Section("tambahan", "partials/portal/extra_hours.html")
RULES = Section("aturan", "partials/portal/slot_rules.html")
AGENDA = Section("minggu", "partials/portal/agenda.html")


def holidays_for(plan: Plan, now: datetime) -> dict[date, str]:
    """The national holidays to come on which the mentor works, in order."""
    today = today_of(plan, now)
    return {day: name for day, name in HOLIDAYS.items() if day >= today and plan.hours_on(day)}


async def show_part(
    request: WebRequest,
    db: Database,
    now: datetime,
    section: Section,
    form: Any,
    *,
    status: int = 200,
    notice: DomainError | None = None,
) -> Response[Any]:
    """The section with its form open; a page of its own for a plain browser."""
    expert_id = expert_id_of(request)
    plan = await plan_of(db, expert_id)
    context = about(plan, now) | {"form": form, "notice": notice, "now": now}
    if html.wants_partial(request):
        return html.page(request, section.partial, status=status, **context)
    strip = await strip_of(db, expert_id)
    return html.page(
        request, "templates/portal/schedule_part.html", status=status, part=section, strip=strip, **context
    )


async def part_saved(
    request: WebRequest, db: Database, now: datetime, section: Section, words: str
) -> Response[Any]:
    """On to the page; htmx gets the section, and the others that may have changed with it."""
    expert_id = expert_id_of(request)
    outside = await sessions_outside(db, expert_id, now)
    if outside:
        words += f" {outside} sesi di luar jam kerja Anda tetap berlaku."
    if not html.wants_partial(request):
        answer = html.see_other(request, f"{SCHEDULE}#{section.id}")
        put_flash(request, answer, "warn" if outside else "ok", words)
        return answer
    plan = await plan_of(db, expert_id)
    context = about(plan, now) | {"form": None, "now": now}
    context["agenda"] = await agenda_of(db, expert_id, now, plan, _week_shown(request))
    # What one part says decides what the others show: of a new zone, of days off, of the week.
    others = [
        f'<hx-partial hx-target="#{other.id}" hx-swap="outerMorph">'
        f"{html.render(request, other.partial, **context)}</hx-partial>"
        for other in (AGENDA, HOURS, DAYS_OFF, EXTRA, RULES)
        if other is not section
    ]
    return html.respond(
        request, html.render(request, section.partial, said=words, **context) + "".join(others)
    )


def about(plan: Plan, now: datetime) -> dict[str, Any]:
    """What the sections show of a plan."""
    return {
        "plan": plan,
        "today": today_of(plan, now),
        "holidays": holidays_for(plan, now),
        "day_names": DAY_NAMES,
        "minutes_said": minutes_said,
    }


def today_of(plan: Plan, now: datetime) -> date:
    """The day it is for the mentor."""
    return now.astimezone(plan.zone).date()


def _week_shown(request: WebRequest) -> str:
    """The week on the page from which htmx asks."""
    query = parse_qs(urlsplit(request.headers.get("hx-current-url", "")).query)
    return query.get("minggu", [""])[0]
