"""Meeting links of video sessions: one booking each, or reusable ones never twice within two hours."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Literal
from uuid import UUID

import structlog
from prometheus_client import Counter

from mentorinaja.bookings import actions as bookings
from mentorinaja.bookings import queries as orders
from mentorinaja.bookings.queries import Order
from mentorinaja.db.pool import Connection, Database, atomic
from mentorinaja.jobs.queue import enqueue
from mentorinaja.notices import actions as notices

log = structlog.get_logger(__name__)

POOL_EMPTY = Counter("mentorinaja_meeting_links_missing", "Bookings that found no free meeting link")
# The mail that tells both of a session that its link is another one now.
LINK_CHANGED = "link_changed"
_APART = "2 hours"

# Why a session's link became another one: it had none yet, an admin withdrew it, or it expires before the session.
Why = Literal["filled", "retired", "expired"]


async def give_link(tx: Connection, booking_id: UUID) -> str | None:
    """The booking's link: the one it has, else a free one from the pool, else None (it follows later).

    Only video sessions get one, which is valid until they end. Never waits for another transaction.
    """
    url = await _give(tx, booking_id)
    if url is None and await tx.fetchval(
        "SELECT category = 'online_video' FROM bookings WHERE id = $1", booking_id
    ):
        POOL_EMPTY.inc()
        log.warning("links.pool_empty", booking_id=str(booking_id))
        # The sweep that fills it later also tells the admins, at once.
        await enqueue(tx, bookings.FILL_LINKS)
    return url


@atomic
async def add_links(tx: Connection, urls: Iterable[str], *, reusable: bool = False) -> int:
    """Put links into the pool; answers how many were new."""
    return len(await put_in(tx, urls, reusable=reusable))


async def put_in(
    tx: Connection,
    urls: Iterable[str],
    *,
    reusable: bool = False,
    expires_at: datetime | None = None,
    added_by: int | None = None,
) -> list[int]:
    """Put links into the pool, good until `expires_at`; answers the ids of those that were new, in their order."""
    rows = await tx.fetch(
        """INSERT INTO meeting_links_pool (url, reusable, expires_at, added_by)
           SELECT url, $2, $3, $4 FROM unnest($1::text[]) WITH ORDINALITY AS given (url, place)
           GROUP BY url ORDER BY min(place)
           ON CONFLICT (url) DO NOTHING RETURNING id""",
        list(urls),
        reusable,
        expires_at,
        added_by,
    )
    return [row["id"] for row in rows]


async def fill_links(db: Database) -> int:
    """Give links to confirmed video sessions that found none, soonest first; answers how many got one."""
    waiting = await db.fetch(
        """SELECT b.id FROM bookings b
           WHERE b.status = 'confirmed' AND b.category = 'online_video' AND upper(b.during) > app_now()
             AND b.starts_at > app_now() - interval '2 days'
             AND NOT EXISTS (SELECT FROM meeting_link_uses u WHERE u.booking_id = b.id)
           ORDER BY b.starts_at, b.id LIMIT 200"""
    )
    filled = 0
    for row in waiting:
        given = await _fill(db, row["id"])
        if given is None:
            break
        filled += given
    return filled


async def renew_links(db: Database) -> int:
    """Give another link to sessions to come whose link expires before they end; answers how many got one.

    One that finds none keeps what it has: the desk shows it until there is stock again.
    """
    unfit = await db.fetch(
        """SELECT b.id FROM bookings b JOIN meeting_link_uses u ON u.booking_id = b.id
             JOIN meeting_links_pool l ON l.id = u.link_id
           WHERE b.status = 'confirmed' AND b.category = 'online_video' AND b.starts_at > app_now()
             AND l.expires_at < upper(b.during)
           ORDER BY b.starts_at, b.id LIMIT 200"""
    )
    return sum([await _renew(db, row["id"]) for row in unfit])


async def replace_link(tx: Connection, order: Order, why: Why, admin_id: int | None = None) -> str | None:
    """Take the session's link and give it another, or none while there is none; both are told by mail.

    The order is locked by the caller; `admin_id` is who decided it. Answers the new link.
    """
    assert order.booking_id is not None, "only sessions have links"
    await tx.execute("DELETE FROM meeting_link_uses WHERE booking_id = $1", order.booking_id)
    url = await _give(tx, order.booking_id)
    await _tell(tx, order, why, admin_id)
    return url


@atomic
async def _fill(tx: Connection, booking_id: UUID) -> bool | None:
    """Whether the session got one; None when there is none, False when it needs none any more."""
    order = await orders.lock_order_of_booking(tx, booking_id)
    if order.status != "confirmed" or await _has_link(tx, booking_id):
        return False
    if await _give(tx, booking_id) is None:
        return None
    await _tell(tx, order, "filled")
    return True


class _NoneLeft(Exception):
    """There is no other link: what was begun is undone."""


async def _renew(db: Database, booking_id: UUID) -> bool:
    try:
        return await _renew_or_undo(db, booking_id)
    except _NoneLeft:
        return False


@atomic
async def _renew_or_undo(tx: Connection, booking_id: UUID) -> bool:
    order = await orders.lock_order_of_booking(tx, booking_id)
    unfit = await tx.fetchval(
        """SELECT l.expires_at < upper(b.during) FROM bookings b JOIN meeting_link_uses u ON u.booking_id = b.id
             JOIN meeting_links_pool l ON l.id = u.link_id WHERE b.id = $1""",
        booking_id,
    )
    if order.status != "confirmed" or not unfit:
        return False
    if await replace_link(tx, order, "expired") is None:
        raise _NoneLeft
    return True


async def _tell(tx: Connection, order: Order, why: Why, admin_id: int | None = None) -> None:
    """Both learn it by mail, and pages that are open show it."""
    await bookings.record_event(
        tx,
        order.id,
        "admin" if admin_id else "system",
        LINK_CHANGED,
        actor_id=admin_id,
        detail={"why": why},
    )
    times: int = await tx.fetchval(
        "SELECT count(*) FROM order_events WHERE order_id = $1 AND event = $2", order.id, LINK_CHANGED
    )
    expert_user_id: int = await tx.fetchval("SELECT user_id FROM experts WHERE id = $1", order.expert_id)
    for user_id in (order.user_id, expert_user_id):
        await notices.queue(
            tx, LINK_CHANGED, user_id=user_id, about=order.public_id, order_id=order.id, version=times
        )
    await tx.execute("SELECT live_publish($1)", f"order:{order.public_id}")


async def _give(tx: Connection, booking_id: UUID) -> str | None:
    given = await tx.fetchrow(
        """SELECT b.category, l.url FROM bookings b
             LEFT JOIN meeting_link_uses u ON u.booking_id = b.id
             LEFT JOIN meeting_links_pool l ON l.id = u.link_id
           WHERE b.id = $1""",
        booking_id,
    )
    if given is None or given["category"] != "online_video" or given["url"]:
        return given["url"] if given else None
    while free := await _free_link(tx, booking_id):
        if await _take(tx, booking_id, free):
            url: str = await tx.fetchval("SELECT url FROM meeting_links_pool WHERE id = $1", free)
            return url
    return None


async def _has_link(tx: Connection, booking_id: UUID) -> bool:
    return bool(
        await tx.fetchval("SELECT EXISTS (SELECT FROM meeting_link_uses WHERE booking_id = $1)", booking_id)
    )


async def _free_link(tx: Connection, booking_id: UUID) -> int | None:
    """A link nobody has at that time, good until its end, not being taken at this moment; locked."""
    free: int | None = await tx.fetchval(
        f"""SELECT l.id FROM meeting_links_pool l, bookings b
            WHERE b.id = $1 AND l.retired_at IS NULL AND l.spent_at IS NULL
              AND (l.expires_at IS NULL OR l.expires_at >= upper(b.during))
              AND NOT (l.reusable AND EXISTS (SELECT FROM meeting_link_uses u WHERE u.link_id = l.id
                AND u.around && tstzrange(b.starts_at, upper(b.during) + interval '{_APART}')))
            ORDER BY l.reusable, l.expires_at, l.id LIMIT 1 FOR NO KEY UPDATE OF l SKIP LOCKED""",
        booking_id,
    )
    return free


async def _take(tx: Connection, booking_id: UUID, link_id: int) -> bool:
    """The constraints decide: False when somebody took it between our two looks."""
    taken = await tx.fetchval(
        f"""INSERT INTO meeting_link_uses (booking_id, link_id, reusable, around)
            SELECT b.id, l.id, l.reusable, tstzrange(b.starts_at, upper(b.during) + interval '{_APART}')
            FROM bookings b, meeting_links_pool l WHERE b.id = $1 AND l.id = $2
            ON CONFLICT DO NOTHING RETURNING link_id""",
        booking_id,
        link_id,
    )
    return taken is not None
