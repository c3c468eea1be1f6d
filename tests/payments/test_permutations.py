"""What Midtrans told of a payment, recorded from the simulator, in every order and with every repetition."""

import itertools
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from mentorinaja import clock
from mentorinaja.bookings import actions as bookings
from mentorinaja.db.invariants import INVARIANTS
from mentorinaja.db.pool import Connection, Database
from mentorinaja.payments import reconcile
from mentorinaja.payments.closing import expire_order
from mentorinaja.payments.gateway_words import GatewayStatus, read_status
from tests.support.bookings import book, make_seller, make_user, slot_in
from tests.support.midtrans import Desk, running_desk
from tests.support.payments import open_attempt

# `hear` without its own transaction: each sequence runs in one that is rolled back.
hear: Callable[[Connection, str, GatewayStatus], Any] = reconcile.hear.__wrapped__  # type: ignore[attr-defined]

# What is done at the simulator, verb by verb; `+…` is that much time passing.
LIVES: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "transfer": [("pending", {"method": "bca_va"}), ("settle", {})],
    "reversal": [("pending", {"method": "permata_va"}), ("settle", {}), ("reverse", {})],
    "expiry": [("pending", {"method": "bca_va"}), ("expire", {})],
    "card": [("capture", {}), ("+1 day", {}), ("chargeback", {})],
    "card taken back before it settled": [("capture", {}), ("reverse", {})],
    "review that ends well": [("challenge", {}), ("approve", {}), ("+1 day", {})],
    "review that ends badly": [("challenge", {}), ("deny", {})],
    "refused card, then a transfer": [("deny", {}), ("settle", {"method": "bca_va"})],
    "expired, then paid otherwise": [("expire", {"method": "bca_va"}), ("settle", {"method": "other_qris"})],
    "refunded in two parts": [
        ("settle", {"method": "gopay"}),
        ("refund", {"amount": 50_000}),
        ("refund", {}),
    ],
    "part taken by the card's bank, then the rest": [
        ("capture", {}),
        ("+1 day", {}),
        ("chargeback", {"amount": 50_000}),
        ("chargeback", {}),
    ],
    "wrong amount, given back": [("settle", {"method": "gopay", "amount": 100_000}), ("refund", {})],
    "paid twice": [("settle", {"method": "gopay"}), ("settle", {"method": "bca_va"})],
    "paid twice, the first taken back": [
        ("settle", {"method": "permata_va"}),
        ("settle", {"method": "bca_va"}),
        ("reverse the first", {}),
    ],
}  # fmt: skip


# Also when the order was over before the money came: given up by its payer, or past its deadline.
TOO_LATE = [
    ("transfer", "given up"),
    ("reversal", "given up"),
    ("refunded in two parts", "given up"),
    ("paid twice", "given up"),
    ("reversal", "expired"),
]


@pytest.mark.parametrize(("life", "before"), [*((life, "waiting") for life in LIVES), *TOO_LATE])
async def test_every_order_and_repetition_of_up_to_five_notices_ends_the_same(
    db: Database, life: str, before: str
) -> None:
    user = await make_user(db)
    public_id = await book(db, user, await make_seller(db), await slot_in(db, days=5))
    await open_attempt(db, public_id)
    if before == "given up":
        await bookings.cancel_unpaid(db, user, public_id)
    elif before == "expired":
        await clock.shift(db, timedelta(days=3, minutes=1))
        await expire_order(db, None, public_id, ask=False)  # type: ignore[arg-type]  # nobody is asked
    told = await recorded(public_id, LIVES[life])
    assert 2 <= len(told) <= 5, [status.status for status in told]
    ends: dict[str, list[str]] = {}
    for sequence in sequences(told):
        async with undone(db) as tx:
            for status in sequence:
                await hear(tx, public_id, status)
            end = json.dumps(await final_state(tx, public_id), default=str)
            if end not in ends:
                await assert_kept(tx)
            ends.setdefault(end, [status.status for status in sequence])
    assert len(ends) == 1, ends


def sequences(told: list[GatewayStatus]) -> Iterator[tuple[GatewayStatus, ...]]:
    """Every order of all that was told, and every order with one of it, or more, told again; at most five."""
    for length in range(len(told), 6):
        for places in itertools.product(range(len(told)), repeat=length):
            if len(set(places)) == len(told):
                yield tuple(told[place] for place in places)


async def recorded(public_id: str, life: list[tuple[str, dict[str, Any]]]) -> list[GatewayStatus]:
    """What the simulator's notices say while a payment lives this life, each different one once."""
    async with running_desk() as desk:
        opened = await desk.create(public_id)
        for verb, order in life:
            count = len(desk.merchant.received)
            if verb == "pending":
                await desk.pay(opened, action="pending", **order)
            elif verb.startswith("+"):
                desk.ahead += timedelta(days=1, minutes=1)
                await desk.core("status", public_id)
            elif verb == "reverse the first":
                first = (await desk.attempt(public_id))["transactions"][0]["transaction_id"]
                await desk.control(f"transactions/{public_id}/reverse", transaction_id=first)
            else:
                await desk.control(f"transactions/{public_id}/{verb}", **order)
            # A refund is told twice: asked for, and confirmed by the bank.
            await desk.received(count + (2 if verb == "refund" else 1))
        return different(desk)


def different(desk: Desk) -> list[GatewayStatus]:
    """The notices received without repetitions."""
    bodies = {json.dumps(body, sort_keys=True): body for body in desk.merchant.received}
    return [read_status(body) for body in bodies.values()]


@asynccontextmanager
async def undone(db: Database) -> AsyncIterator[Connection]:
    """A transaction that never happened."""
    async with db.pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        try:
            yield connection
        finally:
            await transaction.rollback()


async def final_state(tx: Connection, public_id: str) -> list[Any]:
    """All that must not depend on the order of the news. Which of two payments pays does, and is left out."""
    reads = (
        """SELECT b.status, o.payment_status, o.under_review, o.last_attempt_failed
           FROM orders o JOIN bookings b ON b.order_id = o.id""",
        "SELECT state, next_check_at IS NULL AS decided FROM payment_attempts",
        """SELECT payment_type, gateway_status, fraud_status, state, amount, currency, returned, confirmed
           FROM payment_transactions ORDER BY 1, 2, 3, 4, 5, 7""",
        """SELECT a.kind, sum(e.amount)::bigint AS amount FROM ledger_accounts a
             JOIN ledger_entries e ON e.account_id = a.id GROUP BY a.kind HAVING sum(e.amount) <> 0 ORDER BY 1""",
        "SELECT reason, state, amount FROM refunds WHERE state <> 'rejected' ORDER BY 1, 2, 3",
    )
    return [[dict(row) for row in await tx.fetch(sql)] for sql in reads]


async def assert_kept(tx: Connection) -> None:
    """No invariant is broken, as far as this transaction sees."""
    for name, sql in INVARIANTS.items():
        rows: list[asyncpg.Record] = await tx.fetch(sql)
        assert not rows, (name, [dict(row) for row in rows])
