"""Midtrans and the ledger compared night by night: lost news, money that is not there, Midtrans away."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mentorinaja import clock
from mentorinaja.db.pool import Database
from mentorinaja.payments import actions, jobs, rules
from mentorinaja.seeds.bank import tell_simulator
from tests.payments.conftest import Counter
from tests.payments.test_jobs import opened_order, resources_of
from tests.support.bookings import book, make_seller, make_user, slot_in, state_of
from tests.support.payments import open_attempt, said


async def night(counter: Counter) -> None:
    """The next night comes, and what is due in it is done."""
    at = await counter.db.fetchval("SELECT min(next_compare_at) FROM payment_attempts")
    await clock.shift(counter.db, at - await clock.now(counter.db) + timedelta(seconds=1))
    await jobs.compare_due(resources_of(counter), {})


async def rows(db: Database) -> list[tuple[Any, ...]]:
    found = await db.fetch(
        "SELECT there, there_status, here, resolved_at IS NOT NULL FROM gateway_differences ORDER BY id"
    )
    return [tuple(row) for row in found]


async def paid_order(counter: Counter, **how: Any) -> str:
    _, public_id = await opened_order(counter, payment_method="bank_transfer")
    await counter.control(f"transactions/{public_id}/settle", notify=False, **how)
    await actions.reconcile(counter.db, counter.gateway, public_id)
    return public_id


async def test_when_both_agree_there_is_no_row_and_the_next_night_is_planned(counter: Counter) -> None:
    await paid_order(counter)
    await opened_order(counter)  # nobody chose a method: nothing is there, and nothing is here
    await night(counter)
    assert await rows(counter.db) == []
    plan = await counter.db.fetch("SELECT next_compare_at - app_now() AS wait FROM payment_attempts")
    assert all(timedelta(hours=23) < row["wait"] <= timedelta(days=1) for row in plan)


async def test_money_whose_news_were_lost_is_found_applied_and_kept_as_a_resolved_row(
    counter: Counter,
) -> None:
    _, public_id = await opened_order(counter)
    # Closed here, so that no poll asks any more, and paid there.
    await counter.db.execute("UPDATE payment_attempts SET state = 'closed', next_check_at = NULL")
    await counter.control(f"transactions/{public_id}/settle", notify=False)
    await night(counter)
    assert await state_of(counter.db, public_id) == ("confirmed", "paid")
    assert await rows(counter.db) == [(157_500, "settlement", 0, True)]


async def test_a_chargeback_nobody_told_us_of_is_found(counter: Counter) -> None:
    public_id = await paid_order(counter)
    await counter.control(f"transactions/{public_id}/chargeback", notify=False, amount=50_000)
    await night(counter)
    assert await state_of(counter.db, public_id) == ("confirmed", "chargeback")
    assert await rows(counter.db) == [(107_500, "partial_chargeback", 157_500, True)]


async def test_money_that_midtrans_does_not_know_stays_a_row_until_it_is_there(counter: Counter) -> None:
    db = counter.db
    public_id = await book(db, await make_user(db), await make_seller(db), await slot_in(db, days=2))
    await open_attempt(db, public_id)
    status = said(public_id, payment_type="gopay")
    await actions.hear(db, public_id, status)
    await night(counter)
    await night(counter)
    assert await rows(counter.db) == [(None, None, 157_500, False)]
    assert await tell_simulator(db, counter.settings.midtrans_api_url) == 1
    await night(counter)
    assert await rows(counter.db) == [(None, None, 157_500, True)]


async def test_money_there_that_was_written_off_here_stays_open(counter: Counter) -> None:
    """A word that came out of order made it a reversal: the ledger has nothing, Midtrans has the money."""
    _, public_id = await opened_order(counter)
    await counter.control(f"transactions/{public_id}/settle", notify=False)
    transaction_id = (await counter.attempts())[0]["transactions"][0]["transaction_id"]
    await actions.hear(counter.db, public_id, said(public_id, "deny", transaction_id=transaction_id))
    await night(counter)
    assert await rows(counter.db) == [(157_500, "settlement", 0, False)]


async def test_while_midtrans_is_away_nothing_is_compared_and_it_is_tried_again(counter: Counter) -> None:
    await paid_order(counter)
    await counter.faults(status={"html": True})
    await night(counter)
    assert await rows(counter.db) == []
    assert await counter.db.fetchval("SELECT compared_at FROM payment_attempts") is None
    await counter.faults()
    await night(counter)
    assert await counter.db.fetchval("SELECT compared_at FROM payment_attempts") is not None


async def test_what_midtrans_never_answers_is_asked_about_less_and_less_often(counter: Counter) -> None:
    db = counter.db
    await opened_order(counter)
    await counter.faults(status={"error_before": 500})
    waits = []
    for _ in range(8):
        at = await db.fetchval("SELECT next_check_at FROM payment_attempts")
        await clock.shift(db, at - await clock.now(db) + timedelta(seconds=1))
        await jobs.check_due(resources_of(counter), {})
        wait = await db.fetchval("SELECT next_check_at - app_now() FROM payment_attempts")
        waits.append(round(wait / timedelta(minutes=1)))
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]
    await counter.faults()
    await clock.shift(db, timedelta(days=1))
    await jobs.check_due(resources_of(counter), {})
    assert await db.fetchval("SELECT misses FROM payment_attempts") == 0


async def test_a_captured_card_is_asked_about_until_it_settled(counter: Counter) -> None:
    db = counter.db
    _, public_id = await opened_order(counter, payment_method="card")
    await counter.control(f"transactions/{public_id}/capture", notify=False)
    await actions.reconcile(db, counter.gateway, public_id)
    at = await db.fetchval("SELECT next_check_at - app_now() FROM payment_attempts")
    assert timedelta(hours=24) < at <= timedelta(hours=25)
    await clock.shift(db, timedelta(hours=25, minutes=1))
    await jobs.check_due(resources_of(counter), {})
    assert await db.fetchval("SELECT gateway_status FROM payment_transactions") == "settlement"
    assert await db.fetchval("SELECT next_check_at FROM payment_attempts") is None


@pytest.mark.parametrize(
    ("changed_days_ago", "hour", "nights"),
    [(0, 12, 1), (6, 12, 1), (7, 12, 7), (179, 12, 7), (0, 2, 0), (180, 12, None)],
)
def test_it_is_compared_every_night_for_a_week_then_every_week_for_half_a_year(
    changed_days_ago: int, hour: int, nights: int | None
) -> None:
    now = datetime(2026, 11, 26, hour - 7 if hour >= 7 else hour + 17, tzinfo=UTC)  # `hour` in Jakarta
    at = rules.next_comparison(now - timedelta(days=changed_days_ago), now)
    if nights is None:
        assert at is None
        return
    assert at is not None and at > now
    assert at.astimezone(UTC).hour == 20
    in_jakarta = (now + timedelta(hours=7)).date()
    assert (at + timedelta(hours=7)).astimezone(UTC).date() - in_jakarta == timedelta(days=nights)


async def test_the_database_and_the_rule_mean_the_same_night(db: Database) -> None:
    for hours in range(0, 24, 5):
        await clock.shift(db, timedelta(hours=hours))
        now = await clock.now(db)
        assert await db.fetchval("SELECT next_night()") == rules.next_comparison(now, now)
