"""People, an expert who works around the clock, and bookings in any state, made through the product's actions."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from mentorinaja import clock
from mentorinaja.bookings import actions, queries
from mentorinaja.bookings.actions import Wish
from mentorinaja.bookings.queries import Order
from mentorinaja.db.pool import Database
from mentorinaja.experts.actions import add_service, create_expert, publish
from mentorinaja.experts.rules import NewService, Profile
from mentorinaja.formats import WIB
from mentorinaja.invoices import actions as invoices
from mentorinaja.schedule.rules import Hours
from mentorinaja.settings import Settings
from mentorinaja.web.auth import session_cookie, token_hash
from mentorinaja.web.viewer import Viewer
from tests.support.config import make_settings
from tests.support.payments import write_payment
from tests.support.site import Browser, Site

AROUND_THE_CLOCK = {weekday: (Hours(0, 1440),) for weekday in range(1, 8)}
_numbers = count(1)


@dataclass
class Seller:
    """An expert who can be booked at any half hour, with one chat service."""

    id: int
    user_id: int
    slug: str
    service_id: int


async def make_user(db: Database, name: str = "Budi Santoso", *, zone: str = WIB) -> Viewer:
    """A user as a request would see them; nobody can sign in as this one."""
    number = next(_numbers)
    email = f"orang{number}@mentorinaja.test"
    user_id = await db.fetchval(
        """INSERT INTO users (email, full_name, phone, password_hash, time_zone, terms_version, terms_accepted_at)
           VALUES ($1, $2, $3, 'x', $4, '1', app_now()) RETURNING id""",
        email,
        name,
        f"+62812{number:07}",
        zone,
    )
    return Viewer(user_id, name, email, "user", zone, session_id=0)


async def make_seller(
    db: Database,
    name: str = "Sari Wulandari",
    *,
    price: int = 150_000,
    minutes: int | None = 30,
    zone: str = WIB,
    category: str = "online_chat",
    ready: bool = False,
    buffer_minutes: int = 0,
) -> Seller:
    """A published expert with one service; a thread when `minutes` is None."""
    user = await make_user(db, name, zone=zone)
    slug = f"mentor-{user.id}"
    async with db.transaction() as tx:
        profile = Profile(slug, "Senior Product Manager", "Gojek", 8, "Membantu orang pindah karier.")
        expert_id = await create_expert(tx, user.id, profile, time_zone=zone, week=AROUND_THE_CLOCK)
        service_id = await add_service(
            tx,
            expert_id,
            NewService("Chat Konsultasi", category, minutes, price, address="Jl. Melati 1, Jakarta"),
        )
        await publish(tx, expert_id)
        await tx.execute(
            "UPDATE schedules SET buffer_minutes = $2 WHERE expert_id = $1", expert_id, buffer_minutes
        )
        if ready:
            await tx.execute(
                "UPDATE experts SET ready_until = app_now() + interval '4 hours' WHERE id = $1", expert_id
            )
    return Seller(expert_id, user.id, slug, service_id)


async def due_in(db: Database, **ahead: float) -> datetime:
    """The whole hour at or after so much time from now: when the answer of a thread can be due."""
    at = await clock.now(db) + timedelta(**ahead)
    return datetime.fromtimestamp(-(-at.timestamp() // 3600) * 3600, UTC)


async def slot_in(db: Database, **ahead: float) -> datetime:
    """The half hour at or after so much time from now, by the database's clock."""
    at = await clock.now(db) + timedelta(**ahead)
    return datetime.fromtimestamp(-(-at.timestamp() // 1800) * 1800, UTC)


def settings_of(db: Database, **changes: Any) -> Settings:
    """Settings for actions that copy rates."""
    return make_settings(db.dsn, **changes)


async def book(db: Database, user: Viewer, seller: Seller, starts_at: datetime | None, **changes: Any) -> str:
    """Book as the form would; answers the public id."""
    values: dict[str, Any] = {
        "user_id": user.id,
        "service_id": seller.service_id,
        "starts_at": starts_at,
        "topic": "Pindah karier ke produk",
        "notes": "",
        "payment_method": "qris",
    }
    return await actions.book(db, Wish(**(values | changes)))


async def pay(db: Database, public_id: str, paid_at: datetime | None = None) -> Order:
    """Confirm an order as a verified payment does, with its invoice and the rows of the payment."""
    async with db.transaction() as tx:
        order = await queries.lock_order(tx, public_id)
        await write_payment(tx, order, paid_at)
        order = await actions.confirm(tx, order, paid_at or order.now)
        await invoices.issue(tx, order.id)
        return order


async def confirm(db: Database, public_id: str, paid_at: datetime | None = None) -> Order:
    """Only the booking's own part of a payment."""
    async with db.transaction() as tx:
        order = await queries.lock_order(tx, public_id)
        return await actions.confirm(tx, order, paid_at or order.now)


async def finish(db: Database, booking_id: UUID) -> bool:
    """Complete a booking as the end of its session does."""
    async with db.transaction() as tx:
        return await actions.complete(tx, booking_id, "timeout")


async def state_of(db: Database, public_id: str) -> tuple[str, str]:
    """(booking status, payment status) as written down."""
    row = await db.fetchrow(
        """SELECT b.status, o.payment_status FROM orders o JOIN bookings b ON b.order_id = o.id
           WHERE o.public_id = $1""",
        public_id,
    )
    assert row is not None
    return row["status"], row["payment_status"]


async def events_of(db: Database, public_id: str) -> list[str]:
    """The order's history, in order."""
    rows = await db.fetch(
        """SELECT event FROM order_events e JOIN orders o ON o.id = e.order_id
           WHERE o.public_id = $1 ORDER BY e.id""",
        public_id,
    )
    return [row["event"] for row in rows]


async def browser_of(site: Site, user: Viewer | None) -> Browser:
    """A browser in which this person is signed in; None: a visitor. An admin has given the code, and has eight hours."""
    browser = await site.browser()
    if user is None:
        return browser
    token = secrets.token_urlsafe(32)
    await site.db.execute(
        """INSERT INTO login_sessions (user_id, token_hash, remember, user_agent, address, expires_at, second_factor_at)
           SELECT id, $2, false, 'test', '127.0.0.1',
             app_now() + CASE role WHEN 'admin' THEN interval '8 hours' ELSE interval '400 days' END,
             CASE role WHEN 'admin' THEN app_now() END
           FROM users WHERE id = $1""",
        user.id,
        token_hash(token),
    )
    cookie = session_cookie(site.settings, token, None)
    # As if the site had set it, so that another one takes its place.
    browser.client.cookies.set(cookie.key, cookie.value or "", domain="127.0.0.1")
    return browser


async def seller_browser(site: Site, seller: Seller) -> Browser:
    """A browser in which the expert is signed in."""
    return await browser_of(site, Viewer(seller.user_id, "", "", "expert", WIB, 0, seller.id))
