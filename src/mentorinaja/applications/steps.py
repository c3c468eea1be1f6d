"""What each step of the form shows to begin with, and what it does when it is right."""

from __future__ import annotations

from typing import Any

from mentorinaja.applications import queries, saving
from mentorinaja.applications.forms import FORMS, ApplicantForm, HoursForm, SkillsForm
from mentorinaja.applications.queries import Application, Draft, Typed
from mentorinaja.applications.rules import LONGEST_TYPED
from mentorinaja.db.pool import Database
from mentorinaja.experts import queries as experts
from mentorinaja.experts.details import common_tags, tags_of
from mentorinaja.experts.queries import Service
from mentorinaja.experts.rules import can_cost
from mentorinaja.experts.service_form import ServiceForm
from mentorinaja.policies import queries as policies
from mentorinaja.typed import UNFIT
from mentorinaja.web.bodies import Posted
from mentorinaja.web.forms import BaseForm
from mentorinaja.web.viewer import Viewer

_PROPOSED = 12


async def form_for(db: Database, user: Viewer, application: Application, step: str, draft: Draft) -> BaseForm:
    """The step's form with what was last typed in it, else with what the profile says, else with proposals."""
    if draft.typed is not None:
        return FORMS[step](Posted(list(draft.typed.items())))
    if step == "layanan":
        return ServiceForm()
    return FORMS[step](data=await _BEFORE[step](db, user, application))


async def save(db: Database, user: Viewer, form: BaseForm) -> None:
    """Make a valid step a part of the profile.

    Raises SlugTaken, ProfileInvalid, ServicesFull, ScheduleInvalid; NotOpen when the form is closed.
    """
    if isinstance(form, ApplicantForm):
        await saving.save_about(db, user, form.told())
    elif isinstance(form, SkillsForm):
        await saving.save_tags(db, user, form.expertise.tags, form.skills.tags)
    elif isinstance(form, ServiceForm):
        await saving.save_service(db, user, form.said())
    elif isinstance(form, HoursForm):
        await saving.save_hours(db, user, form.time_zone.data, form.hours())


def typed_in(step: str, sent: Posted) -> Typed:
    """The step's fields as they were sent, each as far as it can be kept; no other field."""
    texts = {field.name: sent.text(field.name) for field in FORMS[step]()}
    return {name: UNFIT.sub("", text)[:LONGEST_TYPED] for name, text in texts.items() if text is not None}


async def services_there(db: Database, application: Application) -> list[Service]:
    """The services that stand in the profile, on sale or not."""
    if application.expert_id is None:
        return []
    return [service for service, _ in await experts.all_services_of(db, application.expert_id)]


async def common_expertise(db: Database, step: str) -> list[str]:
    """What many mentors call their field, for the step that asks for it."""
    return (await common_tags(db, "expertise"))[:_PROPOSED] if step == "keahlian" else []


async def earning_of(db: Database, form: BaseForm | None) -> dict[str, Any]:
    """What a service's price would earn, for its form; nothing is told of what no service costs."""
    if not isinstance(form, ServiceForm):
        return {}
    policy, amount = await policies.current(db), form.price.data
    return {"policy": policy, "price": policy.price(amount) if amount and can_cost(amount) else None}


async def _about(db: Database, user: Viewer, application: Application) -> dict[str, Any]:
    if application.expert_id is None:
        return {"slug": await queries.free_slug(db, user.full_name), "country": "Indonesia"}
    return await queries.about_of(db, application.expert_id)


async def _skills(db: Database, _user: Viewer, application: Application) -> dict[str, Any]:
    assert application.expert_id is not None, "the first step makes the expert"
    expertise, skills = await tags_of(db, application.expert_id)
    return {"expertise": ", ".join(expertise), "skills": ", ".join(skills)}


async def _hours(db: Database, _user: Viewer, application: Application) -> dict[str, Any]:
    row = await db.fetchrow(
        """SELECT time_zone, EXISTS (SELECT FROM weekly_hours w WHERE w.expert_id = s.expert_id) AS any
           FROM schedules s WHERE expert_id = $1""",
        application.expert_id,
    )
    assert row is not None, "every expert has a schedule"
    return {"time_zone": row["time_zone"], "week": "sendiri" if row["any"] else "kantor"}


_BEFORE = {"tentang": _about, "keahlian": _skills, "jadwal": _hours}
