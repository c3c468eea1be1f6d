"""The people, sales and clock that the money machine plays with; every hand of it is an action of the product."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
from structlog.testing import capture_logs

from mentorinaja import clock
from mentorinaja.accounts.passwords import _HASHER
from mentorinaja.clock import Clock
from mentorinaja.db.invariants import broken_in
from mentorinaja.db.pool import Database
from mentorinaja.errors import DomainError, NotThere
from mentorinaja.jobs.queue import Job
from mentorinaja.payments import actions as payments
from mentorinaja.payments.gateway_words import GatewayDown, GatewayStatus, read_status
from mentorinaja.products import actions as products
from mentorinaja.resources import Resources
from mentorinaja.storage import Storage
from mentorinaja.web.viewer import Viewer
from mentorinaja.work import all_jobs
from tests.money.till import Payment, Till
from tests.support.bookings import WIB, Seller, book, due_in, make_seller, make_user, slot_in
from tests.support.config import make_settings
from tests.support.products import make_product

PASSWORD = "kata sandi mentor"
_HASH = _HASHER.hash(PASSWORD)
# The sweeps that move money or what it hangs on; mails and listings are other tests' business.
_FEATURES = (
    "payments.",
    "bookings.",
    "rooms.",
    "refunds.",
    "products.",
    "invoices.",
    "withdrawals.",
    "threads.",
)
# What a sweep says when something could not be done and was left: here nothing may be left.
_STUCK = {"sweep.stuck", "sweep.failed", "job.failed"}


@dataclass(frozen=True)
class Sale:
    """An order that somebody made."""

    public_id: str
    user: Viewer
    expert: Viewer
    booking_id: UUID | None


@dataclass
class World:
    """One small market over a database of its own."""

    db: Database
    till: Till
    resources: Resources
    checking: asyncpg.Connection[asyncpg.Record]
    users: list[Viewer] = field(default_factory=list)
    sellers: list[Seller] = field(default_factory=list)
    experts: list[Viewer] = field(default_factory=list)
    sales: list[Sale] = field(default_factory=list)
    post: list[GatewayStatus] = field(default_factory=list)
    admin: Viewer = field(init=False)
    product_id: int = 0
    told: dict[str, int] = field(default_factory=dict)
    touched: bool = True

    @classmethod
    @asynccontextmanager
    async def open(cls, db: Database) -> AsyncIterator[World]:
        """Three users, a mentor with a chat and a product, one with written answers, and an admin."""
        settings, till = make_settings(db.dsn), Till()
        storage = Storage.open(settings)
        # The question is long: planned once and kept, it takes a fraction of the time.
        checking = await asyncpg.connect(
            db.dsn,
            max_cacheable_statement_size=0,
            server_settings={"jit": "off", "plan_cache_mode": "force_generic_plan"},
        )
        world = cls(db, till, Resources(settings, db, Clock(), till, storage), checking)
        try:
            await world._people()
            yield world
        finally:
            storage.close()
            await checking.close()

    async def _people(self) -> None:
        db = self.db
        self.users = [await make_user(db, name) for name in ("Budi", "Ani", "Tono")]
        self.sellers = [
            await make_seller(db, ready=True),
            await make_seller(db, "Dimas", minutes=None, price=80_001, ready=True),
        ]
        self.experts = [Viewer(s.user_id, "", "", "expert", WIB, 0, s.id) for s in self.sellers]
        self.product_id = await make_product(db, self.sellers[0])
        admin = await make_user(db, "Admin")
        await db.execute("UPDATE users SET role = 'admin' WHERE id = $1", admin.id)
        await db.execute("UPDATE users SET email_verified_at = app_now(), password_hash = $1", _HASH)
        self.admin = Viewer(admin.id, "Admin", admin.email, "admin", WIB, 0)
        await self.look_at_the_clock()

    async def check(self) -> None:
        """Every invariant holds at this moment; asked only when something was done since the last time."""
        if not self.touched:
            return
        problems = {name: rows for name, rows in (await broken_in(self.checking)).items() if rows}
        assert not problems, problems
        self.touched = False

    async def tried(self, what: str, action: Callable[[], Awaitable[object]]) -> bool:
        """Whether it was done; a refusal by a rule, or a gateway that is away, is an answer like any other."""
        self.touched = True
        try:
            await action()
        except (DomainError, NotThere, GatewayDown) as refusal:
            what = f"{what}: {type(refusal).__name__}"
            return False
        finally:
            self.told[what] = self.told.get(what, 0) + 1
        return True

    async def look_at_the_clock(self) -> datetime:
        """The product's time, which the gateway's is, too."""
        self.till.now = await clock.now(self.db)
        self.resources.clock.set(self.till.now)
        return self.till.now

    async def pass_time(self, by: timedelta) -> None:
        """Time passes, and nobody has done anything yet."""
        self.touched = True
        await clock.shift(self.db, by)
        await self.look_at_the_clock()

    async def go_to_start(self, sale: Sale) -> None:
        """Time passes until a session that is ahead begins."""
        starts = await self.db.fetchval("SELECT starts_at FROM bookings WHERE id = $1", sale.booking_id)
        await self.pass_time(max(timedelta(0), starts - await self.look_at_the_clock()))

    async def sweep(self) -> None:
        """The worker does everything that is due. Nothing may be left over for its log."""
        self.touched = True
        for job in self._jobs():
            with capture_logs() as logs:
                await job.run(self.resources, {})
            assert not [line for line in logs if line["event"] in _STUCK], logs

    async def slot(self, hours: float) -> datetime:
        """The half hour so much later."""
        return await slot_in(self.db, hours=hours)

    # ── Buying and paying ────────────────────────────────────────────────────────────────────────────────────

    async def book(self, user: int, seller: int, hours: float, method: str) -> Sale | None:
        """Somebody books; after 0 hours means now."""
        buyer, mentor = self.users[user], self.sellers[seller]
        starts: datetime | None = None
        if hours:
            starts = await (due_in if seller else slot_in)(self.db, hours=hours)
        made: list[str] = []

        async def make() -> None:
            made.append(await book(self.db, buyer, mentor, starts, payment_method=method))

        if not await self.tried("book", make):
            return None
        booking_id = await self.db.fetchval(
            "SELECT b.id FROM bookings b JOIN orders o ON o.id = b.order_id WHERE o.public_id = $1", made[0]
        )
        return self._sold(Sale(made[0], buyer, self.experts[seller], booking_id))

    async def sell(self, user: int, seller: int, hours: float, kind: str) -> None:
        """Somebody books and pays at once, and we hear of it."""
        if sale := await self.book(user, seller, hours, "qris"):
            await self.pay(sale, kind)

    async def buy(self, user: int, kind: str) -> None:
        """Somebody buys the product; `kind` is how it is paid at once, or nothing."""
        buyer, made = self.users[user], list[str]()

        async def make() -> None:
            made.append((await products.buy(self.db, buyer, self.product_id)).public_id)

        if await self.tried("buy", make):
            sale = self._sold(Sale(made[0], buyer, self.experts[0], None))
            if kind:
                await self.pay(sale, kind)

    async def pay(self, sale: Sale, kind: str) -> None:
        """Press the button, choose a method, pay, and let us hear of it at once."""
        before = set(self.till.pages)
        await self.open_page(sale, False)
        for order_id in set(self.till.pages) - before:
            self.choose(order_id, kind, 0)
            payment = self.till.payments[-1]
            self.turn(payment, "capture" if kind == "credit_card" else "settlement", 0)
            await self.hear(len(self.post) - 1, again=False)

    async def open_page(self, sale: Sale, any_method: bool) -> None:
        """The payer presses the button."""
        settings = self.resources.settings
        await self.tried(
            "open page",
            lambda: payments.open_payment(
                self.db, self.till, settings, sale.user, sale.public_id, any_method=any_method
            ),
        )

    def _sold(self, sale: Sale) -> Sale:
        if sale.public_id not in [known.public_id for known in self.sales]:
            self.sales.append(sale)
        return sale

    def choose(self, order_id: str, kind: str, short_by: int) -> None:
        """The payer chooses a method on a page that is open; what was to be paid may come short."""
        page = self.till.pages.get(order_id)
        if page is not None and not any(p.held for p in self.till.under(order_id)):
            self.write(self.till.choose(order_id, kind, page[1] - short_by))

    def turn(self, payment: Payment, word: str, amount: int) -> None:
        """Something becomes of a payment at the gateway."""
        payment.turn(word, amount)
        self.write(payment)

    def arrive(self, payment: Payment) -> None:
        """The payer's bank has everything that was given back of it."""
        payment.back = [(key, amount, True) for key, amount, _ in payment.back]
        self.write(payment)

    def write(self, payment: Payment) -> None:
        """What was true at this moment is on its way to us."""
        self.post.append(read_status(payment.body()))

    async def hear(self, number: int, *, again: bool) -> None:
        """One of the letters comes, in any order, and perhaps not for the last time."""
        letter = self.post[number] if again else self.post.pop(number)
        self.touched = True
        await payments.hear(self.db, letter.order_id, letter)

    async def ask(self, order_id: str) -> None:
        """Somebody asks the gateway what is true."""
        await self.tried("ask", lambda: payments.reconcile(self.db, self.till, order_id))

    # ── The end ──────────────────────────────────────────────────────────────────────────────────────────────

    async def settle_down(self) -> None:
        """All letters are lost, the gateway answers again, time passes: what it holds is what we believe."""
        self.post.clear()
        self.till.trouble = ""
        for _ in range(3):
            await self.pass_time(timedelta(hours=2))
            for order_id in {payment.order_id for payment in self.till.payments}:
                for payment in self.till.under(order_id):
                    await payments.hear(self.db, order_id, read_status(payment.body()))
            await self.sweep()
            await self.check()
        rows = await self.db.fetch(
            """SELECT t.transaction_id, CASE WHEN t.state IN ('paid', 'quarantined', 'partially_refunded', 'chargeback')
                                        THEN t.amount - t.returned ELSE 0 END AS held FROM payment_transactions t"""
        )
        believed = {row["transaction_id"]: row["held"] for row in rows}
        assert believed == {payment.id: payment.held for payment in self.till.payments}

    def _jobs(self) -> list[Job]:
        return [job for job in all_jobs() if job.sweep and job.name.startswith(_FEATURES)]
