"""The ledger in the database: balanced, applied once, and nobody can change what was written."""

import asyncpg
import pytest

from mentorinaja.db.invariants import broken
from mentorinaja.db.pool import Database
from mentorinaja.ledger import actions, queries
from mentorinaja.payments import actions as payments
from tests.support.bookings import Seller, book, make_seller, make_user, slot_in
from tests.support.payments import pay, said


async def paid_order(db: Database) -> tuple[Seller, str, str]:
    seller = await make_seller(db)
    public_id = await book(db, await make_user(db), seller, await slot_in(db, days=2))
    return seller, public_id, await pay(db, public_id)


async def order_id(db: Database, public_id: str) -> int:
    found: int = await db.fetchval("SELECT id FROM orders WHERE public_id = $1", public_id)
    return found


async def test_a_payment_is_held_for_the_expert_and_shown_to_the_rupiah(db: Database) -> None:
    seller, public_id, _ = await paid_order(db)
    earned = await queries.earnings(db, seller.id)
    assert (earned.held, earned.available, earned.total) == (126_000, 0, 126_000)
    entries = await queries.order_entries(db, await order_id(db, public_id))
    assert {entry.account: entry.amount for entry in entries} == {
        "gateway": 157_500,
        "expert_held": -126_000,
        "platform_fee": -24_000,
        "admin_fee": -7_500,
    }
    assert await queries.balance(db, "gateway") == 157_500


async def test_somebody_who_never_earned_has_nothing(db: Database) -> None:
    seller = await make_seller(db)
    assert (await queries.earnings(db, seller.id)).total == 0


async def test_writing_the_same_movement_again_changes_nothing(db: Database) -> None:
    seller, public_id, transaction_id = await paid_order(db)
    number = await order_id(db, public_id)
    async with db.transaction() as tx:
        assert not await actions.record_payment(tx, number, transaction_id)
    for returned in (50_000, 50_000, 60_000, 40_000, 60_000):
        word = said(public_id, "partial_refund", transaction_id=transaction_id, returned=returned)
        await payments.hear(db, public_id, word)
        async with db.transaction() as tx:
            assert not await actions.record_returned(tx, number, transaction_id, returned)
    assert await queries.balance(db, "gateway") == 97_500
    assert (await queries.earnings(db, seller.id)).held == 97_500 - 19_500
    assert await db.fetchval("SELECT count(*) FROM ledger_journals") == 3


async def test_the_database_refuses_an_unbalanced_journal(db: Database) -> None:
    await paid_order(db)
    with pytest.raises(asyncpg.CheckViolationError):
        async with db.transaction() as tx:
            journal = await tx.fetchval(
                "INSERT INTO ledger_journals (key, kind) VALUES ('x', 'payment') RETURNING id"
            )
            await tx.execute(
                """INSERT INTO ledger_entries (journal_id, account_id, amount)
                   SELECT $1, id, 1 FROM ledger_accounts""",
                journal,
            )


async def test_a_journal_is_written_whole_and_at_once(db: Database) -> None:
    await paid_order(db)
    pair = """INSERT INTO ledger_entries (journal_id, account_id, amount)
              SELECT $1, id, CASE kind WHEN 'gateway' THEN 1 ELSE -1 END FROM ledger_accounts
              WHERE kind IN ('gateway', 'admin_fee')"""
    with pytest.raises(asyncpg.RestrictViolationError, match="written already"):
        await db.execute(pair, await db.fetchval("SELECT min(id) FROM ledger_journals"))
    with pytest.raises(asyncpg.CheckViolationError, match="no entries"):
        await db.execute("INSERT INTO ledger_journals (key, kind) VALUES ('empty', 'payment')")
    assert await db.fetchval("SELECT count(*) FROM ledger_journals") == 1


async def test_what_is_written_stays(db: Database) -> None:
    await paid_order(db)
    for statement in (
        "UPDATE ledger_entries SET amount = -amount",
        "DELETE FROM ledger_entries",
        "TRUNCATE ledger_entries",
        "UPDATE ledger_journals SET memo = 'x'",
        "DELETE FROM ledger_journals",
        "TRUNCATE ledger_journals CASCADE",
        "UPDATE ledger_accounts SET expert_id = NULL, kind = 'platform_fee' WHERE kind = 'expert_held'",
        "DELETE FROM ledger_accounts",
        "TRUNCATE ledger_accounts CASCADE",
    ):
        with pytest.raises(asyncpg.RestrictViolationError):
            await db.execute(statement)


async def test_the_checker_sees_a_ledger_that_was_tampered_with(unchecked_db: Database) -> None:
    db = unchecked_db
    await paid_order(db)
    await db.execute("ALTER TABLE ledger_entries DISABLE TRIGGER ledger_entries_append_only")
    await db.execute("UPDATE ledger_entries SET amount = amount + 1 WHERE amount > 0")
    problems = {name for name, rows in (await broken(db)).items() if rows}
    assert {"M1_balanced", "M1_guarded", "M7_ledger_is_what_the_gateway_holds"} <= problems
