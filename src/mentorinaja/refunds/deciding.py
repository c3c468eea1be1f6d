"""Whether money goes back: approved by itself or by an admin, stopped, and owed again after it was stopped."""

from __future__ import annotations

from mentorinaja.bookings import actions as bookings
from mentorinaja.bookings.queries import Order
from mentorinaja.bookings.rules import HELD_AFTER_COMPLETION
from mentorinaja.db.pool import Connection, atomic
from mentorinaja.formats import rupiah
from mentorinaja.jobs.queue import enqueue
from mentorinaja.ledger import actions as ledger
from mentorinaja.payments import actions as payments
from mentorinaja.refunds import queries, rules
from mentorinaja.refunds.locking import checked, decided, lock, lock_for, note
from mentorinaja.refunds.queries import Refund
from mentorinaja.refunds.rules import Undecidable
from mentorinaja.web.viewer import Viewer


@atomic
async def approve_due(tx: Connection, refund_id: int) -> None:
    """A refund that follows from a rule is approved by itself, as soon as its payer has nothing left to choose."""
    refund, _ = await lock(tx, refund_id)
    waits = refund.not_before is not None and refund.not_before > refund.now
    if refund.state == "requested" and refund.reason not in rules.NEEDS_APPROVAL and not waits:
        await _approve(tx, refund)


@atomic
async def approve(tx: Connection, admin: Viewer, refund_id: int, reason: str) -> None:
    """An admin lets money go back that did not come as it was asked for. Raises `NotThere`, `Undecidable`."""
    refund, order = await lock_for(tx, admin, refund_id)
    reason = checked(reason)
    if refund.state != "requested":
        raise Undecidable("Pengembalian dana ini sudah disetujui atau sudah selesai.")
    if refund.reason not in rules.NEEDS_APPROVAL:
        raise Undecidable("Pengembalian dana ini disetujui dengan sendirinya menurut aturan.")
    await decided(tx, refund, admin, reason)
    await _approve(tx, refund)
    await note(tx, order, admin, "refund_approved", refund, reason=reason)


@atomic
async def reject(tx: Connection, admin: Viewer, refund_id: int, reason: str) -> None:
    """An admin stops a refund that an admin had granted, before it is sent: the money stays with who had earned it.

    What a rule owes to its payer, what nobody had earned, what the payer's bank took in part already and what had
    arrived once cannot be kept. Raises `NotThere`, `Undecidable`.
    """
    refund, order = await lock_for(tx, admin, refund_id)
    await _stop(tx, admin, refund, order, checked(reason))
    await payments.tell_refund(tx, refund.id, "rejected", expert=True, version=refund.resumed)


async def stop(tx: Connection, admin: Viewer, refund_id: int, reason: str) -> None:
    """As `reject`, within a decision that tells both sides itself. Raises `NotThere`, `Undecidable`."""
    refund, order = await lock_for(tx, admin, refund_id)
    await _stop(tx, admin, refund, order, checked(reason))


@atomic
async def resume(tx: Connection, admin: Viewer, refund_id: int, reason: str) -> None:
    """What an admin had stopped is to go back after all, by a counter-entry: owed again, sent as any other.

    What its expert had of it is taken from what is held, then from what is available; the rest is owed by the
    expert. Raises `NotThere`, `Undecidable`: also when the money has gone back otherwise since.
    """
    refund, order = await lock_for(tx, admin, refund_id)
    reason = checked(reason)
    if not refund.kept or refund.reason not in rules.KEPT_AT_WILL:
        raise Undecidable("Hanya pengembalian yang dihentikan admin dapat dilanjutkan.")
    if refund.redecided:
        raise Undecidable(
            "Keputusan laporannya dibuka lagi. Putuskan berapa yang kembali di meja Laporan sesi."
        )
    there = await ledger.owable(tx, refund.transaction_id)
    if there < refund.amount:
        raise Undecidable(f"Dari pembayaran ini hanya tersisa {rupiah(there)} yang dapat dikembalikan.")
    await tx.execute(
        """UPDATE refunds SET state = 'requested', way = NULL, tries = 0, problem = NULL, changed_at = app_now()
           WHERE id = $1""",
        refund.id,
    )
    await decided(tx, refund, admin, reason)
    number = refund.resumed + 1
    await ledger.record_resumed(tx, order.id, refund.transaction_id, refund.refund_key, refund.amount, number)
    await bookings.mark_owed(tx, order, refund.amount, refund.reason, actor="admin", actor_id=admin.id)
    await note(tx, order, admin, "refund_resumed", refund, reason=reason)
    await payments.tell_refund(tx, refund.id, "requested", expert=True, version=number)
    await enqueue(tx, payments.CARRY_OUT)


async def _stop(tx: Connection, admin: Viewer, refund: Refund, order: Order, reason: str) -> None:
    if refund.state not in ("requested", "approved", "failed"):
        raise Undecidable("Pengembalian dana ini sudah dikirim atau sudah selesai.")
    if not await queries.is_of_a_sale(tx, refund):
        raise Undecidable(
            "Uang ini bukan pembayaran yang sah atas pesanannya, jadi harus kembali kepada pembayar."
        )
    if refund.reason not in rules.KEPT_AT_WILL:
        raise Undecidable(
            "Menurut aturan dana ini harus kembali kepada pembayar. Hanya yang diputuskan admin dapat dihentikan."
        )
    if refund.credited:
        raise Undecidable("Dana ini sudah pernah sampai dan punya nota kredit, jadi tetap milik pembayar.")
    if refund.due < refund.amount:
        raise Undecidable(
            "Sebagian dana ini sudah diambil bank pembayar, jadi sisanya juga harus kembali kepada pembayar."
        )
    await tx.execute(
        "UPDATE refunds SET state = 'rejected', changed_at = app_now(), next_try_at = NULL WHERE id = $1",
        refund.id,
    )
    await decided(tx, refund, admin, reason)
    await ledger.record_kept(
        tx, order.id, refund.transaction_id, refund.refund_key, refund.amount, refund.resumed + 1
    )
    await note(tx, order, admin, "refund_rejected", refund, reason=reason)
    await _release_later(tx, order, refund)
    await payments.close_refunds(tx, order, refund.transaction_id, actor="admin")


async def _approve(tx: Connection, refund: Refund) -> None:
    await tx.execute("UPDATE refunds SET state = 'approved', changed_at = app_now() WHERE id = $1", refund.id)
    await enqueue(tx, payments.CARRY_OUT)


async def _release_later(tx: Connection, order: Order, refund: Refund) -> None:
    """What stays with the expert can be asked for as after any session, unless that is planned or done."""
    release_at = refund.now + HELD_AFTER_COMPLETION
    await tx.execute(
        """UPDATE orders SET release_at = $2 WHERE id = $1 AND release_at IS NULL AND NOT EXISTS (
             SELECT FROM ledger_journals WHERE key = 'released:' || $3)""",
        order.id,
        release_at,
        refund.transaction_id,
    )
    await enqueue(tx, bookings.RELEASE_DUE, at=release_at)
