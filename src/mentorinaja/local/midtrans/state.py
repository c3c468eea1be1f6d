"""What the simulator remembers: attempts, their transactions, the notices sent, kept in one SQLite file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import msgspec

Json = dict[str, Any]
T = TypeVar("T")


@dataclass
class Refund:
    """Money given back; `confirm_after` is when the bank agrees, in seconds of the machine's clock."""

    number: int
    key: str
    amount: int
    reason: str
    created_at: datetime
    confirm_after: float
    bank_confirmed_at: datetime | None = None


@dataclass
class Transaction:
    """One try to pay an attempt by one method; amounts in whole rupiah, times aware."""

    transaction_id: str
    order_id: str
    method: str
    payment_type: str
    gross_amount: int
    created_at: datetime
    expires_at: datetime
    details: Json
    status: str = "pending"
    fraud_status: str | None = None
    paid_at: datetime | None = None
    settled_at: datetime | None = None
    charge_after: float | None = None
    refunds: list[Refund] = field(default_factory=list)
    charged_back: int = 0


@dataclass
class Expiry:
    """The time limit a merchant set: from `start`, or from the choice of a method when there is none."""

    start: datetime | None
    duration: timedelta


@dataclass
class Attempt:
    """One order id at Midtrans, its current token, and every transaction tried under it."""

    order_id: str
    gross_amount: int
    token: str
    created_at: datetime
    page_expires_at: datetime
    enabled: list[str] | None
    items: list[Json]
    customer: Json
    callbacks: dict[str, str]
    custom_fields: dict[str, str]
    expiry: Expiry | None
    notification_urls: list[str]
    canceled_at: datetime | None = None
    old_tokens: list[str] = field(default_factory=list)
    transactions: list[Transaction] = field(default_factory=list)


@dataclass
class Delivery:
    """One POST of a notice: the HTTP status answered, or the error that came instead."""

    at: datetime
    answer: int | None
    error: str = ""


@dataclass
class Notice:
    """A notification: what is said, to whom, and when it is tried next (machine seconds, None: never)."""

    number: int
    order_id: str
    url: str
    body: Json
    due: float | None
    dropped: bool = False
    deliveries: list[Delivery] = field(default_factory=list)


class Store:
    """Everything in memory, written through to SQLite on each save; one event loop uses it."""

    def __init__(self, path: Path | None) -> None:
        self.attempts: dict[str, Attempt] = {}
        self._last_number = 0
        self.notices: dict[int, Notice] = {}
        self._tokens: dict[str, Attempt] = {}
        self._transactions: dict[str, tuple[Attempt, Transaction]] = {}
        self._notices_of: dict[str, list[Notice]] = {}
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        self._file = sqlite3.connect(path or ":memory:", isolation_level=None, check_same_thread=False)
        self._file.execute("PRAGMA journal_mode = WAL")
        self._file.execute("PRAGMA synchronous = OFF")
        for table in ("attempts", "notices"):
            self._file.execute(f"CREATE TABLE IF NOT EXISTS {table} (id PRIMARY KEY, document BLOB NOT NULL)")
        for attempt in self._read("attempts", Attempt):
            self._index(attempt)
        for notice in self._read("notices", Notice):
            self._index_notice(notice)

    def save(self, attempt: Attempt) -> None:
        """Keep an attempt as it is now."""
        self._index(attempt)
        self._write("attempts", attempt.order_id, attempt)

    def save_notice(self, notice: Notice) -> None:
        """Keep a notice as it is now."""
        if notice.number not in self.notices:
            self._index_notice(notice)
        self._write("notices", notice.number, notice)

    def next_number(self) -> int:
        """A number no notice has had."""
        self._last_number += 1
        return self._last_number

    def by_token(self, token: str) -> Attempt | None:
        """The attempt that has or had this token."""
        return self._tokens.get(token)

    def transaction(self, transaction_id: str) -> tuple[Attempt, Transaction] | None:
        """A transaction and the attempt it belongs to."""
        return self._transactions.get(transaction_id)

    def notices_of(self, order_id: str) -> list[Notice]:
        """The notices about one attempt, oldest first."""
        return self._notices_of.get(order_id, [])

    def close(self) -> None:
        """Close the file; the store is of no use afterwards."""
        self._file.close()

    def _index(self, attempt: Attempt) -> None:
        self.attempts[attempt.order_id] = attempt
        for token in (*attempt.old_tokens, attempt.token):
            self._tokens[token] = attempt
        for transaction in attempt.transactions:
            self._transactions[transaction.transaction_id] = (attempt, transaction)

    def _index_notice(self, notice: Notice) -> None:
        self.notices[notice.number] = notice
        self._last_number = max(self._last_number, notice.number)
        self._notices_of.setdefault(notice.order_id, []).append(notice)

    def _read(self, table: str, kind: type[T]) -> Iterable[T]:
        rows = self._file.execute(f"SELECT document FROM {table} ORDER BY rowid").fetchall()
        return (msgspec.json.decode(document, type=kind) for (document,) in rows)

    def _write(self, table: str, key: str | int, document: object) -> None:
        self._file.execute(
            f"INSERT INTO {table} VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET document = excluded.document",
            (key, msgspec.json.encode(document)),
        )
