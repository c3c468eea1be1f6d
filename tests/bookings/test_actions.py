"""Booking and its moves against a real database."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio

from mentorinaja import clock
from mentorinaja.bookings import actions, queries
from mentorinaja.bookings.refusals import (
    AlreadyPaid,
    MethodLimit,
    NotASlot,
    OwnOverlap,
    OwnService,
    ServiceGone,
    SlotTaken,
    UnpaidLimit,
)
from mentorinaja.db.invariants import broken
from mentorinaja.db.pool import Database
from mentorinaja.errors import NotThere
from tests.support.bookings import (
    book,
    confirm,
    events_of,
    finish,
    make_seller,
    make_user,
    slot_in,
    state_of,
)
from tests.support.busy import make_busy


@pytest_asyncio.fixture
async def db(unchecked_db: Database) -> AsyncIterator[Database]:
    """Bookings are moved by hand here, without the money behind: their own invariants are checked."""
    yield unchecked_db
    problems = {name: rows for name, rows in (await broken(unchecked_db)).items() if rows}
    assert not {name: rows for name, rows in problems.items() if name.startswith(("B", "M2"))}


async def test_an_order_copies_price_fees_names_and_rule(db: Database) -> None:
    seller, budi = await make_seller(db), await make_user(db)
    starts = await slot_in(db, days=2)
    public_id = await book(db, budi, seller, starts)
    order = await queries.order_for(db, budi, public_id)
    assert order is not None
    assert re.fullmatch(r"BE-\d{8}-[A-HJ-NP-Z2-9]{6}", public_id)
    assert (order.subtotal, order.admin_fee, order.total) == (150_000, 7_500, 157_500)
    assert (order.platform_fee, order.expert_share) == (31_500, 126_000)
    assert (order.payer_name, order.expert_name) == ("Budi Santoso", "Sari Wulandari")
    assert order.item_name == "Chat Konsultasi (30 menit)"
    assert order.starts_at == starts and (order.status, order.payment_status) == ("pending", "waiting")
    assert order.pay_deadline == min(order.created_at + timedelta(days=3), starts - timedelta(minutes=60))
    await db.execute("UPDATE services SET price = 999000, name = 'Lain'")
    again = await queries.order_for(db, budi, public_id)
    assert again is not None and (again.total, again.item_name) == (157_500, "Chat Konsultasi (30 menit)")
    assert await events_of(db, public_id) == ["created"]


async def test_a_far_session_is_paid_within_three_days(db: Database) -> None:
    seller, budi = await make_seller(db), await make_user(db)
    public_id = await book(db, budi, seller, await slot_in(db, days=10))
    order = await queries.order_for(db, budi, public_id)
    assert order is not None and order.pay_deadline == order.created_at + timedelta(days=3)


async def test_somebody_elses_slot_is_taken_and_half_of_it_too(db: Database) -> None:
    seller = await make_seller(db, minutes=60)
    starts = await slot_in(db, days=1)
    await book(db, await make_user(db), seller, starts)
    for at in (starts, starts + timedelta(minutes=30), starts - timedelta(minutes=30)):
        with pytest.raises(SlotTaken):
            await book(db, await make_user(db), seller, at)
    await book(db, await make_user(db), seller, starts + timedelta(minutes=60))


async def test_the_buffer_after_a_session_is_held(db: Database) -> None:
    seller = await make_seller(db, buffer_minutes=30)
    starts = await slot_in(db, days=1)
    await book(db, await make_user(db), seller, starts)
    with pytest.raises(SlotTaken):
        await book(db, await make_user(db), seller, starts + timedelta(minutes=30))
    await book(db, await make_user(db), seller, starts + timedelta(minutes=60))


async def test_nobody_has_two_sessions_at_once(db: Database) -> None:
    budi, starts = await make_user(db), await slot_in(db, days=1)
    await book(db, budi, await make_seller(db), starts)
    with pytest.raises(OwnOverlap):
        await book(db, budi, await make_seller(db, "Dimas"), starts)


async def test_times_off_the_schedule_are_no_slots(db: Database) -> None:
    seller, budi = await make_seller(db), await make_user(db)
    starts = await slot_in(db, days=1)
    for at in (starts + timedelta(minutes=7), starts - timedelta(days=3), starts + timedelta(days=300)):
        with pytest.raises(NotASlot):
            await book(db, budi, seller, at)


async def test_nobody_books_themselves(db: Database) -> None:
    seller = await make_seller(db)
    with pytest.raises(OwnService):
        await book(db, await make_user(db), seller, await slot_in(db, days=1), user_id=seller.user_id)


async def test_what_is_not_on_sale_cannot_be_booked(db: Database) -> None:
    budi, starts = await make_user(db), await slot_in(db, days=1)
    for change in (
        "UPDATE services SET active = false WHERE id = $1",
        "UPDATE services SET archived_at = app_now() WHERE id = $1",
        "UPDATE experts e SET status = 'paused' FROM services s WHERE s.expert_id = e.id AND s.id = $1",
        """UPDATE users u SET suspended_at = app_now() FROM services s JOIN experts e ON e.id = s.expert_id
           WHERE u.id = e.user_id AND s.id = $1""",
    ):
        seller = await make_seller(db)
        await db.execute(change, seller.service_id)
        with pytest.raises(ServiceGone):
            await book(db, budi, seller, starts)


async def test_a_total_above_the_methods_limit_is_refused(db: Database) -> None:
    seller, budi = await make_seller(db, price=10_000_000), await make_user(db)
    starts = await slot_in(db, days=1)
    for method in ("qris", "cstore"):
        with pytest.raises(MethodLimit):
            await book(db, budi, seller, starts, payment_method=method)
    await book(db, budi, seller, starts, payment_method="ewallet")


async def test_at_most_two_unpaid_and_one_per_expert(db: Database) -> None:
    budi, sari, dimas, rina = await make_user(db), *[await make_seller(db) for _ in range(3)]
    starts = await slot_in(db, days=1)
    first = await book(db, budi, sari, starts)
    with pytest.raises(UnpaidLimit) as same_expert:
        await book(db, budi, sari, starts + timedelta(hours=2))
    assert same_expert.value.actions[0][1] == f"/payment/{first}"
    await book(db, budi, dimas, starts + timedelta(hours=2))
    with pytest.raises(UnpaidLimit) as third:
        await book(db, budi, rina, starts + timedelta(hours=4))
    assert third.value.actions[0][1] == f"/payment/{first}"
    await confirm(db, first)
    await book(db, budi, rina, starts + timedelta(hours=4))


async def test_the_same_booking_twice_is_the_first_one(db: Database) -> None:
    seller, budi = await make_seller(db, ready=True), await make_user(db)
    starts = await slot_in(db, days=1)
    first = await book(db, budi, seller, starts)
    assert await book(db, budi, seller, starts, topic="Topik yang lain") == first
    await confirm(db, first)
    assert await book(db, budi, seller, starts) == first
    now = await book(db, budi, seller, None)
    assert await book(db, budi, seller, None) == now
    assert await db.fetchval("SELECT count(*) FROM orders") == 2


async def test_now_needs_the_switch_and_free_time(db: Database) -> None:
    with pytest.raises(NotASlot):
        await book(db, await make_user(db), await make_seller(db), None)
    seller = await make_seller(db, ready=True)
    await book(db, await make_user(db), seller, None)
    with pytest.raises(SlotTaken):
        await book(db, await make_user(db), seller, None)


async def test_now_holds_time_to_pay_and_starts_at_the_payment(db: Database) -> None:
    seller, budi = await make_seller(db, ready=True, minutes=5, buffer_minutes=15), await make_user(db)
    public_id = await book(db, budi, seller, None)
    before = await _times(db, public_id)
    assert before["ends"] - before["starts"] == timedelta(minutes=30)
    assert before["free_at"] - before["ends"] == timedelta(minutes=15)
    await clock.shift(db, timedelta(minutes=6))
    paid_at = await clock.now(db)
    await confirm(db, public_id, paid_at)
    after = await _times(db, public_id)
    assert after["starts"] == after["starts_at"] == paid_at
    assert after["ends"] - paid_at == timedelta(minutes=5)
    assert after["free_at"] - after["ends"] == timedelta(minutes=25)
    assert before["starts"] <= after["starts"] and after["free_at"] <= before["free_at"]


async def test_an_overdue_booking_gives_its_slot_to_the_next(db: Database) -> None:
    seller = await make_seller(db)
    starts = await slot_in(db, days=1)
    first = await book(db, await make_user(db), seller, starts)
    await db.execute("UPDATE orders SET pay_deadline = app_now() - interval '1 second'")
    second = await book(db, await make_user(db), seller, starts)
    assert await state_of(db, first) == ("cancelled", "expired")
    assert await state_of(db, second) == ("pending", "waiting")


async def test_expiry_waits_for_the_deadline_and_knows_failures(db: Database) -> None:
    seller, budi = await make_seller(db), await make_user(db)
    public_id = await book(db, budi, seller, await slot_in(db, days=1))
    assert await queries.overdue_unpaid(db) == []
    assert await _expire(db, public_id) is False
    await db.execute("UPDATE orders SET pay_deadline = app_now(), last_attempt_failed = true")
    assert await queries.overdue_unpaid(db) == [public_id]
    assert await _expire(db, public_id) is True
    assert await state_of(db, public_id) == ("cancelled", "failed")
    assert await _expire(db, public_id) is False
    assert await events_of(db, public_id) == ["created", "failed"]


async def test_late_money_takes_a_free_slot_again_and_no_other(db: Database) -> None:
    seller = await make_seller(db)
    starts = await slot_in(db, days=1)
    late = await book(db, await make_user(db), seller, starts)
    await _overdue(db, late)
    assert await _take_again(db, late) is True
    assert await state_of(db, late) == ("pending", "waiting")
    await _expire(db, late)
    rival = await book(db, await make_user(db), seller, starts)
    assert await _take_again(db, late) is False
    assert await state_of(db, late) == ("cancelled", "expired")
    async with db.transaction() as tx:
        assert await actions.turn_money(tx, await queries.lock_order(tx, late), "paid_late")
    assert await state_of(db, late) == ("cancelled", "paid_late")
    await db.execute(
        "UPDATE orders SET pay_deadline = app_now() - interval '1 s' WHERE public_id = $1", rival
    )
    third = await book(db, await make_user(db), seller, starts + timedelta(hours=3))
    assert await state_of(db, third) == ("pending", "waiting")


async def test_late_money_takes_no_slot_of_a_mentor_who_pauses_or_is_busy_elsewhere(db: Database) -> None:
    seller = await make_seller(db)
    starts = await slot_in(db, days=1)
    late = await book(db, await make_user(db), seller, starts)
    await _overdue(db, late)
    await db.execute("UPDATE experts SET status = 'paused' WHERE id = $1", seller.id)
    assert await _take_again(db, late) is False
    await db.execute("UPDATE experts SET status = 'published' WHERE id = $1", seller.id)
    await db.execute("UPDATE schedules SET buffer_minutes = 15 WHERE expert_id = $1", seller.id)
    hour, minute = timedelta(hours=1), timedelta(minutes=1)
    for begins, ends, taken in (
        (starts + 29 * minute, starts + hour, False),
        (starts - hour, starts - 14 * minute, False),
        (starts - hour, starts - 15 * minute, True),
    ):
        await db.execute("DELETE FROM calendar_sources")
        await make_busy(db, seller.id, [(begins, ends)])
        assert await _take_again(db, late) is taken


async def test_late_money_pushes_an_overdue_rival_aside(db: Database) -> None:
    seller = await make_seller(db)
    starts = await slot_in(db, days=1)
    late = await book(db, await make_user(db), seller, starts)
    await _overdue(db, late)
    rival = await book(db, await make_user(db), seller, starts)
    await db.execute(
        "UPDATE orders SET pay_deadline = app_now() - interval '1 s' WHERE public_id = $1", rival
    )
    assert await _take_again(db, late) is True
    assert await state_of(db, rival) == ("cancelled", "expired")


async def test_money_after_the_start_or_the_users_own_cancel_has_no_session(db: Database) -> None:
    seller, budi = await make_seller(db), await make_user(db)
    starts = await slot_in(db, days=1)
    cancelled = await book(db, budi, seller, starts)
    await actions.cancel_unpaid(db, budi, cancelled)
    assert await _take_again(db, cancelled) is False
    begun = await book(db, budi, seller, starts)
    await clock.shift(db, timedelta(days=2))
    assert await _take_again(db, begun) is False


async def test_now_keeps_its_session_for_a_moment_after_the_deadline(db: Database) -> None:
    seller, budi = await make_seller(db, ready=True), await make_user(db)
    public_id = await book(db, budi, seller, None)
    await clock.shift(db, timedelta(minutes=16))
    assert await _expire(db, public_id) is True
    assert await _take_again(db, public_id) is True
    await confirm(db, public_id)
    other = await book(db, await make_user(db), await make_seller(db, ready=True), None)
    await clock.shift(db, timedelta(minutes=21))
    assert await _take_again(db, other) is False


async def test_a_reversal_before_the_start_waits_again_while_there_is_time(db: Database) -> None:
    seller, budi = await make_seller(db), await make_user(db)
    public_id = await book(db, budi, seller, await slot_in(db, days=2))
    await confirm(db, public_id)
    await _unconfirm(db, public_id)
    assert await state_of(db, public_id) == ("pending", "waiting")
    order = await queries.order_for(db, budi, public_id)
    assert order is not None and order.paid_at is None and order.last_attempt_failed
    assert order.pay_deadline == order.starts_at - timedelta(minutes=60)
    await confirm(db, public_id)
    await clock.shift(db, order.starts_at - timedelta(minutes=50) - await clock.now(db))
    await _unconfirm(db, public_id)
    assert (await state_of(db, public_id)) == ("cancelled", "reversed")


async def test_a_reversal_after_the_start_undoes_no_session(db: Database) -> None:
    seller, budi = await make_seller(db), await make_user(db)
    public_id = await book(db, budi, seller, await slot_in(db, days=1))
    order = await confirm(db, public_id)
    await clock.shift(db, timedelta(days=1, hours=1))
    await _unconfirm(db, public_id)
    assert await state_of(db, public_id) == ("confirmed", "reversed")
    assert await finish(db, order.booking_id) is True
    assert await state_of(db, public_id) == ("completed", "reversed")


async def test_a_session_completes_once(db: Database) -> None:
    seller, budi = await make_seller(db), await make_user(db)
    public_id = await book(db, budi, seller, await slot_in(db, days=1))
    order = await queries.order_for(db, budi, public_id)
    assert order is not None
    assert await finish(db, order.booking_id) is False
    await confirm(db, public_id)
    assert await finish(db, order.booking_id) is True
    assert await finish(db, order.booking_id) is False
    assert await events_of(db, public_id) == ["created", "confirmed", "completed"]


async def test_money_given_back_before_the_start_frees_the_slot(db: Database) -> None:
    seller, starts = await make_seller(db), await slot_in(db, days=1)
    public_id = await book(db, await make_user(db), seller, starts)
    await confirm(db, public_id)
    async with db.transaction() as tx:
        order = await queries.lock_order(tx, public_id)
        assert await actions.turn_money(tx, order, "refunded")
        assert not await actions.turn_money(tx, order, "partially_refunded")
    assert await state_of(db, public_id) == ("cancelled", "refunded")
    await book(db, await make_user(db), seller, starts)


async def test_only_the_payer_cancels_and_only_what_is_unpaid(db: Database) -> None:
    seller, budi, ani = await make_seller(db), await make_user(db), await make_user(db, "Ani")
    public_id = await book(db, budi, seller, await slot_in(db, days=1))
    with pytest.raises(NotThere):
        await actions.cancel_unpaid(db, ani, public_id)
    with pytest.raises(NotThere):
        await actions.cancel_unpaid(db, budi, "BE-20260101-AAAAAA")
    await actions.cancel_unpaid(db, budi, public_id)
    await actions.cancel_unpaid(db, budi, public_id)
    assert await state_of(db, public_id) == ("cancelled", "cancelled")
    paid = await book(db, budi, seller, await slot_in(db, days=1))
    await confirm(db, paid)
    with pytest.raises(AlreadyPaid):
        await actions.cancel_unpaid(db, budi, paid)


async def _times(db: Database, public_id: str) -> dict[str, object]:
    row = await db.fetchrow(
        """SELECT starts_at, lower(during) AS starts, upper(during) AS ends, upper(blocked) AS free_at
           FROM bookings b JOIN orders o ON o.id = b.order_id WHERE o.public_id = $1""",
        public_id,
    )
    assert row is not None
    return dict(row)


async def _expire(db: Database, public_id: str) -> bool:
    async with db.transaction() as tx:
        return await actions.expire(tx, await queries.lock_order(tx, public_id))


async def _overdue(db: Database, public_id: str) -> None:
    await db.execute(
        "UPDATE orders SET pay_deadline = app_now() - interval '1 s' WHERE public_id = $1", public_id
    )
    assert await _expire(db, public_id)


async def _take_again(db: Database, public_id: str) -> bool:
    async with db.transaction() as tx:
        return await actions.take_again(tx, await queries.lock_order(tx, public_id))


async def _unconfirm(db: Database, public_id: str) -> None:
    async with db.transaction() as tx:
        await actions.unconfirm(tx, await queries.lock_order(tx, public_id))
