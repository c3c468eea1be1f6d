"""The gateway against the simulator: what it answers, and every way Midtrans can fail."""

import asyncio
import time

import pytest

from mentorinaja.payments.gateway_words import GatewayDown, GatewayRefused, OrderIdUsed
from mentorinaja.payments.midtrans import Gateway
from tests.payments.conftest import Counter
from tests.support.config import make_settings

ORDER = "BE-20261126-ABC234"
ASKED = {"transaction_details": {"order_id": ORDER, "gross_amount": 157_500}}

FAILURES = [
    {"error_before": 500},
    {"error_after": 503},
    {"html": True},
    {"cut_before": True},
    {"cut_after": True},
    {"rate_limit": True},
    {"error_before": 500, "body_errors": True},
    {"rate_limit": True, "body_errors": True},
]


async def test_a_page_is_created_and_nothing_is_known_until_a_method_is_chosen(counter: Counter) -> None:
    created = await counter.gateway.create(ASKED)
    assert created.redirect_url.endswith(created.token)
    assert await counter.gateway.status(ORDER) is None


async def test_the_status_is_told_in_our_words(counter: Counter) -> None:
    await counter.gateway.create(ASKED)
    await counter.control(f"transactions/{ORDER}/settle", method="bca_va")
    status = await counter.gateway.status(ORDER)
    assert status is not None
    assert (status.status, status.amount, status.currency, status.status_code) == (
        "settlement", 157_500, "IDR", "200",
    )  # fmt: skip
    assert await counter.gateway.status(status.transaction_id) == status


async def test_before_a_method_is_chosen_the_same_id_can_be_created_again(counter: Counter) -> None:
    first = await counter.gateway.create(ASKED)
    second = await counter.gateway.create(ASKED)
    assert first.token != second.token


async def test_afterwards_the_id_is_used_up(counter: Counter) -> None:
    await counter.gateway.create(ASKED)
    await counter.control(f"transactions/{ORDER}/deny")
    with pytest.raises(OrderIdUsed):
        await counter.gateway.create(ASKED)
    await counter.faults(create={"body_errors": True})
    with pytest.raises(OrderIdUsed):
        await counter.gateway.create(ASKED)


async def test_what_midtrans_will_not_do_is_refused_with_its_number(counter: Counter) -> None:
    with pytest.raises(GatewayRefused) as refusal:
        await counter.gateway.create({"transaction_details": {"order_id": ORDER, "gross_amount": 1}})
    assert refusal.value.code == 400
    with pytest.raises(GatewayRefused) as refusal:
        await counter.gateway.expire(ORDER)
    assert refusal.value.code == 404


async def test_a_wrong_key_is_trouble_and_never_unpaid(counter: Counter) -> None:
    gateway = Gateway(
        make_settings(
            counter.db.dsn,
            midtrans_server_key="SB-Mid-server-other",
            midtrans_app_url=counter.settings.midtrans_app_url,
            midtrans_api_url=counter.settings.midtrans_api_url,
        )
    )
    with pytest.raises(GatewayDown):
        await gateway.status(ORDER)
    gateway.close()


async def test_not_found_counts_with_http_200_too(counter: Counter) -> None:
    await counter.faults(status={"body_errors": True})
    assert await counter.gateway.status(ORDER) is None


@pytest.mark.parametrize("fault", FAILURES, ids=str)
async def test_every_failure_is_an_unknown_outcome(counter: Counter, fault: dict[str, object]) -> None:
    await counter.faults(all=fault)
    with pytest.raises(GatewayDown):
        await counter.gateway.create(ASKED)
    with pytest.raises(GatewayDown):
        await counter.gateway.status(ORDER)
    await counter.faults()
    assert (await counter.gateway.create(ASKED)).token


async def test_waiting_has_an_end(counter: Counter) -> None:
    await counter.faults(status={"delay": 30})
    started = time.monotonic()
    with pytest.raises(GatewayDown):
        await counter.gateway.status(ORDER, 0.5)
    assert time.monotonic() - started < 20


async def test_a_hanging_midtrans_keeps_nobody_else_waiting(counter: Counter) -> None:
    await counter.faults(create={"delay": 20})
    hanging = [asyncio.create_task(counter.gateway.create(ASKED)) for _ in range(20)]
    await asyncio.sleep(0)  # all of them have asked
    assert await counter.gateway.status(ORDER) is None
    assert not any(task.done() for task in hanging)
    for task in hanging:
        task.cancel()
    await asyncio.gather(*hanging, return_exceptions=True)


async def test_a_closed_port_is_down(counter: Counter) -> None:
    gateway = Gateway(make_settings(counter.db.dsn))
    with pytest.raises(GatewayDown):
        await gateway.create(ASKED)
    gateway.close()


@pytest.mark.parametrize("odd", ["../v2/other", "a?x=1", "", "BE-20261126-ABC234/cancel", "%2e%2e"])
async def test_only_ids_of_ours_become_part_of_an_address(counter: Counter, odd: str) -> None:
    with pytest.raises(ValueError, match="not an id"):
        await counter.gateway.status(odd)
    with pytest.raises(ValueError, match="not an id"):
        await counter.gateway.cancel_token(odd)


async def test_a_page_can_be_closed_once(counter: Counter) -> None:
    created = await counter.gateway.create(ASKED)
    await counter.gateway.cancel_token(created.token)
    with pytest.raises(GatewayRefused):
        await counter.gateway.cancel_token(created.token)


async def test_a_pending_payment_can_be_expired(counter: Counter) -> None:
    await counter.gateway.create(ASKED)
    await counter.client.post(
        f"/snap/v3/redirection/{(await counter.attempts())[0]['token']}",
        data={"method": "bca_va", "action": "pending"},
    )
    pending = await counter.gateway.status(ORDER)
    assert pending is not None and pending.status == "pending"
    await counter.gateway.expire(ORDER)
    expired = await counter.gateway.status(ORDER)
    assert expired is not None and expired.status == "expire"
