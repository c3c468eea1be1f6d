"""Who is signed in, remembered for a moment and forgotten at once."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from mentorinaja.accounts import actions, live
from mentorinaja.accounts.actions import SignedIn
from mentorinaja.accounts.live import ViewerCache
from mentorinaja.clock import Clock
from mentorinaja.db.pool import Database
from mentorinaja.live.hub import Hub
from mentorinaja.web.auth import token_hash
from tests.support.accounts import HOME, PASSWORD, eventually, make_account

BUDI = "budi@mentorinaja.test"


@pytest.fixture(autouse=True)
def remembered_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is forgotten was told, and did not merely grow old."""
    monkeypatch.setattr(live, "_FRESH_SECONDS", 3600.0)


@pytest_asyncio.fixture
async def hub(db: Database) -> AsyncIterator[Hub]:
    hub = Hub(db.dsn, Clock())
    await hub.start()
    yield hub
    await hub.stop()


@pytest_asyncio.fixture
async def budi(db: Database) -> SignedIn:
    await make_account(db, BUDI)
    return await actions.sign_in(db, BUDI, PASSWORD, HOME)


async def test_a_session_is_asked_for_once_and_then_remembered(
    db: Database, hub: Hub, budi: SignedIn
) -> None:
    asked = await Database.connect(db.dsn, 1)
    cache = ViewerCache(asked, hub)
    viewer = await cache.find(token_hash(budi.token))
    assert viewer is not None and viewer.email == BUDI
    await asked.close()  # from here on nobody can be asked
    assert await cache.find(token_hash(budi.token)) is viewer
    with pytest.raises(Exception, match="closed"):
        await cache.find(token_hash("another"))


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE login_sessions SET ended_at = app_now()",
        "UPDATE users SET suspended_at = app_now()",
        "UPDATE users SET role = 'admin'",
    ],
)
async def test_what_ends_a_sign_in_is_known_at_once(
    db: Database, hub: Hub, budi: SignedIn, change: str
) -> None:
    cache = ViewerCache(db, hub)
    assert await cache.find(token_hash(budi.token)) is not None
    await db.execute(change)

    async def gone() -> bool:
        return await cache.find(token_hash(budi.token)) is None

    await eventually(gone)


async def test_a_new_role_or_name_is_known_at_once(db: Database, hub: Hub, budi: SignedIn) -> None:
    cache = ViewerCache(db, hub)
    await cache.find(token_hash(budi.token))
    await db.execute("UPDATE users SET role = 'expert', full_name = 'Budi Baru'")

    async def known() -> bool:
        viewer = await cache.find(token_hash(budi.token))
        return viewer is not None and (viewer.role, viewer.full_name) == ("expert", "Budi Baru")

    await eventually(known)


async def test_other_people_stay_remembered(db: Database, hub: Hub, budi: SignedIn) -> None:
    await make_account(db, "ani@mentorinaja.test")
    ani = await actions.sign_in(db, "ani@mentorinaja.test", PASSWORD, HOME)
    cache = ViewerCache(db, hub)
    viewer = await cache.find(token_hash(budi.token))
    await cache.find(token_hash(ani.token))
    await actions.sign_out(db, ani.token)

    async def ani_gone() -> bool:
        return await cache.find(token_hash(ani.token)) is None

    await eventually(ani_gone)
    assert await cache.find(token_hash(budi.token)) is viewer


async def test_after_a_lost_doorbell_everything_is_asked_again(
    db: Database, hub: Hub, budi: SignedIn
) -> None:
    cache = ViewerCache(db, hub)
    await cache.find(token_hash(budi.token))
    await db.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'mentorinaja-live'"
        " AND datname = current_database()"
    )
    await db.execute("UPDATE login_sessions SET ended_at = app_now()")

    async def gone() -> bool:
        return await cache.find(token_hash(budi.token)) is None

    await eventually(gone)


async def test_a_ring_while_the_database_is_asked_is_not_missed(
    db: Database, hub: Hub, budi: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = ViewerCache(db, hub)
    asked = live.queries.find_viewer

    async def ended_meanwhile(db: Database, hashed: bytes) -> object:
        viewer = await asked(db, hashed)
        cache._on_person(str(budi.user_id))
        return viewer

    monkeypatch.setattr(live.queries, "find_viewer", ended_meanwhile)
    assert await cache.find(token_hash(budi.token)) is not None
    assert not cache._known


async def test_the_memory_is_bounded(
    db: Database, hub: Hub, budi: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "_MOST", 3)
    cache = ViewerCache(db, hub)
    tokens = [(await actions.sign_in(db, BUDI, PASSWORD, HOME)).token for _ in range(5)]
    for token in tokens:
        assert await cache.find(token_hash(token)) is not None
    assert list(cache._known) == [token_hash(token) for token in tokens[-3:]]


async def test_being_here_is_written_at_most_once_a_minute(db: Database, hub: Hub, budi: SignedIn) -> None:
    await db.execute("UPDATE login_sessions SET last_seen_at = app_now() - interval '5 minutes'")
    cache = ViewerCache(db, hub)
    await cache.find(token_hash(budi.token))
    first = await db.fetchval("SELECT last_seen_at FROM login_sessions")
    assert await db.fetchval("SELECT app_now() - $1 < interval '10 seconds'", first)
    await ViewerCache(db, hub).find(token_hash(budi.token))  # as another process would
    assert await db.fetchval("SELECT last_seen_at FROM login_sessions") == first
