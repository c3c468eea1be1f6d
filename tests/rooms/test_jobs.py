"""What the worker does for rooms when nobody looks at them, and two processes that do it at once."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest_asyncio

from mentorinaja.bookings.actions import ROOMS_DUE
from mentorinaja.db.pool import Database
from mentorinaja.jobs.queue import Job
from mentorinaja.jobs.worker import run_sweeps
from mentorinaja.resources import Resources, open_resources
from mentorinaja.rooms import actions
from mentorinaja.rooms.jobs import JOBS
from mentorinaja.rooms.room import Notice
from tests.support.bookings import settings_of
from tests.support.rooms import meet_later, meet_now

MINUTE = timedelta(minutes=1)


@pytest_asyncio.fixture
async def resources(db: Database) -> AsyncIterator[Resources]:
    async with open_resources(settings_of(db)) as opened:
        yield opened


async def test_a_room_is_made_when_its_waiting_time_begins_and_no_earlier(
    db: Database, resources: Resources
) -> None:
    meeting = await meet_later(db)
    unpaid = await meet_later(db, paid=False)
    start = (await meeting.room()).starts_at
    await meeting.go_to(start - 11 * MINUTE)
    await run_sweeps(resources, JOBS)
    assert (await meeting.room()).status is None
    await meeting.go_to(start - 10 * MINUTE)
    await run_sweeps(resources, JOBS)
    assert (await meeting.room()).status == "waiting" and (await unpaid.room()).status is None


async def test_the_clock_is_started_for_an_expert_who_waits(db: Database, resources: Resources) -> None:
    meeting = await meet_later(db)
    start = (await meeting.room()).starts_at
    await meeting.go_to(start - 5 * MINUTE)
    await meeting.begin()
    await run_sweeps(resources, JOBS)
    assert (await meeting.room()).status == "waiting"
    await meeting.go_to(start + MINUTE)
    await run_sweeps(resources, JOBS)
    assert (await meeting.room()).started_at == start


async def test_nobody_there_starts_no_clock(db: Database, resources: Resources) -> None:
    meeting = await meet_later(db)
    await meeting.go_to((await meeting.room()).starts_at + MINUTE)
    await run_sweeps(resources, JOBS)
    assert (await meeting.room()).status == "waiting"


async def test_a_video_session_runs_and_completes_with_nobody_in_its_room(
    db: Database, resources: Resources
) -> None:
    meeting = await meet_later(db, category="online_video")
    await meeting.go_to((await meeting.room()).starts_at + timedelta(hours=3))
    await run_sweeps(resources, JOBS)
    room = await meeting.room()
    assert (room.status, room.ended_by, room.ended_at) == ("ended", "timeout", room.scheduled_end)
    assert await meeting.status() == "completed"


async def test_what_ended_while_nothing_ran_is_ended_at_the_start(db: Database, resources: Resources) -> None:
    meetings = [await meet_now(db) for _ in range(3)]
    for meeting in meetings:
        await meeting.begin()
    await meetings[0].go_to((await meetings[0].room()).read_at + timedelta(days=2))
    await run_sweeps(resources, JOBS)
    for meeting in meetings:
        room = await meeting.room()
        assert (room.status, room.ended_at) == (
            "ended",
            room.ends_at,
        ) and await meeting.status() == "completed"


async def test_ten_workers_and_both_people_end_it_once(db: Database, resources: Resources) -> None:
    meeting = await meet_now(db)
    await meeting.begin()
    ends_at = (await meeting.room()).ends_at
    assert ends_at is not None
    await meeting.go_to(ends_at)
    await asyncio.gather(
        *(run_sweeps(resources, JOBS) for _ in range(10)),
        *(actions.end(db, person, meeting.booking_id) for person in (meeting.user, meeting.expert) * 3),
    )
    ends = [item for item in await meeting.items() if isinstance(item, Notice) and item.kind == "ended"]
    assert [end.cause for end in ends] == ["timeout"]


async def test_one_room_that_cannot_be_moved_keeps_no_other_waiting(
    unchecked_db: Database,
) -> None:
    async with open_resources(settings_of(unchecked_db)) as resources:
        stuck, fine = await meet_now(unchecked_db), await meet_now(unchecked_db)
        for meeting in (stuck, fine):
            await meeting.begin()
        # A number that is taken already: the end cannot be written.
        await unchecked_db.execute(
            "INSERT INTO session_events (booking_id, seq, kind, cause, seal) VALUES ($1, 2, 'paused', 'test', '')",
            stuck.booking_id,
        )
        await fine.go_to((await fine.room()).read_at + timedelta(hours=1))
        await run_sweeps(resources, JOBS)
        assert (await fine.room()).status == "ended" and (await stuck.room()).status == "running"


def test_the_jobs_have_the_names_others_ring() -> None:
    names = {job.name for job in JOBS}
    assert {ROOMS_DUE, actions.CHOICE_DUE} <= names
    assert all(isinstance(job, Job) and job.sweep for job in JOBS)
