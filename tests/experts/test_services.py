"""An expert's own services in the database: changed, switched, ordered, put away, also at the same moment."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio

from mentorinaja.bookings import making
from mentorinaja.bookings.refusals import PriceChanged, ServiceGone
from mentorinaja.db.pool import Connection, Database
from mentorinaja.errors import DomainError, NotThere
from mentorinaja.experts import actions, services
from mentorinaja.experts.queries import services_of
from mentorinaja.experts.rules import MOST_SERVICES, NewService, ProfileInvalid, ServicesFull
from mentorinaja.experts.services import Stale
from tests.support.bookings import Seller, book, make_seller, make_user, slot_in
from tests.support.races import Meet

CHAT = NewService("Chat Konsultasi", "online_chat", 30, 150_000, "Diskusi karier.")
VIDEO = NewService("Video Call", "online_video", 60, 300_000)
REVIEW = NewService("Tinjau CV", "online_chat", None, 400_000)


@pytest_asyncio.fixture
async def wide(db: Database) -> AsyncIterator[Database]:
    """The database with room for everybody at once."""
    wide = await Database.connect(db.dsn, 8)
    yield wide
    await wide.close()


async def listed(db: Database, seller: Seller) -> tuple[Any, ...]:
    """What lists keep of the expert."""
    row = await db.fetchrow(
        "SELECT lowest_price, shortest_minutes, categories, next_slot_at IS NOT NULL AS slot FROM experts WHERE id = $1",
        seller.id,
    )
    assert row is not None
    return tuple(row)


async def names(db: Database, seller: Seller) -> list[str]:
    return [service.name for service in await services.own_services(db, seller.id)]


async def test_a_service_is_added_changed_switched_and_moved_and_lists_follow(db: Database) -> None:
    seller, other = await make_seller(db), await make_seller(db, "Lain")
    assert await listed(db, seller) == (150_000, 30, ["online_chat"], True)
    video = await services.add(db, seller.id, replace(VIDEO, price=90_000))
    review = await services.add(db, seller.id, REVIEW)
    assert await services.add(db, seller.id, REVIEW) == review, "the same sent twice is one"
    assert await names(db, seller) == ["Chat Konsultasi", "Video Call", "Tinjau CV"]
    assert await listed(db, seller) == (90_000, 30, ["online_chat", "online_video"], True)

    await services.set_active(db, seller.id, video, False)
    await services.set_active(db, seller.id, video, False)
    assert await listed(db, seller) == (150_000, 30, ["online_chat"], True)
    assert [service.name for service in await services_of(db, seller.id)] == ["Chat Konsultasi", "Tinjau CV"]
    own = await services.own_service(db, seller.id, video)
    assert own is not None and (own.active, own.version, own.ordered) == (False, 2, False)
    await services.set_active(db, seller.id, video, True)
    await services.set_active(db, seller.id, seller.service_id, False)
    assert await listed(db, seller) == (90_000, 60, ["online_chat", "online_video"], True)
    for one in (video, review):
        await services.set_active(db, seller.id, one, False)
    assert await listed(db, seller) == (None, None, [], False)

    await services.change(db, seller.id, video, VIDEO, version=4)
    with pytest.raises(Stale):
        await services.change(db, seller.id, video, replace(VIDEO, price=10_000), version=4)
    with pytest.raises(ProfileInvalid):
        await services.change(db, seller.id, video, replace(VIDEO, duration_minutes=None))
    with pytest.raises(ProfileInvalid):
        await services.add(db, seller.id, replace(VIDEO, category="offline_event", address="x" * 201))
    own = await services.own_service(db, seller.id, video)
    assert own is not None and (own.price, own.active, own.version) == (300_000, True, 5)

    for way, expected in (
        ("up", ["Chat Konsultasi", "Tinjau CV", "Video Call"]),
        ("up", ["Tinjau CV", "Chat Konsultasi", "Video Call"]),
        ("up", ["Tinjau CV", "Chat Konsultasi", "Video Call"]),
        ("down", ["Chat Konsultasi", "Tinjau CV", "Video Call"]),
    ):
        await services.move(db, seller.id, review, way)  # type: ignore[arg-type]  # mypy widens the tuple
        assert await names(db, seller) == expected

    for work in (
        services.change(db, other.id, video, VIDEO),
        services.set_active(db, other.id, video, False),
        services.move(db, other.id, video, "up"),
        services.change(db, seller.id, 999_999, VIDEO),
    ):
        with pytest.raises(NotThere):
            await work
    await services.put_away(db, other.id, video)
    assert await services.own_service(db, seller.id, video) is not None
    assert await services.own_service(db, other.id, video) is None


async def test_what_was_never_booked_is_deleted_else_it_is_archived_and_its_sessions_stand(
    db: Database,
) -> None:
    seller, user = await make_seller(db), await make_user(db)
    spare = await services.add(db, seller.id, VIDEO)
    await services.put_away(db, seller.id, spare)
    await services.put_away(db, seller.id, spare)
    assert await db.fetchval("SELECT count(*) FROM services WHERE id = $1", spare) == 0

    public_id = await book(db, user, seller, await slot_in(db, days=1))
    await services.change(db, seller.id, seller.service_id, replace(CHAT, name="Baru", price=500_000))
    own = await services.own_service(db, seller.id, seller.service_id)
    assert own is not None and (own.ordered, own.coming, own.unpaid) == (True, 1, 1)
    row = await db.fetchrow("SELECT item_name, subtotal, total FROM orders WHERE public_id = $1", public_id)
    assert row is not None and tuple(row) == ("Chat Konsultasi (30 menit)", 150_000, 157_500)

    await services.put_away(db, seller.id, seller.service_id)
    assert await names(db, seller) == [] and await listed(db, seller) == (None, None, [], False)
    assert await db.fetchval("SELECT status FROM bookings") == "pending"
    row = await db.fetchrow(
        "SELECT active, archived_at IS NOT NULL FROM services WHERE id = $1", seller.service_id
    )
    assert row is not None and tuple(row) == (False, True)
    for work in (
        services.change(db, seller.id, seller.service_id, CHAT),
        services.set_active(db, seller.id, seller.service_id, True),
        services.move(db, seller.id, seller.service_id, "up"),
    ):
        with pytest.raises(NotThere):
            await work
    with pytest.raises(ServiceGone):
        await book(db, await make_user(db, "Ani"), seller, await slot_in(db, days=2))
    # What stands in the place of an archived one does not push the order about.
    await services.add(db, seller.id, VIDEO)
    await services.add(db, seller.id, REVIEW)
    assert await names(db, seller) == ["Video Call", "Tinjau CV"]


async def test_nobody_pays_more_than_was_shown(db: Database) -> None:
    seller, user = await make_seller(db), await make_user(db)
    at = await slot_in(db, days=1)
    await services.change(db, seller.id, seller.service_id, replace(CHAT, price=160_000))
    with pytest.raises(PriceChanged, match=r"Rp 168\.000"):
        await book(db, user, seller, at, shown=157_500)
    assert await db.fetchval("SELECT count(*) FROM orders") == 0
    public_id = await book(db, user, seller, at, shown=168_000)
    # The same booking sent again is led to the first, whatever it costs now.
    await services.change(db, seller.id, seller.service_id, replace(CHAT, price=20_000))
    assert await book(db, user, seller, at, shown=168_000) == public_id


async def test_no_more_services_than_the_page_holds_also_at_once(db: Database, wide: Database) -> None:
    seller = await make_seller(db)
    for number in range(MOST_SERVICES - 2):
        await services.add(db, seller.id, replace(REVIEW, name=f"Layanan {number}"))
    done = await asyncio.gather(
        *(services.add(wide, seller.id, VIDEO) for _ in range(6)), return_exceptions=True
    )
    assert sum(isinstance(each, int) for each in done) == 1
    assert sum(isinstance(each, ServicesFull) for each in done) == 5
    await services.put_away(db, seller.id, seller.service_id)
    await services.add(db, seller.id, CHAT)


async def test_without_the_experts_lock_there_would_be_more(
    unchecked_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    seller, meet = await make_seller(unchecked_db), Meet(2)
    for number in range(MOST_SERVICES - 2):
        await services.add(unchecked_db, seller.id, replace(REVIEW, name=f"Layanan {number}"))

    async def look_together(tx: Connection, expert_id: int) -> int:
        there = await tx.fetchval("SELECT count(*) FROM services WHERE expert_id = $1", expert_id)
        await meet.wait()
        if there >= MOST_SERVICES:
            raise ServicesFull
        return MOST_SERVICES

    monkeypatch.setattr(actions, "_next_place", look_together)
    await asyncio.gather(*(services.add(unchecked_db, seller.id, VIDEO) for _ in range(2)))
    assert await unchecked_db.fetchval("SELECT count(*) FROM services") > MOST_SERVICES


async def outcome(work: Any) -> str:
    try:
        await work
    except DomainError as refusal:
        return type(refusal).__name__
    return "done"


async def test_changed_in_two_tabs_at_once_the_second_is_told(db: Database, wide: Database) -> None:
    seller = await make_seller(db)
    tabs = (
        services.change(wide, seller.id, seller.service_id, replace(CHAT, price=200_000 + n), version=1)
        for n in range(6)
    )
    assert sorted(await asyncio.gather(*map(outcome, tabs))) == ["Stale"] * 5 + ["done"]


async def test_without_the_lock_on_the_services_both_tabs_would_be_right(
    unchecked_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    seller, meet, read = await make_seller(unchecked_db), Meet(2), services._version

    async def go_on(tx: Connection, expert_id: int) -> None:
        return

    async def read_together(tx: Connection, expert_id: int, service_id: int) -> int | None:
        there = await read(tx, expert_id, service_id)
        await meet.wait()
        return there

    monkeypatch.setattr(services, "_hold", go_on)
    monkeypatch.setattr(services, "_version", read_together)
    tabs = (
        services.change(
            unchecked_db, seller.id, seller.service_id, replace(CHAT, price=200_000 + n), version=1
        )
        for n in range(2)
    )
    assert await asyncio.gather(*map(outcome, tabs)) == ["done", "done"]


async def test_booked_and_put_away_at_once_either_it_is_gone_or_the_session_stands(
    db: Database, wide: Database
) -> None:
    seen = set()
    for number in range(6):
        seller = await make_seller(db)
        user, at = await make_user(db), await slot_in(db, days=1)
        pair = [
            outcome(book(wide, user, seller, at)),
            outcome(services.put_away(wide, seller.id, seller.service_id)),
        ]
        booked, put = await asyncio.gather(*(pair if number % 2 else reversed(pair)))
        seen.add(frozenset((booked, put)))
        assert await services.own_service(db, seller.id, seller.service_id) is None
    assert seen <= {frozenset(("done",)), frozenset(("done", "ServiceGone"))}


async def test_without_the_lock_on_the_service_a_booking_would_break(
    unchecked_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    seller, user = await make_seller(unchecked_db), await make_user(unchecked_db)
    at, look = await slot_in(unchecked_db, days=1), making._offer

    class Unlocked:
        """The connection with the lock taken out of what the offer asks."""

        def __init__(self, tx: Connection) -> None:
            self._tx = tx

        async def fetchrow(self, sql: str, *values: Any) -> Any:
            return await self._tx.fetchrow(sql.replace("FOR KEY SHARE OF s", ""), *values)

    async def look_and_lose(tx: Connection, service_id: int) -> Any:
        offer = await look(Unlocked(tx), service_id)  # type: ignore[arg-type]  # all that it asks for
        await services.put_away(unchecked_db, seller.id, service_id)
        return offer

    monkeypatch.setattr(making, "_offer", look_and_lose)
    with pytest.raises(Exception, match="bookings_service_id_fkey"):
        await book(unchecked_db, user, seller, at)
