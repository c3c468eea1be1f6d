"""The gateway of the money machine: what is true at Midtrans, told in status bodies as the status API writes them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any
from uuid import uuid4

from mentorinaja.payments.gateway_words import (
    Created,
    GatewayDown,
    GatewayRefused,
    GatewayStatus,
    Json,
    OrderIdUsed,
    read_status,
)
from mentorinaja.payments.midtrans import USUAL_SECONDS, Gateway

# What Midtrans may say next of a payment of each kind (docs.midtrans.com, "Transaction Status Cycle"); "return" is a
# refund made in its dashboard.
_NEXT = {
    "pending": {"settlement", "deny", "expire", "cancel"},
    "capture": {"settlement", "cancel"},
    "challenge": {"capture", "deny"},
    "settlement": {"return"},
    "partial_refund": {"return"},
}
_REVERSIBLE = {"bank_transfer", "echannel", "cstore"}
_REFUNDABLE = {"credit_card", "gopay", "shopeepay", "qris"}
_WHOLE_ONLY = {"shopeepay"}
_CODES = {"pending": "201", "deny": "202", "cancel": "202", "expire": "407"}
_MONEY = {"capture", "settlement", "partial_refund", "partial_chargeback"}
_WIB = timezone(timedelta(hours=7))


@dataclass
class Payment:
    """One transaction under an attempt; `back` are its refunds as (key, rupiah, arrived at the bank)."""

    order_id: str
    kind: str
    amount: int
    began: datetime
    word: str = "pending"
    id: str = field(default_factory=lambda: str(uuid4()))
    back: list[tuple[str, int, bool]] = field(default_factory=list)
    charged_back: int = 0

    @property
    def returned(self) -> int:
        """Rupiah that went back by refund or chargeback."""
        return sum(amount for _, amount, _ in self.back) + self.charged_back

    @property
    def held(self) -> int:
        """Rupiah that Midtrans has for us."""
        return self.amount - self.returned if self.word in _MONEY else 0

    def may(self) -> list[str]:
        """What may be heard of it next, in a fixed order."""
        words = set(_NEXT.get(self.word, ()))
        if self.word == "pending" and self.kind == "credit_card":
            words = {"capture", "challenge", "deny", "expire"}
        if self.word == "settlement" and self.kind in _REVERSIBLE:
            words = {"deny"}
        if self.word in ("settlement", "partial_chargeback") and self.kind == "credit_card":
            words |= {"chargeback", "partial_chargeback"}
        return sorted(words)

    def turn(self, word: str, amount: int) -> None:
        """It becomes what `word` says; `amount` is how much goes back, at most what is left."""
        if word == "return":
            self.give_back(f"dashboard-{len(self.back)}", amount)
        elif word == "partial_chargeback":
            self.charged_back += min(amount, self.amount - self.returned)
            self.word = word if self.returned < self.amount else "chargeback"
        elif word == "chargeback":
            self.charged_back, self.word = self.amount - self.returned + self.charged_back, word
        else:
            self.word = word

    def give_back(self, key: str, amount: int) -> None:
        """A refund, which the payer's bank does not have yet."""
        amount = min(amount, self.amount - self.returned)
        if self.kind in _WHOLE_ONLY:
            amount = self.amount - self.returned
        self.back.append((key, amount, False))
        self.word = "refund" if self.returned >= self.amount else "partial_refund"

    def body(self) -> Json:
        """What the status API answers."""
        challenged = self.word == "challenge"
        body: dict[str, Any] = {
            "order_id": self.order_id,
            "transaction_id": self.id,
            "transaction_status": "capture" if challenged else self.word,
            "fraud_status": "challenge" if challenged else "accept",
            "payment_type": self.kind,
            "gross_amount": f"{self.amount}.00",
            "currency": "IDR",
            "status_code": "201" if challenged else _CODES.get(self.word, "200"),
            "transaction_time": self.began.astimezone(_WIB).strftime("%Y-%m-%d %H:%M:%S"),
        }
        if self.back:
            body["refund_amount"] = f"{sum(amount for _, amount, _ in self.back)}.00"
            body["refunds"] = [
                {"refund_key": key, "refund_amount": f"{amount}.00"}
                | ({"bank_confirmed_at": "2026-11-27 12:30:20"} if arrived else {})
                for key, amount, arrived in self.back
            ]
        if self.charged_back:
            body["chargeback_amount"] = f"{self.charged_back}.00"
        return body


class Till(Gateway):
    """Midtrans as the machine plays it: no threads, no lines; `trouble` says when the next calls fail.

    `before`: they did nothing. `after`: they did their work, and nobody heard the answer.
    """

    def __init__(self) -> None:
        self.now = datetime.now(_WIB)
        self.pages: dict[str, tuple[str, int]] = {}
        self.payments: list[Payment] = []
        self.trouble = ""

    def close(self) -> None:
        """Nothing is open."""

    def under(self, order_id: str) -> list[Payment]:
        """The payments tried under one attempt, oldest first."""
        return [payment for payment in self.payments if payment.order_id == order_id]

    def choose(self, order_id: str, kind: str, amount: int) -> Payment:
        """The payer chose a method on an attempt's page."""
        payment = Payment(order_id, kind, amount, self.now)
        self.payments.append(payment)
        return payment

    async def create(self, parameters: Json) -> Created:
        """Open a page; again before a method is chosen replaces it."""
        self._fail("before")
        order_id = parameters["transaction_details"]["order_id"]
        if self.under(order_id):
            raise OrderIdUsed(400)
        token = str(uuid4())
        self.pages[order_id] = token, parameters["transaction_details"]["gross_amount"]
        self._fail("after")
        return Created(token, f"https://app.midtrans.test/{token}")

    async def status(self, id_: str, seconds: float = USUAL_SECONDS) -> GatewayStatus | None:
        """The newest payment of an attempt that has money, else its newest; or the one with this id."""
        self._fail("before")
        found = [payment for payment in self.payments if id_ in (payment.order_id, payment.id)]
        paid = [payment for payment in found if payment.word not in ("deny", "expire", "cancel")]
        return read_status((paid or found)[-1].body()) if found else None

    async def cancel(self, order_id: str) -> None:
        """Void what is pending or captured."""
        await self._end(order_id, {"pending", "capture", "challenge"}, "cancel")

    async def expire(self, order_id: str) -> None:
        """Let what is pending run out."""
        await self._end(order_id, {"pending"}, "expire")

    async def cancel_token(self, token: str) -> None:
        """Close a page on which nothing was chosen."""
        self._fail("before")
        order_id = next((name for name, (known, _) in self.pages.items() if known == token), None)
        if order_id is None or self.under(order_id):
            raise GatewayRefused(404)
        del self.pages[order_id]
        self._fail("after")

    async def refund(self, transaction_id: str, key: str, amount: int, reason: str) -> None:
        """Give money back; the same key again is the same refund."""
        self._fail("before")
        payment = next((p for p in self.payments if p.id == transaction_id), None)
        if payment is None:
            raise GatewayRefused(404)
        if key not in [known for known, _, _ in payment.back]:
            if payment.word not in ("settlement", "partial_refund") or payment.kind not in _REFUNDABLE:
                raise GatewayRefused(412)
            if amount > payment.held or (payment.kind in _WHOLE_ONLY and amount < payment.amount):
                raise GatewayRefused(414)
            payment.give_back(key, amount)
        self._fail("after")

    async def _end(self, id_: str, words: set[str], into: str) -> None:
        self._fail("before")
        found = [p for p in self.payments if id_ in (p.order_id, p.id) and p.word in words]
        if not found:
            known = any(id_ in (p.order_id, p.id) for p in self.payments)
            raise GatewayRefused(412 if known else 404)
        found[-1].word = into
        self._fail("after")

    def _fail(self, when: str) -> None:
        if self.trouble == when:
            raise GatewayDown(f"down {when} the work")
