"""A session that an admin called off by mistake stands again, as long as none of its money has left."""

from __future__ import annotations

from datetime import datetime

from mentorinaja.audit import actions as audit
from mentorinaja.bookings import actions as bookings
from mentorinaja.bookings import queries as orders
from mentorinaja.bookings.actions import CannotStandAgain
from mentorinaja.bookings.queries import Order, OrderDetail
from mentorinaja.db.pool import Connection, atomic
from mentorinaja.ledger import actions as ledger
from mentorinaja.payments import actions as payments
from mentorinaja.web.viewer import Viewer

_MISTAKE = "cancelled_by_admin"


@atomic
async def restore(tx: Connection, admin: Viewer, public_id: str, reason: str) -> None:
    """Take an admin's cancellation back: nothing goes back, the time is held again, both are told.

    `reason` has 10 to 1,000 characters. Raises `NotThere`, `OwnCase`, `CannotStandAgain` once money has left or the
    session would have begun, `SlotTaken` or `OwnOverlap`; then nothing was changed.
    """
    order, sale = await bookings.lock_decided(tx, admin, public_id)
    if not may_be_restored(sale, order.now):
        raise CannotStandAgain("Waktunya sudah tiba, atau dananya sudah dikirim.")
    for refund in sale.refunds:
        if refund.state != "rejected":
            await _keep(tx, admin, order, refund.id, reason)
    order = await bookings.stand_again(tx, await orders.relock(tx, order), admin.id, reason)
    assert order.booking_id is not None, "a session has a booking"
    await payments.give_link(tx, order.booking_id)
    await audit.record(tx, admin, "order.restored", "order", public_id, reason=reason)


def may_be_restored(sale: OrderDetail, now: datetime) -> bool:
    """Whether a cancellation is an admin's, the session is ahead, and no money of it is on its way by any means."""
    if sale.kind != "booking" or (sale.status, sale.cancel_reason) != ("cancelled", _MISTAKE):
        return False
    waiting = [refund for refund in sale.refunds if refund.state != "rejected"]
    return (
        sale.payment_status in ("paid", "refund_pending")
        and sale.begins_at > now
        and sale.kept + sum(refund.amount for refund in waiting) == sale.total
        and all(
            refund.reason == _MISTAKE
            and refund.state in ("requested", "approved")
            # What had arrived and came back was taken off the invoice.
            and refund.note is None
            # Whoever knows an account may be transferring to it right now.
            and (refund.way is None or refund.needs_account)
            for refund in waiting
        )
    )


async def _keep(tx: Connection, admin: Viewer, order: Order, refund_id: int, reason: str) -> None:
    """What was to go back stays with those who had earned it."""
    row = await tx.fetchrow(
        """UPDATE refunds SET state = 'rejected', changed_at = app_now(), next_try_at = NULL,
             decided_by = $2, decided_at = app_now(), decision_reason = $3
           WHERE id = $1 RETURNING transaction_id, refund_key, amount""",
        refund_id,
        admin.id,
        reason,
    )
    assert row is not None, "refunds are never deleted"
    await ledger.record_kept(tx, order.id, row["transaction_id"], row["refund_key"], row["amount"])
    detail = {"refund_id": refund_id, "amount": row["amount"], "reason": reason}
    await bookings.record_event(tx, order.id, "admin", "refund_rejected", actor_id=admin.id, detail=detail)
    await payments.close_refunds(tx, order, row["transaction_id"], actor="admin")
    await audit.record(
        tx, admin, "refund.rejected", "refund", str(refund_id), reason=reason, amount=row["amount"]
    )
