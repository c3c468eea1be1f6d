"""Two processes hear of one order at once, or its payer acts meanwhile: the lock decides; twins without it do damage."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

import pytest

from mentorinaja import clock
from mentorinaja.bookings import actions as bookings
from mentorinaja.bookings import queries as orders
from mentorinaja.bookings.queries import Order
from mentorinaja.db.invariants import broken
from mentorinaja.db.pool import Connection, Database
from mentorinaja.errors import DomainError
from mentorinaja.ledger import queries as ledger
from mentorinaja.payments import actions
from mentorinaja.payments.closing import expire_order
from mentorinaja.web.viewer import Viewer
from tests.support.bookings import book, make_seller, make_user, slot_in, state_of
from tests.support.payments import open_attempt, said
from tests.support.races import Meet

ROUNDS = 4
State = tuple[str, str, int]


@dataclass
class Scene:
    """One order, known to two processes: each has a pool of its own."""

    here: Database
    there: Database
    user: Viewer
    public_id: str

    def hear(self, db: Database, status: str = "settlement", transaction_id: str = "") -> Awaitable[bool]:
        """One process hears of a transaction (a new one without id)."""
        word = said(self.public_id, status, transaction_id=transaction_id or str(uuid4()))
        return actions.hear(db, self.public_id, word)


Both = tuple[Awaitable[object], Awaitable[object]]


async def paid_twice(scene: Scene) -> Both:
    return scene.hear(scene.here), scene.hear(scene.there)


async def paid_and_given_up(scene: Scene) -> Both:
    return scene.hear(scene.here), bookings.cancel_unpaid(scene.there, scene.user, scene.public_id)


async def paid_and_expired(scene: Scene) -> Both:
    await clock.shift(scene.here, timedelta(days=3, minutes=1))
    nobody = None
    return scene.hear(scene.here), expire_order(scene.there, nobody, scene.public_id, ask=False)  # type: ignore[arg-type]  # nobody is asked


async def paid_and_taken_back(scene: Scene) -> Both:
    one = str(uuid4())
    return scene.hear(scene.here, "settlement", one), scene.hear(scene.there, "deny", one)


# What may come of each: booking, payment, and the rupiah that Midtrans holds.
RACES: dict[Callable[[Scene], Awaitable[Both]], set[State]] = {
    paid_twice: {("confirmed", "paid", 315_000)},
    paid_and_given_up: {("confirmed", "paid", 157_500), ("cancelled", "paid_late", 157_500)},
    paid_and_expired: {("confirmed", "paid", 157_500)},
    paid_and_taken_back: {("pending", "waiting", 0)},
}


@pytest.mark.parametrize("race", RACES, ids=lambda race: race.__name__)
async def test_the_lock_decides(db: Database, race: Callable[[Scene], Awaitable[Both]]) -> None:
    for _ in range(ROUNDS):
        async with scene_of(db) as scene:
            outcomes = await asyncio.gather(*await race(scene), return_exceptions=True)
            assert all(
                not isinstance(outcome, BaseException) or isinstance(outcome, DomainError)
                for outcome in outcomes
            )
            assert await end_of(scene) in RACES[race]


@pytest.mark.parametrize("race", RACES, ids=lambda race: race.__name__)
async def test_without_the_lock_there_is_damage(
    unchecked_db: Database, monkeypatch: pytest.MonkeyPatch, race: Callable[[Scene], Awaitable[Both]]
) -> None:
    async with scene_of(unchecked_db) as scene:
        both = [asyncio.ensure_future(each) for each in await race(scene)]
        both_looked = Meet(2)

        async def unlocked(tx: Connection, public_id: str) -> Order:
            order_id = await tx.fetchval("SELECT id FROM orders WHERE public_id = $1", public_id)
            row = await tx.fetchrow(orders.LOCK_SQL.replace("FOR NO KEY UPDATE", ""), order_id)
            assert row is not None
            await both_looked.wait()
            if asyncio.current_task() is both[1]:  # acts on what it saw before the first had done all
                await asyncio.wait({both[0]})
            return orders.order_from(row)

        async def as_it_was(_tx: Connection, order: Order) -> Order:
            return order

        monkeypatch.setattr(orders, "lock_order", unlocked)
        monkeypatch.setattr(orders, "relock", as_it_was)
        outcomes = await asyncio.gather(*both, return_exceptions=True)
        failed = any(isinstance(outcome, BaseException) for outcome in outcomes)
        problems = [name for name, rows in (await broken(unchecked_db)).items() if rows]
        assert failed or problems or await end_of(scene) not in RACES[race]


@asynccontextmanager
async def scene_of(db: Database) -> AsyncIterator[Scene]:
    """An order with an open payment page, and a second process."""
    user = await make_user(db)
    public_id = await book(db, user, await make_seller(db), await slot_in(db, days=5))
    await open_attempt(db, public_id)
    there = await Database.connect(db.dsn, 2)
    try:
        yield Scene(db, there, user, public_id)
    finally:
        await there.close()
        await clock.shift(db, None)


async def end_of(scene: Scene) -> State:
    """The order's state, and what the ledger says that Midtrans holds of it."""
    order_id = await scene.here.fetchval("SELECT id FROM orders WHERE public_id = $1", scene.public_id)
    entries = await ledger.order_entries(scene.here, order_id)
    there = sum(entry.amount for entry in entries if entry.account == "gateway")
    return (*await state_of(scene.here, scene.public_id), there)
