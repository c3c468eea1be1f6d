"""The payment log: everything Midtrans ever told us, as it came, and what somebody should look at."""

from __future__ import annotations

import re
from typing import Literal

import structlog
from prometheus_client import Counter

from mentorinaja.db.pool import Connection, Database
from mentorinaja.payments.gateway_words import Json

log = structlog.get_logger(__name__)

ALERTS = Counter("mentorinaja_payment_alerts", "Payments somebody should look at", ["alert"])

Source = Literal["notification", "status", "create", "cancel", "expire", "refund", "desk"]
# Signs nothing any more once it was checked, and is of no use to whoever reads the log; or would pay once more.
_LEFT_OUT = ("signature_key", "token_id", "saved_token_id", "card_number", "card_cvv")
# A whole card number, where Midtrans writes its first and last digits with a dash between.
_CARD = re.compile(r"\b([0-9]{6})[0-9]{3,9}([0-9]{4})\b")


async def write(
    db: Connection | Database,
    source: Source,
    gateway_order_id: str,
    body: Json,
    *,
    attempt_id: int | None = None,
    alert: str | None = None,
) -> None:
    """Keep a body; `alert` says in a word why somebody should look at it."""
    await db.execute(
        """INSERT INTO payment_logs (source, gateway_order_id, attempt_id, transaction_id, transaction_status,
             body, alert) VALUES ($1, $2, $3, $4, $5, $6, $7)""",
        source,
        gateway_order_id,
        attempt_id,
        _text(body, "transaction_id"),
        _text(body, "transaction_status"),
        kept(body),
        alert,
    )
    if alert:
        ALERTS.labels(alert).inc()
        log.warning("payment.alert", alert=alert, gateway_order_id=gateway_order_id, source=source)


def kept(body: Json) -> Json:
    """What is kept of a body: never what a card could be charged with."""
    left = {name: value for name, value in body.items() if name not in _LEFT_OUT}
    if isinstance(card := left.get("masked_card"), str):
        left["masked_card"] = _CARD.sub(r"\1-\2", card)
    return left


async def write_once(
    tx: Connection, source: Source, gateway_order_id: str, body: Json, attempt_id: int, alert: str
) -> None:
    """As `write`, unless the same was said of the same transaction before: polls repeat what they hear."""
    known = await tx.fetchval(
        """SELECT EXISTS (SELECT FROM payment_logs WHERE gateway_order_id = $1 AND alert = $2
             AND transaction_id IS NOT DISTINCT FROM $3 AND transaction_status IS NOT DISTINCT FROM $4)""",
        gateway_order_id,
        alert,
        _text(body, "transaction_id"),
        _text(body, "transaction_status"),
    )
    if not known:
        await write(tx, source, gateway_order_id, body, attempt_id=attempt_id, alert=alert)


def _text(body: Json, name: str) -> str | None:
    value = body.get(name)
    return value if isinstance(value, str) else None
