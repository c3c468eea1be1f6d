"""Mails of a refund's steps: to its payer, and to the expert when what they earned changes."""

from __future__ import annotations

from functools import partial
from typing import Literal

from mentorinaja.bookings import queries as orders
from mentorinaja.bookings.queries import Refund
from mentorinaja.db.pool import Database
from mentorinaja.formats import rupiah
from mentorinaja.notices.kinds import Mail, MailContent, OutboxRow
from mentorinaja.refunds import queries
from mentorinaja.refunds.actions import TO_TRANSFER
from mentorinaja.refunds.rules import NEEDS_APPROVAL
from mentorinaja.settings import Settings

Step = Literal["requested", "account", "sent", "done", "rejected"]

_SUBJECTS: dict[Step, str] = {
    "requested": "Pengembalian dana {amount} untuk pesanan #{order}",
    "account": "Isi rekening untuk pengembalian dana pesanan #{order}",
    "sent": "Dana {amount} untuk pesanan #{order} sudah dikirim",
    "done": "Dana {amount} untuk pesanan #{order} sudah dikembalikan",
    "rejected": "Pengembalian dana pesanan #{order} tidak dilanjutkan",
}


async def load(step: Step, db: Database, settings: Settings, row: OutboxRow) -> MailContent | None:
    """What this step means for its reader; None when the refund has gone on since."""
    assert row.order_id is not None, "a refund is of an order"
    order = await orders.order_by_id(db, row.order_id)
    assert order is not None, "orders are never deleted"
    refund_id = int(row.about.removeprefix("refund-"))
    refund = next(refund for refund in order.refunds if refund.id == refund_id)
    if not _still(step, refund):
        return None
    subject = _SUBJECTS[step].format(amount=rupiah(refund.amount), order=order.public_id)
    context = {
        "step": step,
        "order": order,
        "refund": refund,
        "for_user": row.user_id == order.user_id,
        "bounced": refund.state == "failed",
        "unusable": await queries.has_unusable_account(db, order.id),
        "looked_at": refund.state == "requested" and refund.reason in NEEDS_APPROVAL,
        "page": f"{settings.base_url}/user/transactions/{order.public_id}/refund-account",
    }
    return MailContent(subject, "refund", context)


async def load_transfer(db: Database, settings: Settings, row: OutboxRow) -> MailContent | None:
    """Money waits for an admin to transfer it; nothing once somebody has."""
    assert row.order_id is not None, "a refund is of an order"
    order = await orders.order_by_id(db, row.order_id)
    assert order is not None, "orders are never deleted"
    waiting = [refund for refund in order.refunds if refund.to_transfer and refund.account]
    if not waiting:
        return None
    subject = f"Pengembalian dana pesanan #{order.public_id} menunggu transfer"
    dues = await queries.dues_of(db, row.order_id)
    return MailContent(subject, "refund_transfer", {"order": order, "refunds": waiting, "dues": dues})


def _still(step: Step, refund: Refund) -> bool:
    """Whether a mail of this step is still news."""
    return {
        "requested": refund.state in ("requested", "approved") and not refund.needs_account,
        "account": refund.needs_account,
        "sent": refund.state == "sent",
        "done": refund.state == "done",
        "rejected": refund.state == "rejected",
    }[step]


MAILS = [Mail(f"refund_{step}", partial(load, step)) for step in _SUBJECTS] + [
    Mail(TO_TRANSFER, load_transfer)
]
