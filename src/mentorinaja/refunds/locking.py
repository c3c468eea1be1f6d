"""What every decision on a refund begins and ends with: its rows locked, who decides, and what is noted of it."""

from __future__ import annotations

from typing import Any

from mentorinaja.audit import actions as audit
from mentorinaja.bookings import actions as bookings
from mentorinaja.bookings.queries import Order
from mentorinaja.db.pool import Connection
from mentorinaja.errors import NotThere
from mentorinaja.refunds import queries, rules
from mentorinaja.refunds.queries import Refund
from mentorinaja.refunds.rules import Undecidable
from mentorinaja.web.viewer import Viewer


async def lock(tx: Connection, refund_id: int) -> tuple[Refund, Order]:
    """A refund with its order, the order first. Raises `NotThere`."""
    found = await queries.lock(tx, refund_id)
    if found is None:
        raise NotThere
    return found


async def lock_for(tx: Connection, admin: Viewer, refund_id: int) -> tuple[Refund, Order]:
    """As `lock`, for an admin who is neither of the order's two people. Raises `NotThere`, `Undecidable`."""
    if admin.role != "admin":
        raise NotThere
    refund, order = await lock(tx, refund_id)
    expert_user_id: int = await tx.fetchval("SELECT user_id FROM experts WHERE id = $1", order.expert_id)
    if admin.id in (order.user_id, expert_user_id):
        raise Undecidable("Anda salah satu dari kedua pihak. Minta admin lain memutuskannya.")
    return refund, order


async def note(
    tx: Connection,
    order: Order,
    admin: Viewer,
    event: str,
    refund: Refund,
    *,
    reason: str = "",
    amount: int | None = None,
    **detail: Any,
) -> None:
    """Write down in the order's history and in the log what an admin did: `event` is `refund_approved` or the like.

    `amount`: whole rupiah it was done with, if not all of the refund.
    """
    told = {
        "refund_id": refund.id,
        "amount": refund.amount,
        **({"reason": reason} if reason else {}),
        **detail,
    }
    await bookings.record_event(tx, order.id, "admin", event, actor_id=admin.id, detail=told)
    await audit.record(
        tx,
        admin,
        event.replace("_", ".", 1),
        "refund",
        str(refund.id),
        reason=reason,
        amount=refund.amount if amount is None else amount,
        detail={"order": order.public_id, **detail},
    )


async def decided(tx: Connection, refund: Refund, admin: Viewer, reason: str) -> None:
    """Keep who decided on a refund, and why: both sides read it."""
    await tx.execute(
        "UPDATE refunds SET decided_by = $2, decided_at = app_now(), decision_reason = $3 WHERE id = $1",
        refund.id,
        admin.id,
        reason,
    )


def checked(reason: str) -> str:
    """A reason that can be kept. Raises `Undecidable`."""
    least, most = rules.REASON_LENGTH
    reason = reason.strip()
    if not least <= len(reason) <= most:
        raise Undecidable(f"Tulis alasan, {least} sampai {most} karakter.")
    return reason
