"""The payer's account for money that the gateway cannot send: given, and asked for again."""

from __future__ import annotations

from mentorinaja.banks import rules as banks
from mentorinaja.banks.vault import Vault
from mentorinaja.bookings import actions as bookings
from mentorinaja.bookings import queries as orders
from mentorinaja.db.pool import Connection, Database, atomic
from mentorinaja.errors import NotThere
from mentorinaja.notices import actions as notices
from mentorinaja.payments import actions as payments
from mentorinaja.refunds import queries, rules
from mentorinaja.refunds.locking import lock_for, note
from mentorinaja.refunds.rules import NoAccountNeeded, Undecidable
from mentorinaja.web.viewer import Viewer

# The mail to the admins about a refund that somebody has to transfer.
TO_TRANSFER = "refund_transfer"


async def give_account(
    db: Database, vault: Vault, user: Viewer, public_id: str, bank: str, number: str, holder: str
) -> None:
    """The payer says where money goes that the gateway cannot send: a bank's code, its account's digits and holder.

    Raises `NotThere` for anybody but the payer, `NoAccountNeeded` when no money waits for it (any more).
    """
    await _give_account(db, user, public_id, bank, vault.seal(number), banks.tail(number), holder)


@atomic
async def ask_again(tx: Connection, admin: Viewer, refund_id: int) -> None:
    """Ask the payer by mail once more for an account; one that is known is used no longer (the bank does not take it).

    Raises `NotThere`, `Undecidable`: also when the payer was asked within the last day.
    """
    refund, order = await lock_for(tx, admin, refund_id)
    if refund.way != "bank" or refund.state not in ("approved", "failed"):
        raise Undecidable("Pengembalian dana ini tidak menunggu nomor rekening.")
    known = await queries.account_of(tx, order.id)
    asked_at = await queries.asked_at(tx, refund.id)
    if known is None and asked_at is not None and refund.now < asked_at + rules.ASKED_AGAIN_AFTER:
        raise Undecidable("Pembayar sudah diminta dalam 24 jam terakhir. Tunggu dulu jawabannya.")
    if known is not None:
        await tx.execute(
            "UPDATE refund_accounts SET bounced_at = app_now() WHERE order_id = $1 AND bounced_at IS NULL",
            order.id,
        )
    await ask(tx, refund.id)
    unusable = banks.masked(known.tail) if known else None
    await note(tx, order, admin, "refund_account_asked", refund, unusable=unusable)


async def ask(tx: Connection, refund_id: int) -> None:
    """Ask the payer of a refund by mail for an account, each time anew. The order is locked by the caller."""
    times: int = await tx.fetchval(
        "SELECT coalesce(max(version) + 1, 0) FROM outbox WHERE kind = 'refund_account' AND about = $1",
        f"refund-{refund_id}",
    )
    await payments.tell_refund(tx, refund_id, "account", version=times)


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
    await notices.queue_for_admins(
        tx, TO_TRANSFER, about=order.public_id, order_id=order.id, version=account_id
    )
