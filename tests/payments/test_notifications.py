"""Midtrans's notifications over HTTP: forged, edited, repeated in parallel, out of order, lost, and in trouble."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from mentorinaja.app import create_app
from mentorinaja.bookings import queries as orders
from mentorinaja.db.invariants import broken
from mentorinaja.db.pool import Connection, Database
from mentorinaja.payments import actions, forgeries, reconcile
from mentorinaja.payments.forgeries import Forgeries
from mentorinaja.payments.log_queries import forged_lately
from mentorinaja.payments.notifications import Forged, Malformed, read
from tests.support.bookings import book, make_seller, make_user, slot_in, state_of
from tests.support.desk import desk_of
from tests.support.payments import said
from tests.support.serve import free_socket, serving
from tests.support.site import Site, running_site

KEY = "SB-Mid-server-TESTKEY"
PATH = "/payment/midtrans/notification"


async def opened_order(site: Site) -> str:
    """An order whose Snap page is open."""
    db = site.db
    user = await make_user(db)
    public_id = await book(db, user, await make_seller(db), await slot_in(db, days=2))
    await actions.open_payment(db, site.resources.gateway, site.settings, user, public_id)
    return public_id


async def settle(site: Site, public_id: str, verb: str = "settle", **body: Any) -> None:
    await site.control("POST", f"/_control/transactions/{public_id}/{verb}", {"notify": False, **body})


async def notify(site: Site, public_id: str, **hint: Any) -> dict[str, Any]:
    """Have the simulator send notices now; what was answered, and the body."""
    told: dict[str, Any] = await site.control("POST", f"/_control/notify/{public_id}", hint)
    return told


def signed(key: str = KEY, **changes: Any) -> dict[str, Any]:
    body = {
        "order_id": "BE-20251126-ABC123-2",
        "status_code": "200",
        "gross_amount": "157500.00",
        "transaction_status": "settlement",
        "transaction_id": "9a0f7a1c-22c4-4d0e-a3a0-3f2f1e4c5b6d",
    } | changes
    text = f"{body['order_id']}{body['status_code']}{body['gross_amount']}{key}"
    return {"signature_key": hashlib.sha512(text.encode()).hexdigest()} | body


def test_the_signature_is_the_documented_one() -> None:
    for code, signature in (
        ("200", "bdcbe36ce51a628cc31b7ab69363a054"),
        ("201", "fdfdbb30326e9f1dac15a3b4cc32f1f8"),
        ("202", "23e002b91367e16d1b288b4a9d075fc5"),
    ):  # fmt: skip
        body = signed(status_code=code)
        assert body["signature_key"].startswith(signature)
        assert read(json.dumps(body).encode(), KEY).order_id == "BE-20251126-ABC123-2"


@pytest.mark.parametrize("field", ["order_id", "status_code", "gross_amount"])
def test_what_is_signed_cannot_be_changed(field: str) -> None:
    body = signed() | {field: "1"}
    with pytest.raises(Forged):
        read(json.dumps(body).encode(), KEY)
    with pytest.raises(Forged):
        read(json.dumps(signed("another key")).encode(), KEY)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"null",
        b'"text"',
        b"{",
        b"\xff\xfe",
        b"[" * 50_000,
        json.dumps(signed(gross_amount=157500)).encode(),
        json.dumps(signed(transaction_status=None)).encode(),
        json.dumps({"order_id": "x"}).encode(),
        json.dumps(signed(note="a\x00b")).encode(),
        json.dumps(signed() | {"note": "\ud800"}).encode(),
        json.dumps(signed() | {"note": float("nan")}).encode(),
        b'{"n": ' + b"1" * 5000 + b"}",
    ],
    ids=lambda raw: raw[:30],
)
def test_what_is_no_notification_is_malformed(raw: bytes) -> None:
    with pytest.raises(Malformed):
        read(raw, KEY)


async def test_a_notification_confirms_the_booking(site: Site) -> None:
    public_id = await opened_order(site)
    await settle(site, public_id)
    assert (await notify(site, public_id))["answers"] == [200]
    assert await state_of(site.db, public_id) == ("confirmed", "paid")
    log = await site.db.fetchrow("SELECT * FROM payment_logs WHERE source = 'notification'")
    assert log is not None
    assert (log["gateway_order_id"], log["transaction_status"]) == (public_id, "settlement")
    assert "signature_key" not in log["body"]


async def test_a_forged_one_is_refused_and_its_body_not_kept(site: Site) -> None:
    public_id = await opened_order(site)
    assert (await notify(site, public_id, forge=True))["answers"] == [403]
    assert await site.db.fetchval("SELECT count(*) FROM payment_logs") == 0
    assert await state_of(site.db, public_id) == ("pending", "waiting")


async def counted(site: Site, many: int) -> None:
    """Wait until so many were written."""
    async with asyncio.timeout(20):
        while await site.db.fetchval("SELECT coalesce(sum(count), 0) FROM forged_notifications") != many:
            await asyncio.sleep(0.05)


async def test_forged_ones_are_counted_in_a_row_a_day_and_told_at_the_desk_for_four_weeks(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forgeries, "_TOGETHER_SECONDS", 0.2)
    db, desk = site.db, await desk_of(site)
    await desk.get("/admin")
    assert "Tanda tangan salah" not in desk.text
    sender = await site.browser()
    forged = signed(order_id="BE-1") | {"signature_key": "0" * 128}
    for _ in range(40):
        assert (await sender.client.post(PATH, json=forged)).status_code == 403
    await counted(site, 40)
    # Other processes count in the same row; nothing grows with how many come.
    other = Forgeries(db)
    other.count("203.0.113.9")
    other.count("no address")
    await other.stop()
    await counted(site, 42)
    assert await db.fetchval("SELECT count(*) FROM forged_notifications") == 1
    await sender.client.post(PATH, json=forged)
    await counted(site, 43)
    await desk.get("/admin")
    assert "Tanda tangan salah, tujuh hari 43 hari ini 43" in desk.text
    await desk.get("/admin/payments")
    assert "43 hari ini, 43 dalam tujuh hari" in desk.text and "dari 127.0.0.1" in desk.text
    # What cannot be written now is written later.
    await db.execute("ALTER TABLE forged_notifications RENAME TO away")
    with capture_logs() as told:
        await sender.client.post(PATH, json=forged)
        async with asyncio.timeout(20):
            while not any(line["event"] == "forgeries.not_written" for line in told):
                await asyncio.sleep(0.05)
    await db.execute("ALTER TABLE away RENAME TO forged_notifications")
    await counted(site, 44)
    for days, today, week in ((1, 0, 44), (6, 0, 0), (21, 0, 0)):
        await site.move_clock(timedelta(days=days))
        found = await forged_lately(db)
        assert (found.today, found.week) == (today, week) and found.last_address == "127.0.0.1"
    await site.move_clock(timedelta(days=1))
    assert await db.fetchval("SELECT count(*) FROM forged_notifications") == 0
    found = await forged_lately(db)
    assert (found.week, found.last_at, found.last_address) == (0, None, "")


async def test_an_edited_status_with_a_valid_signature_is_not_believed(site: Site) -> None:
    public_id = await opened_order(site)
    await settle(site, public_id, "deny")
    assert (await notify(site, public_id, status="settlement", set={"status_code": "200"}))["answers"] == [
        200
    ]
    assert await state_of(site.db, public_id) == ("pending", "waiting")


async def test_a_settlement_that_never_happened_is_not_believed(site: Site) -> None:
    public_id = await opened_order(site)  # no method was chosen
    assert (await notify(site, public_id, status="settlement"))["answers"] == [200]
    assert await state_of(site.db, public_id) == ("pending", "waiting")


async def test_a_wrong_amount_is_quarantined(site: Site) -> None:
    public_id = await opened_order(site)
    await settle(site, public_id, amount=100_000)
    assert (await notify(site, public_id))["answers"] == [200]
    assert await state_of(site.db, public_id) == ("pending", "waiting")
    rows = await site.db.fetch("SELECT alert FROM payment_logs ORDER BY id")
    assert [row["alert"] for row in rows] == ["notified_amount", "amount"]


async def test_an_unknown_order_is_stored_and_accepted(site: Site) -> None:
    assert (await notify(site, "BE-20200101-ABC234"))["answers"] == [200]
    row = await site.db.fetchrow("SELECT gateway_order_id, alert FROM payment_logs")
    assert row is not None
    assert tuple(row) == ("BE-20200101-ABC234", "unknown_order")


async def test_malformed_too_large_and_wrong_method(site: Site) -> None:
    async with httpx.AsyncClient(base_url=site.url) as client:
        assert (await client.post(PATH, content=b"{")).status_code == 400
        assert (await client.post(PATH, content=b" " * (64 * 1024 + 1))).status_code == 413
        assert (await client.get(PATH)).status_code == 404
        answer = await client.post(
            PATH, json=signed(site.settings.midtrans_server_key), headers={"origin": "x"}
        )
        assert answer.status_code == 200


async def test_midtrans_not_answering_asks_to_be_told_again_and_then_it_works(site: Site) -> None:
    public_id = await opened_order(site)
    await settle(site, public_id)
    for fault in ({"error_before": 500}, {"html": True}, {"cut_after": True}, {"rate_limit": True}):
        await site.control("PUT", "/_control/faults", {"status": fault})
        assert (await notify(site, public_id))["answers"] == [503]
    assert await state_of(site.db, public_id) == ("pending", "waiting")
    assert await site.db.fetchval("SELECT count(*) FROM payment_logs WHERE source = 'notification'") == 4
    await site.control("PUT", "/_control/faults", {})
    assert (await notify(site, public_id))["answers"] == [200]
    assert await state_of(site.db, public_id) == ("confirmed", "paid")


async def test_a_slow_midtrans_is_answered_in_time(site: Site) -> None:
    public_id = await opened_order(site)
    await settle(site, public_id)
    await site.control("PUT", "/_control/faults", {"status": {"delay": 6}})
    before = asyncio.get_running_loop().time()
    assert (await notify(site, public_id))["answers"] == [503]
    assert asyncio.get_running_loop().time() - before < 8
    await site.control("PUT", "/_control/faults", {})


async def test_our_own_trouble_asks_to_be_told_again(site: Site) -> None:
    public_id = await opened_order(site)
    await settle(site, public_id)
    await site.db.execute("ALTER TABLE payment_transactions RENAME TO elsewhere")
    assert (await notify(site, public_id))["answers"] == [503]
    await site.db.execute("ALTER TABLE elsewhere RENAME TO payment_transactions")
    assert (await notify(site, public_id))["answers"] == [200]
    assert await state_of(site.db, public_id) == ("confirmed", "paid")


async def test_one_known_by_its_transaction_alone_is_found(site: Site) -> None:
    """Midtrans answers 404 for the order id of a DANA payment."""
    public_id = await opened_order(site)
    await settle(site, public_id, method="dana")
    assert (await notify(site, public_id))["answers"] == [200]
    assert await state_of(site.db, public_id) == ("confirmed", "paid")


async def test_a_transaction_of_another_order_pays_nothing_here(site: Site) -> None:
    mine, others = await opened_order(site), await opened_order(site)
    await settle(site, others)
    foreign = (await site.control("GET", "/_control/transactions"))[0]["transactions"][0]["transaction_id"]
    assert (await notify(site, mine, set={"transaction_id": foreign}))["answers"] == [200]
    assert await state_of(site.db, mine) == ("pending", "waiting")


async def test_news_out_of_order_and_repeated_end_the_same(site: Site) -> None:
    public_id = await opened_order(site)
    await settle(site, public_id)
    for status in ("settlement", "pending", "settlement", "deny", "pending"):
        assert (await notify(site, public_id, status=status))["answers"] == [200]
    assert await state_of(site.db, public_id) == ("confirmed", "paid")


async def test_one_that_arrives_before_the_page_was_heard_of_is_applied(site: Site) -> None:
    """The attempt is committed before Midtrans is called, so its news always finds it."""
    db = site.db
    user = await make_user(db)
    public_id = await book(db, user, await make_seller(db), await slot_in(db, days=2))
    await site.control("PUT", "/_control/faults", {"create": {"cut_after": True}})
    with pytest.raises(Exception, match="coba lagi"):
        await actions.open_payment(db, site.resources.gateway, site.settings, user, public_id)
    await site.control("PUT", "/_control/faults", {})
    await settle(site, public_id)
    assert (await notify(site, public_id))["answers"] == [200]
    assert await state_of(db, public_id) == ("confirmed", "paid")


@asynccontextmanager
async def second_process(site: Site) -> AsyncIterator[str]:
    """Another web application on the same database: pool, hub and gateway of its own."""
    listening, url = free_socket()
    async with serving(create_app(site.settings), listening):
        yield url


async def test_one_notification_fifty_times_at_once_on_two_processes_has_one_effect(site: Site) -> None:
    public_id = await opened_order(site)
    await settle(site, public_id)
    body = (await notify(site, "BE-20200101-ABC234"))["body"]
    told = signed(site.settings.midtrans_server_key, order_id=public_id, gross_amount="157500.00")
    assert set(told) <= set(body)
    async with second_process(site) as other, httpx.AsyncClient(timeout=30) as client:
        answers = await asyncio.gather(
            *(client.post(f"{url}{PATH}", json=told) for url in (site.url, other) for _ in range(25))
        )
    assert {answer.status_code for answer in answers} == {200}
    assert await state_of(site.db, public_id) == ("confirmed", "paid")
    counts = await site.db.fetchrow(
        """SELECT (SELECT count(*) FROM ledger_journals) AS journals, (SELECT count(*) FROM invoices) AS invoices,
             (SELECT count(*) FROM outbox WHERE kind IN ('paid', 'new_booking')) AS mails,
             (SELECT count(*) FROM refunds) AS refunds,
             (SELECT count(*) FROM order_events WHERE event = 'confirmed') AS confirmed"""
    )
    assert counts is not None
    assert tuple(counts) == (1, 1, 2, 0, 1)


async def test_without_the_lock_the_same_has_more_effects(
    unchecked_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin of the race above: it shows that the race is there and that the lock decides it."""
    db = unchecked_db

    async def unlocked(tx: Connection, public_id: str) -> orders.Order:
        order_id = await tx.fetchval("SELECT id FROM orders WHERE public_id = $1", public_id)
        row = await tx.fetchrow(orders.LOCK_SQL.replace("FOR NO KEY UPDATE", ""), order_id)
        assert row is not None
        return orders.order_from(row)

    monkeypatch.setattr(reconcile.bookings, "lock_order", unlocked)
    monkeypatch.setattr(orders, "relock", lambda tx, order: unlocked(tx, order.public_id))
    async with running_site(db) as site:
        public_id = await opened_order(site)
        status = said(public_id)
        results = await asyncio.gather(
            *(actions.hear(db, public_id, status) for _ in range(50)), return_exceptions=True
        )
    broke = any(isinstance(result, BaseException) for result in results)
    problems = [name for name, rows in (await broken(db)).items() if rows]
    assert broke or problems


async def test_lost_notifications_are_made_up_for_by_asking(site: Site) -> None:
    public_id = await opened_order(site)
    await settle(site, public_id)
    await site.db.execute("UPDATE payment_attempts SET next_check_at = app_now()")
    await site.sweep()
    assert await state_of(site.db, public_id) == ("confirmed", "paid")
