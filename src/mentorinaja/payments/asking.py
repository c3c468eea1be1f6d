"""An admin has Midtrans asked about everything that was ever tried for an order, and learns what that changed."""

from __future__ import annotations

from dataclasses import dataclass

from mentorinaja.audit import actions as audit
from mentorinaja.db.pool import Connection, Database, atomic
from mentorinaja.errors import NotThere
from mentorinaja.payments.closing import expire_order
from mentorinaja.payments.gateway_words import GatewayDown
from mentorinaja.payments.midtrans import Gateway
from mentorinaja.payments.reconcile import reconcile
from mentorinaja.payments.refusals import MidtransAway
from mentorinaja.web.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Standing:
    """How an order's money stands: its status, and each transaction with its state and what went back, in rupiah."""

    payment_status: str
    transactions: dict[str, tuple[str, int]]
    attempts: tuple[str, ...]
    overdue: bool


@dataclass(frozen=True, slots=True)
class Heard:
    """What asking changed."""

    before: Standing
    after: Standing

    @property
    def changed(self) -> bool:
        """Whether anything is different now."""
        return self.before != self.after


async def ask_again(db: Database, gateway: Gateway, admin: Viewer, public_id: str) -> Heard:
    """Ask Midtrans about every attempt of an order, living or closed; one past its deadline is then closed.

    What is heard is applied as ever, each answer in a transaction of its own. Raises `NotThere`, and `MidtransAway`
    when it does not answer: what it did say is kept.
    """
    if admin.role != "admin":
        raise NotThere
    before = await standing_of(db, public_id)
    answered = False
    try:
        for gateway_order_id in before.attempts:
            await reconcile(db, gateway, gateway_order_id)
        now = await standing_of(db, public_id)
        if now.overdue:
            await expire_order(db, gateway, public_id)
        answered = True
    except GatewayDown:
        raise MidtransAway(
            "Midtrans belum menjawab. Yang sempat dijawabnya sudah tercatat dan tidak ada yang hilang. Coba lagi nanti."
        ) from None
    finally:
        after = await standing_of(db, public_id)
        await _note(db, admin, public_id, Heard(before, after), answered=answered)
    return Heard(before, after)


@atomic
async def _note(tx: Connection, admin: Viewer, public_id: str, heard: Heard, *, answered: bool) -> None:
    detail = {
        "attempts": len(heard.before.attempts),
        "answered": answered,
        "from": heard.before.payment_status,
        "to": heard.after.payment_status,
    }
    await audit.record(tx, admin, "order.asked", "order", public_id, detail=detail)


async def standing_of(db: Database, public_id: str) -> Standing:
    """How the order's money stands now. Raises `NotThere`."""
    row = await db.fetchrow(
        """SELECT o.payment_status, o.payment_status = 'waiting' AND o.pay_deadline <= app_now() AS overdue,
             ARRAY(SELECT a.gateway_order_id FROM payment_attempts a WHERE a.order_id = o.id ORDER BY a.number DESC)
               AS attempts,
             (SELECT coalesce(jsonb_object_agg(t.transaction_id, jsonb_build_array(t.state, t.returned)), '{}')
              FROM payment_transactions t JOIN payment_attempts a ON a.id = t.attempt_id
              WHERE a.order_id = o.id) AS transactions
           FROM orders o WHERE o.public_id = $1""",
        public_id,
    )
    if row is None:
        raise NotThere
    return Standing(
        row["payment_status"],
        {id_: (state, returned) for id_, (state, returned) in row["transactions"].items()},
        tuple(row["attempts"]),
        row["overdue"],
    )
