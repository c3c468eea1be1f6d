"""The process dies without warning at each step of a request and of a decision: nothing happened, or all of it."""

import asyncio
import signal
from uuid import uuid4

import httpx
import pytest

from mentorinaja.db.pool import Database
from mentorinaja.withdrawals import actions
from tests.support.config import make_settings
from tests.support.database import assert_invariants
from tests.support.desk import make_admin
from tests.support.processes import web_processes
from tests.support.rooms import signed_in
from tests.support.withdrawals import ask, balances, make_earner
from tests.withdrawals.forms import PAGE, fields, hidden_of
from tests.withdrawals.locks import held, waiting

# Where the transaction waits when the process dies: before it wrote, amid its writing, at its end.
STEPS = ("experts", "ledger_entries", "outbox")


async def nobody_is_left(db: Database) -> None:
    """What the dead process had begun is rolled back. Raises TimeoutError when it is not."""
    async with asyncio.timeout(20):
        while await db.fetchval(
            """SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()
               AND pid <> pg_backend_pid() AND (wait_event_type = 'Lock' OR state LIKE 'idle in transaction%'))"""
        ):
            await asyncio.sleep(0.02)


async def test_a_request_whose_process_dies_is_made_once_when_sent_again(db: Database) -> None:
    sari = await make_earner(db)
    cookie = await signed_in(db, make_settings(db.dsn), sari)
    cookies = {cookie.key: str(cookie.value)}
    async with (
        web_processes(db.dsn, 1) as [process],
        httpx.AsyncClient(base_url=process.url, cookies=cookies, timeout=30) as client,
    ):
        form = await fields(client, form_key=str(uuid4()))
        for table in STEPS:
            async with held(db, table):
                sent = asyncio.create_task(client.post(PAGE, data=form))
                await waiting(db)
                await process.stop(signal.SIGKILL)
                with pytest.raises(httpx.HTTPError):
                    await sent
            await nobody_is_left(db)
            assert await db.fetchval("SELECT count(*) FROM withdrawals") == 0, table
            assert (await balances(db, sari)).available == 126_000, table
            await process.start()
        # Done, but the answer never came: sent again, it is the same request.
        assert (await client.post(PAGE, data=form)).status_code == 303
        await process.restart(signal.SIGKILL)
        assert (await client.post(PAGE, data=form)).status_code == 303
    assert await db.fetchval("SELECT count(*) FROM withdrawals") == 1
    assert (await balances(db, sari)).withdrawing == 100_000
    assert await db.fetchval("SELECT count(*) FROM outbox WHERE kind = 'withdrawal'") == 1


async def test_a_decision_whose_process_dies_is_taken_once_when_repeated(db: Database) -> None:
    admin, sari = await make_admin(db), await make_earner(db)
    public_id = await ask(db, sari)
    await actions.approve(db, admin, public_id)
    cookie = await signed_in(db, make_settings(db.dsn), admin)
    here = f"/admin/withdrawals/{public_id}/sent"
    async with (
        web_processes(db.dsn, 1) as [process],
        httpx.AsyncClient(
            base_url=process.url, cookies={cookie.key: str(cookie.value)}, timeout=30
        ) as client,
    ):
        form = hidden_of((await client.get(here)).text) | {"reference": "TRX-2026-77"}
        for table in ("withdrawals", "ledger_entries", "audit_log"):
            async with held(db, table):
                sent = asyncio.create_task(client.post(here, data=form))
                await waiting(db)
                await process.stop(signal.SIGKILL)
                with pytest.raises(httpx.HTTPError):
                    await sent
            await nobody_is_left(db)
            assert await db.fetchval("SELECT state FROM withdrawals") == "processing", table
            await assert_invariants(db)
            await process.start()
        assert (await client.post(here, data=form)).status_code == 303
        # Done, but whoever pressed never read so: pressed again, they are told, and nothing happens twice.
        assert (await client.post(here, data=form)).status_code == 409
    await actions.mark_sent(db, admin, public_id, "TRX-2026-77")
    assert await db.fetchval("SELECT state FROM withdrawals") == "paid"
    assert (await balances(db, sari)).withdrawn == 100_000
    assert await db.fetchval("SELECT count(*) FROM outbox WHERE kind = 'withdrawal'") == 3
    assert await db.fetchval("SELECT count(*) FROM audit_log WHERE action = 'withdrawal.sent'") == 1
