"""Paid orders whose money is to go back, at the simulator or in the database alone."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from mentorinaja import clock
from mentorinaja.bookings import queries as orders
from mentorinaja.bookings.queries import OrderDetail, Refund
from mentorinaja.clock import Clock
from mentorinaja.db.pool import Database
from mentorinaja.ledger import queries as ledger
from mentorinaja.payments import actions as payments
from mentorinaja.payments.midtrans import Gateway
from mentorinaja.refunds import jobs
from mentorinaja.resources import Resources
from mentorinaja.storage import Storage
from mentorinaja.web.viewer import Viewer
from tests.payments.conftest import Counter
from tests.support.bookings import Seller, book, finish, make_seller, make_user, settings_of, slot_in
from tests.support.payments import pay

TOTAL = 157_500


@dataclass
class Sale:
    """A paid order of Rp 157.500 and its payer."""

    db: Database
    user: Viewer
    seller: Seller
    public_id: str
    transaction_id: str
    booking_id: UUID

    async def owe(self, amount: int = TOTAL, reason: str = "ended_early", cause: str = "") -> int:
        """Owe part of it back; answers the refund's id."""
        async with self.db.transaction() as tx:
            owed = await payments.owe_back(tx, self.booking_id, amount, reason, actor="system", cause=cause)
        assert owed == amount
        newest: int = await self.db.fetchval("SELECT max(id) FROM refunds")
        return newest

    async def order(self) -> OrderDetail:
        """What pages show of it."""
        found = await orders.order_for(self.db, self.user, self.public_id)
        assert found is not None
        return found

    async def refund(self, number: int = 0) -> Refund:
        """One of its refunds, as pages show it."""
        return (await self.order()).refunds[number]

    async def steps(self, number: int = 0) -> list[str]:
        """The states a refund was in."""
        return [step.state for step in (await self.refund(number)).steps]

    async def status(self) -> str:
        """What became of its money."""
        return (await self.order()).payment_status

    async def due(self) -> int:
        """Rupiah that are owed to its payer and have not left us."""
        return await ledger.still_due(self.db, self.transaction_id)


async def sell(db: Database, *, done: bool = True, **said: Any) -> Sale:
    """A sale heard of as `said`; `done`: its session is over."""
    seller, user = await make_seller(db), await make_user(db)
    public_id = await book(db, user, seller, await slot_in(db, days=2))
    transaction_id = await pay(db, public_id, **said)
    return await _sale(db, user, seller, public_id, transaction_id, done=done)


async def sell_at(counter: Counter, method: str, *, verb: str = "settle", done: bool = True) -> Sale:
    """A sale paid at the simulator by `method`."""
    db = counter.db
    seller, user = await make_seller(db), await make_user(db)
    public_id = await book(db, user, seller, await slot_in(db, hours=3))
    await payments.open_payment(db, counter.gateway, counter.settings, user, public_id, any_method=True)
    told = await counter.control(f"transactions/{public_id}/{verb}", method=method)
    transaction_id: str = told["transactions"][-1]["transaction_id"]
    await payments.reconcile(db, counter.gateway, public_id, transaction_id=transaction_id)
    return await _sale(db, user, seller, public_id, transaction_id, done=done)


async def _sale(
    db: Database, user: Viewer, seller: Seller, public_id: str, transaction_id: str, *, done: bool
) -> Sale:
    booking_id: UUID = await db.fetchval(
        "SELECT b.id FROM bookings b JOIN orders o ON o.id = b.order_id WHERE o.public_id = $1", public_id
    )
    if done:
        ends: timedelta = await db.fetchval(
            "SELECT upper(during) - app_now() FROM bookings WHERE id = $1", booking_id
        )
        await clock.shift(db, ends)
        assert await finish(db, booking_id)
    return Sale(db, user, seller, public_id, transaction_id, booking_id)


async def sweep(db: Database, gateway: Gateway | None = None) -> None:
    """What the worker does for refunds; without a gateway nobody answers."""
    settings = settings_of(db)
    silent = gateway or Gateway(settings)
    await jobs.carry_out(Resources(settings, db, Clock(), silent, Storage.open(settings)), {})
    if gateway is None:
        silent.close()


async def next_sweep(db: Database, gateway: Gateway | None = None, **ahead: float) -> None:
    """Time passes, and the worker does what is due."""
    await clock.shift(db, timedelta(**ahead))
    await sweep(db, gateway)
