"""What follows the money of a product: it is delivered, fetched, and earned; or taken back before that."""

from __future__ import annotations

import asyncpg

from mentorinaja.bookings import actions as bookings
from mentorinaja.bookings import queries as orders
from mentorinaja.bookings.queries import Order
from mentorinaja.db.pool import Connection, Database, atomic
from mentorinaja.errors import NotThere
from mentorinaja.jobs.queue import enqueue
from mentorinaja.notices import actions as notices
from mentorinaja.products.refusals import NoDownloadsLeft, NotReturnable, NotYours
from mentorinaja.products.rules import EARNED_AFTER_DOWNLOAD, EARNED_AFTER_PAYMENT, RESUME_WITHIN, goes_back
from mentorinaja.web.viewer import Viewer


async def deliver(tx: Connection, order: Order, version: int = 0) -> None:
    """The money of a product came: both are told, and a week later it is earned; the order is locked.

    That the buyer has it follows from the order being paid. `version` tells the same anew.
    """
    release_at = order.now + EARNED_AFTER_PAYMENT
    await tx.execute("UPDATE orders SET release_at = $2 WHERE id = $1", order.id, release_at)
    await enqueue(tx, bookings.RELEASE_DUE, at=release_at)
    expert_user_id: int = await tx.fetchval("SELECT user_id FROM experts WHERE id = $1", order.expert_id)
    for kind, user_id in (("purchased", order.user_id), ("sold", expert_user_id)):
        await notices.queue(
            tx, kind, user_id=user_id, about=order.public_id, order_id=order.id, version=version
        )


@atomic
async def count_download(tx: Connection, user: Viewer, public_id: str) -> int:
    """Count one download of the buyer's; answers its number. The first one decides when the money is earned.

    Raises `NotThere` for anybody else, `NotYours` for what is not (or no longer) paid, `NoDownloadsLeft`.
    """
    order = await orders.lock_order(tx, public_id)
    if order.user_id != user.id or order.kind != "product":
        raise NotThere
    row = await _purchase(tx, order.id)
    if row["state"] != "owned":
        raise NotYours(
            "Pembayarannya belum masuk atau sudah dikembalikan. Lihat Riwayat untuk rinciannya.",
            [("Lihat Riwayat", "/user/transactions")],
        )
    if row["downloads"] >= row["allowed"]:
        raise NoDownloadsLeft(
            f"Produk ini sudah diunduh {row['allowed']} kali, sebanyak yang termasuk dalam pembelian. "
            "Berkas yang sudah Anda simpan tetap milik Anda.",
            [("Kembali ke Library", "/user/library")],
        )
    number: int = await tx.fetchval(
        """WITH counted AS (
             UPDATE purchases SET downloads = downloads + 1,
               first_downloaded_at = coalesce(first_downloaded_at, app_now())
             WHERE order_id = $1 RETURNING order_id, downloads)
           INSERT INTO downloads (order_id, number, at) SELECT order_id, downloads, app_now() FROM counted
           RETURNING number""",
        order.id,
    )
    if number == 1:
        await bookings.record_event(tx, order.id, "user", "downloaded", actor_id=user.id)
        await _earn_sooner(tx, order)
    return number


async def may_resume(db: Database, user: Viewer, public_id: str) -> bool:
    """Whether the buyer fetched the product a short while ago: what broke off then goes on uncounted."""
    found: bool = await db.fetchval(
        """SELECT EXISTS (SELECT FROM downloads d JOIN purchases b USING (order_id) JOIN orders o ON o.id = b.order_id
             WHERE o.public_id = $1 AND b.user_id = $2 AND b.state = 'owned' AND d.at > app_now() - $3::interval)""",
        public_id,
        user.id,
        RESUME_WITHIN,
    )
    return found


async def give_up(tx: Connection, user: Viewer, public_id: str) -> tuple[Order, int]:
    """The buyer gives a product back before the first download; answers the order and what goes back of it.

    The caller owes that money in the same transaction. Twice is once: then nothing goes back any more. Raises
    `NotThere`, or `NotReturnable`.
    """
    order = await orders.lock_order(tx, public_id)
    if order.user_id != user.id or order.kind != "product":
        raise NotThere
    row = await _purchase(tx, order.id)
    if row["cancelled"]:
        return order, 0
    amount = goes_back(row["cancel_policy"], order.total)
    if row["downloads"] or row["state"] != "owned" or not amount:
        raise _not_returnable(downloaded=row["downloads"] > 0)
    await tx.execute("UPDATE purchases SET state = 'ended', cancelled = true WHERE order_id = $1", order.id)
    await bookings.record_event(tx, order.id, "user", "cancelled", actor_id=user.id)
    await tx.execute("SELECT live_publish($1)", f"order:{order.public_id}")
    return order, amount


async def _purchase(tx: Connection, order_id: int) -> asyncpg.Record:
    """The purchase of an order that is locked: it changes with the order only."""
    row = await tx.fetchrow(
        """SELECT b.state, b.cancelled, b.downloads, b.allowed, o.cancel_policy
           FROM purchases b JOIN orders o ON o.id = b.order_id WHERE o.id = $1""",
        order_id,
    )
    assert row is not None, "a product's order has its purchase"
    return row


def _not_returnable(*, downloaded: bool) -> NotReturnable:
    if downloaded:
        return NotReturnable(
            "Produk ini sudah diunduh, jadi pembeliannya tidak dapat dibatalkan lagi.",
            [("Kembali ke Library", "/user/library")],
        )
    return NotReturnable(
        "Pembelian ini sudah berakhir, atau dananya tidak dapat kembali menurut aturan saat dibeli.",
        [("Lihat Riwayat", "/user/transactions")],
    )


async def _earn_sooner(tx: Connection, order: Order) -> None:
    sooner = order.now + EARNED_AFTER_DOWNLOAD
    await tx.execute(
        "UPDATE orders SET release_at = least(release_at, $2) WHERE id = $1 AND release_at IS NOT NULL",
        order.id,
        sooner,
    )
    await enqueue(tx, bookings.RELEASE_DUE, at=sooner)
