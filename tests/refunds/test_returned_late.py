"""A transfer that the bank returns after it counted as arrived: owed again, asked for again, never kept."""

import asyncio
from typing import Any

import pytest

from mentorinaja.banks.vault import Vault
from mentorinaja.db.pool import Connection, Database
from mentorinaja.ledger import queries as ledger
from mentorinaja.payments import actions as payments
from mentorinaja.products import actions as products
from mentorinaja.refunds import actions, transferring
from mentorinaja.refunds.locking import lock_for
from mentorinaja.refunds.rules import Undecidable
from mentorinaja.web.viewer import Viewer
from tests.refunds.sales import TOTAL, Sale, next_sweep, sweep
from tests.refunds.test_bank import WHY, give, owed_by_bank, to_bank
from tests.support.bookings import make_seller, make_user, settings_of
from tests.support.database import assert_invariants
from tests.support.desk import make_admin
from tests.support.payments import pay, said
from tests.support.products import make_product
from tests.support.races import Meet


async def arrived(
    db: Database, admin: Viewer, amount: int = TOTAL, reason: str = "ended_early"
) -> tuple[Sale, int]:
    """A refund that was transferred by hand and counts as arrived."""
    sale, refund_id = await owed_by_bank(db, amount, reason)
    await give(sale)
    await actions.mark_transferred(db, admin, refund_id, "TRX-1")
    await next_sweep(db, days=5)
    assert await sale.status() == ("refunded" if amount == TOTAL else "partially_refunded")
    return sale, refund_id


async def notes(db: Database) -> int:
    """How many credit notes there are."""
    count: int = await db.fetchval("SELECT count(*) FROM credit_notes")
    return count


@pytest.mark.parametrize("amount", [TOTAL, 57_501])
async def test_what_had_arrived_comes_back_twice_and_is_sent_anew(db: Database, amount: int) -> None:
    admin = await make_admin(db)
    sale, refund_id = await arrived(db, admin, amount)
    ended, earned = await sale.status(), await ledger.earnings(db, sale.seller.id)
    for number in (2, 3):
        await actions.mark_bounced(db, admin, refund_id, WHY)
        refund = await sale.refund()
        assert (refund.state, refund.needs_account, await sale.due()) == ("failed", True, amount)
        assert (await sale.status(), (await sale.order()).status) == ("refund_pending", "completed")
        assert await ledger.balance(db, "refunded") == 0 and refund.note and await notes(db) == 1
        assert await ledger.earnings(db, sale.seller.id) == earned, "what the mentor has is no part of this"
        await assert_invariants(db)
        with pytest.raises(Undecidable, match="dapat kembali"):  # the form sent twice
            await actions.mark_bounced(db, admin, refund_id, WHY)
        await give(sale, number=f"999988887{number}")
        await actions.mark_transferred(db, admin, refund_id, f"TRX-{number}")
        await next_sweep(db, days=5)
        assert (await sale.status(), await sale.due(), await notes(db)) == (ended, 0, 1)
    rows = await db.fetch("SELECT kind, version FROM outbox WHERE kind LIKE 'refund%' ORDER BY id")
    for kind in ("refund_account", "refund_sent", "refund_done"):
        assert [row["version"] for row in rows if row["kind"] == kind] == [0, 1, 2], kind
    log = await db.fetch("SELECT amount FROM audit_log WHERE action = 'refund.failed'")
    assert [row["amount"] for row in log] == [amount, amount]


async def test_what_had_arrived_once_is_kept_by_nobody(db: Database) -> None:
    admin = await make_admin(db)
    sale, refund_id = await arrived(db, admin, 50_000, "granted")
    await actions.mark_bounced(db, admin, refund_id, WHY)
    with pytest.raises(Undecidable, match="nota kredit"):
        await actions.reject(db, admin, refund_id, WHY)
    # What else the order owes goes its own way meanwhile: one that was never sent can still be stopped.
    other = await sale.owe(7_500, "granted", "more")
    await actions.reject(db, admin, other, WHY)
    assert (await sale.status(), await sale.due()) == ("refund_pending", 50_000)
    await give(sale)
    await actions.mark_transferred(db, admin, refund_id, "TRX-2")
    await next_sweep(db, days=5)
    assert await sale.status() == "partially_refunded"


async def test_what_the_payers_bank_took_since_is_not_sent_twice(db: Database) -> None:
    admin = await make_admin(db)
    for took, still in ((TOTAL, 0), (100_000, 57_500)):
        sale, refund_id = await arrived(db, admin)
        word = "chargeback" if took == TOTAL else "partial_chargeback"
        news = said(sale.public_id, word, transaction_id=sale.transaction_id, returned=took)
        await payments.hear(db, sale.public_id, news)
        assert await ledger.due_if_bounced(db, sale.transaction_id, TOTAL) == still
        lost = await ledger.balance(db, "platform_fee")
        await actions.mark_bounced(db, admin, refund_id, WHY)
        assert await ledger.balance(db, "platform_fee") == lost - took, "what was our loss is none any more"
        assert (await sale.due(), await sale.status()) == (still, "chargeback")
        assert (await sale.refund()).state == ("failed" if still else "done")
        await assert_invariants(db)


async def test_a_product_and_money_that_came_twice_come_back_too(db: Database) -> None:
    admin, seller, user = await make_admin(db), await make_seller(db), await make_user(db)
    product = await make_product(db, seller)
    bought = (await products.buy(db, user, product)).public_id
    await pay(db, bought)
    await payments.return_product(db, user, bought)
    sale, refund_id = await owed_by_bank(db)
    twice = said(sale.public_id, transaction_id="77777777-7777-4777-8777-777777777777")
    await payments.hear(db, sale.public_id, twice)
    again = await db.fetchval("SELECT id FROM refunds WHERE reason = 'paid_twice'")
    returned = await db.fetchval("SELECT id FROM refunds WHERE reason = 'cancelled_by_user'")
    await sweep(db)
    for one in (again, returned):
        await to_bank(db, one)
    vault = Vault(settings_of(db))
    for payer, order in ((sale.user, sale.public_id), (user, bought)):
        await actions.give_account(db, vault, payer, order, "014", "1234567890", "Budi Santoso")
    for one in (again, returned):
        await actions.mark_transferred(db, admin, one, f"TRX-{one}")
    await next_sweep(db, days=5)
    assert (await db.fetchval("SELECT state FROM purchases"), await sale.status()) == (
        "ended",
        "refund_pending",
    )
    another = (await products.buy(db, user, product)).public_id
    await pay(db, another)
    for one in (again, returned):
        await actions.mark_bounced(db, admin, one, WHY)
        await assert_invariants(db)
    states = {
        row["order_id"]: row["state"] for row in await db.fetch("SELECT order_id, state FROM purchases")
    }
    assert sorted(states.values()) == ["ended", "owned"], "what was given back is not theirs again"
    stands = await db.fetchval("SELECT payment_status FROM orders WHERE public_id = $1", bought)
    assert stands == "refund_pending"
    # What came twice is no part of what the order stands by.
    assert await sale.status() == "refund_pending" and (await sale.refund()).id == refund_id


async def bounce_at_once(db: Database, monkeypatch: pytest.MonkeyPatch, gate: Meet | None) -> list[str]:
    """Two admins say at the same moment that a transfer came back; answers how each was told."""
    admins = [await make_admin(db), await make_admin(db)]
    _, refund_id = await arrived(db, admins[0])
    if gate is not None:

        async def unlocked(_tx: Connection, admin: Viewer, number: int) -> Any:
            async with db.transaction() as other:
                found = await lock_for(other, admin, number)
            await gate.wait()
            return found

        monkeypatch.setattr(transferring, "lock_for", unlocked)
    done = await asyncio.gather(
        *(actions.mark_bounced(db, admin, refund_id, WHY) for admin in admins), return_exceptions=True
    )
    return sorted(type(problem).__name__ for problem in done)


async def test_two_admins_at_once_say_so_once(
    unchecked_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await bounce_at_once(unchecked_db, monkeypatch, None) == ["NoneType", "Undecidable"]
    await assert_invariants(unchecked_db)


async def test_without_the_lock_both_would_say_so(
    unchecked_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = await bounce_at_once(unchecked_db, monkeypatch, Meet(2))
    logged = await unchecked_db.fetchval("SELECT count(*) FROM audit_log WHERE action = 'refund.failed'")
    assert (told, logged) == (["NoneType", "NoneType"], 2)
