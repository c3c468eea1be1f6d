"""Midtrans slow, failing before and after its work, cut off, answering nonsense: one effect, and others notice nothing."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext
from datetime import timedelta

import httpx
import pytest

from mentorinaja.payments import actions, midtrans, notifications, queries
from mentorinaja.payments.refusals import MidtransAway
from tests.payments.test_notifications import notify, settle
from tests.support.bookings import book, browser_of, make_seller, make_user, slot_in, state_of
from tests.support.site import Site
from tests.support.streams import eventually

# A tenth of the real limits, and of the real delays: 10 and 60 seconds; two seconds are borne.
STATUS_SECONDS, CREATE_SECONDS = 0.4, 1.0
BEARABLE = {"delay": 2}
FAULTS = [
    {"delay": 1.2},
    {"delay": 6},
    {"error_before": 500},
    {"error_after": 500},
    {"cut_before": True},
    {"cut_after": True},
    {"html": True},
    {"rate_limit": True},
    {"content": ""},
    {"content": "[]"},
    {"content": "no json"},
    {"content": "{}"},
    {"content": '{"status_code": "200", "order_id": "BE-20260101-ABC234", "transaction_id": "x"}'},
]


@contextmanager
def impatient() -> Iterator[None]:
    """Midtrans is waited for a tenth as long."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(notifications, "NOTIFICATION_SECONDS", STATUS_SECONDS)
        patch.setattr(midtrans, "USUAL_SECONDS", CREATE_SECONDS)
        patch.setattr(midtrans, "_CONNECT_SECONDS", 0.3)
        yield


@asynccontextmanager
async def broken(site: Site, endpoint: str, fault: dict[str, object]) -> AsyncIterator[None]:
    """Midtrans is like that until the block ends."""
    await site.control("PUT", "/_control/faults", {endpoint: fault})
    try:
        with impatient() if fault is not BEARABLE else nullcontext():
            yield
    finally:
        await site.control("PUT", "/_control/faults", {})


async def test_whatever_goes_wrong_at_midtrans_trying_again_has_one_effect(site: Site) -> None:
    db, gateway = site.db, site.resources.gateway
    seller, starts_at = await make_seller(db), await slot_in(db, days=2)
    for number, fault in enumerate([BEARABLE, *FAULTS]):
        user = await make_user(db)
        public_id = await book(db, user, seller, starts_at + timedelta(hours=number))
        async with broken(site, "all", fault):
            if fault is BEARABLE:
                await actions.open_payment(db, gateway, site.settings, user, public_id)
            else:
                with pytest.raises(MidtransAway):
                    await actions.open_payment(db, gateway, site.settings, user, public_id)
                unknown = await queries.living_attempt_of(db, public_id)
                assert unknown is not None and unknown.state == "unknown"
        await actions.open_payment(db, gateway, site.settings, user, public_id)
        await settle(site, public_id)
        async with broken(site, "status", fault):
            expected = 200 if fault is BEARABLE else 503
            assert (await notify(site, public_id))["answers"] == [expected], fault
        assert (await notify(site, public_id))["answers"] == [200]
        assert await state_of(db, public_id) == ("confirmed", "paid")
    assert await db.fetchval("SELECT count(*) FROM ledger_journals") == len(FAULTS) + 1
    assert await db.fetchval("SELECT count(*) FROM invoices") == len(FAULTS) + 1


async def test_while_midtrans_hangs_all_other_pages_answer(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By order, not by the watch: the pages are there before anything that waits for Midtrans is."""
    monkeypatch.setattr(notifications, "NOTIFICATION_SECONDS", 30.0)
    db = site.db
    seller, user = await make_seller(db), await make_user(db)
    public_id = await book(db, user, seller, await slot_in(db, days=2))
    await actions.open_payment(db, site.resources.gateway, site.settings, user, public_id)
    await settle(site, public_id)
    body = (await notify(site, public_id))["body"]
    browser = await browser_of(site, user)
    await site.control("PUT", "/_control/faults", {"all": {"delay": 6}})
    async with httpx.AsyncClient(
        base_url=site.url, timeout=40, limits=httpx.Limits(max_connections=60)
    ) as line:
        hanging = [
            asyncio.create_task(line.post("/payment/midtrans/notification", json=body)) for _ in range(40)
        ]
        heard = "SELECT count(*) FROM payment_logs WHERE source = 'notification'"

        async def all_wait() -> bool:
            return bool(await db.fetchval(heard) == len(hanging) + 1)

        await eventually(all_wait)
        pages = ["/", f"/expert/{seller.slug}", "/user/transactions", "/healthz", "/readyz"]
        for path in pages:
            assert (await browser.get(path)).status_code == 200, path
        assert not any(task.done() for task in hanging)
        for task in hanging:
            task.cancel()
        await asyncio.gather(*hanging, return_exceptions=True)
    await site.control("PUT", "/_control/faults", {})
