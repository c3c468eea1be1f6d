"""A session over two web processes and a worker, each of which may die: people talk on, the clock stays right."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from mentorinaja.db.migrate import migrate
from mentorinaja.db.pool import Database
from mentorinaja.local.postgres import start
from tests.live.test_hub import CUT
from tests.support.database import assert_invariants
from tests.support.front import fronted
from tests.support.processes import Deployment, WebProcess, deployed
from tests.support.streams import eventually
from tests.support.talkers import Pair, Talker, all_seen, faults_of, history_in, listening, meet

# What the product promises is less; a busy machine that runs tests may take its time.
PATIENCE = 30


@asynccontextmanager
async def talking(db: Database, deployment: Deployment, folder: Path) -> AsyncIterator[Pair]:
    """Two people in a running chat, listening; at the end both have seen everything, once and in order."""
    with history_in(folder) as file:
        pair = await meet(db, deployment.front.url, file)
        async with listening(*pair):
            yield pair
            await eventually(lambda: all_seen(db, *pair), PATIENCE)
        assert not await faults_of(pair)


async def test_people_on_different_processes_talk(db: Database, tmp_path: Path) -> None:
    async with deployed(db.dsn) as deployment, talking(db, deployment, tmp_path) as (user, expert):
        # Connections go to the processes in turn: what one says and hears goes through both.
        for _ in range(5):
            for talker in (user, expert):
                await talker.say()
                talker.phone.hang_up()
        assert all(deployment.front.taken[process.place] >= 5 for process in deployment.web)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM], ids=["killed", "told to stop"])
async def test_people_talk_on_whichever_process_ends(
    db: Database, tmp_path: Path, how: signal.Signals
) -> None:
    async with deployed(db.dsn) as deployment, talking(db, deployment, tmp_path) as pair:
        for process in deployment.web:
            await asyncio.gather(_chat(pair, 20), process.stop(how))
            await _chat(pair, 5)
            await process.start()


async def test_both_processes_are_replaced_in_turn_while_messages_flow(db: Database, tmp_path: Path) -> None:
    async with deployed(db.dsn) as deployment, talking(db, deployment, tmp_path) as pair:
        replaced = asyncio.Event()
        flowing = asyncio.create_task(_chat_until(pair, replaced))
        for process in (*deployment.web, *deployment.web):
            await process.restart()
        replaced.set()
        await flowing


async def test_a_deadline_passes_while_no_process_runs_the_jobs(db: Database, tmp_path: Path) -> None:
    async with deployed(db.dsn) as deployment:
        with history_in(tmp_path) as file:
            user, _ = await meet(db, deployment.front.url, file, minutes=30)
            await user.say()
        await deployment.worker.stop(signal.SIGKILL)
        ends_at = (await user.meeting.room()).ends_at
        assert ends_at is not None
        await user.meeting.go_to(ends_at + timedelta(seconds=5))
        assert await user.meeting.status() == "confirmed"  # nobody looks, nobody writes it down
        await deployment.worker.start()
        await eventually(lambda: _is_over(user), PATIENCE)
        room = await user.meeting.room()
        assert (room.ended_at, room.ended_by) == (ends_at, "timeout")


async def test_postgres_restarts_in_the_middle(tmp_path: Path) -> None:
    with start(tmp_path / "postgres", fast=True) as server:
        await migrate(server.dsn)
        db = await Database.connect(server.dsn)
        try:
            async with deployed(server.dsn) as deployment, talking(db, deployment, tmp_path) as pair:
                await _chat(pair, 5)
                await asyncio.gather(_chat(pair, 20), asyncio.to_thread(server.restart))
                began = time.monotonic()
                await _chat(pair, 1)
                await eventually(lambda: all_seen(db, *pair), PATIENCE)
                print(f"seen by both {time.monotonic() - began:.1f} s after the restart")
                assert deployment.worker.running and all(process.running for process in deployment.web)
            await assert_invariants(db)
        finally:
            await db.close()


async def test_a_doorbell_that_is_cut_off_costs_nothing(db: Database, tmp_path: Path) -> None:
    async with deployed(db.dsn) as deployment, talking(db, deployment, tmp_path) as pair:
        for _ in range(3):
            await db.execute(CUT)
            await _chat(pair, 5)
        assert all(talker.opened == 1 for talker in pair)


async def test_a_doorbell_that_is_silent_delays_messages_by_ten_seconds_at_most(
    db: Database, tmp_path: Path
) -> None:
    async with (
        fronted(db.dsn) as (listen_dsn, line),
        deployed(db.dsn, LISTEN_DATABASE_URL=listen_dsn) as deployment,
        talking(db, deployment, tmp_path) as pair,
    ):
        line.swallowing = True
        await _chat(pair, 1)
        began = time.monotonic()
        await eventually(lambda: all_seen(db, *pair), PATIENCE)
        print(f"seen by both {time.monotonic() - began:.1f} s after it was sent, without a doorbell")
        assert all(talker.opened == 1 for talker in pair)


async def test_two_hundred_open_streams_end_quickly_and_are_back_quickly(
    db: Database, tmp_path: Path
) -> None:
    process = WebProcess(db.dsn)
    await process.start()
    with history_in(tmp_path) as file:
        pairs = [await meet(db, process.url, file) for _ in range(20)]
        everybody = [tab for pair in pairs for talker in pair for tab in _five(talker)]
        assert len(everybody) == 200
        async with listening(*everybody):
            stopped = await process.stop()
            assert stopped < 30, "eight seconds of grace, on a machine that is busy"
            await process.start()
            began = time.monotonic()
            await eventually(lambda: all(talker.opened == 2 for talker in everybody), PATIENCE)
            back = time.monotonic() - began
        print(f"200 streams: stopped in {stopped:.1f} s, all back {back:.1f} s after the restart")
    await process.stop()


async def _chat(pair: Pair, each: int) -> None:
    for _ in range(each):
        for talker in pair:
            await talker.say()


async def _chat_until(pair: Pair, enough: asyncio.Event) -> None:
    while not enough.is_set():
        await _chat(pair, 1)
        await asyncio.sleep(0.05)


def _five(talker: Talker) -> list[Talker]:
    """As many streams as one person may have, which come back without hurry."""
    return [replace(talker, phone=talker.phone.another(), tab="", pause=0.5) for _ in range(5)]


async def _is_over(talker: Talker) -> bool:
    return await talker.meeting.status() == "completed"
