"""Many people at once: one winner, and the twin without the lock that shows the test can fail."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

import pytest
import pytest_asyncio

from mentorinaja.bookings import actions, making, queries
from mentorinaja.bookings.refusals import SlotTaken, UnpaidLimit
from mentorinaja.db.invariants import broken
from mentorinaja.db.pool import Connection, Database
from mentorinaja.web.viewer import Viewer
from tests.support.bookings import Seller, book, make_seller, make_user, slot_in, state_of

RIVALS = 100
CONNECTIONS = 20


@pytest_asyncio.fixture
async def db(unchecked_db: Database) -> AsyncIterator[Database]:
    """Bookings are moved by hand here, without the money behind: their own invariants are checked."""
    yield unchecked_db
    problems = {name: rows for name, rows in (await broken(unchecked_db)).items() if rows}
    assert not {name: rows for name, rows in problems.items() if name.startswith(("B", "M2"))}


@asynccontextmanager
async def many_connections(db: Database) -> AsyncIterator[Database]:
    """The same database with room for many at once."""
    wide = await Database.connect(db.dsn, CONNECTIONS)
    try:
        yield wide
    finally:
        await wide.close()


async def race(db: Database, seller: Seller, starts: datetime, rivals: list[Viewer]) -> Counter[str]:
    """Everybody books the same slot at once; how it went, counted."""

    async def try_it(user: Viewer) -> str:
        try:
            await book(db, user, seller, starts)
        except SlotTaken:
            return "taken"
        return "won"

    return Counter(await asyncio.gather(*map(try_it, rivals)))


async def test_a_hundred_want_one_slot_and_one_gets_it(db: Database) -> None:
    seller, starts = await make_seller(db), await slot_in(db, days=1)
    rivals = [await make_user(db) for _ in range(RIVALS)]
    async with many_connections(db) as wide:
        assert await race(wide, seller, starts, rivals) == {"won": 1, "taken": RIVALS - 1}
    assert await db.fetchval("SELECT count(*) FROM bookings") == 1
    assert await db.fetchval("SELECT count(*) FROM orders") == 1


async def test_without_the_constraint_several_get_it(unchecked_db: Database) -> None:
    db = unchecked_db
    await db.execute("ALTER TABLE bookings DROP CONSTRAINT bookings_expert_slot")
    seller, starts = await make_seller(db), await slot_in(db, days=1)
    rivals = [await make_user(db) for _ in range(RIVALS)]
    async with many_connections(db) as wide:
        assert (await race(wide, seller, starts, rivals))["won"] > 1


async def third_unpaid(db: Database, starts: list[datetime]) -> int:
    """One unpaid booking, then two more of other experts at the same moment; how many there are after."""
    budi = await make_user(db)
    sellers = [await make_seller(db) for _ in range(3)]
    await book(db, budi, sellers[0], starts[0])

    async def try_it(seller: Seller, at: datetime) -> None:
        try:
            await book(db, budi, seller, at)
        except UnpaidLimit:
            return

    await asyncio.gather(try_it(sellers[1], starts[1]), try_it(sellers[2], starts[2]))
    unpaid: int = await db.fetchval(
        "SELECT count(*) FROM bookings WHERE user_id = $1 AND status = 'pending'", budi.id
    )
    return unpaid


async def test_two_at_once_do_not_pass_the_unpaid_limit(db: Database) -> None:
    starts = [await slot_in(db, days=1, hours=hours) for hours in range(3)]
    for _ in range(5):
        assert await third_unpaid(db, starts) == 2


async def test_without_the_users_lock_they_do(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    async def no_lock(tx: Connection, user_id: int) -> str:
        name: str = await tx.fetchval("SELECT full_name FROM users WHERE id = $1", user_id)
        return name

    monkeypatch.setattr(making, "lock_user", no_lock)
    starts = [await slot_in(db, days=1, hours=hours) for hours in range(3)]
    assert any([await third_unpaid(db, starts) == 3 for _ in range(10)])


async def test_the_same_booking_sent_twice_at_once_is_one(db: Database) -> None:
    seller, budi, starts = await make_seller(db), await make_user(db), await slot_in(db, days=1)
    first, second = await asyncio.gather(*(book(db, budi, seller, starts) for _ in range(2)))
    assert first == second
    assert await db.fetchval("SELECT count(*) FROM orders") == 1


async def test_payment_and_expiry_at_once_end_in_one_of_the_two(db: Database) -> None:
    for _ in range(5):
        seller, budi = await make_seller(db), await make_user(db)
        public_id = await book(db, budi, seller, await slot_in(db, days=1))
        await db.execute("UPDATE orders SET pay_deadline = app_now() WHERE public_id = $1", public_id)
        await asyncio.gather(_money_comes(db, public_id), _deadline_passes(db, public_id))
        assert await state_of(db, public_id) == ("confirmed", "paid")


async def test_payment_and_the_users_cancel_at_once_end_in_one_of_the_two(db: Database) -> None:
    for _ in range(5):
        seller, budi = await make_seller(db), await make_user(db)
        public_id = await book(db, budi, seller, await slot_in(db, days=1))
        await asyncio.gather(
            _money_comes(db, public_id),
            actions.cancel_unpaid(db, budi, public_id),
            return_exceptions=True,
        )
        assert await state_of(db, public_id) in (("confirmed", "paid"), ("cancelled", "cancelled"))


async def _money_comes(db: Database, public_id: str) -> None:
    async with db.transaction() as tx:
        order = await queries.lock_order(tx, public_id)
        if await actions.take_again(tx, order):
            await actions.confirm(tx, order, order.now)


async def _deadline_passes(db: Database, public_id: str) -> None:
    async with db.transaction() as tx:
        await actions.expire(tx, await queries.lock_order(tx, public_id))
