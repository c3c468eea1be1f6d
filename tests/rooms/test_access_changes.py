"""A stream ends within ten seconds of the moment its reader may no longer have it, heard or not."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from mentorinaja.db.pool import Database
from mentorinaja.payments.actions import cancel_and_owe
from mentorinaja.rooms import actions
from mentorinaja.web.viewer import Viewer
from tests.support.front import fronted
from tests.support.rooms import Meeting, known_browser, meet_later, meet_now
from tests.support.site import Site, running_site
from tests.support.streams import Reader, eventually

# What changes: the sign-in of one of the two, or what that person is. The last one rings no bell at all.
CHANGES = {
    "signed out": "UPDATE login_sessions SET ended_at = app_now() WHERE user_id = $1",
    "suspended": "UPDATE users SET suspended_at = app_now() WHERE id = $1",
    "another role": "UPDATE users SET role = 'admin' WHERE id = $1",
    "run out": "UPDATE login_sessions SET expires_at = app_now() WHERE user_id = $1",
}
GONE = ("signed out", "suspended", "run out")


@asynccontextmanager
async def open_stream(
    site: Site, meeting: Meeting, person: Viewer
) -> AsyncIterator[tuple[Reader, asyncio.Task[None]]]:
    """One connection, which does not come back by itself."""
    browser = await known_browser(site, person)
    reader = Reader(browser.client, f"/session/{meeting.booking_id}/events")
    task = asyncio.create_task(reader.read_once())
    await eventually(lambda: bool(reader.seen))
    try:
        yield reader, task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def running(db: Database) -> Meeting:
    meeting = await meet_now(db)
    await meeting.begin()
    return meeting


@pytest.mark.parametrize("what", CHANGES)
async def test_a_change_ends_the_stream_and_whoever_is_gone_stays_out(site: Site, what: str) -> None:
    meeting = await running(site.db)
    async with (
        open_stream(site, meeting, meeting.user) as (mine, ended),
        open_stream(site, meeting, meeting.expert) as (theirs, _),
    ):
        await site.db.execute(CHANGES[what], meeting.user.id)
        async with asyncio.timeout(30):
            await ended
        before = list(mine.numbers)
        await meeting.say(meeting.expert, "Rahasia")
        await eventually(lambda: theirs.numbers == [1, 2])
        await mine.read_once() if what in GONE else None
        assert mine.numbers == before
        assert theirs.opened == 1


async def test_an_expert_whose_profile_is_taken_away_loses_the_room(unchecked_db: Database) -> None:
    async with running_site(unchecked_db) as site:
        meeting = await running(site.db)
        async with open_stream(site, meeting, meeting.expert) as (reader, ended):
            somebody = (await running(site.db)).user
            await site.db.execute(
                "UPDATE experts SET user_id = $2 WHERE id = $1", meeting.expert.expert_id, somebody.id
            )
            async with asyncio.timeout(30):
                await ended
            await meeting.say(meeting.user, "Rahasia")
            await reader.read_once()
            assert reader.status == 404 and reader.numbers == [1]


async def test_signing_out_on_the_page_ends_this_devices_stream_only(site: Site) -> None:
    meeting = await running(site.db)
    async with (
        open_stream(site, meeting, meeting.user) as (here, ended),
        open_stream(site, meeting, meeting.user) as (there, _),
    ):
        browser = await known_browser(site, meeting.user)
        browser.client.cookies.update(here.client.cookies)
        await browser.get("/user/profile")
        await browser.post("/logout", {})
        async with asyncio.timeout(30):
            await ended
        await meeting.say(meeting.expert, "Masih di sini?")
        await eventually(lambda: there.numbers == [1, 2])


async def test_all_of_it_within_ten_seconds_without_a_doorbell(db: Database) -> None:
    async with (
        fronted(db.dsn) as (listen_dsn, line),
        running_site(db, listen_database_url=listen_dsn) as site,
    ):
        cancelled = await meet_later(db)
        await cancelled.go_to((await cancelled.room()).starts_at - timedelta(minutes=5))
        await actions.enter(db, cancelled.user, cancelled.booking_id)
        meetings = {what: await running(db) for what in CHANGES}
        async with (
            open_stream(site, meetings["signed out"], meetings["signed out"].user) as (_, first),
            open_stream(site, meetings["suspended"], meetings["suspended"].user) as (suspended, second),
            open_stream(site, meetings["another role"], meetings["another role"].expert) as (_, third),
            open_stream(site, meetings["run out"], meetings["run out"].user) as (_, fourth),
            open_stream(site, cancelled, cancelled.user) as (told, fifth),
        ):
            line.swallowing = True
            for what, meeting in meetings.items():
                person = meeting.expert if what == "another role" else meeting.user
                await db.execute(CHANGES[what], person.id)
            async with db.transaction() as tx:
                await cancel_and_owe(tx, cancelled.booking_id, 157_500, "cancelled_by_expert", actor="expert")
            began = time.monotonic()
            done, waiting = await asyncio.wait({first, second, third, fourth, fifth}, timeout=30)
            print(f"all ended {time.monotonic() - began:.1f} s after the change, without a doorbell")
            assert not waiting and len(done) == 5
            assert told.seen[-1].event == "changed"
            await suspended.read_once()
            assert suspended.status != 200
