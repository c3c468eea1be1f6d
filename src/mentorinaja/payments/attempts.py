"""Opening a payment: the intent is committed first, then Midtrans is called, by one request at a time."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID, uuid4

from mentorinaja.bookings import queries as bookings
from mentorinaja.bookings.queries import Order
from mentorinaja.db.pool import Connection, Database, atomic
from mentorinaja.errors import NotThere
from mentorinaja.payments import log, queries
from mentorinaja.payments.closing import close_attempt
from mentorinaja.payments.gateway_words import Created, GatewayDown, GatewayRefused, OrderIdUsed
from mentorinaja.payments.midtrans import Gateway
from mentorinaja.payments.queries import Attempt
from mentorinaja.payments.reconcile import reconcile
from mentorinaja.payments.refusals import MidtransAway, NothingToPay, PayingClosed
from mentorinaja.payments.rules import CLOSING
from mentorinaja.payments.snap import Payable, enabled_payments, page_parameters
from mentorinaja.settings import Settings
from mentorinaja.web.viewer import Viewer

# Longer than a call to Midtrans can take: then whoever made it is gone.
_LEASE = "20 seconds"
_PATIENCE_SECONDS = 16.0
# Asking for other methods again soon is pressing twice; later the page may have died, and a new one helps.
_FRESH = timedelta(minutes=1)
_LOOK_AGAIN_SECONDS = 0.15
_AWAY = "Booking Anda tetap tersimpan dan belum ada yang ditagih. Tunggu sebentar, lalu coba lagi."


@dataclass(frozen=True, slots=True)
class _Step:
    """What is to be done next: the attempt is open, somebody else opens it, it must go, or it is ours to create."""

    kind: Literal["open", "busy", "replace", "create"]
    attempt: Attempt
    payable: Payable
    enabled: list[str]
    now: datetime


async def open_payment(
    db: Database,
    gateway: Gateway,
    settings: Settings,
    user: Viewer,
    public_id: str,
    *,
    any_method: bool = False,
) -> Attempt:
    """The attempt the payer can pay on, made if there is none; pressing twice gives the same one.

    `any_method` gives up an attempt that was narrowed to the chosen method and offers all. Raises
    `NotThere` for anybody else's order, `NothingToPay`, `PayingClosed`, `MidtransAway`.
    """
    opener = uuid4()
    ends = asyncio.get_running_loop().time() + _PATIENCE_SECONDS
    while asyncio.get_running_loop().time() < ends:
        step = await _intend(db, user, public_id, opener, any_method)
        if step.kind == "open":
            return step.attempt
        if step.kind == "busy":
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)
        elif step.kind == "replace":
            await _replace(db, gateway, step.attempt)
        else:
            await _create(db, gateway, settings, step, opener)
    raise MidtransAway(_AWAY)


@atomic
async def _intend(tx: Connection, user: Viewer, public_id: str, opener: UUID, any_method: bool) -> _Step:
    order = await bookings.lock_order(tx, public_id)
    _check_payable(order, user)
    living = await queries.living_attempt(tx, order.id)
    method = None if any_method or order.payment_method == "any" else order.payment_method
    enabled = enabled_payments(method, order.total, at_once=order.at_once)
    enabled = enabled or enabled_payments(None, order.total, at_once=order.at_once)
    if living is None:
        living = await _insert(tx, order, enabled, opener)
        kind: Literal["open", "busy", "replace", "create"] = "create"
    elif any_method and (set(enabled) - set(living.enabled or ()) or living.created_at < order.now - _FRESH):
        kind = "replace"
    elif living.state == "open":
        kind = "open"
    else:
        kind = "create" if await _take_over(tx, living.id, opener) else "busy"
        enabled = living.enabled or enabled
    payable = await queries.payable(tx, order.id, living.gateway_order_id)
    return _Step(kind, living, payable, enabled, order.now)


def _check_payable(order: Order, user: Viewer) -> None:
    if order.user_id != user.id:
        raise NotThere
    if not order.waits:
        raise NothingToPay
    if order.under_review:
        raise PayingClosed(
            "Pembayaran Anda sedang diperiksa. Kami kabari begitu selesai; jangan bayar dua kali."
        )
    if order.pay_deadline - CLOSING <= order.now:
        raise PayingClosed("Waktu pembayarannya hampir habis, jadi pembayaran baru tidak dapat dibuka lagi.")


async def _insert(tx: Connection, order: Order, enabled: list[str], opener: UUID) -> Attempt:
    number: int = await tx.fetchval(
        "SELECT coalesce(max(number), 0) + 1 FROM payment_attempts WHERE order_id = $1", order.id
    )
    gateway_order_id = order.public_id if number == 1 else f"{order.public_id}-{number}"
    await tx.execute(
        f"""INSERT INTO payment_attempts (order_id, number, gateway_order_id, amount, enabled_payments,
              expires_at, next_check_at, opener, opening_until)
            VALUES ($1, $2, $3, $4, $5, $6, app_now() + interval '1 minute', $7,
              statement_timestamp() + interval '{_LEASE}')""",
        order.id,
        number,
        gateway_order_id,
        order.total,
        enabled,
        order.pay_deadline,
        opener,
    )
    attempt = await queries.attempt_of(tx, gateway_order_id)
    assert attempt is not None, "it was just written"
    return attempt


async def _take_over(tx: Connection, attempt_id: int, opener: UUID) -> bool:
    """Whether this request may call Midtrans for the attempt now: nobody else is at it, or has died at it.

    Looks at the state again: it may have been opened since it was read, and creating it anew would kill its page.
    """
    taken = await tx.fetchval(
        f"""UPDATE payment_attempts SET opener = $2, opening_until = statement_timestamp() + interval '{_LEASE}'
            WHERE id = $1 AND state IN ('creating', 'unknown')
              AND (opening_until IS NULL OR opening_until < statement_timestamp()) RETURNING id""",
        attempt_id,
        opener,
    )
    return taken is not None


async def _create(db: Database, gateway: Gateway, settings: Settings, step: _Step, opener: UUID) -> None:
    """Call Midtrans. Before a method is chosen the same order id may be created again: so after a time-out."""
    attempt = step.attempt
    parameters = page_parameters(step.payable, step.enabled, f"{settings.base_url}/payment/finish", step.now)
    try:
        created = await gateway.create(parameters)
    except GatewayDown:
        await _release(db, attempt.id, opener, "unknown")
        raise MidtransAway(_AWAY) from None
    except OrderIdUsed:
        await _used(db, gateway, attempt, opener)
        return
    except GatewayRefused as refusal:
        await _release(db, attempt.id, opener, "refused")
        said = {"refused_with": refusal.code}
        await log.write(
            db, "create", attempt.gateway_order_id, said, attempt_id=attempt.id, alert="create_refused"
        )
        raise MidtransAway(_AWAY) from None
    if not await _store(db, attempt.id, opener, created):
        await _drop_page(gateway, created)


async def _store(db: Database, attempt_id: int, opener: UUID, created: Created) -> bool:
    """False when the attempt was closed or taken over meanwhile: then this page is not the one that counts."""
    stored = await db.fetchval(
        """UPDATE payment_attempts SET state = 'open', snap_token = $3, redirect_url = $4,
             opener = NULL, opening_until = NULL
           WHERE id = $1 AND opener = $2 AND state IN ('creating', 'unknown') RETURNING id""",
        attempt_id,
        opener,
        created.token,
        created.redirect_url,
    )
    return stored is not None


async def _release(
    db: Database, attempt_id: int, opener: UUID, state: Literal["unknown", "refused", "closed"]
) -> None:
    await db.execute(
        """UPDATE payment_attempts SET state = $3, opener = NULL, opening_until = NULL
           WHERE id = $1 AND opener = $2 AND state IN ('creating', 'unknown')""",
        attempt_id,
        opener,
        state,
    )


async def _used(db: Database, gateway: Gateway, attempt: Attempt, opener: UUID) -> None:
    """Something was begun under this id that we never heard of: hear it, then use the next number."""
    try:
        await reconcile(db, gateway, attempt.gateway_order_id)
    except GatewayDown:
        await _release(db, attempt.id, opener, "unknown")
        raise MidtransAway(_AWAY) from None
    await _release(db, attempt.id, opener, "closed")


async def _replace(db: Database, gateway: Gateway, attempt: Attempt) -> None:
    try:
        closed = await close_attempt(db, gateway, attempt)
    except GatewayDown:
        closed = False
    if not closed:
        raise MidtransAway(_AWAY)


async def _drop_page(gateway: Gateway, created: Created) -> None:
    try:
        await gateway.cancel_token(created.token)
    except (GatewayDown, GatewayRefused):
        return  # a newer page of the same order id has replaced it, or its own expiry ends it
