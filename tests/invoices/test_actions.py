"""Numbers without gaps, papers that never change, and a credit note for everything that went back."""

import asyncio
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from mentorinaja import clock
from mentorinaja.bookings import queries as orders
from mentorinaja.db.invariants import broken
from mentorinaja.db.pool import Database
from mentorinaja.invoices import actions
from mentorinaja.payments import actions as payments
from tests.support.bookings import book, finish, make_seller, make_user, slot_in, state_of
from tests.support.payments import call_off, pay, said


async def papers(db: Database, table: str = "invoices") -> list[tuple[int, int]]:
    """(number, order id) of every invoice or credit note, as they were issued."""
    rows = await db.fetch(f"SELECT number, order_id FROM {table} ORDER BY id")
    return [(row["number"], row["order_id"]) for row in rows]


async def notes(db: Database) -> list[tuple[str, int, int]]:
    """(reason, amount, credited) of every credit note."""
    rows = await db.fetch("SELECT reason, amount, credited FROM credit_notes ORDER BY number")
    return [(row["reason"], row["amount"], row["credited"]) for row in rows]


async def new_orders(db: Database, many: int) -> list[str]:
    seller = await make_seller(db)
    return [
        await book(db, await make_user(db), seller, await slot_in(db, days=2, hours=hours))
        for hours in range(many)
    ]


async def forget(db: Database, table: str, counters: str) -> None:
    """As if nothing had been issued: what the database never lets happen."""
    await db.execute(
        f"""ALTER TABLE {table} DISABLE TRIGGER USER; DELETE FROM {table}; DELETE FROM {counters};
            ALTER TABLE {table} ENABLE TRIGGER USER"""
    )


async def returned(db: Database, public_id: str, transaction_id: str, amount: int, word: str = "") -> None:
    """Midtrans says that so much of a transaction went back, altogether."""
    status = word or ("refund" if amount == 157_500 else "partial_refund")
    await payments.hear(
        db, public_id, said(public_id, status, transaction_id=transaction_id, returned=amount)
    )


async def test_numbers_have_no_gaps_and_each_payment_has_one_invoice(db: Database) -> None:
    public_ids = await new_orders(db, 6)
    await asyncio.gather(*(pay(db, public_id) for public_id in public_ids))
    assert sorted(number for number, _ in await papers(db)) == [1, 2, 3, 4, 5, 6]
    year = await db.fetchval("SELECT extract(year FROM app_now() AT TIME ZONE 'Asia/Jakarta')::int")
    async with db.transaction() as tx:
        order = await orders.lock_order(tx, public_ids[0])
        first = await actions.issue(tx, order.id)
        assert await actions.issue(tx, order.id) == first
    assert first.startswith(f"INV-{year}-00000") and len(await papers(db)) == 6


async def test_numbers_begin_anew_with_the_year_in_wib(db: Database) -> None:
    (first,) = await new_orders(db, 1)
    await pay(db, first)
    now = await clock.now(db)
    # The last hours of the year in UTC are the new year in WIB.
    await clock.shift(db, now.replace(month=12, day=31, hour=17, minute=1) - now)
    (second,) = await new_orders(db, 1)
    await pay(db, second)
    rows = await db.fetch("SELECT year, number FROM invoices ORDER BY id")
    assert [(row["year"], row["number"]) for row in rows] == [(now.year, 1), (now.year + 1, 1)]


@pytest.mark.parametrize("locked", [True, False], ids=["counter", "sequence"])
async def test_a_payment_that_fails_leaves_no_gap(
    unchecked_db: Database, locked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever issues waits for the one before; numbers from a sequence, which waits for nobody, lose one."""
    db = unchecked_db
    for public_id in await new_orders(db, 2):
        await pay(db, public_id)
    ids = [order_id for _, order_id in await papers(db)]
    await forget(db, "invoices", "invoice_counters")
    if not locked:
        await db.execute("CREATE SEQUENCE numbers")
        monkeypatch.setattr(
            actions,
            "_COUNTED",
            "SELECT 2026 AS year, nextval('numbers')::integer AS last_number -- {counter}\n",
        )

    async def second() -> None:
        async with db.transaction() as tx:
            await actions.issue(tx, ids[1])

    other = None
    with pytest.raises(RuntimeError):
        async with db.transaction() as tx:
            await actions.issue(tx, ids[0])
            other = asyncio.create_task(second())
            if locked:
                await _until_somebody_waits(db)
            else:
                await other
            raise RuntimeError("the paying transaction failed")
    assert other is not None
    await other
    assert await papers(db) == [(1 if locked else 2, ids[1])]


async def _until_somebody_waits(db: Database) -> None:
    async with asyncio.timeout(20):
        while not await db.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
            await asyncio.sleep(0.01)


async def test_what_was_issued_never_changes(db: Database) -> None:
    (public_id,) = await new_orders(db, 1)
    transaction_id = await pay(db, public_id)
    await returned(db, public_id, transaction_id, 50_000)
    before = await db.fetchval("SELECT document FROM invoices")
    assert (before["item"], before["total"], before["payment_type"]) == (
        "Chat Konsultasi (30 menit)", 157_500, "bank_transfer",
    )  # fmt: skip
    await db.execute("UPDATE users SET full_name = 'Nama Lain', time_zone = 'Asia/Makassar'")
    await db.execute("UPDATE services SET name = 'Layanan Lain', price = 999000")
    assert await db.fetchval("SELECT document FROM invoices") == before
    for table in ("invoices", "credit_notes"):
        for sql in (f"UPDATE {table} SET number = 9", f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):
            with pytest.raises(asyncpg.RestrictViolationError):
                await db.execute(sql)
    # Nobody hands in what it says.
    with pytest.raises(asyncpg.UniqueViolationError):
        await db.execute(
            "INSERT INTO invoices (order_id, year, number, document) SELECT order_id, 2020, 1, '{}' FROM invoices"
        )


async def test_each_refund_that_is_done_has_its_credit_note(db: Database) -> None:
    (public_id,) = await new_orders(db, 1)
    transaction_id = await pay(db, public_id)
    booking_id = await db.fetchval("SELECT id FROM bookings")
    async with db.transaction() as tx:
        await call_off(tx, booking_id, 78_750)
    assert await notes(db) == []
    await returned(db, public_id, transaction_id, 40_000)
    assert await notes(db) == []  # only part of it went back yet
    await returned(db, public_id, transaction_id, 78_750)
    assert await notes(db) == [("cancelled_by_admin", 78_750, 78_750)]
    async with db.transaction() as tx:
        assert await actions.credit(tx, await db.fetchval("SELECT id FROM orders")) == []


async def test_money_outside_an_invoice_has_a_note_that_corrects_none(db: Database) -> None:
    (public_id,) = await new_orders(db, 1)
    first = await pay(db, public_id)
    second = await pay(db, public_id, 2)
    await payments.hear(
        db, f"{public_id}-2", said(f"{public_id}-2", "refund", transaction_id=second, returned=157_500)
    )
    assert await notes(db) == [("paid_twice", 157_500, 0)]
    assert await db.fetchval("SELECT stands FROM invoice_differences") == 157_500
    assert await db.fetchval("SELECT transaction_id FROM invoices") == first


async def test_what_the_bank_takes_is_credited_and_a_new_payment_has_a_new_invoice(db: Database) -> None:
    (public_id,) = await new_orders(db, 1)
    first = await pay(db, public_id)
    await payments.hear(db, public_id, said(public_id, "deny", transaction_id=first))
    assert await notes(db) == [("reversal", 157_500, 157_500)]
    await pay(db, public_id, 2)
    assert await state_of(db, public_id) == ("confirmed", "paid")
    assert [number for number, _ in await papers(db)] == [1, 2]
    rows = await db.fetch("SELECT stands, difference FROM invoice_differences ORDER BY invoice_id")
    assert [tuple(row) for row in rows] == [(0, 0), (157_500, 0)]


async def test_a_chargeback_after_the_session_is_credited(db: Database) -> None:
    (public_id,) = await new_orders(db, 1)
    transaction_id = await pay(db, public_id)
    starts = await db.fetchval("SELECT starts_at FROM bookings")
    await clock.shift(db, starts - await clock.now(db) + timedelta(hours=1))
    await finish(db, await db.fetchval("SELECT id FROM bookings"))
    await returned(db, public_id, transaction_id, 157_500, "chargeback")
    assert await notes(db) == [("chargeback", 157_500, 157_500)]


async def test_the_sweep_finds_what_has_no_note(site: Any) -> None:
    db = site.db
    (public_id,) = await new_orders(db, 1)
    transaction_id = await pay(db, public_id)
    await returned(db, public_id, transaction_id, 50_000)
    kept = await notes(db)
    assert kept == [("refund", 50_000, 50_000)]
    await forget(db, "credit_notes", "credit_note_counters")
    assert (await broken(db))["A7_invoices_are_the_ledger"]
    await site.sweep()
    await site.sweep()
    assert await notes(db) == kept
