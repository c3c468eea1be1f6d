"""Opening a payment: the intent first, one living attempt, and every way Midtrans can fail while paying."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from mentorinaja import clock
from mentorinaja.bookings import actions as bookings
from mentorinaja.db.pool import Database
from mentorinaja.errors import NotThere
from mentorinaja.payments import actions
from mentorinaja.payments.midtrans import Gateway
from mentorinaja.payments.queries import Attempt
from mentorinaja.payments.refusals import MidtransAway, NothingToPay, PayingClosed
from mentorinaja.web.viewer import Viewer
from tests.payments.conftest import Counter
from tests.support.bookings import book, make_seller, make_user, slot_in, state_of
from tests.support.payments import pay


async def new_order(db: Database, **changes: Any) -> tuple[Viewer, str]:
    seller, user = await make_seller(db, ready=True), await make_user(db)
    starts_at = changes.pop("starts_at", await slot_in(db, days=2))
    return user, await book(db, user, seller, starts_at, **changes)


async def opened(counter: Counter, user: Viewer, public_id: str, **options: Any) -> Attempt:
    return await actions.open_payment(
        counter.db, counter.gateway, counter.settings, user, public_id, **options
    )


async def attempts(db: Database) -> list[tuple[str, str]]:
    rows = await db.fetch("SELECT gateway_order_id, state FROM payment_attempts ORDER BY id")
    return [(row["gateway_order_id"], row["state"]) for row in rows]


async def test_opening_tells_midtrans_what_is_paid_and_how(counter: Counter) -> None:
    user, public_id = await new_order(counter.db, payment_method="ewallet")
    attempt = await opened(counter, user, public_id)
    known = (await counter.attempts())[0]
    assert known["gateway_order_id"] == public_id == attempt.gateway_order_id
    assert known["redirect_url"] == attempt.redirect_url
    assert known["gross_amount"] == 157_500
    assert set(known["enabled_payments"]) == {"gopay", "shopeepay", "ovo", "dana"}
    assert [item["price"] for item in known["item_details"]] == [150_000, 7_500]
    assert known["customer_details"]["email"] == user.email
    finish = f"{counter.settings.base_url}/payment/finish"
    assert known["callbacks"] == {"finish": finish, "error": finish}


async def test_pressing_twice_reuses_the_living_attempt(counter: Counter) -> None:
    user, public_id = await new_order(counter.db)
    first = await opened(counter, user, public_id)
    assert await opened(counter, user, public_id) == first
    assert await attempts(counter.db) == [(public_id, "open")]


@pytest.mark.parametrize("delay", [0.0, 0.05, 0.3])
async def test_many_presses_at_once_on_two_processes_open_one_page(counter: Counter, delay: float) -> None:
    user, public_id = await new_order(counter.db)
    await counter.faults(create={"delay": delay})
    other = await Database.connect(counter.db.dsn, 4)
    second_gateway = Gateway(counter.settings)
    found = await asyncio.gather(
        *(opened(counter, user, public_id) for _ in range(6)),
        *(actions.open_payment(other, second_gateway, counter.settings, user, public_id) for _ in range(6)),
    )
    assert len({attempt.snap_token for attempt in found}) == 1
    known = await counter.attempts()
    assert [attempt["token"] for attempt in known] == [found[0].snap_token]
    second_gateway.close()
    await other.close()


@pytest.mark.parametrize(
    "fault",
    [
        {"error_before": 500},
        {"error_after": 500},
        {"html": True},
        {"cut_before": True},
        {"cut_after": True},
        {"rate_limit": True},
    ],
    ids=str,
)
async def test_midtrans_failing_keeps_the_booking_and_trying_again_works(
    counter: Counter, fault: dict[str, object]
) -> None:
    user, public_id = await new_order(counter.db)
    await counter.faults(create=fault)
    with pytest.raises(MidtransAway):
        await opened(counter, user, public_id)
    assert await attempts(counter.db) == [(public_id, "unknown")]
    assert await state_of(counter.db, public_id) == ("pending", "waiting")
    await counter.faults()
    attempt = await opened(counter, user, public_id)
    assert await attempts(counter.db) == [(public_id, "open")]
    assert (await counter.attempts())[0]["token"] == attempt.snap_token


async def test_a_refusal_is_looked_at_and_the_next_press_takes_a_new_number(counter: Counter) -> None:
    user, public_id = await new_order(counter.db)
    await counter.faults(create={"error_before": 400})
    with pytest.raises(MidtransAway):
        await opened(counter, user, public_id)
    await counter.faults()
    await opened(counter, user, public_id)
    assert await attempts(counter.db) == [(public_id, "refused"), (f"{public_id}-2", "open")]
    assert await counter.db.fetchval("SELECT alert FROM payment_logs") == "create_refused"


async def test_a_used_up_id_is_asked_about_and_a_new_number_taken(counter: Counter) -> None:
    user, public_id = await new_order(counter.db)
    await opened(counter, user, public_id)
    await counter.control(f"transactions/{public_id}/deny")
    # As if this process had died before it heard the answer.
    await counter.db.execute("UPDATE payment_attempts SET state = 'creating', snap_token = NULL")
    attempt = await opened(counter, user, public_id)
    assert attempt.gateway_order_id == f"{public_id}-2"
    assert await counter.db.fetchval("SELECT last_attempt_failed FROM orders")


async def test_an_id_that_was_paid_without_our_knowing_is_found_out(counter: Counter) -> None:
    user, public_id = await new_order(counter.db)
    await opened(counter, user, public_id)
    await counter.control(f"transactions/{public_id}/settle", notify=False)
    await counter.db.execute("UPDATE payment_attempts SET state = 'creating', snap_token = NULL")
    with pytest.raises(NothingToPay):
        await opened(counter, user, public_id)
    assert await state_of(counter.db, public_id) == ("confirmed", "paid")


async def test_a_request_that_died_while_opening_is_taken_over(counter: Counter) -> None:
    user, public_id = await new_order(counter.db)
    await opened(counter, user, public_id)
    await counter.db.execute(
        """UPDATE payment_attempts SET state = 'creating', snap_token = NULL, opener = gen_random_uuid(),
             opening_until = statement_timestamp() + interval '0.5 seconds'"""
    )
    attempt = await opened(counter, user, public_id)
    assert (attempt.gateway_order_id, attempt.state) == (public_id, "open")


async def test_after_an_expired_try_a_new_page_is_opened(counter: Counter) -> None:
    user, public_id = await new_order(counter.db)
    await opened(counter, user, public_id)
    await counter.control(f"transactions/{public_id}/expire")
    await actions.reconcile(counter.db, counter.gateway, public_id)
    attempt = await opened(counter, user, public_id)
    assert attempt.gateway_order_id == f"{public_id}-2"


async def test_another_method_closes_the_narrow_page_and_opens_all(counter: Counter) -> None:
    user, public_id = await new_order(counter.db, payment_method="card")
    narrow = await opened(counter, user, public_id)
    wide = await opened(counter, user, public_id, any_method=True)
    assert wide.gateway_order_id == f"{public_id}-2"
    assert len((await counter.attempts())[0]["enabled_payments"]) > 10
    with pytest.raises(Exception, match="refused"):
        await counter.gateway.cancel_token(narrow.snap_token or "")
    assert await opened(counter, user, public_id, any_method=True) == wide
    assert await opened(counter, user, public_id) == wide


async def test_another_method_also_ends_a_payment_that_waits(counter: Counter) -> None:
    user, public_id = await new_order(counter.db, payment_method="bank_transfer")
    attempt = await opened(counter, user, public_id)
    await counter.client.post(attempt.redirect_url or "", data={"method": "bni_va", "action": "pending"})
    await opened(counter, user, public_id, any_method=True)
    first = (await counter.attempts())[1]
    assert first["transactions"][0]["transaction_status"] == "expire"


async def test_another_method_finds_out_that_the_first_was_paid(counter: Counter) -> None:
    user, public_id = await new_order(counter.db, payment_method="bank_transfer")
    await opened(counter, user, public_id)
    await counter.control(f"transactions/{public_id}/settle", notify=False)
    with pytest.raises(NothingToPay):
        await opened(counter, user, public_id, any_method=True)
    assert await state_of(counter.db, public_id) == ("confirmed", "paid")


async def test_a_session_that_starts_now_offers_nothing_that_can_be_reversed(counter: Counter) -> None:
    user, public_id = await new_order(counter.db, starts_at=None, payment_method="bank_transfer")
    await opened(counter, user, public_id)
    enabled = set((await counter.attempts())[0]["enabled_payments"])
    assert "bca_va" in enabled
    assert not enabled & {"permata_va", "echannel", "indomaret"}


async def test_the_page_ends_with_the_time_to_pay(counter: Counter) -> None:
    user, public_id = await new_order(counter.db)
    attempt = await opened(counter, user, public_id)
    deadline = await counter.db.fetchval("SELECT pay_deadline FROM orders")
    await clock.shift(counter.db, deadline - await clock.now(counter.db))
    answer = await counter.client.get(attempt.redirect_url or "")
    assert "BCA" not in answer.text and "QRIS" not in answer.text


async def test_in_the_last_two_minutes_paying_cannot_be_opened(counter: Counter) -> None:
    user, public_id = await new_order(counter.db)
    deadline = await counter.db.fetchval("SELECT pay_deadline FROM orders")
    await clock.shift(counter.db, deadline - await clock.now(counter.db) - timedelta(seconds=119))
    with pytest.raises(PayingClosed):
        await opened(counter, user, public_id)
    assert await attempts(counter.db) == []


async def test_nobody_pays_for_what_is_paid_cancelled_or_somebody_elses(counter: Counter) -> None:
    user, public_id = await new_order(counter.db)
    with pytest.raises(NotThere):
        await opened(counter, await make_user(counter.db), public_id)
    with pytest.raises(NotThere):
        await opened(counter, user, "BE-20261126-ABC234")
    await pay(counter.db, public_id)
    with pytest.raises(NothingToPay):
        await opened(counter, user, public_id)
    user, given_up = await new_order(counter.db)
    await bookings.cancel_unpaid(counter.db, user, given_up)
    with pytest.raises(NothingToPay):
        await opened(counter, user, given_up)


async def test_a_payment_under_review_is_not_paid_again(counter: Counter) -> None:
    user, public_id = await new_order(counter.db, payment_method="card")
    await opened(counter, user, public_id)
    await counter.control(f"transactions/{public_id}/challenge")
    await actions.reconcile(counter.db, counter.gateway, public_id)
    with pytest.raises(PayingClosed):
        await opened(counter, user, public_id)
