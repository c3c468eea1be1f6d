"""Two processes change what becomes of a paid session at once: the order's lock decides; twins without it do damage."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta

import pytest

from mentorinaja import clock
from mentorinaja.bookings import actions as bookings
from mentorinaja.bookings import queries as orders
from mentorinaja.bookings.queries import Order, OrderDetail
from mentorinaja.db.invariants import broken
from mentorinaja.db.pool import Connection, Database
from mentorinaja.errors import DomainError, NotThere
from mentorinaja.payments import actions
from mentorinaja.refunds import actions as refunds
from mentorinaja.web.viewer import Viewer
from tests.support.bookings import Seller, book, events_of, make_seller, make_user, slot_in, state_of
from tests.support.desk import make_admin
from tests.support.payments import open_attempt, pay, said
from tests.support.races import Meet

ROUNDS = 3
State = tuple[str, str]
Acts = tuple[Awaitable[object], Awaitable[object]]
# What may not be told of an order later than something else.
NEVER_AFTER = {
    ("cancelled", "cancelled"),
    ("cancelled", "moved"),
    ("money_chosen", "confirmed"),
    ("refund_rejected", "refund_rejected"),
}


@dataclass
class Scene:
    """An order of a session, known to two processes: each has a pool of its own."""

    here: Database
    there: Database
    user: Viewer
    seller: Seller
    public_id: str

    @property
    def expert(self) -> Viewer:
        return Viewer(self.seller.user_id, "", "", "expert", "Asia/Jakarta", 0, self.seller.id)


async def both_cancel(scene: Scene) -> Acts:
    await pay(scene.here, scene.public_id)
    return (
        actions.cancel_paid(scene.here, scene.user, scene.public_id, 0),
        actions.cancel_by_expert(scene.there, scene.expert, scene.public_id),
    )


async def the_bank_takes_it_back_and_the_user_cancels(scene: Scene) -> Acts:
    taken = said(scene.public_id, "deny", transaction_id=await pay(scene.here, scene.public_id))
    return (
        actions.hear(scene.here, scene.public_id, taken),
        actions.cancel_paid(scene.there, scene.user, scene.public_id, 0),
    )


async def the_user_cancels_and_accepts(scene: Scene) -> Acts:
    await pay(scene.here, scene.public_id)
    instead = await slot_in(scene.here, days=8)
    await bookings.propose(scene.here, scene.expert, scene.public_id, instead)
    return (
        actions.cancel_paid(scene.here, scene.user, scene.public_id, 0),
        bookings.accept(scene.there, scene.user, scene.public_id, instead),
    )


async def late_money_is_wanted_back_and_chosen_with(scene: Scene) -> Acts:
    await open_attempt(scene.here, scene.public_id)
    await clock.shift(scene.here, timedelta(days=3, minutes=1))
    starts = await scene.here.fetchval(
        "SELECT b.starts_at FROM bookings b JOIN orders o ON o.id = b.order_id WHERE o.public_id = $1",
        scene.public_id,
    )
    await book(scene.here, await make_user(scene.here), scene.seller, starts)
    await actions.hear(scene.here, scene.public_id, said(scene.public_id))
    return (
        actions.give_late_back(scene.here, scene.user, scene.public_id),
        actions.choose_late(scene.there, scene.user, scene.public_id, await slot_in(scene.here, days=9)),
    )


async def an_admin_gives_it_up_and_the_payer_pays(scene: Scene) -> Acts:
    admin, attempt = await make_admin(scene.here), await open_attempt(scene.here, scene.public_id)
    return (
        actions.hear(scene.here, scene.public_id, said(attempt)),
        bookings.cancel_unpaid_by_admin(scene.there, admin, scene.public_id, "Slotnya dibutuhkan."),
    )


async def an_admin_and_the_user_cancel(scene: Scene) -> Acts:
    admin = await make_admin(scene.here)
    await pay(scene.here, scene.public_id)
    return (
        actions.cancel_by_admin(
            scene.there, admin, scene.public_id, 157_500, 157_500, "all", "Mentor sakit."
        ),
        actions.cancel_paid(scene.here, scene.user, scene.public_id, 0),
    )


async def one_admin_cancels_and_another_moves(scene: Scene) -> Acts:
    first, second = await make_admin(scene.here), await make_admin(scene.here)
    await pay(scene.here, scene.public_id)
    return (
        actions.cancel_by_admin(scene.here, first, scene.public_id, 157_500, 157_500, "all", "Mentor sakit."),
        bookings.move_by_admin(
            scene.there, second, scene.public_id, await slot_in(scene.here, days=8), "Mentor sakit."
        ),
    )


async def two_admins_restore(scene: Scene) -> Acts:
    admin = await make_admin(scene.here)
    await pay(scene.here, scene.public_id)
    await actions.cancel_by_admin(
        scene.here, admin, scene.public_id, 157_500, 157_500, "all", "Mentor sakit."
    )
    return (
        refunds.restore(scene.here, admin, scene.public_id, "Ternyata mentor bisa."),
        refunds.restore(scene.there, admin, scene.public_id, "Ternyata mentor bisa."),
    )


RACES: dict[Callable[[Scene], Awaitable[Acts]], set[State]] = {
    both_cancel: {("cancelled", "refund_pending")},
    the_bank_takes_it_back_and_the_user_cancels: {("cancelled", "reversed"), ("pending", "waiting")},
    the_user_cancels_and_accepts: {("cancelled", "refund_pending")},
    late_money_is_wanted_back_and_chosen_with: {("cancelled", "paid_late"), ("confirmed", "paid")},
    an_admin_gives_it_up_and_the_payer_pays: {("cancelled", "paid_late"), ("confirmed", "paid")},
    an_admin_and_the_user_cancel: {("cancelled", "refund_pending")},
    one_admin_cancels_and_another_moves: {("cancelled", "refund_pending")},
    two_admins_restore: {("confirmed", "paid")},
}


@pytest.mark.parametrize("race", RACES, ids=lambda race: race.__name__)
async def test_the_lock_decides(db: Database, race: Callable[[Scene], Awaitable[Acts]]) -> None:
    for _ in range(ROUNDS):
        async with AsyncExitStack() as stack:
            scene = await _scene(db, stack)
            outcomes = await asyncio.gather(*await race(scene), return_exceptions=True)
            assert not [
                outcome
                for outcome in outcomes
                if isinstance(outcome, BaseException) and not isinstance(outcome, DomainError | NotThere)
            ]
            assert await state_of(db, scene.public_id) in RACES[race]
            assert not await _told_wrong(scene)


@pytest.mark.parametrize("race", RACES, ids=lambda race: race.__name__)
async def test_without_the_lock_there_is_damage(
    unchecked_db: Database, monkeypatch: pytest.MonkeyPatch, race: Callable[[Scene], Awaitable[Acts]]
) -> None:
    """Both have looked before either acts; the second acts on what it saw when the first is done."""
    db = unchecked_db
    # The proposal's own guard, which the lock makes a second one.
    await db.execute("ALTER TABLE bookings DISABLE TRIGGER proposal_lapses")
    async with AsyncExitStack() as stack:
        scene = await _scene(db, stack)
        both = [asyncio.ensure_future(each) for each in await race(scene)]
        both_looked, story_of = Meet(2), orders.order_by_id
        seen: dict[object, OrderDetail | None] = {}

        async def unlocked(tx: Connection, public_id: str) -> Order:
            order_id = await tx.fetchval("SELECT id FROM orders WHERE public_id = $1", public_id)
            row = await tx.fetchrow(orders.LOCK_SQL.replace("FOR NO KEY UPDATE", ""), order_id)
            assert row is not None
            me = asyncio.current_task()
            if me not in seen:
                seen[me] = await story_of(tx, order_id)
            await both_looked.wait()
            if me is both[1]:
                await asyncio.wait({both[0]})
            return orders.order_from(row)

        async def as_it_was(_tx: Connection, order: Order) -> Order:
            return order

        async def story_as_it_was(tx: Connection, order_id: int) -> OrderDetail | None:
            return seen.get(asyncio.current_task()) or await story_of(tx, order_id)

        monkeypatch.setattr(orders, "lock_order", unlocked)
        monkeypatch.setattr(orders, "relock", as_it_was)
        monkeypatch.setattr(orders, "order_by_id", story_as_it_was)
        outcomes = await asyncio.gather(*both, return_exceptions=True)
        failed = any(
            isinstance(outcome, BaseException) and not isinstance(outcome, DomainError | NotThere)
            for outcome in outcomes
        )
        problems = [name for name, rows in (await broken(db)).items() if rows]
        wrong = await state_of(db, scene.public_id) not in RACES[race] or await _told_wrong(scene)
        assert failed or problems or wrong


async def _scene(db: Database, stack: AsyncExitStack) -> Scene:
    """An unpaid session in six days, and a second process."""
    seller, user = await make_seller(db), await make_user(db)
    public_id = await book(db, user, seller, await slot_in(db, days=6))
    there = await Database.connect(db.dsn, 2)
    stack.push_async_callback(there.close)
    stack.push_async_callback(clock.shift, db, None)
    return Scene(db, there, user, seller, public_id)


async def _told_wrong(scene: Scene) -> bool:
    told = await events_of(scene.here, scene.public_id)
    return any(
        (earlier, later) in NEVER_AFTER for number, later in enumerate(told) for earlier in told[:number]
    )
