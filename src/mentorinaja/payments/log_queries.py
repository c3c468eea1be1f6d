"""Reading the payment log: one row, and what is true now of what it told; how much of what came was forged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mentorinaja.db.pool import Connection, Database


@dataclass(frozen=True, slots=True)
class LogTransaction:
    """A transaction as it stands now; whole rupiah."""

    transaction_id: str
    payment_type: str
    gateway_status: str
    state: str
    amount: int
    returned: int
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class LogEntry:
    """What Midtrans told, as it came, and what there is of it here now.

    `asked` is the attempt's amount in whole rupiah; all of the order is None when it is none of ours.
    `transactions` are those of the attempt, the one that was told of first.
    """

    id: int
    at: datetime
    source: str
    gateway_order_id: str
    transaction_id: str | None
    transaction_status: str | None
    body: dict[str, Any]
    alert: str | None
    public_id: str | None
    payment_status: str | None
    attempt_number: int | None
    attempt_state: str | None
    asked: int | None
    transactions: tuple[LogTransaction, ...] = ()


async def log_entry(db: Connection | Database, log_id: int) -> LogEntry | None:
    """A row of the payment log."""
    row = await db.fetchrow(
        """SELECT p.id, p.at, p.source, p.gateway_order_id, p.transaction_id, p.transaction_status, p.body, p.alert,
             o.public_id, o.payment_status, a.number AS attempt_number, a.state AS attempt_state, a.amount AS asked
           FROM payment_logs p LEFT JOIN payment_attempts a ON a.gateway_order_id = p.gateway_order_id
             LEFT JOIN orders o ON o.id = a.order_id WHERE p.id = $1""",
        log_id,
    )
    if row is None:
        return None
    transactions = await db.fetch(
        """SELECT t.transaction_id, t.payment_type, t.gateway_status, t.state, t.amount, t.returned, t.changed_at
           FROM payment_transactions t JOIN payment_attempts a ON a.id = t.attempt_id
           WHERE a.gateway_order_id = $1 ORDER BY t.transaction_id = $2 DESC NULLS LAST, t.began_at LIMIT 20""",
        row["gateway_order_id"],
        row["transaction_id"],
    )
    return LogEntry(**dict(row), transactions=tuple(LogTransaction(**dict(each)) for each in transactions))


@dataclass(frozen=True, slots=True)
class Forged:
    """How many notifications were turned away for their signature, today and in seven days, as Jakarta has them.

    `last_at` and `last_address` are the latest one's; None and "" where nothing is known.
    """

    today: int
    week: int
    last_at: datetime | None
    last_address: str


async def forged_lately(db: Database) -> Forged:
    """What the desk says of forged notifications."""
    row = await db.fetchrow(
        """SELECT coalesce(sum(count) FILTER (WHERE day = today), 0)::bigint AS today,
             coalesce(sum(count) FILTER (WHERE day > today - 7), 0)::bigint AS week, max(last_at) AS last_at,
             coalesce((array_agg(host(last_address) ORDER BY day DESC))[1], '') AS last_address
           FROM (SELECT (app_now() AT TIME ZONE 'Asia/Jakarta')::date AS today) now
             LEFT JOIN forged_notifications ON true"""
    )
    assert row is not None, "an aggregate always answers"
    return Forged(**row)
