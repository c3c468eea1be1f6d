"""Calling off what is paid: the payer by the rule of the order, the expert with all of it going back."""

from __future__ import annotations

from mentorinaja.bookings import actions as bookings
from mentorinaja.bookings import queries as orders
from mentorinaja.bookings.actions import CannotCancel, LessGoesBack
from mentorinaja.bookings.queries import Order, OrderDetail
from mentorinaja.db.pool import Connection, atomic
from mentorinaja.errors import NotThere
from mentorinaja.formats import rupiah
from mentorinaja.payments import owing
from mentorinaja.products import actions as products
from mentorinaja.web.viewer import Viewer

_HISTORY = ("Lihat Riwayat", "/user/transactions")
_TRANSACTIONS = ("Lihat Transaksi", "/expert/dashboard/transaksi")


class CannotReturn(CannotCancel):
    """The product stays the buyer's."""

    title = "Pembelian ini tidak bisa dibatalkan lagi"


@atomic
async def cancel_paid(tx: Connection, user: Viewer, public_id: str, shown: int) -> int:
    """The payer calls a paid session off; answers how many rupiah go back, which is at least `shown`.

    What is kept is the expert's and ours as the sale was. Cancelling twice is once. Raises `NotThere`,
    `CannotCancel`, and `LessGoesBack` when the rule gives less now than the payer was shown.
    """
    order, sale = await bookings.lock_session(tx, public_id)
    if order.user_id != user.id or sale.kind != "booking":
        raise NotThere
    if sale.cancel_reason == "cancelled_by_user":
        return sum(refund.amount for refund in sale.refunds if refund.reason == "cancelled_by_user")
    amount = sale.terms.back(order.now, order.total, sale.kept)
    if amount is None:
        raise why_not_cancelled(sale)
    if amount < shown:
        raise LessGoesBack(
            f"Aturan pembatalan kini memberi {rupiah(amount)}, bukan {rupiah(shown)} lagi. "
            "Batalkan hanya bila Anda setuju dengan jumlah yang baru."
        )
    return await _call_off(tx, order, sale, amount, "cancelled_by_user", user.id)


@atomic
async def cancel_by_expert(tx: Connection, expert: Viewer, public_id: str) -> None:
    """The expert calls a session off before it begins: everything goes back. Twice is once.

    Raises `NotThere`, also for what is not paid (it is not the expert's yet), and `CannotCancel`.
    """
    order, sale = await bookings.lock_session(tx, public_id)
    if order.expert_id != expert.expert_id or order.paid_at is None or sale.kind != "booking":
        raise NotThere
    if sale.cancel_reason == "cancelled_by_expert":
        return
    if not sale.terms.expert_may_cancel(order.now):
        raise why_expert_cannot(sale)
    await _call_off(tx, order, sale, order.total, "cancelled_by_expert", expert.id)


@atomic
async def return_product(tx: Connection, user: Viewer, public_id: str) -> int:
    """The buyer gives a product back that was never downloaded; answers how many rupiah go back.

    Raises `NotThere`, what `products.actions.give_up` refuses with, or `CannotReturn` when all of it goes back already.
    """
    order, amount = await products.give_up(tx, user, public_id)
    back = await owing.owe_order_back(
        tx, order.id, amount, "cancelled_by_user", actor="user", actor_id=user.id
    )
    if amount and not back:
        raise CannotReturn(
            "Semua dana pembelian ini sudah dalam pengembalian kepada Anda.",
            [("Lihat Riwayat", "/user/transactions")],
        )
    return back


def why_not_cancelled(sale: OrderDetail) -> CannotCancel:
    """The refusal for the payer, with its sentence and next step."""
    if sale.is_product:
        return _why_not_returned(sale)
    if sale.status != "confirmed":
        return CannotCancel("Sesi ini sudah selesai atau sudah dibatalkan.", [_HISTORY])
    room = ("Buka ruang sesi", sale.room_path)
    if sale.is_extension:
        return CannotCancel("Tambahan waktu ini sudah dibayar dan menjadi bagian dari sesinya.", [room])
    if sale.is_thread:
        return CannotCancel("Mentor sudah mulai menjawab, jadi pesanan ini berjalan terus.", [room])
    if sale.expert_came:
        return CannotCancel("Mentor sudah masuk ke ruang sesi, jadi sesinya berlangsung sekarang.", [room])
    return CannotCancel(
        "Sesi ini sudah mulai. Bila mentor belum hadir, pilihan Anda ada di ruang sesi.", [room]
    )


def _why_not_returned(sale: OrderDetail) -> CannotReturn:
    assert sale.purchase is not None, "a product's order has its purchase"
    library = ("Buka Library", "/user/library")
    if sale.purchase.downloads:
        return CannotReturn("Produk ini sudah diunduh, jadi pembeliannya tidak dapat dibatalkan.", [library])
    return CannotReturn("Menurut aturan saat dibeli, dananya tidak dapat kembali.", [library])


def why_expert_cannot(sale: OrderDetail) -> CannotCancel:
    """The refusal for the expert, with its sentence and next step."""
    if sale.status != "confirmed":
        return CannotCancel("Sesi ini sudah selesai atau sudah dibatalkan.", [_TRANSACTIONS])
    what = "Anda sudah mulai menjawab" if sale.is_thread else "Sesi ini sudah mulai"
    return CannotCancel(f"{what}, jadi tidak dapat dibatalkan lagi.", [("Buka ruang sesi", sale.room_path)])


async def _call_off(
    tx: Connection, order: Order, sale: OrderDetail, amount: int, reason: str, actor_id: int
) -> int:
    """Cancel a session that stands, promise `amount` rupiah back and tell both; answers what was promised."""
    actor: bookings.Actor = "user" if reason == "cancelled_by_user" else "expert"
    await bookings.call_off(tx, order, reason, actor=actor, actor_id=actor_id)
    back = await owing.owe_order_back(tx, order.id, amount, reason, actor=actor, actor_id=actor_id)
    if back < sale.kept:
        await bookings.keep_rest(tx, order)
    await bookings.tell_cancelled(tx, await orders.relock(tx, order))
    return back
