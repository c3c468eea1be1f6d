"""What people and time do to refunds: approve and reject, the payer's account, transfers by hand."""

from __future__ import annotations

from typing import Any

from mentorinaja.banks import rules as banks
from mentorinaja.banks.vault import Vault
from mentorinaja.bookings import actions as bookings
from mentorinaja.bookings import queries as orders
from mentorinaja.bookings.queries import Order
from mentorinaja.bookings.rules import HELD_AFTER_COMPLETION
from mentorinaja.db.pool import Connection, Database, atomic
from mentorinaja.errors import NotThere
from mentorinaja.invoices import actions as invoices
from mentorinaja.jobs.queue import enqueue
from mentorinaja.ledger import actions as ledger
from mentorinaja.notices import actions as notices
from mentorinaja.payments import actions as payments
from mentorinaja.refunds import queries, rules
from mentorinaja.refunds.queries import Refund
from mentorinaja.refunds.rules import NoAccountNeeded, Undecidable
from mentorinaja.web.viewer import Viewer

# The mail to the admins about a refund that somebody has to transfer.
TO_TRANSFER = "refund_transfer"


@atomic
async def approve_due(tx: Connection, refund_id: int) -> None:
    """A refund that follows from a rule is approved by itself, as soon as its payer has nothing left to choose."""
    refund, _ = await _lock(tx, refund_id)
    waits = refund.not_before is not None and refund.not_before > refund.now
    if refund.state == "requested" and refund.reason not in rules.NEEDS_APPROVAL and not waits:
        await _approve(tx, refund)


@atomic
async def approve(tx: Connection, admin: Viewer, refund_id: int, reason: str) -> None:
    """An admin lets money go back that did not come as it was asked for. Raises `NotThere`, `Undecidable`."""
    refund, order = await _lock_for(tx, admin, refund_id)
    reason = _checked(reason)
    if refund.state != "requested":
        raise Undecidable("Pengembalian dana ini sudah disetujui atau sudah selesai.")
    if refund.reason not in rules.NEEDS_APPROVAL:
        raise Undecidable("Pengembalian dana ini disetujui dengan sendirinya menurut aturan.")
    await _decided(tx, refund, admin, reason)
    await _approve(tx, refund)
    await _note(tx, order, admin, "refund_approved", refund, reason=reason)


@atomic
async def reject(tx: Connection, admin: Viewer, refund_id: int, reason: str) -> None:
    """An admin stops a refund of a sale before it is sent: the money stays with those who had earned it.

    What nobody had earned, what its expert called off, a product that was given back, and what the payer's bank
    took in part already is its payer's and cannot be kept. Raises `NotThere`, `Undecidable`.
    """
    refund, order = await _lock_for(tx, admin, refund_id)
    reason = _checked(reason)
    if refund.state not in ("requested", "approved", "failed"):
        raise Undecidable("Pengembalian dana ini sudah dikirim atau sudah selesai.")
    if not await queries.is_of_a_sale(tx, refund):
        raise Undecidable(
            "Uang ini bukan pembayaran yang sah atas pesanannya, jadi harus kembali kepada pembayar."
        )
    if refund.reason in rules.NEVER_KEPT:
        raise Undecidable("Mentor sendiri membatalkan sesi ini, jadi dananya harus kembali kepada pembayar.")
    if order.kind == "product" and refund.reason == "cancelled_by_user":
        raise Undecidable(
            "Produk ini sudah dikembalikan sebelum diunduh, jadi dananya harus kembali kepada pembayar."
        )
    if refund.due < refund.amount:
        raise Undecidable(
            "Sebagian dana ini sudah diambil bank pembayar, jadi sisanya juga harus kembali kepada pembayar."
        )
    await tx.execute(
        "UPDATE refunds SET state = 'rejected', changed_at = app_now(), next_try_at = NULL WHERE id = $1",
        refund.id,
    )
    await _decided(tx, refund, admin, reason)
    await ledger.record_kept(tx, order.id, refund.transaction_id, refund.refund_key, refund.amount)
    await _note(tx, order, admin, "refund_rejected", refund, reason=reason)
    await payments.tell_refund(tx, refund.id, "rejected", expert=True)
    await _release_later(tx, order, refund)
    await payments.close_refunds(tx, order, refund.transaction_id, actor="admin")


async def give_account(
    db: Database, vault: Vault, user: Viewer, public_id: str, bank: str, number: str, holder: str
) -> None:
    """The payer says where money goes that the gateway cannot send: a bank's code, its account's digits and holder.

    Raises `NotThere` for anybody but the payer, `NoAccountNeeded` when no money waits for it (any more).
    """
    await _give_account(db, user, public_id, bank, vault.seal(number), banks.tail(number), holder)


@atomic
async def _give_account(
    tx: Connection, user: Viewer, public_id: str, bank: str, sealed: bytes, tail: str, holder: str
) -> None:
    order = await orders.lock_order(tx, public_id)
    if order.user_id != user.id:
        raise NotThere
    waiting = await tx.fetch(
        "SELECT id FROM refunds WHERE order_id = $1 AND way = 'bank' AND state IN ('approved', 'failed')",
        order.id,
    )
    if not waiting:
        raise NoAccountNeeded(
            "Tidak ada dana dari pesanan ini yang menunggu nomor rekening.",
            [("Lihat Riwayat", "/user/transactions")],
        )
    account_id: int = await tx.fetchval(
        """INSERT INTO refund_accounts (order_id, bank, number_sealed, tail, holder, given_by)
           VALUES ($1, $2, $3, $4, $5, $6) RETURNING id""",
        order.id,
        bank,
        sealed,
        tail,
        holder,
        user.id,
    )
    await tx.execute(
        """UPDATE refunds SET state = 'approved', changed_at = app_now(), problem = NULL
           WHERE order_id = $1 AND way = 'bank' AND state = 'failed'""",
        order.id,
    )
    await bookings.record_event(tx, order.id, "user", "refund_account_given", actor_id=user.id)
    admins = await tx.fetch("SELECT id FROM users WHERE role = 'admin' AND suspended_at IS NULL ORDER BY id")
    for admin in admins:
        await notices.queue(
            tx, TO_TRANSFER, user_id=admin["id"], about=order.public_id, order_id=order.id, version=account_id
        )


@atomic
async def mark_transferred(
    tx: Connection, admin: Viewer, refund_id: int, reference: str, tail: str | None = None
) -> None:
    """The money went to the payer's account by hand, under the bank's `reference`.

    `tail`: the last digits of the account it went to, which the payer may have changed meanwhile; None: the one
    known now. Raises `NotThere`, `Undecidable`.
    """
    refund, order = await _lock_for(tx, admin, refund_id)
    least, most = rules.REFERENCE_LENGTH
    reference = reference.strip()
    if not (least <= len(reference) <= most and reference.isprintable()):
        raise Undecidable(f"Tulis nomor referensi bank, {least} sampai {most} karakter.")
    account = await queries.account_of(tx, order.id, tail)
    if refund.way != "bank" or refund.state != "approved":
        raise Undecidable("Pengembalian dana ini tidak menunggu transfer manual.")
    if account is None:
        told = "Pembayar belum memberi nomor rekening."
        raise Undecidable(
            told if tail is None else f"Tidak ada rekening dengan akhiran {tail} untuk pesanan ini."
        )
    await tx.execute(
        """UPDATE refunds SET state = 'sent', left_at = app_now(), changed_at = app_now(), reference = $2,
             account_id = $3, transferred = $4 WHERE id = $1""",
        refund.id,
        reference,
        account.id,
        refund.due,
    )
    await ledger.record_transferred(
        tx, order.id, refund.transaction_id, refund.refund_key, refund.due, refund.bounces + 1
    )
    await _note(tx, order, admin, "refund_sent", refund, reference=reference)
    await payments.tell_refund(tx, refund.id, "sent", version=refund.bounces)
    await enqueue(tx, payments.CARRY_OUT, at=refund.now + rules.TRANSFERRED_WITHIN)


@atomic
async def mark_bounced(tx: Connection, admin: Viewer, refund_id: int, reason: str) -> None:
    """A transfer came back: the payer is asked for another account, unless a bank gave the money back meanwhile.

    Raises `NotThere`, `Undecidable`.
    """
    refund, order = await _lock_for(tx, admin, refund_id)
    reason = _checked(reason)
    if refund.way != "bank" or refund.state != "sent" or refund.transferred is None:
        raise Undecidable("Tidak ada transfer manual yang sedang berjalan untuk pengembalian dana ini.")
    await tx.execute("UPDATE refund_accounts SET bounced_at = app_now() WHERE id = $1", refund.account_id)
    await tx.execute(
        """UPDATE refunds SET state = 'failed', left_at = NULL, reference = NULL, account_id = NULL, transferred = NULL,
             problem = $2, changed_at = app_now() WHERE id = $1""",
        refund.id,
        reason,
    )
    await ledger.record_bounced(
        tx, order.id, refund.transaction_id, refund.refund_key, refund.transferred, refund.bounces + 1
    )
    await _note(tx, order, admin, "refund_failed", refund, reason=reason)
    await payments.settle_refunds(tx, refund.transaction_id)
    refund, order = await _lock(tx, refund.id)
    if refund.state == "failed":
        await payments.tell_refund(tx, refund.id, "account", version=refund.bounces)
        return
    await payments.close_refunds(tx, order, refund.transaction_id, actor="admin")
    await invoices.credit(tx, order.id)


@atomic
async def arrive(tx: Connection, refund_id: int) -> None:
    """What was sent and did not come back in its time has arrived."""
    refund, order = await _lock(tx, refund_id)
    within = rules.TRANSFERRED_WITHIN if refund.way == "bank" else rules.CONFIRMED_WITHIN
    if refund.state != "sent" or refund.left_at is None or refund.now < refund.left_at + within:
        return
    await tx.execute(
        "UPDATE refunds SET state = 'done', changed_at = app_now(), next_try_at = NULL WHERE id = $1",
        refund.id,
    )
    await payments.tell_refund(tx, refund.id, "done")
    await payments.close_refunds(tx, order, refund.transaction_id, actor="system")
    await invoices.credit(tx, order.id)


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


async def _approve(tx: Connection, refund: Refund) -> None:
    await tx.execute("UPDATE refunds SET state = 'approved', changed_at = app_now() WHERE id = $1", refund.id)
    await enqueue(tx, payments.CARRY_OUT)


async def _decided(tx: Connection, refund: Refund, admin: Viewer, reason: str) -> None:
    await tx.execute(
        "UPDATE refunds SET decided_by = $2, decided_at = app_now(), decision_reason = $3 WHERE id = $1",
        refund.id,
        admin.id,
        reason,
    )


async def _note(
    tx: Connection, order: Order, admin: Viewer, event: str, refund: Refund, **detail: Any
) -> None:
    told = {"refund_id": refund.id, "amount": refund.amount, **detail}
    await bookings.record_event(tx, order.id, "admin", event, actor_id=admin.id, detail=told)


async def _lock(tx: Connection, refund_id: int) -> tuple[Refund, Order]:
    found = await queries.lock(tx, refund_id)
    if found is None:
        raise NotThere
    return found


async def _lock_for(tx: Connection, admin: Viewer, refund_id: int) -> tuple[Refund, Order]:
    """As `_lock`, for an admin who is neither of the order's two people."""
    if admin.role != "admin":
        raise NotThere
    refund, order = await _lock(tx, refund_id)
    expert_user_id: int = await tx.fetchval("SELECT user_id FROM experts WHERE id = $1", order.expert_id)
    if admin.id in (order.user_id, expert_user_id):
        raise Undecidable("Anda salah satu dari kedua pihak. Minta admin lain memutuskannya.")
    return refund, order


def _checked(reason: str) -> str:
    least, most = rules.REASON_LENGTH
    reason = reason.strip()
    if not least <= len(reason) <= most:
        raise Undecidable(f"Tulis alasan, {least} sampai {most} karakter.")
    return reason
