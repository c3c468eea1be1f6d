"""The simulator's payment page: plain forms, what it offers, and snap.js on a merchant's strict page."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright
from selectolax.lexbor import LexborHTMLParser

from tests.support.midtrans import CLIENT_KEY, SHOP, Desk, running_desk, until
from tests.support.serve import free_socket, serving

PHONE = "Mozilla/5.0 (Linux; Android 10) Mobile Safari/537.36"
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SHOP_SCRIPT = """
window.calls = [];
var note = function (name) { return function (result) { window.calls.push([name, result || null]); }; };
window.callbacks = {onSuccess: note("success"), onPending: note("pending"), onError: note("error"),
                    onClose: note("close"), language: "id"};
"""


@pytest_asyncio.fixture
async def desk() -> AsyncIterator[Desk]:
    """A simulator with an empty memory."""
    async with running_desk() as running:
        yield running


async def methods_on(desk: Desk, opened: Any) -> list[str | None]:
    """The methods a page offers."""
    page = LexborHTMLParser((await desk.client.get(opened["redirect_url"])).text)
    return [field.attributes.get("value") for field in page.css("input[name=method]")]


async def test_two_plain_posts_pay_and_lead_back_to_the_shop(desk: Desk) -> None:
    opened = await desk.create()
    chosen = await desk.pay(opened, method="bca_va")
    assert (chosen.status_code, chosen.headers["location"]) == (
        303,
        f"/snap/v3/redirection/{opened['token']}",
    )
    page = await desk.client.get(opened["redirect_url"])
    for words in (
        "Bayar Rp 157.500",
        "Tolak",
        "Biarkan menunggu",
        "Kedaluwarsa",
        "Nomor Virtual Account (BCA)",
    ):
        assert words in page.text
    paid = await desk.pay(opened, action="pay")
    assert paid.status_code == 303
    assert paid.headers["location"] == (
        f"{SHOP}/payment/finish?order_id=BE-1&status_code=200&transaction_status=settlement"
    )
    assert "Pembayaran sudah diterima" in (await desk.client.get(opened["redirect_url"])).text
    again = await desk.pay(opened, action="pay")
    assert again.status_code == 409
    assert len((await desk.attempt())["transactions"]) == 1


@pytest.mark.parametrize(
    ("action", "place", "code", "status"),
    [
        ("deny", "error", 202, "deny"),
        ("pending", "finish", 201, "pending"),
        ("expire", "error", 407, "expire"),
    ],
)
async def test_each_button_has_its_end(desk: Desk, action: str, place: str, code: int, status: str) -> None:
    for method in ("bca_va", "credit_card"):
        opened = await desk.create(method)
        ended = await desk.pay(opened, method=method, action=action)
        assert ended.headers["location"] == (
            f"{SHOP}/payment/{place}?order_id={method}&status_code={code}&transaction_status={status}"
        )
        assert (await desk.core("status", method))["transaction_status"] == status


async def test_a_card_comes_into_being_when_a_button_is_pressed(desk: Desk) -> None:
    opened = await desk.create()
    chosen = await desk.pay(opened, method="credit_card")
    page = await desk.client.get(chosen.headers["location"])
    for words in ("Card Number", "Exp", "CVV", "Name", "4811111111111114", "Bayar Rp 157.500"):
        assert words in page.text
    assert (await desk.attempt())["transactions"] == []
    wrong = await desk.pay(opened, method="credit_card", action="pay", card_number="4811 1111 1111 1115")
    assert wrong.status_code == 422
    assert "Nomor kartu tidak valid" in wrong.text
    denied = await desk.pay(opened, method="credit_card", action="pay", card_number="4911 1111 1111 1113")
    assert "transaction_status=deny" in denied.headers["location"]
    assert "Pembayaran terakhir ditolak" in (await desk.client.get(opened["redirect_url"])).text
    fraud = await desk.pay(opened, method="credit_card", action="pay", card_number="4611111111111116")
    assert "transaction_status=deny" in fraud.headers["location"]
    assert (await desk.attempt())["transactions"][-1]["fraud_status"] == "deny"
    paid = await desk.pay(opened, method="credit_card", action="pay")
    assert "transaction_status=capture" in paid.headers["location"]


async def test_the_page_offers_what_the_shop_enabled_within_the_limits(desk: Desk) -> None:
    assert len(await methods_on(desk, await desk.create())) == 21
    few = await desk.create("BE-2", enabled_payments=["cstore", "other_qris", "bca_va"])
    assert await methods_on(desk, few) == ["bca_va", "other_qris", "indomaret", "alfamart"]
    dear = await desk.create(
        "BE-3",
        transaction_details={"order_id": "BE-3", "gross_amount": 25_000_000},
        item_details=None,
        enabled_payments=["gopay", "other_qris", "indomaret", "bca_va"],
    )
    assert await methods_on(desk, dear) == ["bca_va"]
    for form in (
        {"method": "gopay"},
        {"method": "nonsense"},
        {"action": "pay"},
        {"method": "bca_va", "action": "x"},
    ):
        refusal = await desk.pay(dear, **form)
        assert refusal.status_code == 422
    assert (await desk.attempt("BE-3"))["transactions"] == []


async def test_banks_refuse_customers_they_cannot_print(desk: Desk) -> None:
    opened = await desk.create(customer_details={"first_name": "B" * 31, "phone": "8123456789"})
    assert "BCA menolak" in (await desk.pay(opened, method="bca_va")).text
    assert "BNI menolak" in (await desk.pay(opened, method="bni_va")).text
    assert (await desk.attempt())["transactions"] == []


async def test_wallets_are_qr_codes_except_on_phones(desk: Desk) -> None:
    for order_id, agent, payment_type in (("BE-1", "Mozilla/5.0", "qris"), ("BE-2", PHONE, "gopay")):
        opened = await desk.create(order_id)
        desk.client.headers["User-Agent"] = agent
        await desk.pay(opened, method="gopay")
        assert (await desk.core("status", order_id))["payment_type"] == payment_type
        page = await desk.client.get(opened["redirect_url"])
        assert ("Kode QR" in page.text) == (payment_type == "qris")


async def test_without_callbacks_the_page_shows_the_result(desk: Desk) -> None:
    opened = await desk.create(callbacks=None)
    ended = await desk.pay(opened, method="bca_va", action="pending")
    page = await desk.client.get(ended.headers["location"])
    assert "Menunggu pembayaran" in page.text
    opened = await desk.create("BE-2", callbacks={"finish": f"{SHOP}/end?a=1"})
    paid = await desk.pay(opened, method="bca_va", action="deny")
    assert paid.headers["location"].startswith(f"{SHOP}/end?a=1&order_id=BE-2&")


async def test_pages_carry_a_strict_policy_that_lets_merchants_frame_them(desk: Desk) -> None:
    opened = await desk.create()
    page = await desk.client.get(opened["redirect_url"])
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert f"form-action 'self' {SHOP}" in policy
    assert "frame-ancestors *" in policy
    assert " style=" not in page.text
    assert (await desk.client.get("/snap/v3/redirection/nope")).status_code == 404
    framed = {"embed": "1", "client_key": "another"}
    assert (await desk.client.get(opened["redirect_url"], params=framed)).status_code == 401


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM_FLAGS)
        yield browser
        await browser.close()


@asynccontextmanager
async def strict_shop(desk: Desk) -> AsyncIterator[str]:
    """A merchant's page whose policy has no `unsafe-*` and knows the simulator's origin only."""
    policy = f"default-src 'none'; script-src 'self' {desk.url}; frame-src {desk.url}; style-src 'self'; connect-src 'self'"
    html = (
        '<!DOCTYPE html><html lang="id"><head><title>Toko</title><script src="/shop.js"></script>'
        f'<script src="{desk.url}/snap/snap.js" data-client-key="{CLIENT_KEY}"></script></head>'
        '<body><h1>Toko</h1><div id="place"></div></body></html>'
    )

    async def shop(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            while (message := await receive())["type"] != "lifespan.shutdown":
                await send({"type": f"{message['type']}.complete"})
            await send({"type": "lifespan.shutdown.complete"})
            return
        script = scope["path"] == "/shop.js"
        kind = b"text/javascript" if script else b"text/html; charset=utf-8"
        headers = [(b"content-type", kind), (b"content-security-policy", policy.encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": (SHOP_SCRIPT if script else html).encode()})

    listening, url = free_socket()
    async with serving(shop, listening):
        yield url


async def calls(page: Page) -> list[Any]:
    """The callbacks that fired, once one has."""

    async def fired() -> bool:
        return bool(await page.evaluate("window.calls.length"))

    await until(fired)
    made: list[Any] = await page.evaluate("window.calls")
    return made


@pytest.mark.parametrize(
    ("button", "callback", "code"),
    [("Bayar", "success", "200"), ("Biarkan menunggu", "pending", "201"), ("Tolak", "error", "202")],
)
async def test_snap_pay_calls_back_on_a_page_with_a_strict_policy(
    desk: Desk, button: str, callback: str, code: str
) -> None:
    opened = await desk.create()
    async with strict_shop(desk) as shop, chromium() as browser:
        page = await browser.new_page(viewport={"width": 360, "height": 640})
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        await page.goto(shop)
        await page.evaluate("token => snap.pay(token, callbacks)", opened["token"])
        frame = page.frame_locator("dialog iframe")
        await frame.get_by_label("BCA Virtual Account").check()
        await frame.get_by_role("button", name="Lanjut").click()
        await frame.get_by_role("button", name=button).click()
        ((name, result),) = await calls(page)
        assert (name, result["status_code"], result["order_id"]) == (callback, code, "BE-1")
        assert "signature_key" not in result
        assert result["finish_redirect_url"].startswith(SHOP)
        assert await page.locator("dialog").count() == 0
        assert page.url.rstrip("/") == shop
        assert complaints == []


async def test_snap_popup_closes_by_button_by_escape_and_by_hide(desk: Desk) -> None:
    opened = await desk.create()
    async with strict_shop(desk) as shop, chromium() as browser:
        page = await browser.new_page()
        await page.goto(shop)
        await page.evaluate("token => snap.pay(token, callbacks)", opened["token"])
        assert "is not allowed" in await page.evaluate(
            "token => { try { snap.pay(token) } catch (e) { return e.message } }", opened["token"]
        )
        await page.get_by_role("button", name="Tutup").click()
        assert await calls(page) == [["close", None]]
        await page.evaluate("token => { calls = []; snap.pay(token, callbacks) }", opened["token"])
        await page.frame_locator("dialog iframe").get_by_label("GoPay").focus()
        await page.keyboard.press("Escape")
        assert await calls(page) == [["close", None]]
        await page.evaluate("calls = []; snap.show()")
        assert await page.get_by_text("Memuat").is_visible()
        await page.evaluate("snap.hide()")
        assert await page.locator("dialog").count() == 0
        assert await page.evaluate("calls.length") == 0


async def test_snap_embed_and_a_page_that_has_ended(desk: Desk) -> None:
    opened = await desk.create()
    async with strict_shop(desk) as shop, chromium() as browser:
        page = await browser.new_page()
        await page.goto(shop)
        await page.evaluate("token => snap.embed(token, {...callbacks, embedId: 'place'})", opened["token"])
        frame = page.frame_locator("#place iframe")
        await frame.get_by_label("Kartu kredit/debit").check()
        await frame.get_by_role("button", name="Lanjut").click()
        await frame.get_by_role("button", name="Bayar").click()
        ((name, result),) = await calls(page)
        assert (name, result["transaction_status"]) == ("success", "capture")
        await page.evaluate("token => { calls = []; snap.pay(token, callbacks) }", opened["token"])
        ((name, result),) = await calls(page)
        assert (name, result["status_code"]) == ("error", "406")


async def test_messages_of_strangers_are_not_believed(desk: Desk) -> None:
    opened = await desk.create()
    async with strict_shop(desk) as shop, chromium() as browser:
        page = await browser.new_page()
        await page.goto(shop)
        await page.evaluate("token => snap.pay(token, callbacks)", opened["token"])
        forged = {"source": "midtrans-simulator", "event": "success", "result": {}}
        await page.evaluate(f"window.postMessage({json.dumps(forged)}, location.origin)")
        await page.frame_locator("dialog iframe").get_by_text("Pilih Metode").wait_for()
        assert await page.evaluate("calls.length") == 0
        assert await page.locator("dialog").count() == 1


async def test_the_page_works_without_script_and_at_320_px(desk: Desk) -> None:
    async with chromium() as browser:
        context = await browser.new_context(java_script_enabled=False, viewport={"width": 320, "height": 640})
        page = await context.new_page()
        opened = await desk.create(callbacks=None)
        await page.goto(opened["redirect_url"])
        await page.get_by_label("Kartu kredit/debit").check()
        for wanted in ("Lanjut", "Bayar Rp 157.500"):
            # The locator's own measure works without page script.
            box = await page.locator("main").bounding_box()
            assert box is not None
            assert box["width"] <= 320
            await page.get_by_role("button", name=wanted).click()
        await page.get_by_text("Pembayaran berhasil").wait_for()
    assert (await desk.core("status", "BE-1"))["transaction_status"] == "capture"


async def test_a_double_click_pays_once(desk: Desk) -> None:
    opened = await desk.create()
    answers: list[httpx.Response] = await asyncio.gather(
        *(desk.pay(opened, method="bca_va", action="pay") for _ in range(10))
    )
    assert sorted(answer.status_code for answer in answers) == [303] + [409] * 9
    assert len((await desk.attempt())["transactions"]) == 1
