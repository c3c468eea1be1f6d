"""Comparing what Midtrans holds with what the ledger has, night by night: where they differ is a row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import structlog

from mentorinaja.bookings import queries as orders
from mentorinaja.db.pool import Connection, Database, atomic
from mentorinaja.ledger import queries as ledger
from mentorinaja.payments import queries, rules, told
from mentorinaja.payments.gateway_words import GatewayStatus
from mentorinaja.payments.log import ALERTS
from mentorinaja.payments.midtrans import Gateway
from mentorinaja.payments.queries import Attempt
from mentorinaja.payments.reconcile import hear

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Found:
    """Rupiah of a transaction at Midtrans (None: unknown there) and in the ledger."""

    transaction_id: str
    there: int | None
    there_status: str | None
    here: int

    @property
    def agrees(self) -> bool:
        """Whether both have the same; nothing is the same as unknown."""
        return (self.there or 0) == self.here


async def compare(db: Database, gateway: Gateway, attempt: Attempt) -> bool:
    """Compare all that Midtrans knows of an attempt with the ledger; True when they agree in the end.

    What Midtrans says is applied like any other word of it. A difference that this removes had come of news
    that was lost: it is kept as resolved. One that stays is open until a later comparison finds none.
    Raises `GatewayDown` when Midtrans does not say: nothing is written then.
    """
    first = await _look(db, gateway, attempt)
    # Asked once more: a payment may move between the question and our look into the ledger.
    second = await _look(db, gateway, attempt) if not all(found.agrees for found in first) else first
    await _write(db, attempt, first, second)
    return all(found.agrees for found in second)


async def _look(db: Database, gateway: Gateway, attempt: Attempt) -> list[_Found]:
    said: dict[str, GatewayStatus] = {}
    known = await queries.transactions_with_money(db, attempt.id)
    for id_ in (attempt.gateway_order_id, *known, *await told.unheard(db, attempt.id)):
        status = None if id_ in said else await gateway.status(id_)
        if status is not None and status.order_id == attempt.gateway_order_id:
            said[status.transaction_id] = status
    found = [_Found(id_, None, None, await ledger.held(db, id_)) for id_ in known if id_ not in said]
    for id_, status in said.items():
        here = await ledger.held(db, id_)
        found.append(_Found(id_, rules.held(status), status.status, here))
        await hear(db, attempt.gateway_order_id, status)
    return found


@atomic
async def _write(tx: Connection, attempt: Attempt, first: list[_Found], second: list[_Found]) -> None:
    await orders.lock_order(tx, attempt.public_id)
    # Midtrans was asked: what only a notification said is known now, or was never so.
    for transaction_id in await told.unheard(tx, attempt.id):
        await told.forget(tx, transaction_id)
    agreeing = {found.transaction_id for found in second if found.agrees}
    for found in first:
        if not found.agrees and found.transaction_id in agreeing:
            await _note(tx, attempt, found, resolved=True)
    for found in second:
        if found.agrees:
            await _resolve(tx, found.transaction_id)
        else:
            await _note(tx, attempt, found, resolved=False)
    await _plan(tx, attempt)


async def _note(tx: Connection, attempt: Attempt, found: _Found, *, resolved: bool) -> None:
    """One row a difference, however many nights it lasts, with the figures last seen."""
    is_new: bool = await tx.fetchval(
        """INSERT INTO gateway_differences (attempt_id, transaction_id, there, there_status, here)
           VALUES ($1, $2, $3, $4, $5) ON CONFLICT (transaction_id) WHERE resolved_at IS NULL
           DO UPDATE SET there = $3, there_status = $4, here = $5, seen_at = app_now(), told = false
           RETURNING xmax = 0""",
        attempt.id,
        found.transaction_id,
        found.there,
        found.there_status,
        found.here,
    )
    if resolved:
        await _resolve(tx, found.transaction_id)
    if is_new:
        word = "news_lost" if resolved else "difference"
        ALERTS.labels(word).inc()
        log.warning("payment.alert", alert=word, gateway_order_id=attempt.gateway_order_id, source="compare")


async def _resolve(tx: Connection, transaction_id: str) -> None:
    await tx.execute(
        "UPDATE gateway_differences SET resolved_at = app_now() WHERE transaction_id = $1 AND resolved_at IS NULL",
        transaction_id,
    )


async def _plan(tx: Connection, attempt: Attempt) -> None:
    now: datetime = await tx.fetchval("SELECT app_now()")
    changed = [known.changed_at for known in await queries.known_transactions(tx, attempt.id)]
    await tx.execute(
        "UPDATE payment_attempts SET compared_at = $2, next_compare_at = $3 WHERE id = $1",
        attempt.id,
        now,
        rules.next_comparison(max([attempt.created_at, *changed]), now),
    )
