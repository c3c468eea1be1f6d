"""The simulator's APIs as the real client sees them: creating, asking, cancelling, refunding."""

import base64
import json
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from midtransclient.error_midtrans import MidtransAPIError

from mentorinaja.local.midtrans.bodies import signature
from mentorinaja.local.midtrans.clock import SimulatorClock
from tests.support.midtrans import KEY, Desk, request_body, running_desk

ORDER = "BE-20251126-ABC123-2"
VECTORS = {
    "200": "bdcbe36ce51a628cc31b7ab69363a054796c648f37bb2d4938c680f905ede43366716bdd979a94f336ebd8de30042b34c6b30d362604fb0d47536d4e84eaa6f7",  # noqa: E501
    "201": "fdfdbb30326e9f1dac15a3b4cc32f1f881b08406cf75bc8498664c7bdbb9597ab07576db3ff1a1659aa40b76f6369981f30b1db20cde51af875381228e753d06",  # noqa: E501
    "202": "23e002b91367e16d1b288b4a9d075fc57364e27e0902c60721aac350fc93c895a21098a54838f041901de1fd851d7b4365ef5fff4aa6439f229baaffc5a3f43f",  # noqa: E501
}
FIELDS_OF = {
    "credit_card": ("credit_card", {"masked_card", "bank", "approval_code", "eci", "card_type"}),
    "bca_va": ("bank_transfer", {"va_numbers", "payment_amounts"}),
    "bni_va": ("bank_transfer", {"va_numbers", "payment_amounts"}),
    "bri_va": ("bank_transfer", {"va_numbers", "payment_amounts"}),
    "permata_va": ("bank_transfer", {"permata_va_number"}),
    "echannel": ("echannel", {"biller_code", "bill_key"}),
    "gopay": ("gopay", set()),
    "other_qris": ("qris", {"acquirer", "issuer", "transaction_type", "merchant_cross_reference_id"}),
    "shopeepay": ("shopeepay", {"shopeepay_reference_number"}),
    "indomaret": ("cstore", {"store", "payment_code", "approval_code"}),
    "alfamart": ("cstore", {"store", "payment_code"}),
}


@pytest_asyncio.fixture
async def desk() -> AsyncIterator[Desk]:
    """A simulator with an empty memory."""
    async with running_desk() as running:
        yield running


async def refused(desk: Desk, **changes: Any) -> str:
    """The message of a create that must be refused with 400."""
    with pytest.raises(MidtransAPIError) as raised:
        await desk.create(**changes)
    assert raised.value.http_status_code == 400
    return str(raised.value.api_response_dict["error_messages"])


async def core_error(desk: Desk, verb: str, *args: Any) -> str:
    """The status code in the body of a Core call that must fail."""
    with pytest.raises(MidtransAPIError) as raised:
        await desk.core(verb, *args)
    return str(raised.value.api_response_dict["status_code"])


@pytest.mark.parametrize("code", VECTORS)
def test_the_signature_matches_midtrans_vectors(code: str) -> None:
    assert signature(ORDER, code, "157500.00", KEY) == VECTORS[code]


async def test_only_the_server_key_opens_the_api(desk: Desk) -> None:
    right = {"Authorization": "Basic U0ItTWlkLXNlcnZlci1URVNUS0VZOg=="}
    assert (await desk.client.get("/v2/BE-1/status", headers=right)).status_code == 404
    wrong = "Basic " + base64.b64encode(b"SB-Mid-server-OTHER:").decode()
    for header in (wrong, "Bearer x", "Basic ***", ""):
        answer = await desk.client.post(
            "/snap/v1/transactions", json=request_body(), headers={"Authorization": header}
        )
        assert answer.status_code == 401
        assert "unauthorized transaction" in answer.json()["error_messages"][0]
    status = await desk.client.get("/v2/BE-1/status", headers={"Authorization": wrong})
    assert status.json()["status_code"] == "401"


async def test_a_created_transaction_has_a_token_and_a_page(desk: Desk) -> None:
    opened = await desk.create()
    assert len(opened["token"]) == 36
    assert opened["redirect_url"] == f"{desk.url}/snap/v3/redirection/{opened['token']}"
    for path in ("v3/redirection", "v2/vtweb"):
        assert (await desk.client.get(f"/snap/{path}/{opened['token']}")).status_code == 200


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"transaction_details": {"order_id": "#BE-1", "gross_amount": 157500}}, "order_id"),
        ({"transaction_details": {"order_id": "B" * 51, "gross_amount": 157500}}, "order_id"),
        ({"transaction_details": {"order_id": "BE-1", "gross_amount": 157500.0}}, "integer"),
        ({"transaction_details": {"order_id": "BE-1", "gross_amount": "157500"}}, "integer"),
        ({"transaction_details": {"order_id": "BE-1", "gross_amount": 9999}, "item_details": None}, "10000"),
        ({"transaction_details": {"order_id": "BE-1", "gross_amount": 157501}}, "not equal to the sum"),
        ({"transaction_details": None}, "transaction_details is required"),
        ({"item_details": [{"price": 157500, "quantity": 1, "name": "a|b"}]}, "vertical bar"),
        ({"item_details": [{"price": 157500, "quantity": 1, "name": "n" * 51}]}, "50"),
        ({"item_details": [{"price": 157500, "quantity": 0, "name": "n"}]}, "quantity"),
        ({"item_details": [{"price": 157500.0, "quantity": 1, "name": "n"}]}, "integer"),
        ({"enabled_payments": ["bitcoin"]}, "enabled_payments"),
        ({"expiry": {"unit": "fortnight", "duration": 1}}, "expiry is invalid"),
        ({"expiry": {"unit": "minutes", "duration": 1, "start_time": "2020-01-01 00:00:00 +0700"}}, "future"),
        ({"callbacks": {"finish": "javascript:alert(1)"}}, "callbacks.finish"),
        ({"custom_field1": "x" * 256}, "custom_field1"),
    ],
)
async def test_what_midtrans_refuses_is_refused(desk: Desk, changes: dict[str, Any], words: str) -> None:
    assert words in await refused(desk, **changes)


async def test_a_body_over_16_kb_or_not_json_is_refused(desk: Desk) -> None:
    auth = httpx.BasicAuth(KEY, "")
    huge = request_body(custom_field1="x" * 17_000)
    assert (await desk.client.post("/snap/v1/transactions", json=huge, auth=auth)).status_code == 413
    bad = await desk.client.post("/snap/v1/transactions", content=b"{nope", auth=auth)
    assert bad.status_code == 400
    assert bad.json()["error_messages"]


async def test_creating_again_before_a_method_is_chosen_kills_the_old_token(desk: Desk) -> None:
    first, second = await desk.create(), await desk.create()
    assert first["token"] != second["token"]
    assert (await desk.client.get(first["redirect_url"])).status_code == 410
    assert (await desk.client.get(second["redirect_url"])).status_code == 200


async def test_an_order_id_is_used_up_once_a_method_is_chosen(desk: Desk) -> None:
    opened = await desk.create()
    await desk.pay(opened, method="bca_va")
    assert "has been paid and utilized" in await refused(desk)


async def test_a_page_can_be_cancelled_until_somebody_pays(desk: Desk) -> None:
    opened = await desk.create()
    auth = httpx.BasicAuth(KEY, "")

    async def cancel(token: str) -> httpx.Response:
        return await desk.client.post(f"/snap/v1/transactions/{token}/cancel", auth=auth)

    assert (await cancel(opened["token"])).json()["canceled_at"].endswith("Z")
    assert "already canceled" in (await cancel(opened["token"])).text
    assert "not found" in (await cancel("nope")).text
    assert (await desk.client.get(opened["redirect_url"])).status_code == 410
    other = await desk.create("BE-2")
    await desk.pay(other, method="bca_va")
    assert "on progress" in (await cancel(other["token"])).text


async def test_status_is_404_until_a_method_is_chosen_then_pending_then_settled(desk: Desk) -> None:
    opened = await desk.create(ORDER, custom_field1="booking:4711")
    assert await core_error(desk, "status", ORDER) == "404"
    await desk.pay(opened, method="bca_va")
    pending = await desk.core("status", ORDER)
    assert (pending["status_code"], pending["transaction_status"]) == ("201", "pending")
    assert pending["gross_amount"] == "157500.00"
    assert pending["signature_key"] == VECTORS["201"]
    await desk.pay(opened, action="pay")
    settled = await desk.core("status", pending["transaction_id"])
    assert (settled["status_code"], settled["transaction_status"]) == ("200", "settlement")
    assert settled["signature_key"] == VECTORS["200"]
    assert settled["custom_field1"] == "booking:4711"
    written = datetime.strptime(settled["settlement_time"], "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007 no offset is written
    assert abs(written - (datetime.now(UTC).replace(tzinfo=None) + timedelta(hours=7))) < timedelta(minutes=1)


@pytest.mark.parametrize("method", FIELDS_OF)
async def test_each_method_has_its_own_fields(desk: Desk, method: str) -> None:
    await desk.create()
    await desk.control("transactions/BE-1/settle", method=method)
    body = await desk.core("status", "BE-1")
    payment_type, fields = FIELDS_OF[method]
    assert body["payment_type"] == payment_type
    assert fields <= body.keys()
    assert ("fraud_status" in body) == (method != "indomaret")


async def test_dana_is_known_by_its_transaction_id_alone(desk: Desk) -> None:
    await desk.create()
    attempt = await desk.control("transactions/BE-1/settle", method="dana")
    assert await core_error(desk, "status", "BE-1") == "404"
    body = await desk.core("status", attempt["transactions"][0]["transaction_id"])
    assert body["transaction_status"] == "settlement"


async def test_cancel_and_expire_work_on_pending_ones_only(desk: Desk) -> None:
    for verb, code, status in (("cancel", "200", "cancel"), ("expire", "407", "expire")):
        opened = await desk.create(verb)
        assert await core_error(desk, verb, verb) == "404"
        await desk.pay(opened, method="bri_va")
        answer = await desk.core(verb, verb)
        assert (answer["status_code"], answer["transaction_status"]) == (code, status)
        assert await core_error(desk, verb, verb) == "412"
        assert (await desk.client.get(opened["redirect_url"])).status_code == 410
    assert (await desk.core("status", "expire"))["status_code"] == "407"


async def test_a_pending_transaction_expires_by_the_clock(desk: Desk) -> None:
    opened = await desk.create(expiry={"unit": "minutes", "duration": 30})
    await desk.pay(opened, method="bca_va")
    desk.ahead = timedelta(minutes=29)
    assert (await desk.core("status", "BE-1"))["transaction_status"] == "pending"
    desk.ahead = timedelta(minutes=31)
    assert await desk.received(2) == ["pending", "expire"]
    assert desk.merchant.received[1]["status_code"] == "202"
    assert (await desk.core("status", "BE-1"))["status_code"] == "407"


async def test_the_page_expires_by_its_own_limit_and_tells_nobody(desk: Desk) -> None:
    opened = await desk.create(
        page_expiry={"unit": "hour", "duration": 1}, expiry={"unit": "day", "duration": 3}
    )
    desk.ahead = timedelta(minutes=61)
    assert (await desk.client.get(opened["redirect_url"])).status_code == 410
    assert desk.merchant.received == []


async def test_a_denied_card_leaves_the_order_payable_by_another_method(desk: Desk) -> None:
    opened = await desk.create()
    await desk.pay(opened, method="credit_card", action="deny")
    assert (await desk.core("status", "BE-1"))["status_code"] == "202"
    await desk.pay(opened, method="bca_va", action="pay")
    attempt = await desk.attempt()
    assert [t["transaction_status"] for t in attempt["transactions"]] == ["deny", "settlement"]
    assert len({t["transaction_id"] for t in attempt["transactions"]}) == 2
    assert (await desk.core("status", "BE-1"))["transaction_status"] == "settlement"
    denied = await desk.core("status", attempt["transactions"][0]["transaction_id"])
    assert denied["transaction_status"] == "deny"


async def test_refunds_come_with_two_notices_and_a_safe_key(desk: Desk) -> None:
    await desk.create()
    await desk.control("transactions/BE-1/settle", method="other_qris", notify=False)
    ask = {"refund_key": "rf-1", "amount": 50_000, "reason": "batal"}
    first = await desk.core("refund", "BE-1", ask)
    assert (first["transaction_status"], first["refund_amount"]) == ("partial_refund", "50000.00")
    assert await desk.received(2) == ["partial_refund", "partial_refund"]
    once, confirmed = (body["refunds"][0] for body in desk.merchant.received)
    assert "bank_confirmed_at" not in once
    assert "bank_confirmed_at" in confirmed
    assert (await desk.core("refund", "BE-1", ask))["refund_amount"] == "50000.00"
    assert await core_error(desk, "refund", "BE-1", ask | {"amount": 1}) == "406"
    assert await core_error(desk, "refund", "BE-1", {"refund_key": "rf-2", "amount": 107_501}) == "414"
    assert await core_error(desk, "refund", "BE-1", {"refund_key": "rf 2", "amount": 1}) == "400"
    rest = await desk.core("refundDirect", "BE-1", {"refund_key": "rf-2", "amount": 107_500})
    assert rest["transaction_status"] == "refund"
    assert len((await desk.attempt())["transactions"][0]["refunds"]) == 2


@pytest.mark.parametrize(
    ("method", "amount", "days", "code"),
    [
        ("bca_va", 157_500, 0, "412"),
        ("echannel", 157_500, 0, "412"),
        ("indomaret", 157_500, 0, "412"),
        ("shopeepay", 50_000, 0, "414"),
        ("ovo", 50_000, 0, "414"),
        ("ovo", 157_500, 8, "412"),
        ("gopay", 157_500, 181, "412"),
    ],
)
async def test_refunds_follow_the_rules_of_the_method(
    desk: Desk, method: str, amount: int, days: int, code: str
) -> None:
    await desk.create()
    await desk.control("transactions/BE-1/settle", method=method)
    desk.ahead = timedelta(days=days)
    assert await core_error(desk, "refund", "BE-1", {"refund_key": "r", "amount": amount}) == code


async def test_a_captured_card_is_cancelled_not_refunded_and_settles_next_day(desk: Desk) -> None:
    opened = await desk.create()
    await desk.pay(opened, method="credit_card", action="pay")
    captured = await desk.core("status", "BE-1")
    assert (captured["transaction_status"], captured["fraud_status"]) == ("capture", "accept")
    assert captured["masked_card"] == "48111111-1114"
    assert await core_error(desk, "refund", "BE-1", {"refund_key": "r"}) == "412"
    desk.ahead = timedelta(hours=25)
    assert (await desk.core("status", "BE-1"))["transaction_status"] == "settlement"
    assert await core_error(desk, "cancel", "BE-1") == "412"
    assert (await desk.core("refund", "BE-1", {"refund_key": "r"}))["transaction_status"] == "refund"


async def test_a_card_under_review_waits_for_the_merchants_word(desk: Desk) -> None:
    for verb, status, fraud in (("approve", "capture", "accept"), ("deny", "deny", "deny")):
        opened = await desk.create(verb)
        await desk.pay(opened, method="credit_card", action="pay", card_number="4511 1111 1111 1117")
        held = await desk.core("status", verb)
        assert (held["transaction_status"], held["fraud_status"]) == ("capture", "challenge")
        assert held["status_code"] == "201"
        answer = await desk.core(verb, verb)
        assert (answer["transaction_status"], answer["fraud_status"]) == (status, fraud)
        assert await core_error(desk, verb, verb) == "412"


async def test_state_survives_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "simulator.sqlite"
    async with running_desk(file) as desk:
        opened = await desk.create()
        await desk.pay(opened, method="bca_va")
        before = await desk.core("status", "BE-1")
    async with running_desk(file) as desk:
        assert await desk.core("status", "BE-1") == before
        await desk.client.post(f"/snap/v3/redirection/{opened['token']}", data={"action": "pay"})
        assert (await desk.core("status", "BE-1"))["transaction_status"] == "settlement"


async def test_a_clock_that_fails_does_not_stop_the_bank() -> None:
    answers = [datetime.now(UTC) + timedelta(days=2)]

    async def failing() -> datetime:
        if not answers:
            raise ConnectionError("the database is away")
        return answers.pop()

    clock = SimulatorClock(failing)
    for _ in range(2):
        assert abs(await clock.now() - datetime.now(UTC) - timedelta(days=2)) < timedelta(seconds=5)


def test_it_runs_as_a_process_and_stops_cleanly(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "mentorinaja.local.midtrans",
        "--notification-url",
        "http://127.0.0.1:9/n",
    ]
    more = ["--server-key", KEY, "--state-file", str(tmp_path / "state.sqlite"), "--no-control"]
    with subprocess.Popen([*command, *more], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())["url"]
        assert url.startswith("http://127.0.0.1:")
        opened = httpx.post(f"{url}/snap/v1/transactions", json=request_body(), auth=(KEY, ""))
        assert opened.status_code == 201
        assert opened.json()["redirect_url"].startswith(url)
        assert httpx.get(f"{url}/_control/transactions").status_code == 404
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0


async def test_a_payment_that_began_elsewhere_is_taken_over_once_as_it_is(desk: Desk) -> None:
    at = "2025-11-26T02:05:00+00:00"
    paid = {
        "transaction_id": "9a0f7a1c-22c4-4d0e-a3a0-3f2f1e4c5b6d",
        "payment_type": "gopay",
        "transaction_status": "settlement",
        "gross_amount": 157_500,
        "created_at": at,
        "paid_at": datetime.now(UTC).isoformat(),
    }
    past = {
        "gateway_order_id": ORDER,
        "token": "a-token-of-the-past",
        "gross_amount": 157_500,
        "created_at": at,
        "page_expires_at": at,
        "transactions": [paid],
    }
    for adopted in (1, 0):
        answer = await desk.client.put("/_control/transactions", json=[past])
        assert (answer.status_code, answer.json()) == (200, {"adopted": adopted})
    assert (await desk.core("status", ORDER))["transaction_status"] == "settlement"
    assert not desk.merchant.received, "nobody is told"
    given = {"refund_key": "rf-1", "amount": 50_000, "reason": "batal"}
    assert (await desk.core("refund", ORDER, given))["transaction_status"] == "partial_refund"
    strange = {**past, "gateway_order_id": "BE-1", "transactions": [{**paid, "payment_type": "pigeon"}]}
    assert (await desk.client.put("/_control/transactions", json=[strange])).status_code == 400


async def test_an_answer_can_be_any_text(desk: Desk) -> None:
    await desk.faults(status={"content": "[]"})
    with pytest.raises(AttributeError):
        await desk.core("status", ORDER)
