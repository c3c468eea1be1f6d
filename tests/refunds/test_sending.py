"""Refunds that go by the gateway: each method its way, every failure tried again, the money sent once."""

from typing import Any

import pytest

from mentorinaja import clock
from mentorinaja.payments import actions as payments
from tests.payments.conftest import Counter
from tests.refunds.sales import TOTAL, Sale, next_sweep, sell_at, sweep
from tests.support.midtrans import until


async def there(counter: Counter, sale: Sale) -> dict[str, Any]:
    """The sale's transaction as the simulator has it."""
    known = await counter.attempts()
    attempt = next(one for one in known if one["gateway_order_id"] == sale.public_id)
    found: dict[str, Any] = attempt["transactions"][-1]
    return found


async def refunded_there(counter: Counter, sale: Sale) -> list[int]:
    """Rupiah of each refund the simulator made."""
    return [refund["amount"] for refund in (await there(counter, sale))["refunds"]]


async def confirmed(counter: Counter, sale: Sale, number: int = 0) -> None:
    """The bank confirms the sale's refund of this number at the simulator, and we hear of it."""

    async def heard() -> bool:
        await payments.reconcile(
            counter.db, counter.gateway, sale.public_id, transaction_id=sale.transaction_id
        )
        return "done" in await sale.steps(number)

    await until(heard)


async def test_what_the_gateway_can_send_it_sends(counter: Counter) -> None:
    for method, amount in (("gopay", 50_000), ("dana", TOTAL), ("shopeepay", TOTAL), ("other_qris", 70_000)):
        sale = await sell_at(counter, method)
        await sale.owe(amount)
        assert await sale.steps() == ["requested"]
        await sweep(counter.db, counter.gateway)
        assert await refunded_there(counter, sale) == [amount], method
        assert await sale.due() == 0
        await confirmed(counter, sale)
        assert await sale.steps() == ["requested", "approved", "sent", "done"]
        assert (await sale.refund()).way == "gateway"
        assert await sale.status() == ("refunded" if amount == TOTAL else "partially_refunded")


async def test_several_refunds_of_one_sale_are_each_sent_once(counter: Counter) -> None:
    sale = await sell_at(counter, "gopay")
    await sale.owe(10_000)
    await sale.owe(20_000, "interrupted", cause="1")
    await sale.owe(30_000, "interrupted", cause="2")
    for _ in range(2):
        await next_sweep(counter.db, counter.gateway, minutes=10)
    assert await refunded_there(counter, sale) == [10_000, 20_000, 30_000]
    for number in range(3):
        await confirmed(counter, sale, number)
        assert await sale.steps(number) == ["requested", "approved", "sent", "done"]
    assert await sale.status() == "partially_refunded"


async def test_what_it_cannot_send_goes_by_bank_without_asking_it(counter: Counter) -> None:
    for method, amount in (("bca_va", TOTAL), ("echannel", 10_000), ("indomaret", TOTAL), ("ovo", 10_000)):
        sale = await sell_at(counter, method)
        await sale.owe(amount)
        await sweep(counter.db, counter.gateway)
        assert await refunded_there(counter, sale) == []
        refund = await sale.refund()
        assert (refund.way, refund.state, refund.needs_account) == ("bank", "approved", True)
        assert "sent" not in await sale.steps()
        assert await sale.due() == amount


async def test_a_window_that_has_passed_leads_to_the_bank(counter: Counter) -> None:
    sale = await sell_at(counter, "dana")
    await sale.owe(TOTAL)
    await next_sweep(counter.db, counter.gateway, days=46)
    assert (await sale.refund()).way == "bank"
    # Ours may be the longer one: then the gateway says no.
    sale = await sell_at(counter, "other_qris")
    await sale.owe(TOTAL)
    await next_sweep(counter.db, counter.gateway, days=8)
    assert await sale.steps() == ["requested", "approved", "sent", "failed", "approved"]
    assert (await sale.refund()).needs_account


async def test_a_card_that_has_not_settled_is_cancelled_whole(counter: Counter) -> None:
    sale = await sell_at(counter, "credit_card", verb="capture")
    await sale.owe(TOTAL)
    await sweep(counter.db, counter.gateway)
    assert (await there(counter, sale))["transaction_status"] == "cancel"
    refund = await sale.refund()
    assert (refund.way, refund.state) == ("cancel", "done")
    assert await sale.status() == "refunded"
    assert await sale.due() == 0


async def test_part_of_a_card_payment_waits_until_it_has_settled(counter: Counter) -> None:
    sale = await sell_at(counter, "credit_card", verb="capture")
    await sale.owe(50_000)
    await sweep(counter.db, counter.gateway)
    assert await sale.steps() == ["requested", "approved"]
    for _ in range(4):
        await next_sweep(counter.db, counter.gateway, hours=12)
    assert await refunded_there(counter, sale) == [50_000]
    await confirmed(counter, sale)


@pytest.mark.parametrize(
    ("fault", "made"),
    [
        ({"error_before": 500}, False),
        ({"error_after": 500}, True),
        ({"cut_before": True}, False),
        ({"cut_after": True}, True),
        ({"html": True}, False),
        ({"rate_limit": True}, False),
    ],
    ids=lambda value: str(value),
)
async def test_whatever_happens_to_the_answer_the_money_is_sent_once(
    counter: Counter, fault: dict[str, Any], made: bool
) -> None:
    sale = await sell_at(counter, "gopay")
    await sale.owe(40_000)
    await counter.faults(refund={"times": 1, **fault}, bank_silent=True)
    await sweep(counter.db, counter.gateway)
    assert await refunded_there(counter, sale) == ([40_000] if made else [])
    assert (await sale.refund()).state == "sent"  # what came of it is not known
    await sweep(counter.db, counter.gateway)  # not yet: it is asked again a little later
    assert len(await refunded_there(counter, sale)) == int(made)
    await next_sweep(counter.db, counter.gateway, minutes=2)
    assert await refunded_there(counter, sale) == [40_000]
    await counter.faults()
    await confirmed(counter, sale)
    assert await sale.steps() == ["requested", "approved", "sent", "done"]


async def test_a_silent_gateway_is_asked_more_and_more_rarely(counter: Counter) -> None:
    sale = await sell_at(counter, "gopay")
    refund_id = await sale.owe(40_000)
    await counter.faults(all={"error_before": 500})
    pauses = []
    for _ in range(6):
        await sweep(counter.db, counter.gateway)
        at = await counter.db.fetchval("SELECT next_try_at FROM refunds WHERE id = $1", refund_id)
        pauses.append(round((at - await clock.now(counter.db)).total_seconds() / 60))
        await clock.shift(counter.db, at - await clock.now(counter.db))
    assert pauses == [1, 5, 15, 60, 360, 360]
    assert await sale.steps() == ["requested", "approved"]  # nothing is told before the truth is known
    await counter.faults()
    await sweep(counter.db, counter.gateway)
    assert await refunded_there(counter, sale) == [40_000]
    await confirmed(counter, sale)


async def test_a_bank_that_says_no_leads_to_a_transfer_by_hand(counter: Counter) -> None:
    sale = await sell_at(counter, "credit_card")
    await sale.owe(40_000)
    await counter.faults(refund={"bank_denies": True})
    await sweep(counter.db, counter.gateway)
    assert await sale.steps() == ["requested", "approved", "sent", "failed", "approved"]
    assert (await sale.refund()).needs_account


async def test_what_the_gateway_gave_by_itself_is_not_sent_again(counter: Counter) -> None:
    sale = await sell_at(counter, "gopay")
    await sale.owe(40_000)
    await counter.control(f"transactions/{sale.public_id}/refund", amount=30_000)
    await sweep(counter.db, counter.gateway)
    # Part of it had gone back from the gateway's own desk: only the rest follows.
    assert await refunded_there(counter, sale) == [30_000, 10_000]
    await confirmed(counter, sale)
    assert await sale.status() == "partially_refunded"


async def test_a_refund_no_bank_ever_confirms_is_done_after_two_weeks(counter: Counter) -> None:
    sale = await sell_at(counter, "gopay")
    await sale.owe(TOTAL)
    await counter.faults(bank_silent=True)
    await sweep(counter.db, counter.gateway)
    assert (await sale.refund()).state == "sent"
    await next_sweep(counter.db, days=15)
    assert await sale.steps() == ["requested", "approved", "sent", "done"]
    assert await sale.status() == "refunded"
