"""Midtrans's HTTP notifications: read, checked against their signature, kept, and taken as a hint."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Any

from prometheus_client import Counter

from mentorinaja.db.pool import Database
from mentorinaja.payments import log, queries, told
from mentorinaja.payments.gateway_words import GatewayDown, Json, rupiah
from mentorinaja.payments.midtrans import NOTIFICATION_SECONDS, Gateway
from mentorinaja.payments.queries import Attempt
from mentorinaja.payments.reconcile import reconcile

NOTIFICATIONS = Counter("mentorinaja_midtrans_notifications", "Notifications received", ["outcome"])
MOST_BYTES = 64 * 1024
_SIGNED = ("order_id", "status_code", "gross_amount")


class Malformed(Exception):
    """Not a notification of Midtrans."""


class Forged(Exception):
    """Not signed with our server key."""


@dataclass(frozen=True, slots=True)
class Notification:
    """A notification whose signature fits. It does not cover the status: that is only a hint."""

    order_id: str
    transaction_id: str | None
    body: Json


def read(raw: bytes, server_key: str) -> Notification:
    """A signed notification from the bytes of a request. Raises `Malformed` or `Forged`."""
    body = _object(raw)
    words = [body.get(name) for name in (*_SIGNED, "signature_key", "transaction_status")]
    if not all(isinstance(word, str) and word for word in words):
        raise Malformed
    given: str = body["signature_key"]
    if not hmac.compare_digest(given.lower().encode(), _signature(body, server_key).encode()):
        raise Forged
    transaction_id = body.get("transaction_id")
    return Notification(body["order_id"], transaction_id if isinstance(transaction_id, str) else None, body)


async def receive(db: Database, gateway: Gateway, notification: Notification) -> None:
    """Keep a notification, then ask Midtrans what is true and apply it. Safe to repeat in any order.

    Raises `GatewayDown` when Midtrans does not say: it notifies again then.
    """
    attempt = await queries.attempt_of(db, notification.order_id)
    alert = None if attempt else "unknown_order"
    if attempt and _amount(notification.body) != attempt.amount:
        alert = "notified_amount"
    await log.write(
        db,
        "notification",
        notification.order_id,
        notification.body,
        attempt_id=attempt.id if attempt else None,
        alert=alert,
    )
    if attempt:
        await follow_up(db, gateway, attempt, notification.transaction_id, notification.body)


async def follow_up(
    db: Database, gateway: Gateway, attempt: Attempt, transaction_id: str | None, body: Json
) -> bool:
    """Ask Midtrans what is true of what it notified of, and apply it; True when that changed anything.

    Raises `GatewayDown`.
    """
    await told.note(db, attempt, body)
    return await reconcile(
        db,
        gateway,
        attempt.gateway_order_id,
        transaction_id=transaction_id,
        seconds=NOTIFICATION_SECONDS,
    )


def _object(raw: bytes) -> Json:
    try:
        body = json.loads(raw, parse_constant=_refuse)
        # What PostgreSQL cannot keep is not from Midtrans either.
        if not isinstance(body, dict) or "\\u0000" in json.dumps(body) or _has_surrogates(body):
            raise Malformed
    except (ValueError, RecursionError):
        raise Malformed from None
    return body


def _has_surrogates(body: Json) -> bool:
    try:
        json.dumps(body, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    return False


def _refuse(constant: str) -> Any:
    raise ValueError(constant)


def _signature(body: Json, server_key: str) -> str:
    signed = "".join(body[name] for name in _SIGNED) + server_key
    return hashlib.sha512(signed.encode()).hexdigest()


def _amount(body: Json) -> int | None:
    try:
        return rupiah(body["gross_amount"])
    except GatewayDown:
        return None
