"""The web process killed (`kill -9`) at each step of a notification: started again and told again, one effect."""

import asyncio
import contextlib
import hashlib
import signal
from dataclasses import dataclass
from typing import Any

import httpx

from mentorinaja.db.pool import Connection, Database
from mentorinaja.payments import actions
from tests.payments.conftest import Counter
from tests.support.bookings import book, make_seller, make_user, slot_in, state_of
from tests.support.database import assert_invariants
from tests.support.processes import WebProcess
from tests.support.streams import eventually

PATH = "/payment/midtrans/notification"
PATIENCE = 30

# Where a notification stands still, each at a row of its own order that somebody else holds.
HELD = {
    "before it is kept": "SELECT FROM payment_attempts WHERE gateway_order_id = $1 FOR UPDATE",
    "before the order is locked": "SELECT FROM orders WHERE public_id = $1 FOR UPDATE",
    "before the transaction is written": """
        INSERT INTO payment_transactions (transaction_id, attempt_id, payment_type, gateway_status, state, amount,
          currency, began_at)
        SELECT $2, id, 'qris', 'pending', 'waiting', amount, 'IDR', app_now() FROM payment_attempts
        WHERE gateway_order_id = $1""",
    "before the ledger is written": """
        INSERT INTO ledger_journals (key, kind) SELECT 'paid:' || $2::text, 'payment' WHERE $1::text IS NOT NULL""",
    "before the link is given": """
        INSERT INTO meeting_link_uses (booking_id, link_id, reusable, around)
        SELECT b.id, (SELECT max(id) FROM meeting_links_pool), false, b.during FROM bookings b
          JOIN orders o ON o.id = b.order_id WHERE o.public_id = $1""",
    "before the mails are queued": """
        INSERT INTO outbox (kind, about, user_id, message_id) SELECT 'paid', public_id, user_id, 'held'
        FROM orders WHERE public_id = $1""",
    "before the invoice is numbered": "SELECT FROM invoice_counters WHERE $1::text IS NOT NULL FOR UPDATE",
}
WHILE_ASKING = "while Midtrans is asked"
AFTER_ALL = "after all is written, before it is answered"


@dataclass
class Told:
    """A paid order and the notice of it."""

    public_id: str
    transaction_id: str
    body: dict[str, Any]


async def paid_at_midtrans(counter: Counter) -> Told:
    """An order that was paid, of which we were not told."""
    db, user = counter.db, await make_user(counter.db)
    public_id = await book(
        db, user, await make_seller(db, category="online_video"), await slot_in(db, days=2)
    )
    await actions.open_payment(db, counter.gateway, counter.settings, user, public_id)
    paid = await counter.control(f"transactions/{public_id}/settle", notify=False)
    transaction_id: str = paid["transactions"][0]["transaction_id"]
    text = f"{public_id}200157500.00{counter.settings.midtrans_server_key}"
    body = {
        "order_id": public_id,
        "transaction_id": transaction_id,
        "transaction_status": "settlement",
        "status_code": "200",
        "gross_amount": "157500.00",
        "signature_key": hashlib.sha512(text.encode()).hexdigest(),
    }
    return Told(public_id, transaction_id, body)


async def test_a_notification_whose_process_is_killed_anywhere_has_one_effect(counter: Counter) -> None:
    db = counter.db
    await actions.add_links(db, [f"https://meet.test/{number}" for number in range(20)])
    await db.execute(
        """INSERT INTO invoice_counters (year, last_number)
           VALUES (extract(year FROM app_now() AT TIME ZONE 'Asia/Jakarta'), 0)"""
    )
    orders = {step: await paid_at_midtrans(counter) for step in (*HELD, WHILE_ASKING, AFTER_ALL)}
    address = counter.settings.midtrans_api_url
    web = WebProcess(db.dsn, MIDTRANS_APP_URL=address, MIDTRANS_API_URL=address, POOL_SIZE="20")
    async with httpx.AsyncClient(timeout=PATIENCE) as client:
        await web.start()
        try:
            async with held(db, orders):
                waiting = [asyncio.create_task(tell(client, web, orders[step])) for step in HELD]
                await eventually(lambda: stand_still(db, len(HELD)), PATIENCE)
                waiting.append(await hanging(counter, client, web, orders[WHILE_ASKING]))
                await web.stop(signal.SIGKILL)
                assert await asyncio.gather(*waiting) == [None] * len(waiting)
            await eventually(lambda: stand_still(db, 0), PATIENCE)
            for told in orders.values():
                assert await state_of(db, told.public_id) == ("pending", "waiting")
            await assert_invariants(db)

            await web.start()
            unanswered = asyncio.create_task(tell(client, web, orders[AFTER_ALL]))
            await eventually(lambda: is_confirmed(db, orders[AFTER_ALL]), PATIENCE)
            await web.stop(signal.SIGKILL)
            await unanswered

            await web.start()
            for _ in range(2):
                answers = await asyncio.gather(*(tell(client, web, told) for told in orders.values()))
                assert set(answers) == {200}
        finally:
            if web.running:
                await web.stop()
    for step, told in orders.items():
        assert await effects(db, told) == (1, 1, 2, 1, 1), step


@contextlib.asynccontextmanager
async def held(db: Database, orders: dict[str, Told]) -> Any:
    """Somebody else's transaction holds a row of each order, and leaves no trace."""
    async with db.pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        try:
            for step, sql in HELD.items():
                told = orders[step]
                given = (told.public_id, told.transaction_id) if "$2" in sql else (told.public_id,)
                await connection.execute(sql, *given)
            yield
        finally:
            await transaction.rollback()


async def hanging(
    counter: Counter, client: httpx.AsyncClient, web: WebProcess, told: Told
) -> asyncio.Task[int | None]:
    """A notification that waits for Midtrans's word."""
    await counter.faults(status={"delay": 15, "times": 1})
    task = asyncio.create_task(tell(client, web, told))

    async def asked() -> bool:
        return "status" not in (await counter.client.get("/_control/faults")).json()

    await eventually(asked, PATIENCE)
    return task


async def tell(client: httpx.AsyncClient, web: WebProcess, told: Told) -> int | None:
    """The HTTP status of the answer; None when there was none."""
    try:
        return (await client.post(f"{web.url}{PATH}", json=told.body)).status_code
    except httpx.HTTPError:
        return None


async def stand_still(db: Database, count: int) -> bool:
    """Whether just so many others wait for a lock."""
    waiting: int = await db.fetchval(
        """SELECT count(*) FROM pg_stat_activity
           WHERE datname = current_database() AND wait_event_type = 'Lock'"""
    )
    return waiting == count


async def is_confirmed(db: Database, told: Told) -> bool:
    return await state_of(db, told.public_id) == ("confirmed", "paid")


async def effects(db: Connection | Database, told: Told) -> tuple[int, ...]:
    """How often it was booked, invoiced, told by mail, written into the history, and given a link."""
    row = await db.fetchrow(
        """SELECT (SELECT count(*) FROM ledger_journals WHERE order_id = o.id),
             (SELECT count(*) FROM invoices WHERE order_id = o.id),
             (SELECT count(*) FROM outbox WHERE order_id = o.id AND kind IN ('paid', 'new_booking')),
             (SELECT count(*) FROM order_events WHERE order_id = o.id AND event = 'confirmed'),
             (SELECT count(*) FROM meeting_link_uses u JOIN bookings b ON b.id = u.booking_id
              WHERE b.order_id = o.id)
           FROM orders o WHERE public_id = $1""",
        told.public_id,
    )
    assert row is not None
    return tuple(row)
