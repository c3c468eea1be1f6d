"""Asking Midtrans what is true of an attempt, and applying it: one transaction per answer."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mentorinaja.bookings import queries as bookings
from mentorinaja.db.pool import Connection, Database, atomic
from mentorinaja.errors import NotThere
from mentorinaja.payments import log, queries, refunds, rules, told
from mentorinaja.payments.gateway_words import TRANSACTION_ID, GatewayStatus
from mentorinaja.payments.midtrans import USUAL_SECONDS, Gateway
from mentorinaja.payments.outcome import News, follow
from mentorinaja.payments.queries import Attempt
from mentorinaja.payments.rules import MONEY_CAME, TransactionState


async def reconcile(
    db: Database,
    gateway: Gateway,
    gateway_order_id: str,
    *,
    transaction_id: str | None = None,
    seconds: float = USUAL_SECONDS,
) -> bool:
    """Ask the status API about an attempt and apply what it says; True when that changed anything.

    Everybody who hears anything about a payment comes here: notification, return page, poll. A
    `transaction_id` heard elsewhere is a hint: some methods are known to Midtrans by it alone. Raises
    `GatewayDown` when Midtrans does not say (what it did say is applied), `NotThere` for an unknown id.
    """
    attempt = await queries.attempt_of(db, gateway_order_id)
    if attempt is None:
        raise NotThere
    changed = False
    answered: set[str] = set()
    for id_ in [gateway_order_id, *await _others(db, attempt, transaction_id)]:
        if id_ in answered:
            continue
        status = await gateway.status(id_, seconds)
        if (
            status is not None
            and status.order_id == gateway_order_id
            and status.transaction_id not in answered
        ):
            answered.add(status.transaction_id)
            changed = await hear(db, attempt.gateway_order_id, status) or changed
    return changed


async def _others(db: Database, attempt: Attempt, hint: str | None) -> list[str]:
    known = await queries.undecided_transactions(db, attempt.id)
    if hint and hint not in known and TRANSACTION_ID.fullmatch(hint):
        known.append(hint)
    return known


@dataclass(frozen=True, slots=True)
class _Known:
    """A transaction's row."""

    state: TransactionState
    gateway_status: str
    amount: int
    currency: str
    returned: int
    confirmed: int


@atomic
async def hear(tx: Connection, gateway_order_id: str, status: GatewayStatus) -> bool:
    """Apply one answer of the status API; True when it was news. Raises `NotThere` for an unknown attempt.

    Repeated and late answers change nothing, in whatever order they come.
    """
    return await take_word(tx, gateway_order_id, status)


async def take_word(
    tx: Connection, gateway_order_id: str, status: GatewayStatus, *, source: log.Source = "status"
) -> bool:
    """As `hear`, in the caller's transaction; `source` says whose word it is."""
    attempt = await queries.attempt_of(tx, gateway_order_id)
    if attempt is None:
        raise NotThere
    order = await bookings.lock_order(tx, attempt.public_id)
    await told.forget(tx, status.transaction_id)
    known = await _known(tx, status.transaction_id)
    status, alert = _settled_amount(known, status)
    if status.status not in rules.WORDS:
        alert = "unknown_status"
    meant = rules.heard(status, attempt.amount)
    if known and meant == "failed" and await refunds.is_voided(tx, status.transaction_id):
        meant, status = "refunded", replace(status, returned=known.amount)
    state = rules.next_state(known.state if known else None, meant)
    later = known is None or rules.is_later(status.status, meant, known.gateway_status, known.state)
    if known and not later and not _is_more(known, state, status):
        if alert:
            await log.write_once(tx, source, status.order_id, status.raw, attempt.id, alert)
        return False
    await _store(tx, attempt, status, state, later)
    if rules.closes_page(status, state):
        await tx.execute("UPDATE payment_attempts SET state = 'closed' WHERE id = $1", attempt.id)
    if known is None or _is_more(known, state, status):
        alert = await follow(tx, order, _news(known, state, status)) or alert
    await log.write(tx, source, status.order_id, status.raw, attempt_id=attempt.id, alert=alert)
    await plan_check(tx, attempt.id)
    return True


def _is_more(known: _Known, state: TransactionState, status: GatewayStatus) -> bool:
    """Whether an answer moves the transaction: another state, or more money that went back or arrived there."""
    return state != known.state or status.returned > known.returned or status.confirmed > known.confirmed


def _news(known: _Known | None, state: TransactionState, status: GatewayStatus) -> News:
    return News(
        status.transaction_id,
        status.payment_type,
        known.state if known else None,
        state,
        status.amount,
        status.currency,
        status.returned,
        status.refunds,
    )


def _settled_amount(known: _Known | None, status: GatewayStatus) -> tuple[GatewayStatus, str | None]:
    """Money that came does not change its amount afterwards: a body that says so is looked at, not believed."""
    if known is None or known.state not in MONEY_CAME:
        return status, None
    if (known.amount, known.currency) == (status.amount, status.currency):
        return status, None
    returned = min(status.returned, known.amount)
    believed = replace(status, amount=known.amount, currency=known.currency, returned=returned)
    return believed, "amount_changed"


async def plan_check(tx: Connection, attempt_id: int, *, asked: bool = False) -> None:
    """Write down when Midtrans is asked about the attempt again; `asked` counts a check just made."""
    row = await tx.fetchrow(
        "SELECT state, created_at, app_now() AS now FROM payment_attempts WHERE id = $1", attempt_id
    )
    assert row is not None, "attempts are never deleted"
    known = await queries.known_transactions(tx, attempt_id)
    at = rules.next_check(row["state"], known, row["created_at"], row["now"])
    await tx.execute(
        """UPDATE payment_attempts SET next_check_at = $2, checks = checks + $3, misses = 0,
             next_compare_at = coalesce(next_compare_at, next_night()) WHERE id = $1""",
        attempt_id,
        at,
        int(asked),
    )


async def _known(tx: Connection, transaction_id: str) -> _Known | None:
    row = await tx.fetchrow(
        """SELECT state, gateway_status, amount, currency, returned, confirmed FROM payment_transactions
           WHERE transaction_id = $1""",
        transaction_id,
    )
    return _Known(**dict(row)) if row else None


async def _store(
    tx: Connection, attempt: Attempt, status: GatewayStatus, state: TransactionState, later: bool
) -> None:
    """What an older answer says of the transaction itself (`later` is false) is not written over a newer one."""
    await tx.execute(
        """INSERT INTO payment_transactions AS t (transaction_id, attempt_id, payment_type, gateway_status,
             fraud_status, state, amount, currency, returned, began_at, confirmed)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, coalesce($10, app_now()), $11)
           ON CONFLICT (transaction_id) DO UPDATE SET
             payment_type = CASE WHEN $12 THEN $3 ELSE t.payment_type END,
             gateway_status = CASE WHEN $12 THEN $4 ELSE t.gateway_status END,
             fraud_status = CASE WHEN $12 THEN $5 ELSE t.fraud_status END,
             amount = CASE WHEN $12 THEN $7 ELSE t.amount END,
             currency = CASE WHEN $12 THEN $8 ELSE t.currency END,
             state = $6, returned = greatest(t.returned, $9), confirmed = greatest(t.confirmed, $11),
             changed_at = CASE WHEN t.state = $6 THEN t.changed_at ELSE app_now() END""",
        status.transaction_id,
        attempt.id,
        status.payment_type,
        status.status,
        status.fraud,
        state,
        status.amount,
        status.currency,
        status.returned,
        status.began_at,
        status.confirmed,
        later,
    )
