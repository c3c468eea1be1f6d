"""What an admin decides about an order's money: a paid session is called off, part of a sale goes back, late money is sent.

What goes back is exactly what the admin was shown: whoever finds another sum there than before is told, and decides
anew. It waits a few minutes before it is sent, in which it can be taken back.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from mentorinaja.audit import actions as audit
from mentorinaja.bookings import actions as bookings
from mentorinaja.bookings import queries as orders
from mentorinaja.bookings.actions import CannotCancel
from mentorinaja.bookings.queries import Order, OrderDetail
from mentorinaja.db.pool import Connection, atomic
from mentorinaja.errors import DomainError
from mentorinaja.formats import rupiah
from mentorinaja.payments import late, owing
from mentorinaja.payments.rules import UNDO_WITHIN
from mentorinaja.web.viewer import Viewer

Share = Literal["policy", "all", "own"]


class CannotRefund(DomainError):
    """This money does not go back like this."""

    title = "Dana ini tidak bisa dikembalikan dari sini"


class SumChanged(DomainError):
    """Less or more of the sale is left than the admin was shown."""

    title = "Jumlahnya sudah berubah"


@atomic
async def cancel_by_admin(
    tx: Connection, admin: Viewer, public_id: str, amount: int, kept: int, share: Share, reason: str
) -> int:
    """A paid session that has not begun is called off; answers how many rupiah go back: `amount`.

    `kept` is what was still sold when the admin decided, `share` how the amount was chosen. What does not go back is
    the expert's and ours as the sale was. Raises `NotThere`, `OwnCase`, `CannotCancel`, `CannotRefund`, `SumChanged`.
    """
    order, sale = await bookings.lock_decided(tx, admin, public_id)
    if not may_be_called_off(sale, order.now):
        raise CannotCancel("Hanya sesi yang sudah dibayar dan belum berlangsung dapat dibatalkan di sini.")
    _check(sale, amount, kept)
    await bookings.call_off(tx, order, "cancelled_by_admin", actor="admin", actor_id=admin.id, words=reason)
    await _owe(tx, admin, order, amount, "cancelled_by_admin", reason)
    if amount < kept:
        await bookings.keep_rest(tx, order)
    await bookings.tell_cancelled(tx, await orders.relock(tx, order))
    await audit.record(
        tx,
        admin,
        "order.cancelled",
        "order",
        public_id,
        reason=reason,
        amount=amount,
        detail={"share": share},
    )
    return amount


@atomic
async def refund_by_admin(
    tx: Connection, admin: Viewer, public_id: str, amount: int, kept: int, reason: str
) -> int:
    """Part or all of what is sold goes back, and the session or product stays what it is; answers `amount`.

    Not while the session goes on, nor while a report waits for its own decision. Raises `NotThere`, `OwnCase`,
    `CannotRefund`, `SumChanged`.
    """
    order, sale = await bookings.lock_decided(tx, admin, public_id)
    if may_be_called_off(sale, order.now):
        raise CannotRefund("Sesi ini belum mulai. Batalkan sesinya dan pilih berapa yang kembali.")
    if goes_on(sale):
        raise CannotRefund("Sesi ini sedang berlangsung. Kembalikan dananya setelah sesi selesai.")
    if await _is_reported(tx, sale):
        raise CannotRefund("Ada laporan yang menunggu keputusan. Putuskan laporannya, termasuk dananya.")
    if amount == 0:
        raise CannotRefund("Jumlah yang dikembalikan lebih dari Rp 0.")
    _check(sale, amount, kept)
    await _owe(tx, admin, order, amount, "granted", reason)
    await audit.record(tx, admin, "order.refunded", "order", public_id, reason=reason, amount=amount)
    return amount


@atomic
async def send_late_back(tx: Connection, admin: Viewer, public_id: str, reason: str) -> None:
    """Money that came too late goes back now, although its payer might still choose another time. Twice is once.

    Raises `NotThere`, `OwnCase`, `CannotRefund` when none waits.
    """
    order, sale = await bookings.lock_decided(tx, admin, public_id)
    if not sale.can_choose(order.now):
        raise CannotRefund("Tidak ada uang terlambat yang masih menunggu pilihan pembayarnya.")
    await late.send_back(tx, order, "admin", admin.id, reason)
    await audit.record(
        tx,
        admin,
        "order.late_sent",
        "order",
        public_id,
        reason=reason,
        amount=sum(r.amount for r in sale.refunds),
    )


def may_be_called_off(sale: OrderDetail, now: datetime) -> bool:
    """Whether an admin may call a paid session off: until it begins, as its expert may."""
    return sale.kind == "booking" and sale.terms.expert_may_cancel(now)


def goes_on(sale: OrderDetail) -> bool:
    """Whether a session has begun and is not over: its end decides first what of its money is earned."""
    return sale.kind == "booking" and sale.status == "confirmed"


def _check(sale: OrderDetail, amount: int, kept: int) -> None:
    if sale.kept != kept:
        raise SumChanged(
            f"Yang masih bisa dikembalikan sekarang {rupiah(sale.kept)}. Periksa, lalu putuskan lagi."
        )
    if not 0 <= amount <= kept:
        raise CannotRefund(f"Yang bisa dikembalikan paling banyak {rupiah(kept)}.")


async def _owe(tx: Connection, admin: Viewer, order: Order, amount: int, reason: str, words: str) -> None:
    """Promise the amount to its payer, each decision as a refund of its own."""
    if amount == 0:
        return
    earlier: int = await tx.fetchval(
        "SELECT count(*) FROM refunds WHERE order_id = $1 AND reason = $2", order.id, reason
    )
    owed = await owing.owe_order_back(
        tx,
        order.id,
        amount,
        reason,
        actor="admin",
        actor_id=admin.id,
        cause=f"a{earlier + 1}",
        not_before=order.now + UNDO_WITHIN,
        explained=words,
    )
    if owed != amount:
        raise SumChanged(f"Yang bisa dikembalikan paling banyak {rupiah(owed)}.")


async def _is_reported(tx: Connection, sale: OrderDetail) -> bool:
    open_: bool = await tx.fetchval(
        "SELECT EXISTS (SELECT FROM session_reports WHERE booking_id = $1 AND decided_at IS NULL)",
        sale.booking_id,
    )
    return open_
