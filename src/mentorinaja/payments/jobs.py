"""Work nobody waits for: asking about open attempts, comparing with the ledger, closing unpaid orders, releasing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import TypeVar

import structlog

from mentorinaja import clock
from mentorinaja.bookings import queries as bookings
from mentorinaja.bookings.actions import EXPIRE_DUE, FILL_LINKS, RELEASE_DUE
from mentorinaja.db.pool import Connection, Database, atomic
from mentorinaja.jobs.queue import Job, Payload
from mentorinaja.ledger import actions as ledger
from mentorinaja.payments import forgeries, link_actions, links, queries
from mentorinaja.payments.closing import close_attempt, expire_order
from mentorinaja.payments.comparing import compare
from mentorinaja.payments.gateway_words import GatewayDown
from mentorinaja.payments.midtrans import NOTIFICATION_SECONDS, Gateway
from mentorinaja.payments.queries import Attempt
from mentorinaja.payments.reconcile import plan_check, reconcile
from mentorinaja.payments.rules import LAST_WORD, back_off
from mentorinaja.resources import Resources

log = structlog.get_logger(__name__)

T = TypeVar("T")

_AT_ONCE = 4
_COMPARE_AGAIN = timedelta(hours=1)


async def check_due(resources: Resources, _payload: Payload) -> None:
    """Ask Midtrans about every attempt whose time to be asked about has come; stops when it does not answer."""
    due = await queries.checks_due(resources.db)
    await _ask_for_all(due, lambda id_: _check(resources.db, resources.gateway, id_))


async def compare_due(resources: Resources, _payload: Payload) -> None:
    """Compare Midtrans with the ledger for every attempt whose night has come; stops when it does not answer."""
    due = await queries.comparisons_due(resources.db)
    await _ask_for_all(due, lambda attempt: _compare(resources.db, resources.gateway, attempt))


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
    """Give meeting links to confirmed sessions that found the pool empty, or whose link expires before their end.

    Admins are told when there are too few.
    """
    await links.fill_links(resources.db)
    await links.renew_links(resources.db)
    await link_actions.watch_stock(resources.db)


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


async def _ask_for_all(due: Sequence[T], ask: Callable[[T], Awaitable[bool]]) -> None:
    """A few at once, until none of them is answered."""
    for start in range(0, len(due), _AT_ONCE):
        if not any(await asyncio.gather(*map(ask, due[start : start + _AT_ONCE]))):
            return


async def _check(db: Database, gateway: Gateway, gateway_order_id: str) -> bool:
    """False when Midtrans does not answer: it is asked again soon, and less and less often."""
    try:
        await reconcile(db, gateway, gateway_order_id, seconds=NOTIFICATION_SECONDS)
    except GatewayDown:
        await _missed(db, gateway_order_id)
        return False
    await _plan(db, gateway_order_id)
    return True


async def _compare(db: Database, gateway: Gateway, attempt: Attempt) -> bool:
    """False when Midtrans does not answer: the comparison is made later in the night."""
    try:
        await compare(db, gateway, attempt)
    except GatewayDown:
        await db.execute(
            "UPDATE payment_attempts SET next_compare_at = app_now() + $2 WHERE id = $1",
            attempt.id,
            _COMPARE_AGAIN,
        )
        return False
    return True


@atomic
async def _missed(tx: Connection, gateway_order_id: str) -> None:
    row = await tx.fetchrow(
        "UPDATE payment_attempts SET misses = misses + 1 WHERE gateway_order_id = $1 RETURNING id, misses",
        gateway_order_id,
    )
    assert row is not None, "attempts are never deleted"
    await tx.execute(
        "UPDATE payment_attempts SET next_check_at = app_now() + $2 WHERE id = $1",
        row["id"],
        back_off(row["misses"]),
    )


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


async def tidy(resources: Resources, _payload: Payload) -> None:
    """Forget how often forged notifications came long ago."""
    await forgeries.forget_old(resources.db)


JOBS = [
    Job("payments.check_due", check_due, sweep=True),
    Job("payments.compare_due", compare_due, sweep=True),
    Job(EXPIRE_DUE, expire_due, sweep=True),
    Job(RELEASE_DUE, release_due, sweep=True),
    Job(FILL_LINKS, fill_links, sweep=True),
    Job("payments.tidy", tidy, sweep=True),
]
