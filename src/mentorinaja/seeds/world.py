"""Fills an empty database with the demo world, or readies the one that is there."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import datetime, timedelta

from mentorinaja import clock
from mentorinaja.accounts import actions as accounts
from mentorinaja.accounts.actions import NewAccount
from mentorinaja.db.pool import Connection, Database, atomic
from mentorinaja.experts import actions as experts
from mentorinaja.notices import actions as notices
from mentorinaja.payments import actions as payments
from mentorinaja.resources import Resources
from mentorinaja.schedule import actions as schedule
from mentorinaja.schedule.rules import NotListed
from mentorinaja.seeds import applicants, people, portraits
from mentorinaja.seeds.absences import Absences
from mentorinaja.seeds.applicants import Applicants
from mentorinaja.seeds.cases import Cases
from mentorinaja.seeds.cast import gather
from mentorinaja.seeds.changes import Changes
from mentorinaja.seeds.desk import Desk
from mentorinaja.seeds.diaries import connect_diaries
from mentorinaja.seeds.elsewhere import Elsewhere
from mentorinaja.seeds.fates import Fates
from mentorinaja.seeds.goods import Goods
from mentorinaja.seeds.history import SPAN, Storyteller
from mentorinaja.seeds.letters import Letters
from mentorinaja.seeds.moderation import Moderation
from mentorinaja.seeds.payouts import CASHIER, Payouts
from mentorinaja.seeds.people import PASSWORD, ZONES, Expert, User
from mentorinaja.seeds.special_days import tell_special_days
from mentorinaja.seeds.till import Till
from mentorinaja.seeds.timeline import Timeline
from mentorinaja.seeds.wishes import make_wishes
from mentorinaja.settings import SettingsError
from mentorinaja.web.viewer import Role

# How long ago the first of them came.
AGE = timedelta(days=200)
ADMIN = User("admin", "Admin MentorinAja")
READY = ("sari", "dimas")
MEETING_LINKS = [f"https://meet.mentorinaja.test/sesi-{number:03}" for number in range(1, 201)]


async def seed(resources: Resources) -> None:
    """Make the demo world; where it is already, only turn "Siap sekarang" on again. Raises SettingsError.

    The past is made by setting the database's clock back, so nothing else may use the database meanwhile.
    """
    if resources.settings.mode == "production":
        raise SettingsError(
            "The demo world is not for production: MENTORINAJA_MODE must be demo or development."
        )
    db = resources.db
    # The admin comes last: where there is one, the world is complete.
    if not await _user_id(db, ADMIN.email):
        await _make(resources)
    for slug in READY:
        with suppress(NotListed):  # who was paused or taken off the lists meanwhile stays so
            await schedule.set_ready(db, await _expert_id(db, slug), True)


async def _make(resources: Resources) -> None:
    db = resources.db
    told = people.experts()
    try:
        await clock.shift(db, None)  # an earlier attempt may have been interrupted in the past
        today = await clock.now(db)
        await clock.shift(db, -AGE)
        resources.clock.set(await clock.now(db))
        await _register(db, people.USERS)
        await _register(db, [expert.user for expert in told], first_number=1000)
        await _register(db, applicants.USERS, first_number=5000)
        await _register(db, [CASHIER], "admin", first_number=8000)
        for expert in told:
            await _make_expert(db, expert)
        await portraits.hang(db, resources.storage)
        await payments.add_links(db, MEETING_LINKS)
        await _live(resources, today)
    finally:
        await clock.shift(db, None)
        resources.clock.set(await clock.now(db))
    await tell_special_days(db, *[await _expert_id(db, slug) for slug in READY])
    await connect_diaries(db, resources.settings)
    await db.execute("SELECT refresh_listing(id) FROM experts")
    await _register(db, [ADMIN], "admin", first_number=9000)


async def _live(resources: Resources, today: datetime) -> None:
    """The past on its timeline, then what stands in the calendars today."""
    db = resources.db
    cast = await gather(db)
    till = Till(resources)
    try:
        storyteller = Storyteller(resources, cast, till)
        fates = Fates(db, cast, till, storyteller)
        letters = Letters(db, resources.storage, cast, till, storyteller)
        elsewhere = Elsewhere(db, cast, till, storyteller)
        changes = Changes(db, cast, till, storyteller)
        goods = Goods(resources, cast, till)
        await goods.offer()
        if not await db.fetchval("SELECT EXISTS (SELECT FROM orders)"):
            timeline = Timeline(resources)
            await timeline.move_to(today - SPAN)
            for story in (
                *storyteller.past(today - SPAN),
                *fates.past(today),
                *letters.past(today),
                *elsewhere.past(today),
                *changes.past(today),
                *goods.past(today),
                *Absences(db, cast, till, storyteller).past(today),
                *Payouts(resources, cast).past(today),
                *Applicants(resources).past(today),
                *Moderation(resources).past(today),
                *Desk(resources).past(today),
                *Cases(resources, cast, till).past(today),
            ):
                await timeline.add(story)
            await timeline.run()
        await _forget_alarms(db)
        await clock.shift(db, None)
        await fates.make_today()
        await letters.make_today()
        await changes.make_today()
        await goods.make_today()
        await make_wishes(db, cast)
    finally:
        till.close()


async def _forget_alarms(db: Database) -> None:
    """What the past wanted done is done or over: no mail of it is sent, no job of it runs."""
    await notices.drop_due(db, "of the demo's past")
    await db.execute("DELETE FROM pgqueuer")


async def _register(db: Database, some: list[User], role: Role = "user", first_number: int = 0) -> None:
    """Make the accounts that are not there yet; a few at a time, for hashing takes a while."""
    gate = asyncio.Semaphore(4)

    async def register(number: int, user: User) -> None:
        async with gate:
            if await _user_id(db, user.email) is None:
                new = NewAccount(user.full_name, user.email, people.phone(number), PASSWORD, ZONES[user.zone])
                await accounts.register(db, new, role=role, verified=True)

    async with asyncio.TaskGroup() as group:
        for number, user in enumerate(some, first_number):
            group.create_task(register(number, user))


async def _make_expert(db: Database, expert: Expert) -> None:
    user_id = await _user_id(db, expert.user.email)
    assert user_id is not None, "registered just before"
    if await db.fetchval("SELECT EXISTS (SELECT FROM experts WHERE user_id = $1)", user_id):
        return
    expert_id = await _create(db, user_id, expert)
    await schedule.set_rules(db, expert_id, expert.rules)


@atomic
async def _create(tx: Connection, user_id: int, expert: Expert) -> int:
    expert_id = await experts.create_expert(
        tx, user_id, expert.profile, time_zone=expert.rules.time_zone, week=expert.week
    )
    for service in expert.services:
        await experts.add_service(tx, expert_id, service)
    await experts.publish(tx, expert_id)
    return expert_id


async def _user_id(db: Database, email: str) -> int | None:
    found: int | None = await db.fetchval("SELECT id FROM users WHERE email = $1::text::citext", email)
    return found


async def _expert_id(db: Database, slug: str) -> int:
    found: int = await db.fetchval("SELECT id FROM experts WHERE slug = $1", slug)
    return found
