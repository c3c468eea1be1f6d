"""JADWAL, the mentor's page of working hours, days off, the rules of slots, and the weeks to come."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from litestar import Response, get, post

from mentorinaja.bookings.strip import strip_of
from mentorinaja.calendars.queries import calendars_of
from mentorinaja.db.pool import Database
from mentorinaja.errors import NotThere
from mentorinaja.portal.agenda import agenda_of
from mentorinaja.portal.schedule_page import (
    DAYS_OFF,
    EXTRA,
    HOURS,
    RULES,
    SCHEDULE,
    about,
    holidays_for,
    part_saved,
    show_part,
    today_of,
)
from mentorinaja.schedule import editing
from mentorinaja.schedule.forms import DayForm, DaysOffForm, ExtraForm, RulesForm, day_in
from mentorinaja.schedule.plan import plan_of
from mentorinaja.schedule.rules import DAY_NAMES, ScheduleChanged, ScheduleInvalid, time_in
from mentorinaja.settings import Settings
from mentorinaja.web import html
from mentorinaja.web.auth import expert_id_of, requires_expert
from mentorinaja.web.bodies import posted
from mentorinaja.web.viewer import WebRequest


@get(SCHEDULE, guards=[requires_expert])
async def show_schedule(
    request: WebRequest, db: Database, settings: Settings, now: datetime
) -> Response[Any]:
    """The week asked for (`minggu`, any day of it), and everything that decides which slots there are."""
    assert request.user is not None, "the guard let nobody else in"
    expert_id = expert_id_of(request)
    plan = await plan_of(db, expert_id)
    wanted = request.query_params.get("minggu", "")
    return html.page(
        request,
        "templates/portal/schedule.html",
        strip=await strip_of(db, expert_id),
        agenda=await agenda_of(db, expert_id, now, plan, wanted),
        calendars=await calendars_of(db, settings, request.user),
        calendar_back="jadwal",
        form=None,
        now=now,
        **about(plan, now),
    )


@get(SCHEDULE + "/jam/{weekday:int}", guards=[requires_expert])
async def show_day(request: WebRequest, db: Database, now: datetime, weekday: int) -> Response[Any]:
    """The hours of a weekday, to be changed."""
    plan = await plan_of(db, expert_id_of(request))
    return await show_part(request, db, now, HOURS, DayForm(_weekday(weekday), ranges=plan.hours_of(weekday)))


@post(SCHEDULE + "/jam/{weekday:int}", guards=[requires_expert])
async def save_day(request: WebRequest, db: Database, now: datetime, weekday: int) -> Response[Any]:
    """Save the hours of a weekday and of those that get the same; `add` and `remove` only change the form."""
    sent = await posted(request)
    form = DayForm(_weekday(weekday), sent)
    if "add" in sent:
        form.add_row()
        return await show_part(request, db, now, HOURS, form)
    if "remove" in sent:
        form.remove_row(sent.text("remove") or "")
        return await show_part(request, db, now, HOURS, form)
    if not form.validate():
        return await show_part(request, db, now, HOURS, form, status=422)
    expert_id, also = expert_id_of(request), form.also.data or []
    try:
        await editing.set_day(db, expert_id, weekday, form.ranges(), seen=form.seen.data or "", also=also)
    except (ScheduleInvalid, ScheduleChanged) as refusal:
        plan = await plan_of(db, expert_id)
        fresh = DayForm(weekday, ranges=plan.hours_of(weekday))
        form.seen.data = fresh.seen.data
        return await show_part(request, db, now, HOURS, form, status=refusal.status, notice=refusal)
    days = ", ".join(DAY_NAMES[day - 1] for day in sorted({weekday, *also}))
    return await part_saved(request, db, now, HOURS, f"Jam kerja {days} disimpan.")


@get(SCHEDULE + "/libur/baru", guards=[requires_expert])
async def show_days_off(request: WebRequest, db: Database, now: datetime) -> Response[Any]:
    """An empty form for days off."""
    plan = await plan_of(db, expert_id_of(request))
    return await show_part(request, db, now, DAYS_OFF, DaysOffForm(today_of(plan, now)))


@post(SCHEDULE + "/libur/baru", guards=[requires_expert])
async def add_days_off(request: WebRequest, db: Database, now: datetime) -> Response[Any]:
    """Make days off; sessions booked on them stay, and are told."""
    expert_id = expert_id_of(request)
    plan = await plan_of(db, expert_id)
    form = DaysOffForm(today_of(plan, now), await posted(request))
    if not form.validate():
        return await show_part(request, db, now, DAYS_OFF, form, status=422)
    made = await editing.add_days_off(db, expert_id, *form.span, form.note.data or "")
    return await part_saved(request, db, now, DAYS_OFF, _off_said(made))


@post(SCHEDULE + "/libur/hapus", guards=[requires_expert])
async def remove_days_off(request: WebRequest, db: Database, now: datetime) -> Response[Any]:
    """The weekly hours hold again from `first` to `last`."""
    sent = await posted(request)
    first, last = day_in(sent.text("first") or ""), day_in(sent.text("last") or "")
    if first is None or last is None:
        raise NotThere
    await editing.remove_days_off(db, expert_id_of(request), first, last)
    return await part_saved(request, db, now, DAYS_OFF, "Hari libur dihapus. Jam kerja biasa berlaku lagi.")


@post(SCHEDULE + "/libur/nasional", guards=[requires_expert])
async def take_holidays(request: WebRequest, db: Database, now: datetime) -> Response[Any]:
    """Make one suggested national holiday (`day`) a day off, or all of them."""
    expert_id, sent = expert_id_of(request), await posted(request)
    suggested = holidays_for(await plan_of(db, expert_id), now)
    wanted = {day: name for day, name in suggested.items() if "all" in sent or str(day) == sent.text("day")}
    made = await editing.add_holidays(db, expert_id, wanted)
    return await part_saved(request, db, now, DAYS_OFF, _off_said(made))


@get(SCHEDULE + "/tambahan/baru", guards=[requires_expert])
async def show_extra(request: WebRequest, db: Database, now: datetime) -> Response[Any]:
    """An empty form for extra hours."""
    plan = await plan_of(db, expert_id_of(request))
    return await show_part(request, db, now, EXTRA, ExtraForm(today_of(plan, now)))


@post(SCHEDULE + "/tambahan/baru", guards=[requires_expert])
async def add_extra(request: WebRequest, db: Database, now: datetime) -> Response[Any]:
    """Work on a date in addition."""
    expert_id = expert_id_of(request)
    plan = await plan_of(db, expert_id)
    form = ExtraForm(today_of(plan, now), await posted(request))
    if not form.validate():
        return await show_part(request, db, now, EXTRA, form, status=422)
    try:
        await editing.add_extra(db, expert_id, form.date, form.hours)
    except ScheduleInvalid as refusal:
        form.starts.errors = [refusal.text]
        return await show_part(request, db, now, EXTRA, form, status=422)
    return await part_saved(request, db, now, EXTRA, "Jam tambahan disimpan.")


@post(SCHEDULE + "/tambahan/hapus", guards=[requires_expert])
async def remove_extra(request: WebRequest, db: Database, now: datetime) -> Response[Any]:
    """Take the extra range of `day` that begins at `starts` away."""
    sent = await posted(request)
    day, starts = day_in(sent.text("day") or ""), time_in(sent.text("starts") or "")
    if day is None or starts is None:
        raise NotThere
    await editing.remove_extra(db, expert_id_of(request), day, starts)
    return await part_saved(request, db, now, EXTRA, "Jam tambahan dihapus.")


@get(SCHEDULE + "/aturan", guards=[requires_expert])
async def show_rules(request: WebRequest, db: Database, now: datetime) -> Response[Any]:
    """The rules of slots, to be changed."""
    plan = await plan_of(db, expert_id_of(request))
    return await show_part(request, db, now, RULES, RulesForm(plan.rules))


@post(SCHEDULE + "/aturan", guards=[requires_expert])
async def save_rules(request: WebRequest, db: Database, now: datetime) -> Response[Any]:
    """Save the rules; sessions already booked stay at their time."""
    expert_id = expert_id_of(request)
    plan = await plan_of(db, expert_id)
    form = RulesForm(plan.rules, await posted(request))
    if not form.validate():
        return await show_part(request, db, now, RULES, form, status=422)
    try:
        await editing.change_rules(db, expert_id, form.said(), seen=form.seen.data or "")
    except ScheduleChanged as refusal:
        form.seen.data = RulesForm((await plan_of(db, expert_id)).rules).seen.data
        return await show_part(request, db, now, RULES, form, status=refusal.status, notice=refusal)
    return await part_saved(request, db, now, RULES, "Aturan slot disimpan.")


def _off_said(made: editing.MadeOff) -> str:
    words = f"{made.days} hari dijadikan libur." if made.days else "Hari itu sudah libur."
    return words + (f" {made.extra_dropped} jam tambahan dihapus." if made.extra_dropped else "")


def _weekday(number: int) -> int:
    if not 1 <= number <= 7:
        raise NotThere
    return number


handlers = [
    show_schedule, show_day, save_day, show_days_off, add_days_off, remove_days_off, take_holidays, show_extra,
    add_extra, remove_extra, show_rules, save_rules,
]  # fmt: skip
