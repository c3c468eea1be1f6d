"""What happens when nobody looks: lost notifications, deadlines, Midtrans away, links that were missing."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from mentorinaja import clock
from mentorinaja.bookings import actions as bookings
from mentorinaja.clock import Clock
from mentorinaja.db.pool import Database
from mentorinaja.ledger.queries import earnings
from mentorinaja.payments import actions, jobs, queries
from mentorinaja.payments.midtrans import Gateway
from mentorinaja.resources import Resources
from mentorinaja.storage import Storage
from mentorinaja.web.viewer import Viewer
from tests.payments.conftest import Counter
from tests.support.bookings import book, finish, make_seller, make_user, slot_in, state_of
from tests.support.config import make_settings
from tests.support.payments import pay


def resources_of(counter: Counter) -> Resources:
    return Resources(counter.settings, counter.db, Clock(), counter.gateway, Storage.open(counter.settings))


async def opened_order(counter: Counter, **changes: Any) -> tuple[Viewer, str]:
    user = await make_user(counter.db)
    public_id = await book(
        counter.db, user, await make_seller(counter.db), await slot_in(counter.db, days=2), **changes
    )
    await actions.open_payment(counter.db, counter.gateway, counter.settings, user, public_id)
    return user, public_id


async def to_deadline(db: Database, public_id: str, after: timedelta = timedelta(seconds=1)) -> None:
    deadline = await db.fetchval("SELECT pay_deadline FROM orders WHERE public_id = $1", public_id)
    await clock.shift(db, deadline - await clock.now(db) + after)


async def living(db: Database) -> int:
    count: int = await db.fetchval(
        "SELECT count(*) FROM payment_attempts WHERE state IN ('creating', 'unknown', 'open')"
    )
    return count


async def test_open_attempts_are_asked_about_and_then_less_often(counter: Counter) -> None:
    _, public_id = await opened_order(counter)
    resources = resources_of(counter)
    made = await counter.db.fetchval("SELECT created_at FROM payment_attempts")
    planned = []
    for _ in range(5):
        at = await counter.db.fetchval("SELECT next_check_at FROM payment_attempts")
        planned.append(round((at - made) / timedelta(minutes=1)))
        await clock.shift(counter.db, at - await clock.now(counter.db) + timedelta(seconds=1))
        await jobs.check_due(resources, {})
    assert planned == [1, 5, 15, 60, 120]
    await counter.control(f"transactions/{public_id}/settle", notify=False)
    await clock.shift(counter.db, timedelta(hours=1, seconds=5))
    await jobs.check_due(resources, {})
    assert await state_of(counter.db, public_id) == ("confirmed", "paid")


async def test_a_reversal_nobody_told_us_of_is_found(counter: Counter) -> None:
    _, public_id = await opened_order(counter, payment_method="bank_transfer")
    await counter.control(f"transactions/{public_id}/settle", method="permata_va", notify=False)
    await actions.reconcile(counter.db, counter.gateway, public_id)
    await counter.control(f"transactions/{public_id}/reverse", notify=False)
    await clock.shift(counter.db, timedelta(minutes=16))
    await jobs.check_due(resources_of(counter), {})
    assert await state_of(counter.db, public_id) == ("pending", "waiting")
    assert await counter.db.fetchval("SELECT next_check_at FROM payment_attempts") is None


async def test_while_midtrans_is_away_it_is_asked_again_soon(counter: Counter) -> None:
    await opened_order(counter)
    await clock.shift(counter.db, timedelta(minutes=2))
    await counter.faults(status={"error_before": 500})
    await jobs.check_due(resources_of(counter), {})
    at = await counter.db.fetchval("SELECT next_check_at - app_now() FROM payment_attempts")
    assert timedelta(0) < at <= timedelta(minutes=1)
    assert await counter.db.fetchval("SELECT checks FROM payment_attempts") == 0


async def test_at_the_deadline_midtrans_is_told_and_the_order_expires(counter: Counter) -> None:
    _, public_id = await opened_order(counter, payment_method="bank_transfer")
    attempt = await queries.living_attempt_of(counter.db, public_id)
    assert attempt is not None
    await counter.client.post(attempt.redirect_url or "", data={"method": "bca_va", "action": "pending"})
    await to_deadline(counter.db, public_id)
    await jobs.expire_due(resources_of(counter), {})
    assert await state_of(counter.db, public_id) == ("cancelled", "expired")
    known = (await counter.attempts())[0]
    assert known["transactions"][0]["transaction_status"] == "expire"
    assert await living(counter.db) == 0


async def test_money_of_the_last_second_wins_over_the_deadline(counter: Counter) -> None:
    _, public_id = await opened_order(counter)
    await counter.control(f"transactions/{public_id}/settle", notify=False)
    await to_deadline(counter.db, public_id)
    await jobs.expire_due(resources_of(counter), {})
    assert await state_of(counter.db, public_id) == ("confirmed", "paid")


async def test_a_failed_last_try_is_said(counter: Counter) -> None:
    _, public_id = await opened_order(counter)
    await counter.control(f"transactions/{public_id}/deny", method="credit_card", notify=False)
    await to_deadline(counter.db, public_id)
    await jobs.expire_due(resources_of(counter), {})
    assert await state_of(counter.db, public_id) == ("cancelled", "failed")


async def test_without_an_answer_the_slot_is_free_and_the_order_waits_an_hour_at_most(
    counter: Counter,
) -> None:
    _, public_id = await opened_order(counter)
    resources = resources_of(counter)
    await to_deadline(counter.db, public_id)
    await counter.faults(all={"error_before": 500})
    await jobs.expire_due(resources, {})
    assert await state_of(counter.db, public_id) == ("pending", "waiting")
    await clock.shift(counter.db, timedelta(minutes=61))
    await jobs.expire_due(resources, {})
    assert await state_of(counter.db, public_id) == ("cancelled", "expired")
    assert await living(counter.db) == 1
    await counter.faults()
    await jobs.expire_due(resources, {})
    assert await living(counter.db) == 0


async def test_an_order_without_an_attempt_expires_though_midtrans_is_away(counter: Counter) -> None:
    resources = resources_of(counter)
    _, asked = await opened_order(counter)
    public_id = await book(
        counter.db,
        await make_user(counter.db),
        await make_seller(counter.db),
        await slot_in(counter.db, days=2),
    )
    await counter.faults(all={"error_before": 500})
    await to_deadline(counter.db, public_id)
    await jobs.expire_due(resources, {})
    assert await state_of(counter.db, public_id) == ("cancelled", "expired")
    assert await state_of(counter.db, asked) == ("pending", "waiting")


async def test_giving_up_closes_the_page_at_midtrans(counter: Counter) -> None:
    user, public_id = await opened_order(counter)
    await bookings.cancel_unpaid(counter.db, user, public_id)
    await jobs.expire_due(resources_of(counter), {})
    assert (await counter.attempts())[0]["page"] == "canceled"
    assert await living(counter.db) == 0


async def test_sweeping_twice_at_once_is_once(counter: Counter) -> None:
    _, public_id = await opened_order(counter)
    await to_deadline(counter.db, public_id)
    resources = resources_of(counter)
    await asyncio.gather(*(jobs.expire_due(resources, {}) for _ in range(4)))
    assert await counter.db.fetchval("SELECT count(*) FROM order_events WHERE event = 'expired'") == 1


async def test_a_closed_port_does_not_stop_the_sweeps(db: Database) -> None:
    settings = make_settings(db.dsn)
    resources = Resources(settings, db, Clock(), Gateway(settings), Storage.open(settings))
    await jobs.check_due(resources, {})
    await jobs.expire_due(resources, {})
    await jobs.fill_links(resources, {})
    resources.gateway.close()


async def video_order(db: Database, **ahead: float) -> str:
    seller = await make_seller(db, category="online_video")
    public_id = await book(db, await make_user(db), seller, await slot_in(db, **(ahead or {"days": 2})))
    await pay(db, public_id)
    return public_id


async def links(db: Database) -> list[str | None]:
    rows = await db.fetch(
        """SELECT l.url FROM bookings b LEFT JOIN meeting_link_uses u ON u.booking_id = b.id
           LEFT JOIN meeting_links_pool l ON l.id = u.link_id ORDER BY b.created_at"""
    )
    return [row["url"] for row in rows]


async def test_an_empty_pool_blocks_nothing_and_is_filled_later(counter: Counter) -> None:
    db = counter.db
    await video_order(db)
    assert await links(db) == [None]
    await jobs.fill_links(resources_of(counter), {})
    assert await links(db) == [None]
    assert await actions.add_links(db, ["https://meet.test/a", "https://meet.test/a"]) == 1
    await jobs.fill_links(resources_of(counter), {})
    await jobs.fill_links(resources_of(counter), {})
    assert await links(db) == ["https://meet.test/a"]


async def test_a_link_serves_one_booking(db: Database) -> None:
    await actions.add_links(db, ["https://meet.test/a"])
    await video_order(db)
    await video_order(db)
    assert sorted(await links(db), key=str) == [None, "https://meet.test/a"]


async def test_a_reusable_link_is_never_given_twice_within_two_hours(db: Database) -> None:
    await actions.add_links(db, ["https://meet.test/r"], reusable=True)
    await video_order(db, days=2)
    await video_order(db, days=2, hours=2)
    await video_order(db, days=2, hours=4)
    assert await links(db) == ["https://meet.test/r", None, "https://meet.test/r"]


async def test_the_last_link_wanted_by_many_at_once_goes_to_one(db: Database) -> None:
    await actions.add_links(db, ["https://meet.test/last"])
    waiting = [
        await book(
            db, await make_user(db), await make_seller(db, category="online_video"), await slot_in(db, days=2)
        )
        for _ in range(8)
    ]
    await asyncio.gather(*(pay(db, public_id) for public_id in waiting))
    assert len([url for url in await links(db) if url]) == 1
    for public_id in waiting:
        assert await state_of(db, public_id) == ("confirmed", "paid")


@pytest.mark.parametrize("url", ["http://meet.test/a", "javascript:alert(1)", "https://meet.test/a b", ""])
async def test_only_https_links_enter_the_pool(db: Database, url: str) -> None:
    with pytest.raises(Exception, match="check"):
        await actions.add_links(db, [url])


async def test_a_retired_link_is_not_given(db: Database) -> None:
    await actions.add_links(db, ["https://meet.test/a"])
    await db.execute("UPDATE meeting_links_pool SET retired_at = app_now()")
    await video_order(db)
    assert await links(db) == [None]


async def test_earnings_are_held_for_a_day_after_the_session_and_released_once(counter: Counter) -> None:
    db, seller = counter.db, await make_seller(counter.db)
    public_id = await book(db, await make_user(db), seller, await slot_in(db, days=2))
    await pay(db, public_id)
    booking = await db.fetchval("SELECT b.id FROM bookings b JOIN orders o ON o.id = b.order_id")
    await clock.shift(db, timedelta(days=3))
    await jobs.release_due(resources_of(counter), {})
    assert (await earnings(db, seller.id)).available == 0, "the session is not completed"
    await finish(db, booking)
    await clock.shift(db, timedelta(hours=23, minutes=59))
    await jobs.release_due(resources_of(counter), {})
    assert (await earnings(db, seller.id)).held == 126_000
    await clock.shift(db, timedelta(minutes=2))
    await asyncio.gather(*(jobs.release_due(resources_of(counter), {}) for _ in range(5)))
    earned = await earnings(db, seller.id)
    assert (earned.held, earned.available, earned.total) == (0, 126_000, 126_000)
