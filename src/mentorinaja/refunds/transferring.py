"""Transfers by hand: marked as sent, come back, and arrived by then."""

from __future__ import annotations

from mentorinaja.bookings.queries import Order
from mentorinaja.db.pool import Connection, atomic
from mentorinaja.invoices import actions as invoices
from mentorinaja.jobs.queue import enqueue
from mentorinaja.ledger import actions as ledger
from mentorinaja.payments import actions as payments
from mentorinaja.refunds import accounts, queries, rules
from mentorinaja.refunds.locking import checked, lock, lock_for, note
from mentorinaja.refunds.queries import Account, Refund
from mentorinaja.refunds.rules import Undecidable
from mentorinaja.transfers.rules import checked_reference
from mentorinaja.web.viewer import Viewer


@atomic
async def mark_transferred(
    tx: Connection, admin: Viewer, refund_id: int, reference: str, tail: str | None = None
) -> None:
    """The money went to the payer's account by hand, under the bank's `reference`; said again it is as once.

    `tail`: the last digits of the account it went to, which the payer may have changed meanwhile; None: the one
    known now. Raises `NotThere`, `Undecidable`, `Unmarkable`.
    """
    refund, order = await lock_for(tx, admin, refund_id)
    await write_down(tx, admin, refund, order, reference, tail)


@atomic
async def mark_bounced(tx: Connection, admin: Viewer, refund_id: int, reason: str) -> None:
    """A transfer came back: the payer is asked for another account, unless a bank gave the money back meanwhile.

    Also one that counted as arrived: the money is due again, and its order waits for it; the credit note stands, since
    the sale stays taken back. Raises `NotThere`, `Undecidable`.
    """
    refund, order = await lock_for(tx, admin, refund_id)
    reason = checked(reason)
    if not rules.may_bounce(refund.way, refund.state) or refund.transferred is None:
        raise Undecidable("Tidak ada transfer manual untuk pengembalian dana ini yang dapat kembali.")
    had_arrived = refund.state == "done"
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
    await note(tx, order, admin, "refund_failed", refund, reason=reason, amount=refund.transferred)
    await payments.settle_refunds(tx, refund.transaction_id)
    refund, order = await lock(tx, refund.id)
    if refund.state == "failed":
        if had_arrived:
            await payments.reopen_refunds(tx, order, refund.transaction_id, actor="admin")
        await accounts.ask(tx, refund.id)
        return
    await payments.close_refunds(tx, order, refund.transaction_id, actor="admin")
    await invoices.credit(tx, order.id)


@atomic
async def arrive(tx: Connection, refund_id: int) -> None:
    """What was sent and did not come back in its time has arrived."""
    refund, order = await lock(tx, refund_id)
    within = rules.TRANSFERRED_WITHIN if refund.way == "bank" else rules.CONFIRMED_WITHIN
    if refund.state != "sent" or refund.left_at is None or refund.now < refund.left_at + within:
        return
    await tx.execute(
        "UPDATE refunds SET state = 'done', changed_at = app_now(), next_try_at = NULL WHERE id = $1",
        refund.id,
    )
    await payments.tell_refund_done(tx, refund.id)
    await payments.close_refunds(tx, order, refund.transaction_id, actor="system")
    await invoices.credit(tx, order.id)


async def write_down(
    tx: Connection, admin: Viewer, refund: Refund, order: Order, reference: str, tail: str | None
) -> None:
    """As `mark_transferred`, for a refund that is locked. Raises `Undecidable`, `Unmarkable`."""
    reference = checked_reference(reference)
    if await _said_before(tx, refund, reference, tail):
        return
    await _send(tx, admin, refund, order, await account_for(tx, refund, order, tail), reference)


async def account_for(tx: Connection, refund: Refund, order: Order, tail: str | None) -> Account:
    """The account a refund is to be transferred to now (with these last digits). Raises `Undecidable`."""
    account = await queries.account_of(tx, order.id, tail)
    if refund.way != "bank" or refund.state != "approved":
        raise Undecidable(
            f"Sudah ditransfer dengan referensi {refund.reference}."
            if refund.reference
            else "Pengembalian dana ini tidak menunggu transfer manual."
        )
    if account is None:
        told = "Pembayar belum memberi nomor rekening."
        raise Undecidable(
            told if tail is None else f"Tidak ada rekening dengan akhiran {tail} untuk pesanan ini."
        )
    return account


async def _said_before(tx: Connection, refund: Refund, reference: str, tail: str | None) -> bool:
    """Whether this very transfer stands already: whoever repeats it after a lost answer is content."""
    if refund.state not in ("sent", "done") or refund.reference != reference:
        return False
    known: str = await tx.fetchval("SELECT tail FROM refund_accounts WHERE id = $1", refund.account_id)
    return tail in (None, known)


async def _send(
    tx: Connection, admin: Viewer, refund: Refund, order: Order, account: Account, reference: str
) -> None:
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
    await note(tx, order, admin, "refund_sent", refund, amount=refund.due, reference=reference)
    await payments.tell_refund(tx, refund.id, "sent", version=refund.bounces)
    await enqueue(tx, payments.CARRY_OUT, at=refund.now + rules.TRANSFERRED_WITHIN)
