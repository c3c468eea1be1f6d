"""Meeting links of video sessions: one booking each, or reusable ones never twice within two hours."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

import structlog
from prometheus_client import Counter

from mentorinaja.bookings import queries as bookings
from mentorinaja.db.pool import Connection, Database, atomic

log = structlog.get_logger(__name__)

POOL_EMPTY = Counter("mentorinaja_meeting_links_missing", "Bookings that found no free meeting link")
_APART = "2 hours"


async def give_link(tx: Connection, booking_id: UUID) -> str | None:
    """The booking's link: the one it has, else a free one from the pool, else None (it follows later).

    Only video sessions get one. Never waits for another transaction.
    """
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
    POOL_EMPTY.inc()
    log.warning("links.pool_empty", booking_id=str(booking_id))
    return None


@atomic
async def add_links(tx: Connection, urls: Iterable[str], *, reusable: bool = False) -> int:
    """Put links into the pool; answers how many were new."""
    rows = await tx.fetch(
        """INSERT INTO meeting_links_pool (url, reusable) SELECT DISTINCT url, $2::boolean FROM unnest($1::text[]) AS url
           ON CONFLICT (url) DO NOTHING RETURNING id""",
        list(urls),
        reusable,
    )
    return len(rows)


async def fill_links(db: Database) -> int:
    """Give links to confirmed video sessions that found none, soonest first; answers how many got one."""
    waiting = await db.fetch(
        """SELECT b.id FROM bookings b
           WHERE b.status = 'confirmed' AND b.category = 'online_video' AND upper(b.during) > app_now()
             AND NOT EXISTS (SELECT FROM meeting_link_uses u WHERE u.booking_id = b.id)
           ORDER BY b.starts_at, b.id LIMIT 200"""
    )
    filled = 0
    for row in waiting:
        if await _fill(db, row["id"]) is None:
            break
        filled += 1
    return filled


@atomic
async def _fill(tx: Connection, booking_id: UUID) -> str | None:
    order = await bookings.lock_order_of_booking(tx, booking_id)
    if order.status != "confirmed":
        return ""  # cancelled meanwhile: it needs none, the next one may
    url = await give_link(tx, booking_id)
    if url:
        await tx.execute("SELECT live_publish($1)", f"order:{order.public_id}")
    return url


async def _free_link(tx: Connection, booking_id: UUID) -> int | None:
    """A link nobody has at that time, not being taken at this moment; locked."""
    free: int | None = await tx.fetchval(
        f"""SELECT l.id FROM meeting_links_pool l
            WHERE l.retired_at IS NULL
              AND NOT EXISTS (SELECT FROM meeting_link_uses u, bookings b
                WHERE u.link_id = l.id AND b.id = $1
                  AND (NOT l.reusable OR u.around && tstzrange(
                    b.starts_at, upper(b.during) + interval '{_APART}')))
            ORDER BY l.reusable, l.id LIMIT 1 FOR NO KEY UPDATE OF l SKIP LOCKED""",
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
