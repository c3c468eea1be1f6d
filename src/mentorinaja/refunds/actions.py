"""What people and time do to refunds: decisions, the payer's account, transfers by hand, and one more try."""

from __future__ import annotations

from mentorinaja.db.pool import Connection, Database, atomic
from mentorinaja.payments.midtrans import Gateway
from mentorinaja.refunds import sending
from mentorinaja.refunds.accounts import TO_TRANSFER, ask_again, give_account
from mentorinaja.refunds.deciding import approve, approve_due, reject, resume, stop
from mentorinaja.refunds.filing import BY_BANK
from mentorinaja.refunds.locking import lock_for, note
from mentorinaja.refunds.restoring import may_be_restored, restore
from mentorinaja.refunds.rules import Undecidable
from mentorinaja.refunds.transferring import arrive, mark_bounced, mark_transferred
from mentorinaja.web.viewer import Viewer

__all__ = ["BY_BANK", "TO_TRANSFER", "approve", "approve_due", "arrive", "ask_again", "give_account", "mark_bounced",
           "mark_transferred", "may_be_restored", "reject", "restore", "resume", "stop",
           "try_now"]  # fmt: skip


async def try_now(db: Database, gateway: Gateway, admin: Viewer, refund_id: int) -> bool:
    """Tell the gateway about a refund that hangs, without waiting for its next turn; False when it does not answer.

    Raises `NotThere`, `Undecidable`.
    """
    await _make_due(db, admin, refund_id)
    return await sending.send(db, gateway, refund_id)


@atomic
async def _make_due(tx: Connection, admin: Viewer, refund_id: int) -> None:
    refund, order = await lock_for(tx, admin, refund_id)
    if not refund.waits_for_gateway or refund.left_at is not None:
        raise Undecidable("Pengembalian dana ini tidak menunggu Midtrans.")
    await tx.execute("UPDATE refunds SET next_try_at = app_now() WHERE id = $1", refund.id)
    await note(tx, order, admin, "refund_retried", refund)
