"""Booking a service without duration: a due time, no slot, the same limits and deadlines."""

from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from mentorinaja import clock
from mentorinaja.bookings import actions, queries
from mentorinaja.bookings.refusals import NotASlot, UnpaidLimit
from mentorinaja.db.pool import Database
from tests.bookings.test_form import FORM, error_at, open_form, typed
from tests.support.bookings import (
    book,
    browser_of,
    due_in,
    events_of,
    make_seller,
    make_user,
    pay,
    seller_browser,
    slot_in,
    state_of,
)
from tests.support.site import Site


async def write(db: Database, public_id: str) -> None:
    """The expert's first message, as a bare row."""
    row = await db.fetchrow(
        """SELECT b.id, b.user_id, e.user_id AS expert FROM bookings b JOIN experts e ON e.id = b.expert_id
             JOIN orders o ON o.id = b.order_id WHERE o.public_id = $1""",
        public_id,
    )
    assert row is not None
    await db.execute(
        """INSERT INTO active_sessions (booking_id, user_id, expert_user_id, timed, scheduled_at)
           VALUES ($1, $2, $3, false, app_now())""",
        *row,
    )
    await db.execute(
        """INSERT INTO chat_messages (booking_id, seq, sender_id, sender_type, client_id, text, seal)
           VALUES ($1, 1, $2, 'expert', $3, 'Halo', '')""",
        row["id"],
        row["expert"],
        UUID(int=1),
    )


async def test_a_thread_holds_nothing_and_overlaps_with_nothing(db: Database) -> None:
    budi, writer = await make_user(db), await make_seller(db, minutes=None, price=100_000)
    due = await due_in(db, days=2)
    public_id = await book(db, budi, writer, due)
    row = await db.fetchrow("SELECT * FROM bookings")
    order = await queries.order_for(db, budi, public_id)
    assert row is not None and order is not None
    assert (row["starts_at"], row["during"], row["blocked"], row["duration_minutes"]) == (
        due,
        None,
        None,
        None,
    )
    assert order.item_name == "Chat Konsultasi" and order.is_thread and order.total == 105_000
    policy = await db.fetchval("SELECT cancel_policy FROM orders")
    assert policy == {"until_first_message_bps": 10_000}
    await pay(db, public_id)
    others = [await make_user(db) for _ in range(2)]
    for user in others:
        await pay(db, await book(db, user, writer, due))
    session = await make_seller(db)
    await pay(db, await book(db, budi, session, due))
    assert await db.fetchval("SELECT count(*) FROM bookings WHERE status = 'confirmed'") == 4


async def test_the_same_thread_sent_twice_is_one(db: Database) -> None:
    budi, writer, due = await make_user(db), await make_seller(db, minutes=None), await due_in(db, days=2)
    first = await book(db, budi, writer, due)
    assert await book(db, budi, writer, due) == first
    with pytest.raises(UnpaidLimit):
        await book(db, budi, writer, due + timedelta(hours=1))


async def test_due_times_are_those_of_the_list_and_never_now(db: Database) -> None:
    budi, writer = await make_user(db), await make_seller(db, minutes=None, ready=True)
    due = await due_in(db, days=2)
    for at in (due + timedelta(minutes=30), due + timedelta(days=40), await clock.now(db), None):
        with pytest.raises(NotASlot):
            await book(db, budi, writer, at)


async def test_a_thread_is_paid_within_three_days_and_an_hour_before_it_is_due(db: Database) -> None:
    writer = await make_seller(db, minutes=None)
    for ahead, before in ((2, timedelta(hours=1)), (20, None)):
        due = await due_in(db, days=ahead)
        public_id = await book(db, await make_user(db), writer, due)
        row = await db.fetchrow("SELECT pay_deadline, created_at FROM orders WHERE public_id = $1", public_id)
        assert row is not None
        assert row["pay_deadline"] == (due - before if before else row["created_at"] + timedelta(days=3))


async def test_late_money_opens_the_thread_until_it_is_due(db: Database) -> None:
    writer, due = await make_seller(db, minutes=None), await due_in(db, days=2)
    public_id = await book(db, await make_user(db), writer, due)
    await clock.shift(db, due - await clock.now(db) - timedelta(minutes=30))
    async with db.transaction() as tx:
        assert await actions.expire(tx, await queries.lock_order(tx, public_id))
    async with db.transaction() as tx:
        assert await actions.take_again(tx, await queries.lock_order(tx, public_id))
    assert (await pay(db, public_id)).status == "confirmed"
    late = await book(db, await make_user(db), writer, due + timedelta(days=1))
    await clock.shift(db, timedelta(days=1, hours=1))
    async with db.transaction() as tx:
        assert not await actions.take_again(tx, await queries.lock_order(tx, late))


@pytest.mark.parametrize(
    ("wrote", "after"), [(False, ("pending", "waiting")), (True, ("confirmed", "reversed"))]
)
async def test_a_reversal_reopens_a_thread_that_the_expert_has_not_begun(
    unchecked_db: Database, wrote: bool, after: tuple[str, str]
) -> None:
    db = unchecked_db
    writer, due = await make_seller(db, minutes=None), await due_in(db, days=2)
    public_id = await book(db, await make_user(db), writer, due)
    await pay(db, public_id)
    if wrote:
        await write(db, public_id)
    async with db.transaction() as tx:
        await actions.unconfirm(tx, await queries.lock_order(tx, public_id))
    assert await state_of(db, public_id) == after


async def test_the_database_lets_no_thread_hold_time_or_be_now(unchecked_db: Database) -> None:
    db = unchecked_db
    public_id = await book(
        db, await make_user(db), await make_seller(db, minutes=None), await due_in(db, days=2)
    )
    for change in (
        "during = tstzrange(starts_at, starts_at + interval '1 hour')",
        "is_now = true",
        "category = 'online_video'",
    ):
        with pytest.raises(asyncpg.CheckViolationError):
            await db.execute(f"UPDATE bookings SET {change}")
    with pytest.raises(asyncpg.CheckViolationError):
        await db.execute("UPDATE services SET category = 'online_video'")
    assert await events_of(db, public_id) == ["created"]


async def test_the_form_asks_when_the_answer_is_due(site: Site) -> None:
    writer = await make_seller(site.db, minutes=None, ready=True)
    due = await due_in(site.db, days=1)
    browser = await open_form(site, writer, date=typed(due)["date"])
    assert "Jawaban paling lambat" in browser.text and "jawaban tertulis" in browser.text
    values = {node.attributes["value"] for node in browser.page.css("input[name=time]")}
    assert "now" not in values and typed(due)["time"] in values
    answer = await browser.submit(FORM, typed(due), follow=False)
    assert answer.status_code == 303
    await browser.get(answer.headers["location"])
    await browser.get("/user/transactions")
    assert "Jawaban paling lambat" in browser.text
    assert await site.db.fetchval("SELECT starts_at FROM bookings") == due


async def test_now_and_times_between_the_hours_are_refused_with_what_was_typed(site: Site) -> None:
    writer = await make_seller(site.db, minutes=None, ready=True)
    due = await due_in(site.db, days=1)
    browser = await open_form(site, writer)
    for sent in (
        typed(due) | {"time": "now"},
        typed(due + timedelta(minutes=30)),
        typed(due + timedelta(days=50)),
    ):
        answer = await browser.submit(FORM, sent)
        assert answer.status_code == 422
        assert error_at(browser, "time") or error_at(browser, "date")
        topic = browser.page.css_first("input[name=topic]")
        assert topic is not None and topic.attributes["value"] == sent["topic"]
    assert await site.db.fetchval("SELECT count(*) FROM bookings") == 0


async def test_both_sides_read_when_the_answer_is_due(site: Site) -> None:
    db = site.db
    budi, writer = await make_user(db), await make_seller(db, minutes=None)
    public_id = await book(db, budi, writer, await due_in(db, days=3))
    await pay(db, public_id)
    browser = await browser_of(site, budi)
    for path in ("/user/transactions", f"/payment/{public_id}", f"/invoice/{public_id}"):
        await browser.get(path)
        assert "Jawaban paling lambat" in browser.text, path
    portal = await seller_browser(site, writer)
    for path in ("/expert/dashboard", "/expert/dashboard/transaksi", f"/invoice/{public_id}"):
        await portal.get(path)
        assert "awaban paling lambat" in portal.text, path
    session = await make_seller(db)
    await pay(db, await book(db, budi, session, await slot_in(db, days=3)))
    await browser.get("/user/transactions")
    assert "Tanggal" in browser.text
