"""Money that goes back after the expert was paid: owed, never below zero, and taken from what comes later."""

import asyncio

import pytest

from mentorinaja.accounts.passwords import hash_password
from mentorinaja.db.invariants import broken
from mentorinaja.db.pool import Connection, Database
from mentorinaja.formats import WIB
from mentorinaja.ledger import actions, queries
from mentorinaja.ledger.actions import Purse
from mentorinaja.ledger.queries import Earnings
from mentorinaja.payments import actions as payments
from mentorinaja.policies.actions import change
from mentorinaja.web.viewer import Viewer
from mentorinaja.withdrawals import actions as withdrawals
from tests.support.bookings import Seller, book, finish, make_seller, make_user, slot_in
from tests.support.desk import make_admin
from tests.support.payments import pay, said
from tests.support.races import Meet
from tests.support.withdrawals import PASSWORD, ask, wish

SHARE = 126_000


async def sold(db: Database, seller: Seller, days: int) -> tuple[str, str]:
    """A paid session in so many days: (public id, transaction id)."""
    public_id = await book(db, await make_user(db), seller, await slot_in(db, days=days))
    return public_id, await pay(db, public_id)


async def release(db: Database, public_id: str, transaction_id: str) -> None:
    """The session took place, and what was earned is the expert's to ask for."""
    row = await db.fetchrow(
        "SELECT o.id, b.id AS booking_id FROM orders o JOIN bookings b ON b.order_id = o.id WHERE public_id = $1",
        public_id,
    )
    assert row is not None
    await finish(db, row["booking_id"])
    async with db.transaction() as tx:
        await actions.record_release(tx, row["id"], transaction_id)


async def withdraw(db: Database, seller: Seller, amount: int, *, paid: bool = True) -> str:
    """The expert asks for so much and, when `paid`, has it; answers the withdrawal's public id."""
    await db.execute(
        "UPDATE users SET password_hash = $2, email_verified_at = app_now() WHERE id = $1",
        seller.user_id,
        await hash_password(PASSWORD),
    )
    expert = Viewer(seller.user_id, "", "", "expert", WIB, 0, seller.id)
    public_id = await ask(db, expert, wish(amount))
    if paid:
        admin = await make_admin(db)
        await withdrawals.approve(db, admin, public_id)
        await withdrawals.mark_sent(db, admin, public_id, "TRX-1")
    return public_id


async def charge_back(db: Database, public_id: str, transaction_id: str, returned: int = 157_500) -> None:
    """The card's bank takes so much of the payment back."""
    word = said(public_id, "chargeback", transaction_id=transaction_id, returned=returned)
    await payments.hear(db, public_id, word)


async def test_a_chargeback_after_the_withdrawal_is_owed_and_paid_by_later_earnings(db: Database) -> None:
    seller = await make_seller(db)
    first, paid = await sold(db, seller, days=2)
    await release(db, first, paid)
    await withdraw(db, seller, 100_000)
    await charge_back(db, first, paid)
    assert await queries.earnings(db, seller.id) == Earnings(
        held=0, available=0, withdrawing=0, withdrawn=100_000, owed=100_000
    )

    second, paid = await sold(db, seller, days=3)
    assert (await queries.earnings(db, seller.id)).held == SHARE  # nothing is taken before it is earned
    await release(db, second, paid)
    assert await queries.earnings(db, seller.id) == Earnings(
        held=0, available=26_000, withdrawing=0, withdrawn=100_000, owed=0
    )
    # What paid a debt counts as earned all the same: taken back, it is owed again.
    await charge_back(db, second, paid)
    earned = await queries.earnings(db, seller.id)
    assert earned == Earnings(held=0, available=0, withdrawing=0, withdrawn=100_000, owed=100_000)
    # The expert reads what became of it: behind the debt itself, and where it made a line smaller than the sale.
    debt = (await queries.lines_of(db, seller.id, queries.OWED)).lines
    assert [(line.kind, line.amount, line.balance) for line in debt] == [
        ("chargeback", 100_000, 100_000), ("release", -100_000, 0), ("chargeback", 100_000, 100_000),
    ]  # fmt: skip
    assert debt[0].balance == earned.of(queries.OWED) and not any(line.note for line in debt)
    available = (await queries.lines_of(db, seller.id, ("expert_available",))).lines
    assert [(line.amount, line.note) for line in available[:3]] == [
        (-26_000, "Rp 100.000 lagi dipotong dari pendapatan berikutnya"),
        (26_000, "Rp 100.000 dipakai untuk menutup kekurangan saldo"),
        (-26_000, "Rp 100.000 lagi dipotong dari pendapatan berikutnya"),
    ]


async def test_what_is_reserved_stays_reserved_and_what_comes_back_pays_the_debt_first(db: Database) -> None:
    seller = await make_seller(db)
    first, paid = await sold(db, seller, days=2)
    await release(db, first, paid)
    asked = await withdraw(db, seller, SHARE, paid=False)
    await charge_back(db, first, paid)
    owing = await queries.earnings(db, seller.id)
    assert (owing.available, owing.withdrawing, owing.owed) == (0, SHARE, SHARE)
    await withdrawals.reject(db, await make_admin(db), asked, "Pembayarannya ditarik kembali oleh bank.")
    assert await queries.earnings(db, seller.id) == Earnings(0, 0, 0, 0, 0)


async def test_tax_goes_to_its_own_account_and_back_with_the_money(db: Database) -> None:
    await change(db, await make_admin(db), "PPN berlaku", tax_bps=1_100)
    seller = await make_seller(db)
    public_id, paid = await sold(db, seller, days=2)
    assert await queries.balance(db, "tax") == -3_122
    assert (await queries.earnings(db, seller.id)).held == SHARE
    await change(db, await make_admin(db), "PPN naik", tax_bps=1_200)  # the order keeps its own rate
    await charge_back(db, public_id, paid, returned=57_500)
    assert await queries.balance(db, "tax") == -1_982  # of the 20.000 that the platform keeps
    assert (await queries.earnings(db, seller.id)).held == 80_000


async def two_sales_of_which_one_was_withdrawn(db: Database, seller: Seller) -> list[tuple[str, str]]:
    """Both are over and released; there is enough to take back one of them."""
    sales = [await sold(db, seller, days=days) for days in (2, 3)]
    for public_id, paid in sales:
        await release(db, public_id, paid)
    await withdraw(db, seller, SHARE)
    return sales


async def test_two_at_once_take_nothing_twice(db: Database) -> None:
    seller = await make_seller(db)
    sales = await two_sales_of_which_one_was_withdrawn(db, seller)
    await asyncio.gather(*(charge_back(db, public_id, paid) for public_id, paid in sales))
    assert await queries.earnings(db, seller.id) == Earnings(
        held=0, available=0, withdrawing=0, withdrawn=SHARE, owed=SHARE
    )


async def test_without_the_lock_both_take_what_only_one_can(
    unchecked_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    both_looked = Meet(2)
    look = actions.lock_balances

    async def look_without_lock(tx: Connection, expert_id: int) -> Purse:
        purse = await look(_Unlocked(tx), expert_id)  # type: ignore[arg-type]  # reads like a connection
        await both_looked.wait()
        return purse

    sales = await two_sales_of_which_one_was_withdrawn(unchecked_db, await make_seller(unchecked_db))
    monkeypatch.setattr(actions, "lock_balances", look_without_lock)
    await asyncio.gather(*(charge_back(unchecked_db, public_id, paid) for public_id, paid in sales))
    found = await broken(unchecked_db)
    assert found["M8_no_balance_below_zero"]


class _Unlocked:
    """A connection that leaves the lock out."""

    def __init__(self, tx: Connection) -> None:
        self._tx = tx

    async def execute(self, _lock: str, _expert_id: int) -> None:
        """The lock that is not taken."""

    async def fetchrow(self, sql: str, *args: object) -> object:
        """Reads are reads."""
        return await self._tx.fetchrow(sql, *args)
