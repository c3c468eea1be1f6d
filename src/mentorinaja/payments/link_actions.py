"""What admins do with meeting links, and what they are told of the pool."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import asyncpg

from mentorinaja import clock
from mentorinaja.audit import actions as audit
from mentorinaja.bookings import actions as bookings
from mentorinaja.bookings import queries as orders
from mentorinaja.db.pool import Connection, atomic
from mentorinaja.errors import DomainError, NotThere
from mentorinaja.formats import day
from mentorinaja.jobs.queue import enqueue
from mentorinaja.notices import actions as notices
from mentorinaja.payments import link_queries, links
from mentorinaja.payments.link_rules import LinkState
from mentorinaja.web.viewer import Viewer

# The mail that tells admins that there are too few links, and what it is about: the stock, or sessions that wait.
LINKS_LOW, STOCK, WAITING = "links_low", "links", "links-waiting"


class PasteChanged(DomainError):
    """The pool has some of what was pasted by now."""

    title = "Persediaan sudah berubah"


class LinkDecided(DomainError):
    """Another admin was quicker, or it cannot be done with this link."""

    title = "Tautan ini sudah berubah"


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """What withdrawing a link did: the orders that got another link, and those that wait for one."""

    replaced: tuple[str, ...]
    waiting: tuple[str, ...]


@atomic
async def add_pasted(
    tx: Connection, admin: Viewer, urls: list[str], *, reusable: bool, expires_at: datetime | None
) -> int:
    """Put checked links into the pool, all of them; sessions that wait for one are filled at once.

    Raises `PasteChanged` when some are there already: then none was added.
    """
    _is_admin(admin)
    added = await links.put_in(tx, urls, reusable=reusable, expires_at=expires_at, added_by=admin.id)
    if len(added) != len(urls):
        raise PasteChanged("Sebagian tautan ini baru saja ditambahkan orang lain. Periksa daftarnya lagi.")
    detail = {
        "count": len(added),
        "first": min(added),
        "last": max(added),
        "reusable": reusable,
        "expires_at": expires_at.isoformat() if expires_at else None,
    }
    await audit.record(tx, admin, "links.added", "link", str(min(added)), detail=detail)
    await enqueue(tx, bookings.FILL_LINKS)
    return len(added)


@atomic
async def retire_link(tx: Connection, admin: Viewer, link_id: int, reason: str) -> Withdrawn:
    """Give the link to nobody any more; sessions to come that have it get another one, and both are told.

    Where there is none the session waits for the next one. Raises `NotThere`, `LinkDecided`.
    """
    _is_admin(admin)
    link = await _lock(tx, link_id)
    if link["retired_at"] is not None:
        raise LinkDecided(f"{await _who(tx, link_id)} sudah menarik tautan ini.")
    await tx.execute("UPDATE meeting_links_pool SET retired_at = app_now() WHERE id = $1", link_id)
    replaced: list[str] = []
    waiting: list[str] = []
    # Whoever gives a link out holds its row until that is committed, so nobody is missed; and waits for no link
    # while holding an order, so orders may be locked after it.
    for row in await tx.fetch(
        f"SELECT b.id, b.order_id {link_queries.UPCOMING} AND u.link_id = $1 ORDER BY b.order_id", link_id
    ):
        order = await orders.lock_order_of_booking(tx, row["id"])
        if order.status == "confirmed":
            url = await links.replace_link(tx, order, "retired", admin.id)
            (replaced if url else waiting).append(order.public_id)
        elif order.status == "pending":
            await tx.execute("DELETE FROM meeting_link_uses WHERE booking_id = $1", row["id"])
    detail = {"url": link["url"], "replaced": replaced, "waiting": waiting}
    await audit.record(tx, admin, "link.retired", "link", str(link_id), reason=reason, detail=detail)
    await enqueue(tx, bookings.FILL_LINKS)
    return Withdrawn(tuple(replaced), tuple(waiting))


@atomic
async def restore_link(tx: Connection, admin: Viewer, link_id: int, reason: str) -> LinkState:
    """Take a withdrawal back; what was given away before is used all the same. Answers what the link is now.

    Raises `NotThere`, `LinkDecided`.
    """
    _is_admin(admin)
    if (await _lock(tx, link_id))["retired_at"] is None:
        raise LinkDecided("Tautan ini sudah dikembalikan ke persediaan.")
    await tx.execute("UPDATE meeting_links_pool SET retired_at = NULL WHERE id = $1", link_id)
    await audit.record(tx, admin, "link.restored", "link", str(link_id), reason=reason)
    await enqueue(tx, bookings.FILL_LINKS)
    link = await link_queries.link_by_id(tx, link_id)
    assert link is not None, "links are never deleted"
    return link.state


@atomic
async def set_link_expiry(tx: Connection, admin: Viewer, link_id: int, expires_at: datetime | None) -> int:
    """Say until when a link is good (None: for ever).

    Raises `NotThere`, `LinkDecided` for one that is withdrawn and for a time that is over.

    Answers how many sessions hold it that end later: they are given another one as soon as there is one.
    """
    _is_admin(admin)
    link = await _lock(tx, link_id)
    if link["retired_at"] is not None:
        raise LinkDecided("Tautan ini sudah ditarik.")
    if expires_at is not None and expires_at <= await clock.now(tx):
        raise LinkDecided(
            "Tanggal ini sudah lewat. Jika tautannya tidak boleh dipakai lagi, tarik tautannya."
        )
    await tx.execute("UPDATE meeting_links_pool SET expires_at = $2 WHERE id = $1", link_id, expires_at)
    until = {
        "before": link["expires_at"].isoformat() if link["expires_at"] else None,
        "now": expires_at.isoformat() if expires_at else None,
    }
    await audit.record(tx, admin, "link.expiry_set", "link", str(link_id), detail=until)
    await enqueue(tx, bookings.FILL_LINKS)
    late: int = await tx.fetchval(
        f"SELECT count(*) {link_queries.UPCOMING} AND u.link_id = $1 AND upper(b.during) > $2",
        link_id,
        expires_at,
    )
    return late


@atomic
async def watch_stock(tx: Connection) -> None:
    """Tell every admin that there are too few links: once each time they become too few, and daily while sessions wait.

    Where nobody offers video sessions and none waits for a link, none are needed.
    """
    stock = await link_queries.link_stock(tx)
    if not stock.is_low:
        await tx.execute("UPDATE link_shortages SET ended_at = app_now() WHERE ended_at IS NULL")
        return
    if not stock.waiting and not await tx.fetchval(
        "SELECT EXISTS (SELECT FROM services WHERE category = 'online_video' AND active)"
    ):
        return
    begun: int | None = await tx.fetchval(
        """INSERT INTO link_shortages (began_at) SELECT app_now()
           WHERE NOT EXISTS (SELECT FROM link_shortages WHERE ended_at IS NULL)
           ON CONFLICT DO NOTHING RETURNING id"""
    )
    if stock.waiting:
        shortage = await tx.fetchval("SELECT id FROM link_shortages WHERE ended_at IS NULL")
        today = day(await clock.now(tx))
        await notices.queue_for_admins(tx, LINKS_LOW, about=f"{WAITING} {today}", version=shortage)
    elif begun is not None:
        await notices.queue_for_admins(tx, LINKS_LOW, about=STOCK, version=begun)


def _is_admin(admin: Viewer) -> None:
    if admin.role != "admin":
        raise NotThere


async def _lock(tx: Connection, link_id: int) -> asyncpg.Record:
    row = await tx.fetchrow(
        "SELECT url, expires_at, retired_at FROM meeting_links_pool WHERE id = $1 FOR NO KEY UPDATE", link_id
    )
    if row is None:
        raise NotThere
    return row


async def _who(tx: Connection, link_id: int) -> str:
    name: str | None = await tx.fetchval(
        """SELECT u.full_name FROM audit_log a JOIN users u ON u.id = a.actor_id
           WHERE a.kind = 'link' AND a.subject = $1 AND a.action = 'link.retired' ORDER BY a.id DESC LIMIT 1""",
        str(link_id),
    )
    return name or "Admin lain"
