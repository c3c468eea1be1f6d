"""Presses at the same moment: one order, no more downloads than were sold, and never both file and money."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from mentorinaja.bookings import queries as orders
from mentorinaja.bookings.queries import Order
from mentorinaja.db.invariants import broken
from mentorinaja.db.pool import Connection, Database
from mentorinaja.errors import DomainError
from mentorinaja.payments import actions as payments
from mentorinaja.products import actions, buying, delivering
from tests.support.bookings import make_seller, make_user
from tests.support.products import make_product, purchase
from tests.support.races import Meet

PRESSES = 8


@pytest_asyncio.fixture
async def wide(db: Database) -> AsyncIterator[Database]:
    """The database with room for everybody at once."""
    wide = await Database.connect(db.dsn, PRESSES)
    yield wide
    await wide.close()


@pytest_asyncio.fixture
async def unguarded(unchecked_db: Database) -> AsyncIterator[Database]:
    """As `wide`, without what the database itself forbids."""
    await unchecked_db.execute("DROP INDEX purchases_live")
    for name in ("purchases_check", "purchases_check1", "purchases_check2"):
        await unchecked_db.execute(f"ALTER TABLE purchases DROP CONSTRAINT IF EXISTS {name}")
    wide = await Database.connect(unchecked_db.dsn, PRESSES)
    yield wide
    await wide.close()


async def outcome(work: Any) -> str:
    try:
        await work
    except DomainError as refusal:
        return type(refusal).__name__
    return "done"


async def test_pressed_at_once_it_is_bought_once(db: Database, wide: Database) -> None:
    buyer, product = await make_user(db), await make_product(db, await make_seller(db))
    bought = await asyncio.gather(*(actions.buy(wide, buyer, product) for _ in range(PRESSES)))
    assert len({each.public_id for each in bought}) == 1
    assert await db.fetchval("SELECT count(*) FROM orders") == 1


async def test_without_the_buyers_lock_it_would_be_bought_twice(
    unguarded: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    buyer, product = await make_user(unguarded), await make_product(unguarded, await make_seller(unguarded))
    meet, check = Meet(2), buying._check_unpaid

    async def look(tx: Connection, user_id: int) -> str:
        return "Budi"

    async def check_together(tx: Connection, user_id: int) -> None:
        await check(tx, user_id)
        await meet.wait()

    monkeypatch.setattr(buying, "_lock_buyer", look)
    monkeypatch.setattr(buying, "_check_unpaid", check_together)
    await asyncio.gather(*(actions.buy(unguarded, buyer, product) for _ in range(2)))
    assert await unguarded.fetchval("SELECT count(*) FROM orders") == 2


async def test_fetched_at_once_it_is_fetched_as_often_as_was_sold(db: Database, wide: Database) -> None:
    buyer = await make_user(db)
    public_id = await purchase(db, buyer, await make_product(db, await make_seller(db)))
    await db.execute("UPDATE purchases SET allowed = 3")
    tries = [outcome(actions.count_download(wide, buyer, public_id)) for _ in range(PRESSES)]
    assert Counter(await asyncio.gather(*tries)) == {"done": 3, "NoDownloadsLeft": PRESSES - 3}


async def test_fetching_and_giving_back_at_once_one_of_them_is_too_late(db: Database, wide: Database) -> None:
    buyer, seller = await make_user(db), await make_seller(db)
    for number in range(6):
        public_id = await purchase(db, buyer, await make_product(db, seller, f"Produk {number}"))
        fetch = outcome(actions.count_download(wide, buyer, public_id))
        give_back = outcome(payments.return_product(wide, buyer, public_id))
        pair = (fetch, give_back) if number % 2 else (give_back, fetch)
        assert set(await asyncio.gather(*pair)) in ({"done", "NotYours"}, {"done", "NotReturnable"})


async def test_without_the_orders_lock_the_buyer_would_have_both(
    unguarded: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    buyer = await make_user(unguarded)
    public_id = await purchase(unguarded, buyer, await make_product(unguarded, await make_seller(unguarded)))
    meet, read = Meet(2), delivering._purchase

    async def look(tx: Connection, public_id: str) -> Order:
        order_id = await tx.fetchval("SELECT id FROM orders WHERE public_id = $1", public_id)
        return await orders._locked(tx, order_id)  # reads it, and locks nothing that has no booking

    async def read_together(tx: Connection, order_id: int) -> Any:
        row = await read(tx, order_id)
        await meet.wait()
        return row

    class Unlocked:
        lock_order = staticmethod(look)

    monkeypatch.setattr(delivering, "orders", Unlocked)
    monkeypatch.setattr(delivering, "_purchase", read_together)
    pair = (
        actions.count_download(unguarded, buyer, public_id),
        payments.return_product(unguarded, buyer, public_id),
    )
    assert await asyncio.gather(*map(outcome, pair)) == ["done", "done"]
    found = await broken(unguarded)
    assert found["P4_given_back_before_it_was_fetched"]
