"""The simulator's notifications, faults and control API, as a merchant meets them."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
import requests
from midtransclient.error_midtrans import JSONDecodeError, MidtransAPIError

from mentorinaja.local.midtrans import faults
from mentorinaja.local.midtrans.bodies import signature
from mentorinaja.local.midtrans.notify import RETRY_WAITS, retries_after
from tests.support.midtrans import KEY, Desk, request_body, running_desk, until


@pytest_asyncio.fixture
async def desk() -> AsyncIterator[Desk]:
    """A simulator with an empty memory, whose waits are a thousandth of Midtrans's."""
    async with running_desk() as running:
        yield running


def is_signed(body: dict[str, str]) -> bool:
    """Whether the signature fits the body."""
    expected = signature(body["order_id"], body["status_code"], body["gross_amount"], KEY)
    return body["signature_key"] == expected


async def test_notices_are_signed_and_come_in_order(desk: Desk) -> None:
    opened = await desk.create()
    await desk.pay(opened, method="bca_va", action="pay")
    assert await desk.received(2) == ["pending", "settlement"]
    assert all(is_signed(body) for body in desk.merchant.received)
    assert desk.merchant.headers[0]["user-agent"] == "Veritrans"
    assert [body["status_code"] for body in desk.merchant.received] == ["201", "200"]


@pytest.mark.parametrize(
    ("answer", "retries"),
    [(200, 0), (204, 0), (500, 1), (503, 4), (400, 2), (404, 2), (302, 0), (403, 5), (502, 5), (None, 5)],
)
def test_the_retry_table_is_midtrans(answer: int | None, retries: int) -> None:
    assert retries_after(answer) == retries
    assert len(RETRY_WAITS) == 5


@pytest.mark.parametrize(("answers", "posts"), [([500] * 9, 2), ([404] * 9, 3), ([503, 200], 2), ([302], 1)])
async def test_what_the_merchant_answers_decides_the_retries(answers: list[int], posts: int) -> None:
    async with running_desk(retry_scale=0.00002) as desk:
        desk.merchant.answers = list(answers)
        await desk.create()
        await desk.control("transactions/BE-1/settle")

        async def finished() -> bool:
            notices = (await desk.attempt())["notifications"]
            return all(notice["state"] == "sent" for notice in notices)

        await until(finished)
        assert (await desk.attempt())["notifications"][0]["answers"] == [*answers, 200][:posts]
        assert len(desk.merchant.received) == posts


async def test_a_307_is_followed_to_its_address(desk: Desk) -> None:
    desk.merchant.answers = [307]
    desk.merchant.location = b"/elsewhere"
    await desk.create()
    await desk.control("transactions/BE-1/settle")

    async def answered() -> bool:
        return bool((await desk.attempt())["notifications"][0]["answers"] == [200])

    await until(answered)
    assert desk.merchant.paths == ["/notify", "/elsewhere"]


async def test_retries_that_were_due_are_taken_up_after_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "simulator.sqlite"
    async with running_desk(file, retry_scale=0.01) as desk:
        await desk.create()
        desk.merchant.answers = [503]
        await desk.control("transactions/BE-1/settle")
        await desk.received(1)
        await until(lambda: not desk.merchant.answers)
        answer = (await desk.attempt())["notifications"][0]
        assert answer["state"] == "waiting"
    async with running_desk(file, retry_scale=0.01) as desk:

        async def tried_again() -> bool:
            return len((await desk.attempt())["notifications"][0]["answers"]) > 1

        await until(tried_again)


async def test_override_and_append_headers_choose_the_addresses(desk: Desk) -> None:
    auth = httpx.BasicAuth(KEY, "")
    for order_id, header, count in (
        ("BE-1", "X-Override-Notification", 1),
        ("BE-2", "X-Append-Notification", 2),
    ):
        headers = {header: f"{desk.url}/nowhere"}
        await desk.client.post(
            "/snap/v1/transactions", json=request_body(order_id), auth=auth, headers=headers
        )
        attempt = await desk.control(f"transactions/{order_id}/settle")
        urls = [notice["url"] for notice in attempt["notifications"]]
        assert len(urls) == count
        assert urls[-1] == f"{desk.url}/nowhere"


async def test_notices_can_be_dropped_doubled_and_overtaken(desk: Desk) -> None:
    await desk.create()
    await desk.faults(notify={"drop": True, "times": 1})
    dropped = await desk.control("transactions/BE-1/capture")
    assert dropped["notifications"][0]["state"] == "dropped"
    await desk.faults(notify={"duplicate": 3, "times": 1})
    await desk.control("transactions/BE-1/settle")
    assert await desk.received(3) == ["settlement"] * 3
    opened = await desk.create("BE-2")
    await desk.faults(notify={"reorder": True})
    await desk.pay(opened, method="bca_va", action="pay")
    assert (await desk.received(5))[3:] == ["settlement", "pending"]


async def test_a_delayed_notice_comes_after_the_next_one(desk: Desk) -> None:
    await desk.create()
    await desk.faults(notify={"delay": 0.5, "times": 1})
    await desk.control("transactions/BE-1/capture")
    await desk.control("transactions/BE-1/settle")
    assert await desk.received(2) == ["settlement", "capture"]


@pytest.mark.parametrize(
    ("fault", "field", "value", "signed"),
    [
        ({"edited_status": "refund"}, "transaction_status", "refund", True),
        ({"uppercase": True}, "transaction_status", "SETTLEMENT", True),
        ({"wrong_amount": "1.00"}, "gross_amount", "1.00", True),
        ({"unknown_order": True}, "order_id", "BE-19700101-UNKNWN", True),
        ({"set": {"currency": "USD"}}, "currency", "USD", True),
        ({"remove": ["fraud_status"]}, "fraud_status", None, True),
        ({"wrong_signature": True}, "transaction_status", "settlement", False),
    ],
)
async def test_notices_and_statuses_can_lie(
    desk: Desk, fault: dict[str, object], field: str, value: str | None, signed: bool
) -> None:
    await desk.create()
    await desk.faults(notify=fault, status=fault)
    await desk.control("transactions/BE-1/settle")
    await desk.received(1)
    for body in (desk.merchant.received[0], await desk.core("status", "BE-1")):
        assert body.get(field) == value
        assert is_signed(body) == signed


async def test_a_hint_can_be_sent_edited_forged_and_fifty_times_at_once(desk: Desk) -> None:
    await desk.create()
    await desk.control("transactions/BE-1/settle", notify=False)
    told = await desk.control("notify/BE-1", status="refund", repeat=50)
    assert told["answers"] == [200] * 50
    assert desk.merchant.statuses() == ["refund"] * 50
    assert is_signed(desk.merchant.received[0])
    desk.merchant.answers = [403]
    forged = await desk.control("notify/BE-1", forge=True)
    assert forged["answers"] == [403]
    assert not is_signed(desk.merchant.received[-1])
    await desk.control("notify/BE-20200101-NOBODY")
    assert desk.merchant.received[-1]["order_id"] == "BE-20200101-NOBODY"
    assert is_signed(desk.merchant.received[-1])


async def test_errors_before_the_work_leave_nothing_and_after_it_leave_the_transaction(desk: Desk) -> None:
    for order_id, fault, exists in (("BE-1", "error_before", False), ("BE-2", "error_after", True)):
        await desk.faults(create={fault: 500, "times": 1})
        with pytest.raises(MidtransAPIError) as raised:
            await desk.create(order_id)
        assert raised.value.http_status_code == 500
        orders = [a["gateway_order_id"] for a in (await desk.client.get("/_control/transactions")).json()]
        assert (order_id in orders) == exists
        assert await desk.create(order_id)


async def test_connections_are_cut_before_or_after_the_work(desk: Desk) -> None:
    for order_id, fault, exists in (("BE-1", "cut_before", False), ("BE-2", "cut_after", True)):
        await desk.faults(create={fault: True, "times": 1})
        with pytest.raises(requests.ConnectionError):
            await desk.create(order_id)
        orders = [a["gateway_order_id"] for a in (await desk.client.get("/_control/transactions")).json()]
        assert (order_id in orders) == exists


async def test_html_rate_limits_and_errors_in_bodies(desk: Desk) -> None:
    await desk.create()
    await desk.faults(status={"html": True})
    with pytest.raises(JSONDecodeError):
        await desk.core("status", "BE-1")
    await desk.faults(all={"rate_limit": True})
    with pytest.raises(MidtransAPIError) as raised:
        await desk.core("status", "BE-1")
    assert raised.value.http_status_code == 429
    for fault in ({}, {"error_before": 500}):
        await desk.faults(status={"body_errors": True, **fault})
        with pytest.raises(MidtransAPIError) as raised:
            await desk.core("status", "BE-1")
        assert raised.value.http_status_code == 200
        assert raised.value.api_response_dict["status_code"] == ("500" if fault else "404")


async def test_faults_are_slow_counted_shown_and_cleared(desk: Desk) -> None:
    await desk.create()
    await desk.faults(all={"delay": 0.3}, cancel={"error_before": 503, "times": 2})
    began = time.monotonic()
    with pytest.raises(MidtransAPIError):
        await desk.core("status", "BE-1")
    assert time.monotonic() - began >= 0.3
    with pytest.raises(MidtransAPIError):
        await desk.core("cancel", "BE-1")
    shown = (await desk.client.get("/_control/faults")).json()
    assert shown == {"all": {"delay": 0.3}, "cancel": {"error_before": 503, "times": 1}}
    assert (await desk.client.put("/_control/faults", json={"nope": {}})).status_code == 400
    assert (await desk.client.put("/_control/faults", json={})).json() == {}


async def test_a_bank_may_deny_a_refund(desk: Desk) -> None:
    await desk.create()
    await desk.control("transactions/BE-1/settle", method="gopay")
    await desk.faults(refund={"bank_denies": True})
    answer = await desk.core("refundDirect", "BE-1", {"refund_key": "r", "amount": 157_500})
    assert (answer["status_code"], answer["transaction_status"]) == ("202", "settlement")


async def test_levers_move_a_transaction_through_its_whole_life(desk: Desk) -> None:
    await desk.create()
    steps = [
        ("challenge", "capture"),
        ("approve", "capture"),
        ("settle", "settlement"),
        ("chargeback", "chargeback"),
    ]
    for verb, status in steps:
        attempt = await desk.control(f"transactions/BE-1/{verb}")
        assert attempt["transactions"][-1]["transaction_status"] == status
    await desk.create("BE-2")
    await desk.control("transactions/BE-2/settle", method="permata_va")
    attempt = await desk.control("transactions/BE-2/reverse")
    assert attempt["transactions"][0]["transaction_status"] == "deny"
    await desk.create("BE-3")
    await desk.control("transactions/BE-3/settle", method="other_qris")
    part = await desk.control("transactions/BE-3/refund", amount=1_000)
    assert part["transactions"][0]["transaction_status"] == "partial_refund"
    assert (await desk.client.post("/_control/transactions/BE-3/reverse")).status_code == 409
    assert (await desk.client.post("/_control/transactions/NOPE/settle")).status_code == 404
    assert (await desk.client.post("/_control/transactions/BE-3/explode")).status_code == 404


async def test_a_lever_pays_as_the_payment_page_lets_people_pay(desk: Desk) -> None:
    await desk.create("BE-1", enabled_payments=["other_qris"])
    attempt = await desk.control("transactions/BE-1/settle")
    assert attempt["transactions"][0]["payment_type"] == "qris"


async def test_money_can_come_late_twice_or_wrong(desk: Desk) -> None:
    await desk.create()
    await desk.control("transactions/BE-1/expire")
    late = await desk.control("transactions/BE-1/settle")
    assert [t["transaction_status"] for t in late["transactions"]] == ["expire", "settlement"]
    assert (await desk.client.post("/_control/transactions/BE-1/settle")).status_code == 409
    twice = await desk.control("transactions/BE-1/settle", method="gopay", amount=1_000)
    assert [t["transaction_status"] for t in twice["transactions"]] == ["expire", "settlement", "settlement"]
    assert (await desk.core("status", "BE-1"))["gross_amount"] == "1000.00"


@pytest.mark.parametrize("pay", ["settle", "capture"])
@pytest.mark.parametrize(
    ("verb", "after"),
    [
        ("reverse", {"settle": "deny", "capture": "cancel"}),
        ("refund", "refund"),
        ("chargeback", "chargeback"),
    ],
)
async def test_levers_take_money_back_whatever_the_method(
    desk: Desk, pay: str, verb: str, after: str | dict[str, str]
) -> None:
    await desk.create()
    assert (await desk.client.post(f"/_control/transactions/BE-1/{verb}")).status_code == 404
    await desk.control(f"transactions/BE-1/{pay}")
    attempt = await desk.control(f"transactions/BE-1/{verb}")
    wanted = after if isinstance(after, str) else after[pay]
    assert attempt["transactions"][0]["transaction_status"] == wanted
    assert (await desk.client.post(f"/_control/transactions/BE-1/{verb}")).status_code == 409


async def test_money_nobody_paid_cannot_be_taken_back(desk: Desk) -> None:
    await desk.create()
    await desk.control("transactions/BE-1/deny")
    for verb in ("reverse", "refund", "chargeback"):
        assert (await desk.client.post(f"/_control/transactions/BE-1/{verb}")).status_code == 409


async def test_settled_money_is_not_denied(desk: Desk) -> None:
    await desk.create()
    await desk.control("transactions/BE-1/settle")
    assert (await desk.client.post("/_control/transactions/BE-1/deny")).status_code == 409


async def test_pages_of_other_origins_cannot_pull_levers(desk: Desk) -> None:
    await desk.create()
    foreign = {"Origin": "https://evil.test"}
    answer = await desk.client.post("/_control/transactions/BE-1/settle", headers=foreign)
    assert answer.status_code == 403
    own = await desk.client.post(
        "/_control/transactions/BE-1/settle", data={"method": "gopay"}, headers={"Origin": desk.url}
    )
    assert own.status_code == 303
    page = await desk.client.get("/_control")
    assert page.status_code == 200
    assert "settlement" in page.text


async def test_a_card_can_be_decided_a_minute_later(desk: Desk) -> None:
    opened = await desk.create()
    await desk.pay(opened, method="credit_card", action="pay", card_number="4024 0071 7626 5022")
    assert await desk.received(2) == ["pending", "capture"]


async def test_many_notices_do_not_slow_the_answers(desk: Desk) -> None:
    for number in range(20):
        await desk.create(f"BE-{number}")
    await asyncio.gather(*(desk.control(f"transactions/BE-{number}/settle") for number in range(20)))
    assert await desk.received(20) == ["settlement"] * 20


def test_a_fault_that_is_used_up_is_gone() -> None:
    active = faults.Faults()
    active.active = faults.FaultSet(all=faults.Fault(delay=1, times=1))
    assert active.take("notify") is None
    assert active.take("create") is not None
    assert active.take("create") is None
    assert timedelta(seconds=RETRY_WAITS[0]) == timedelta(minutes=2)
