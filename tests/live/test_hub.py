"""The doorbell: it rings for those who listen, comes back after a cut, and carries the clock."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio

from mentorinaja import clock
from mentorinaja.clock import Clock
from mentorinaja.db.pool import Database
from mentorinaja.live.hub import Hub
from mentorinaja.live.stream import Doorbell
from tests.support.streams import eventually

# Ends the line every hub of this database listens on.
CUT = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE application_name = 'mentorinaja-live' AND datname = current_database()"""


@pytest_asyncio.fixture
async def hub(db: Database) -> AsyncIterator[Hub]:
    hub = Hub(db.dsn, Clock())
    await hub.start()
    yield hub
    await hub.stop()


async def test_who_listens_to_a_topic_hears_its_rest_and_nobody_elses(db: Database, hub: Hub) -> None:
    heard: list[tuple[str, str | None]] = []
    hub.listen("room:a", lambda rest: heard.append(("room:a", rest)))
    hub.listen("room", lambda rest: heard.append(("room", rest)))
    stop = hub.listen("room:b", lambda rest: heard.append(("room:b", rest)))
    await db.execute("SELECT live_publish('room:a:7'), live_publish('catalog')")
    await eventually(lambda: len(heard) == 2)
    assert heard == [("room:a", "7"), ("room", "a:7")]
    stop()
    await db.execute("SELECT live_publish('room:b')")
    await eventually(lambda: len(heard) == 3)
    assert heard[-1] == ("room", "b")


async def test_a_rolled_back_transaction_rings_nothing(db: Database, hub: Hub) -> None:
    heard: list[str | None] = []
    hub.listen("room:a", heard.append)
    with pytest.raises(ZeroDivisionError):
        async with db.transaction() as tx:
            await tx.execute("SELECT live_publish('room:a:1')")
            raise ZeroDivisionError
    await db.execute("SELECT live_publish('room:a:2')")
    await eventually(lambda: heard == ["2"])


async def test_after_a_cut_everybody_looks_and_the_bell_is_heard_again(db: Database, hub: Hub) -> None:
    heard: list[str | None] = []
    hub.listen("room:a", heard.append)
    for _ in range(3):
        heard.clear()
        await db.execute(CUT)
        await eventually(lambda: None in heard)
        assert hub.connected
        await db.execute("SELECT live_publish('room:a:9')")
        await eventually(lambda: "9" in heard)


async def test_it_says_that_it_is_deaf_until_it_hears_again(db: Database) -> None:
    hub = Hub(db.dsn, Clock())
    await hub.start()
    try:
        await db.execute(CUT)
        await eventually(lambda: not hub.connected)
        await eventually(lambda: hub.connected)
    finally:
        await hub.stop()
    assert not hub.connected


async def test_without_a_server_it_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mentorinaja.live.hub._START_SECONDS", 0.5)
    hub = Hub("postgresql://nobody@127.0.0.1:9/nothing", Clock())
    with pytest.raises(TimeoutError):
        await hub.start()


async def test_the_process_follows_the_moved_clock_at_once(db: Database, hub: Hub) -> None:
    heard: list[str | None] = []
    hub.listen("clock", heard.append)
    for _ in range(20):  # also when it is moved again while it is being asked
        await clock.shift(db, timedelta(hours=1))
    await eventually(lambda: heard != [])
    expected = await clock.now(db)
    await eventually(
        lambda: abs(hub.clock.now() - expected) < timedelta(minutes=30)
    )  # the last of the twenty hours
    assert hub.connected


async def test_a_doorbell_remembers_what_rang_while_nobody_waited(db: Database, hub: Hub) -> None:
    with Doorbell(hub, "order:X") as bell:
        assert not await bell.wait(0.01)
        await db.execute("SELECT live_publish('order:X')")
        await asyncio.sleep(0.1)
        assert await bell.wait(5)
        assert not await bell.wait(0.01)
