"""Experts with money to ask for, their requests, and admins who decide."""

from typing import Any
from uuid import uuid4

from mentorinaja.accounts.passwords import hash_password
from mentorinaja.banks.vault import Vault
from mentorinaja.db.pool import Database
from mentorinaja.ledger import queries as ledger
from mentorinaja.ledger.queries import Earnings
from mentorinaja.payments.jobs import _release
from mentorinaja.web.viewer import Viewer
from mentorinaja.withdrawals import actions
from mentorinaja.withdrawals.actions import Wish
from tests.support.bookings import (
    Seller,
    book,
    finish,
    make_seller,
    make_user,
    pay,
    settings_of,
    slot_in,
)

PASSWORD = "kata sandi mentor"
NUMBER = "1234567890"
BANK = "014"


async def earn(db: Database, seller: Seller, *, released: bool = True) -> str:
    """A session that took place and was paid (Rp 126.000 of it are the expert's); answers its public id."""
    public_id = await book(db, await make_user(db), seller, await slot_in(db, days=1))
    order = await pay(db, public_id)
    assert order.booking_id is not None
    await finish(db, order.booking_id)
    if released:
        await db.execute("UPDATE orders SET release_at = app_now() WHERE id = $1", order.id)
        await _release(db, public_id)
    return public_id


async def make_earner(db: Database, sessions: int = 1, *, price: int = 150_000) -> Viewer:
    """An expert with a confirmed address and a password, who can ask for what so many sessions earned."""
    seller = await make_seller(db, price=price)
    await db.execute(
        "UPDATE users SET password_hash = $2, email_verified_at = app_now() WHERE id = $1",
        seller.user_id,
        await hash_password(PASSWORD),
    )
    for _ in range(sessions):
        await earn(db, seller)
    return Viewer(seller.user_id, "Sari Wulandari", "", "expert", "Asia/Jakarta", 0, seller.id)


def wish(amount: int = 100_000, **changes: Any) -> Wish:
    """A request as a form makes it; `changes` by field."""
    values: dict[str, Any] = {
        "form_key": uuid4(),
        "amount": amount,
        "bank": BANK,
        "account_number": NUMBER,
        "account_holder": "Sari Wulandari",
    }
    return Wish(**(values | changes))


async def ask(db: Database, expert: Viewer, wanted: Wish | None = None, password: str = PASSWORD) -> str:
    """Ask as the form does; answers the public id."""
    return await actions.ask(db, Vault(settings_of(db)), expert, wanted or wish(), password)


async def balances(db: Database, expert: Viewer) -> Earnings:
    """What the expert has."""
    assert expert.expert_id is not None
    return await ledger.earnings(db, expert.expert_id)
