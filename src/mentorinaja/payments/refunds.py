"""Refund intents: money that must go back, written down in the transaction that found out.

A refund is requested, then approved: by itself from its `not_before` on, or by an admin. It is sent by the
gateway, or by hand to the payer's bank account, and done when the bank has it. Sending can fail: then it is
approved anew, for another way or another account; a transfer by hand can come back even after it was done. Until
it was sent it can be rejected.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from mentorinaja.db.pool import Connection
from mentorinaja.jobs.queue import enqueue
from mentorinaja.ledger import queries as ledger
from mentorinaja.notices import actions as notices
from mentorinaja.payments.gateway_words import GatewayRefund

# Money that nobody had earned; what goes back of a sale has the other reasons of `refunds.reason`.
Unearned = Literal["paid_late", "extension_unused", "paid_twice", "quarantined"]
UNEARNED: tuple[str, ...] = ("paid_late", "extension_unused", "paid_twice", "quarantined")
# Money that came when the order could not stand any more: what becomes of it becomes of the order.
TOO_LATE: tuple[str, ...] = ("paid_late", "extension_unused")

# The sweep that carries refunds out, run by the feature of that name.
CARRY_OUT = "refunds.carry_out"
Outcome = Literal["refunded", "partially_refunded", "paid"]
Step = Literal["requested", "account", "sent", "done", "rejected"]


async def want(
    tx: Connection,
    order_id: int,
    transaction_id: str,
    amount: int,
    reason: str,
    *,
    cause: str = "",
    not_before: datetime | None = None,
    explained: str = "",
) -> str | None:
    """`amount` rupiah of a transaction must go back to the payer; answers the refund's key.

    None: it was wanted for this cause already, and nothing is changed. A `cause` (at most 7 letters, digits and
    hyphens: the gateway reads the key) tells two refunds for the same reason apart. One that has a `not_before`
    is not sent earlier, and may be called off until then. `explained`: why, in an admin's words, which both sides read.
    """
    row = await tx.fetchrow(
        """INSERT INTO refunds (order_id, transaction_id, amount, reason, refund_key, not_before, explained)
           VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT ON CONSTRAINT refunds_once_per_cause DO NOTHING
           RETURNING id, refund_key""",
        order_id,
        transaction_id,
        amount,
        reason,
        "-".join(filter(None, (reason, transaction_id, cause))),
        not_before,
        explained,
    )
    if row is None:
        return None
    await tell(tx, row["id"], "requested", expert=reason not in UNEARNED)
    await enqueue(tx, CARRY_OUT, at=not_before)
    key: str = row["refund_key"]
    return key


async def tell(tx: Connection, refund_id: int, step: Step, *, expert: bool = False, version: int = 0) -> None:
    """Tell the payer (and, if it is theirs to know, the expert) by mail how far a refund is."""
    row = await tx.fetchrow(
        """SELECT o.id, o.user_id, e.user_id AS expert_user_id FROM refunds r
             JOIN orders o ON o.id = r.order_id JOIN experts e ON e.id = o.expert_id WHERE r.id = $1""",
        refund_id,
    )
    assert row is not None, "refunds are never deleted"
    for person in [row["user_id"], *([row["expert_user_id"]] if expert else [])]:
        await notices.queue(
            tx,
            f"refund_{step}",
            user_id=person,
            about=f"refund-{refund_id}",
            order_id=row["id"],
            version=version,
        )


async def tell_done(tx: Connection, refund_id: int) -> None:
    """Tell the payer that a refund is done: anew where it was before, and the transfer came back."""
    before: int = await tx.fetchval(
        "SELECT count(*) - 1 FROM refund_steps WHERE refund_id = $1 AND state = 'done'", refund_id
    )
    await tell(tx, refund_id, "done", version=before)


async def call_off(tx: Connection, transaction_id: str) -> bool:
    """Nothing of this transaction is to go back any more; what was sent already stays so, and False is answered."""
    await tx.execute(
        """UPDATE refunds SET state = 'rejected', changed_at = app_now()
           WHERE transaction_id = $1 AND state IN ('requested', 'approved', 'failed')""",
        transaction_id,
    )
    return not await tx.fetchval(
        "SELECT EXISTS (SELECT FROM refunds WHERE transaction_id = $1 AND state <> 'rejected')",
        transaction_id,
    )


async def settle(tx: Connection, transaction_id: str, told: Iterable[GatewayRefund] = ()) -> None:
    """The gateway says what went back of a transaction, and the ledger has it: our refunds are as far as that.

    A refund of ours that the bank has is done. What went back otherwise (from Midtrans's dashboard, by our
    cancelling a card payment, or because the card's bank took it) does the oldest refunds that it covers whole:
    nobody has to transfer them by hand any more.
    """
    for refund in told:
        await _heard(tx, transaction_id, refund)
    # What went back of money that was due, and is not accounted for by a refund that has left.
    covered: int = await ledger.gone_back(tx, transaction_id) - await tx.fetchval(
        """SELECT coalesce(sum(amount), 0)::bigint FROM refunds
           WHERE transaction_id = $1 AND state <> 'rejected' AND left_at IS NOT NULL""",
        transaction_id,
    )
    rows = await tx.fetch(
        """UPDATE refunds SET state = 'done', way = nullif(way, 'bank'), changed_at = app_now(), left_at = app_now(),
             next_try_at = NULL, problem = NULL
           FROM (SELECT id, sum(amount) OVER (ORDER BY id) AS upto FROM refunds
                 WHERE transaction_id = $1 AND state <> 'rejected' AND left_at IS NULL) AS counted
           WHERE refunds.id = counted.id AND counted.upto <= $2 RETURNING refunds.id""",
        transaction_id,
        covered,
    )
    for row in rows:
        await tell_done(tx, row["id"])


async def _heard(tx: Connection, transaction_id: str, refund: GatewayRefund) -> None:
    state = "done" if refund.confirmed else "sent"
    refund_id = await tx.fetchval(
        """UPDATE refunds SET state = $3, way = 'gateway', left_at = coalesce(left_at, app_now()),
             changed_at = app_now(), problem = NULL, next_try_at = CASE WHEN $3 = 'sent' THEN next_try_at END
           WHERE transaction_id = $1 AND refund_key = $2 AND state NOT IN ('done', 'rejected')
             AND (state <> $3 OR left_at IS NULL) AND transferred IS NULL RETURNING id""",
        transaction_id,
        refund.key,
        state,
    )
    if refund_id is None:
        return
    if refund.confirmed:
        await tell_done(tx, refund_id)
    else:
        await tell(tx, refund_id, "sent")


async def is_voided(tx: Connection, transaction_id: str) -> bool:
    """Whether we told the gateway to void this card payment: a `cancel` of it is our refund, no reversal."""
    asked: bool = await tx.fetchval(
        """SELECT EXISTS (SELECT FROM refunds WHERE transaction_id = $1 AND way = 'cancel'
                            AND state IN ('sent', 'done'))""",
        transaction_id,
    )
    return asked


async def outcome(tx: Connection, transaction_id: str) -> Outcome:
    """What became of a payment none of whose money is on its way any more, by the gateway and by hand together."""
    word: Outcome = await tx.fetchval(
        """SELECT CASE WHEN gone.amount >= t.amount THEN 'refunded' WHEN gone.amount > 0 THEN 'partially_refunded'
                       ELSE 'paid' END
           FROM payment_transactions t CROSS JOIN LATERAL (
             SELECT t.returned + coalesce(sum(r.transferred), 0) AS amount FROM refunds r
             WHERE r.transaction_id = t.transaction_id) gone
           WHERE t.transaction_id = $1""",
        transaction_id,
    )
    return word


async def is_open(tx: Connection, transaction_id: str) -> bool:
    """Whether some of the transaction's money is still to go back."""
    waiting: bool = await tx.fetchval(
        """SELECT EXISTS (SELECT FROM refunds
                          WHERE transaction_id = $1 AND state NOT IN ('done', 'rejected'))""",
        transaction_id,
    )
    return waiting


async def reason_of(tx: Connection, transaction_id: str) -> str | None:
    """Why the transaction's money is to go back, or None when nobody wants it to."""
    reason: str | None = await tx.fetchval(
        "SELECT reason FROM refunds WHERE transaction_id = $1 AND state <> 'rejected' ORDER BY id LIMIT 1",
        transaction_id,
    )
    return reason
