"""Owing money back: what is promised, to whom it belonged, how it ends, and that it is never too much."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from mentorinaja import clock
from mentorinaja.bookings import actions as bookings
from mentorinaja.bookings import queries as orders
from mentorinaja.bookings.locked import LOCK_SQL, order_from
from mentorinaja.bookings.queries import OrderDetail
from mentorinaja.db.invariants import broken
from mentorinaja.db.pool import Connection, Database
from mentorinaja.ledger import actions as journals
from mentorinaja.ledger import queries as ledger
from mentorinaja.payments import actions, jobs, queries
from mentorinaja.schedule import queries as schedule
from tests.support.bookings import book, events_of, finish, make_seller, make_user, slot_in, state_of
from tests.support.payments import pay, said


class Sale:
    """A paid chat of Rp 157.500."""

    def __init__(self, db: Database, public_id: str, transaction_id: str, booking_id: UUID) -> None:
        self.db, self.public_id = db, public_id
        self.transaction_id, self.booking_id = transaction_id, booking_id

    async def owe(self, amount: int, reason: str = "ended_early") -> int:
        """Owe part of it back, in a transaction of its own."""
        async with self.db.transaction() as tx:
            return await actions.owe_back(tx, self.booking_id, amount, reason, actor="system")

    async def cancel(self, amount: int = 157_500, reason: str = "expert_absent") -> bool:
        """It will not take place."""
        async with self.db.transaction() as tx:
            return await actions.cancel_and_owe(tx, self.booking_id, amount, reason, actor="system")

    async def hear(self, word: str, returned: int = 0) -> None:
        """Midtrans says something of its transaction."""
        news = said(self.public_id, word, transaction_id=self.transaction_id, returned=returned)
        await actions.hear(self.db, self.public_id, news)

    async def order(self) -> OrderDetail:
        """What pages show of it."""
        order = await orders.order_by_id(self.db, await self._id())
        assert order is not None
        return order

    async def due(self) -> int:
        """Rupiah owed to payers."""
        return -await ledger.balance(self.db, "refund_due")

    async def _id(self) -> int:
        found: int = await self.db.fetchval("SELECT id FROM orders WHERE public_id = $1", self.public_id)
        return found


async def sell(db: Database, *, done: bool = True) -> Sale:
    """A sale; `done`: its session is over."""
    seller = await make_seller(db)
    public_id = await book(db, await make_user(db), seller, await slot_in(db, days=2))
    transaction_id = await pay(db, public_id)
    booking_id: UUID = await db.fetchval(
        "SELECT b.id FROM bookings b JOIN orders o ON o.id = b.order_id WHERE o.public_id = $1", public_id
    )
    if done:
        await clock.shift(db, timedelta(days=2, hours=1))
        assert await finish(db, booking_id)
    return Sale(db, public_id, transaction_id, booking_id)


async def release(db: Database) -> None:
    """A day later what experts earned becomes available."""
    await clock.shift(db, timedelta(hours=24))
    for public_id in await queries.earnings_due(db):
        await jobs._release(db, public_id)


async def test_part_of_a_sale_leaves_its_expert_and_waits_for_the_payer(db: Database) -> None:
    sale = await sell(db)
    assert await sale.owe(39_375) == 39_375
    order = await sale.order()
    assert await state_of(db, sale.public_id) == ("completed", "refund_pending")
    assert await events_of(db, sale.public_id) == ["created", "confirmed", "completed", "refund_requested"]
    assert await sale.due() == 39_375
    assert (await ledger.earnings(db, order.expert_id)).held == order.earned == 94_500
    assert [(refund.amount, refund.why, refund.state) for refund in order.refunds] == [
        (39_375, "Mentor mengakhiri sesi lebih awal", "requested")
    ]
    assert order.refunds[0].steps[0].words == "Diajukan"


async def test_each_cause_counts_once_and_all_of_them_no_more_than_was_paid(db: Database) -> None:
    sale = await sell(db)
    assert [await sale.owe(100_000), await sale.owe(100_000), await sale.owe(1)] == [100_000, 0, 0]
    assert [await sale.owe(100_000, "cancelled_by_admin"), await sale.owe(1, "interrupted")] == [57_500, 0]
    assert await sale.owe(0, "undelivered") == 0
    assert await sale.due() == 157_500
    assert (await sale.order()).earned == 0


async def test_the_rest_is_released_after_a_day(db: Database) -> None:
    sale = await sell(db)
    await sale.owe(39_375)
    await release(db)
    earned = await ledger.earnings(db, (await sale.order()).expert_id)
    assert (earned.held, earned.available) == (0, 94_500)


async def test_nothing_is_released_of_what_all_goes_back(db: Database) -> None:
    sale = await sell(db)
    await sale.owe(157_500, "cancelled_by_admin")
    await release(db)
    assert (await ledger.earnings(db, (await sale.order()).expert_id)).total == 0


async def test_what_is_owed_after_the_release_is_taken_from_what_is_available(db: Database) -> None:
    sale = await sell(db)
    await release(db)
    await sale.owe(39_375, "cancelled_by_admin")
    earned = await ledger.earnings(db, (await sale.order()).expert_id)
    assert (earned.held, earned.available) == (0, 94_500)


async def test_what_midtrans_gave_back_is_first_what_was_owed(db: Database) -> None:
    sale = await sell(db)
    await sale.owe(39_375)
    await sale.hear("partial_refund", 39_375)
    order = await sale.order()
    assert await state_of(db, sale.public_id) == ("completed", "partially_refunded")
    assert (await sale.due(), order.earned) == (0, 94_500)
    assert [step.state for step in order.refunds[0].steps] == ["requested", "done"]


async def test_an_order_waits_until_the_last_refund_has_gone_back(db: Database) -> None:
    sale = await sell(db)
    await sale.owe(30_000)
    await sale.owe(20_000, "cancelled_by_admin")
    await sale.hear("partial_refund", 30_000)
    assert await state_of(db, sale.public_id) == ("completed", "refund_pending")
    assert [refund.state for refund in (await sale.order()).refunds] == ["done", "requested"]
    await sale.hear("partial_refund", 40_000)
    assert await state_of(db, sale.public_id) == ("completed", "refund_pending")
    await sale.hear("partial_refund", 50_000)
    assert await state_of(db, sale.public_id) == ("completed", "partially_refunded")
    assert [refund.state for refund in (await sale.order()).refunds] == ["done", "done"]


async def test_more_can_be_owed_after_a_part_went_back(db: Database) -> None:
    sale = await sell(db)
    await sale.owe(50_000)
    await sale.hear("partial_refund", 50_000)
    assert await sale.owe(157_500, "cancelled_by_admin") == 107_500
    assert await state_of(db, sale.public_id) == ("completed", "refund_pending")
    await sale.hear("refund", 157_500)
    assert await state_of(db, sale.public_id) == ("completed", "refunded")
    assert await sale.due() == 0


async def test_a_session_that_does_not_take_place_gives_all_back_and_its_slot_too(db: Database) -> None:
    sale = await sell(db, done=False)
    order = await sale.order()
    assert await sale.cancel()
    assert not await sale.cancel()
    assert await state_of(db, sale.public_id) == ("cancelled", "refund_pending")
    assert (await sale.order()).cancel_reason == "expert_absent"
    assert await events_of(db, sale.public_id) == ["created", "confirmed", "cancelled", "refund_requested"]
    assert (await sale.order()).earned == 0
    assert await schedule.slot_is_free(db, order.expert_id, 30, order.starts_at)
    await sale.hear("refund", 157_500)
    assert await state_of(db, sale.public_id) == ("cancelled", "refunded")


async def test_nothing_is_owed_of_a_payment_that_was_taken_back(db: Database) -> None:
    sale = await sell(db, done=False)
    await clock.shift(db, timedelta(days=2, hours=1))
    await sale.hear("deny")
    assert await state_of(db, sale.public_id) == ("confirmed", "reversed")
    assert await sale.cancel()
    assert await state_of(db, sale.public_id) == ("cancelled", "reversed")
    assert await sale.due() == 0 and (await sale.order()).refunds == ()


async def test_only_what_the_gateway_still_holds_is_owed(db: Database) -> None:
    sale = await sell(db)
    await sale.hear("partial_chargeback", 100_000)
    assert await sale.owe(157_500, "cancelled_by_admin") == 57_500
    assert await state_of(db, sale.public_id) == ("completed", "refund_pending")
    await sale.hear("chargeback", 157_500)
    assert await state_of(db, sale.public_id) == ("completed", "chargeback")


async def test_money_given_back_by_hand_leaves_less_to_owe(db: Database) -> None:
    sale = await sell(db)
    await sale.hear("partial_refund", 100_000)
    assert await sale.owe(157_500, "cancelled_by_admin") == 57_500


async def test_a_reversal_calls_off_what_was_owed(db: Database) -> None:
    sale = await sell(db)
    await sale.owe(39_375)
    await sale.hear("deny")
    assert await state_of(db, sale.public_id) == ("completed", "reversed")
    assert [refund.state for refund in (await sale.order()).refunds] == ["rejected"]
    assert (await sale.due(), (await sale.order()).earned) == (0, 0)


async def test_an_unpaid_booking_owes_nothing(db: Database) -> None:
    public_id = await book(db, await make_user(db), await make_seller(db), await slot_in(db, days=2))
    booking_id = await db.fetchval("SELECT id FROM bookings")
    sale = Sale(db, public_id, str(uuid4()), booking_id)
    assert not await sale.cancel()
    assert await sale.owe(1) == 0
    assert await state_of(db, public_id) == ("pending", "waiting")


async def at_once(db: Database, *calls: tuple[int, str]) -> Sale:
    """Owe several sums of one sale at the same moment."""
    sale = await sell(db)
    await asyncio.gather(*(sale.owe(*call) for call in calls))
    return sale


async def test_the_same_cause_at_once_is_one_refund(db: Database) -> None:
    sale = await at_once(db, *[(30_000, "ended_early")] * 4)
    assert await sale.due() == 30_000


async def test_several_causes_at_once_do_not_exceed_what_was_paid(db: Database) -> None:
    for _ in range(3):
        before = -await ledger.balance(db, "refund_due")
        sale = await at_once(db, (100_000, "ended_early"), (100_000, "cancelled_by_admin"))
        assert await sale.due() - before == 157_500


async def test_without_the_orders_lock_they_do(
    unchecked_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    db, met, look = unchecked_db, asyncio.Barrier(2), journals.owable

    async def no_lock(tx: Connection, booking_id: UUID) -> orders.Order:
        order_id = await tx.fetchval("SELECT order_id FROM bookings WHERE id = $1", booking_id)
        row = await tx.fetchrow(LOCK_SQL.replace("FOR NO KEY UPDATE", ""), order_id)
        assert row is not None
        return order_from(row)

    async def look_together(tx: Connection, transaction_id: str) -> int:
        left = await look(tx, transaction_id)
        async with asyncio.timeout(30), met:
            return left

    sale = await sell(db)
    monkeypatch.setattr(orders, "lock_order_of_booking", no_lock)
    monkeypatch.setattr(journals, "owable", look_together)
    results = await asyncio.gather(
        sale.owe(100_000), sale.owe(100_000, "cancelled_by_admin"), return_exceptions=True
    )
    # Both promise the same money, or the ledger's arithmetic refuses the second with a crash.
    assert await sale.due() == 200_000 or any(isinstance(result, ValueError) for result in results)


async def test_the_checker_sees_a_refund_that_nobody_booked(unchecked_db: Database) -> None:
    sale = await sell(unchecked_db)
    await unchecked_db.execute(
        """INSERT INTO refunds (order_id, transaction_id, amount, reason, refund_key)
           SELECT o.id, $2, 1000, 'cancelled_by_admin', 'x' FROM orders o WHERE o.public_id = $1""",
        sale.public_id,
        sale.transaction_id,
    )
    problems = {name for name, rows in (await broken(unchecked_db)).items() if rows}
    assert {"M9_every_refund_is_booked", "M9_open_refunds_are_what_is_due"} <= problems


async def test_the_checker_sees_an_order_that_waits_for_no_refund(unchecked_db: Database) -> None:
    sale = await sell(unchecked_db)
    await unchecked_db.execute(
        "UPDATE orders SET payment_status = 'refund_pending' WHERE public_id = $1", sale.public_id
    )
    problems = {name for name, rows in (await broken(unchecked_db)).items() if rows}
    assert problems == {"M4_refund_pending_waits_for_a_refund"}


async def test_a_completed_session_is_over_before_its_money_is(db: Database) -> None:
    sale = await sell(db, done=False)
    await clock.shift(db, timedelta(days=2, hours=1))
    async with db.transaction() as tx:
        await actions.owe_back(tx, sale.booking_id, 10_000, "ended_early", actor="expert")
        assert await bookings.complete(tx, sale.booking_id, "expert", actor="expert")
    assert await state_of(db, sale.public_id) == ("completed", "refund_pending")
