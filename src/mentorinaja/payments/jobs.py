"""Work nobody waits for: asking about open attempts, closing unpaid orders, releasing earnings, late links."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import structlog

from mentorinaja import clock
from mentorinaja.bookings import queries as bookings
from mentorinaja.bookings.actions import EXPIRE_DUE, RELEASE_DUE
from mentorinaja.db.pool import Connection, Database, atomic
from mentorinaja.jobs.queue import Job, Payload
from mentorinaja.ledger import actions as ledger
from mentorinaja.payments import links, queries
from mentorinaja.payments.closing import close_attempt, expire_order
from mentorinaja.payments.gateway_words import GatewayDown
from mentorinaja.payments.midtrans import NOTIFICATION_SECONDS, Gateway
from mentorinaja.payments.reconcile import plan_check, reconcile
from mentorinaja.payments.rules import LAST_WORD
from mentorinaja.resources import Resources

log = structlog.get_logger(__name__)

_AT_ONCE = 4
_ASK_AGAIN = timedelta(minutes=1)


async def check_due(resources: Resources, _payload: Payload) -> None:
    """Ask Midtrans about every attempt whose time to be asked about has come; stops when it does not answer."""
    due = await queries.checks_due(resources.db)
    for start in range(0, len(due), _AT_ONCE):
        answered = await asyncio.gather(
            *(_check(resources.db, resources.gateway, id_) for id_ in due[start : start + _AT_ONCE])
        )
        if not any(answered):
            return


async def expire_due(resources: Resources, _payload: Payload) -> None:
    """Close unpaid orders past their deadline, and attempts nobody should pay any more.

    Without Midtrans's last word an order waits for it up to an hour; its slot is free all the same.
    """
    db, gateway = resources.db, resources.gateway
    answers = True
    for public_id in await bookings.overdue_unpaid(db):
        answers = await _expire(db, gateway, public_id, answers)
    for attempt in await queries.left_over_attempts(db) if answers else ():
        try:
            await close_attempt(db, gateway, attempt)
        except GatewayDown:
            return


async def fill_links(resources: Resources, _payload: Payload) -> None:
    """Give meeting links to confirmed sessions that found the pool empty."""
    await links.fill_links(resources.db)


async def release_due(resources: Resources, _payload: Payload) -> None:
    """Make available what experts earned with sessions completed a day ago."""
    for public_id in await queries.earnings_due(resources.db):
        await _release(resources.db, public_id)


@atomic
async def _release(tx: Connection, public_id: str) -> None:
    order = await bookings.lock_order(tx, public_id)
    cleared = await tx.execute(
        f"UPDATE orders o SET release_at = NULL WHERE o.id = $1 AND {queries.RELEASABLE}", order.id
    )
    if cleared == "UPDATE 1":
        for transaction_id in await queries.paying_transactions(tx, order.id):
            await ledger.record_release(tx, order.id, transaction_id)


async def _check(db: Database, gateway: Gateway, gateway_order_id: str) -> bool:
    """False when Midtrans does not answer: it is asked again soon."""
    try:
        await reconcile(db, gateway, gateway_order_id, seconds=NOTIFICATION_SECONDS)
    except GatewayDown:
        await db.execute(
            "UPDATE payment_attempts SET next_check_at = app_now() + $2 WHERE gateway_order_id = $1",
            gateway_order_id,
            _ASK_AGAIN,
        )
        return False
    await _plan(db, gateway_order_id)
    return True


@atomic
async def _plan(tx: Connection, gateway_order_id: str) -> None:
    attempt = await queries.attempt_of(tx, gateway_order_id)
    assert attempt is not None, "attempts are never deleted"
    await bookings.lock_order(tx, attempt.public_id)
    await plan_check(tx, attempt.id, asked=True)


async def _expire(db: Database, gateway: Gateway, public_id: str, answers: bool) -> bool:
    """Whether Midtrans answers, as far as is known now."""
    overdue: timedelta = await clock.now(db) - await db.fetchval(
        "SELECT pay_deadline FROM orders WHERE public_id = $1", public_id
    )
    waited = overdue > LAST_WORD
    if not answers and not waited and await queries.living_attempt_of(db, public_id):
        return False
    try:
        await expire_order(db, gateway, public_id, ask=answers)
    except GatewayDown:
        answers = False
        if waited:
            log.warning("payment.expired_without_last_word", order=public_id)
            await expire_order(db, gateway, public_id, ask=False)
    return answers


JOBS = [
    Job("payments.check_due", check_due, sweep=True),
    Job(EXPIRE_DUE, expire_due, sweep=True),
    Job(RELEASE_DUE, release_due, sweep=True),
    Job("payments.fill_links", fill_links, sweep=True),
]
