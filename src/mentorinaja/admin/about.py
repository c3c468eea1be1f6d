"""What the desk tells of a person besides the account: orders, sessions to come, mails."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mentorinaja.db.pool import Connection, Database

# What a browser says of itself, the telling name first: Chrome calls itself Safari, too, and Android Linux.
_BROWSERS = {"Edg": "Edge", "OPR/": "Opera", "SamsungBrowser": "Samsung Internet", "UCBrowser": "UC Browser",
             "Firefox": "Firefox", "FxiOS": "Firefox", "CriOS": "Chrome", "Chrome": "Chrome",
             "Safari": "Safari"}  # fmt: skip
_SYSTEMS = {"Android": "Android", "iPhone": "iPhone", "iPad": "iPad", "Windows": "Windows", "Mac OS": "Mac",
            "CrOS": "ChromeOS", "Linux": "Linux"}  # fmt: skip


def device_of(user_agent: str) -> str:
    """A browser and what it runs on, as people call them."""
    browser = next((name for mark, name in _BROWSERS.items() if mark in user_agent), "Peramban lain")
    system = next((name for mark, name in _SYSTEMS.items() if mark in user_agent), "")
    return f"{browser} di {system}" if system else browser


@dataclass(frozen=True, slots=True)
class Bought:
    """How many orders somebody made, how many were paid, and for how much: whole rupiah."""

    orders: int
    paid: int
    amount: int


@dataclass(frozen=True, slots=True)
class Deal:
    """An order of somebody, as the buyer or as the mentor; `total` in whole rupiah, `other` is the other side."""

    public_id: str
    item_name: str
    other: str
    sells: bool
    payment_status: str
    total: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail to somebody; `sent_at` None: it was not sent, `status` says why."""

    kind: str
    about: str
    status: str
    created_at: datetime
    sent_at: datetime | None


async def bought_by(db: Connection | Database, user_id: int) -> Bought:
    """What somebody ordered, all in all."""
    row = await db.fetchrow(
        """SELECT count(*) AS orders, count(*) FILTER (WHERE paid_at IS NOT NULL) AS paid,
             coalesce(sum(total) FILTER (WHERE paid_at IS NOT NULL), 0)::bigint AS amount
           FROM orders WHERE user_id = $1""",
        user_id,
    )
    assert row is not None, "an aggregate always answers a row"
    return Bought(**row)


async def latest_orders(db: Connection | Database, user_id: int, expert_id: int | None) -> list[Deal]:
    """The ten latest orders of either side."""
    rows = await db.fetch(
        """SELECT public_id, item_name, expert_name AS other, false AS sells, payment_status, total, created_at AS at
           FROM (SELECT * FROM orders WHERE user_id = $1 ORDER BY created_at DESC, id DESC LIMIT 10) bought
           UNION ALL
           SELECT public_id, item_name, payer_name, true, payment_status, total, created_at
           FROM (SELECT * FROM orders WHERE expert_id = $2 ORDER BY created_at DESC, id DESC LIMIT 10) sold
           ORDER BY at DESC LIMIT 10""",
        user_id,
        expert_id,
    )
    return [Deal(**row) for row in rows]


async def coming_paid(db: Connection | Database, user_id: int, expert_id: int | None) -> list[Deal]:
    """The sessions of either side that are paid for and not over, the next first."""
    rows = await db.fetch(
        """SELECT o.public_id, o.item_name, o.expert_name AS other, false AS sells, o.payment_status, o.total,
             b.starts_at AS at
           FROM bookings b JOIN orders o ON o.id = b.order_id WHERE b.user_id = $1 AND b.status = 'confirmed'
           UNION ALL
           SELECT o.public_id, o.item_name, o.payer_name, true, o.payment_status, o.total, b.starts_at
           FROM bookings b JOIN orders o ON o.id = b.order_id WHERE b.expert_id = $2 AND b.status = 'confirmed'
           ORDER BY at, public_id""",
        user_id,
        expert_id,
    )
    return [Deal(**row) for row in rows]


async def unpaid_with(db: Connection | Database, expert_id: int | None) -> int:
    """How many bookings of this mentor can still be paid for."""
    count: int = await db.fetchval(
        """SELECT count(*) FROM bookings b JOIN orders o ON o.id = b.order_id
           WHERE b.expert_id = $1 AND b.status = 'pending' AND o.pay_deadline > app_now()""",
        expert_id,
    )
    return count


async def latest_mails(db: Connection | Database, user_id: int) -> list[Letter]:
    """The fifteen latest mails to somebody; what waits for its time is left out."""
    rows = await db.fetch(
        """SELECT kind, about, status, created_at, sent_at FROM outbox
           WHERE user_id = $1 AND (sent_at IS NOT NULL OR status <> 'waiting' OR due_at <= app_now())
           ORDER BY id DESC LIMIT 15""",
        user_id,
    )
    return [Letter(**row) for row in rows]
