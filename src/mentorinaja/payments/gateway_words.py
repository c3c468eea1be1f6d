"""What the gateway module answers in: our words for what Midtrans says, and the ways it fails."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from decimal import ROUND_UP, Decimal, InvalidOperation
from typing import Any

Json = dict[str, Any]

# Midtrans writes times in GMT+7 and does not say so.
_WIB = timezone(timedelta(hours=7))

# Both kinds of id become part of an address at Midtrans: nothing else may.
GATEWAY_ORDER_ID = re.compile(r"[A-Z]{2}-[0-9]{8}-[A-HJ-NP-Z2-9]{6}(-[0-9]{1,4})?")
TRANSACTION_ID = re.compile(r"[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}")
REFUND_KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")
TOKEN = re.compile(r"[A-Za-z0-9._-]{8,100}")


class GatewayDown(Exception):
    """Midtrans did not answer, or answered nonsense: whether it did the work is not known."""


class GatewayRefused(Exception):
    """Midtrans said no and did nothing; `code` is its number for why."""

    def __init__(self, code: int) -> None:
        super().__init__(f"refused with {code}")
        self.code = code


class OrderIdUsed(GatewayRefused):
    """This gateway order id already has a transaction: ask for its status, or take another id."""


@dataclass(frozen=True, slots=True)
class Created:
    """A Snap page that can be paid."""

    token: str
    redirect_url: str


@dataclass(frozen=True, slots=True)
class GatewayRefund:
    """A refund as Midtrans lists it, in whole rupiah; `confirmed`: the bank said that it has the money."""

    key: str
    amount: int
    confirmed: bool


@dataclass(frozen=True, slots=True)
class GatewayStatus:
    """One transaction as the status API tells it; amounts in whole rupiah (of `currency`).

    `returned` is what went back to the payer by refund or chargeback, of which `refunds` says how it was
    asked for. `raw` is the body, for the log.
    """

    order_id: str
    transaction_id: str
    status: str
    fraud: str | None
    payment_type: str
    amount: int
    currency: str
    status_code: str
    returned: int
    began_at: datetime | None
    raw: Json
    refunds: tuple[GatewayRefund, ...] = ()

    @property
    def confirmed(self) -> int:
        """Rupiah of `returned` that the payer's bank has."""
        return min(sum(refund.amount for refund in self.refunds if refund.confirmed), self.returned)


def read_created(body: Json) -> Created:
    """The answer to "create a Snap transaction". Raises `GatewayDown` when it is not one."""
    token, redirect_url = body.get("token"), body.get("redirect_url")
    if not isinstance(token, str) or not TOKEN.fullmatch(token):
        raise GatewayDown("no token in the answer")
    if not isinstance(redirect_url, str) or not re.fullmatch(r"https?://[^\s\"'<>]{1,200}", redirect_url):
        raise GatewayDown("no redirect_url in the answer")
    return Created(token, redirect_url)


def read_status(body: Json) -> GatewayStatus:
    """The answer of the status API. Raises `GatewayDown` when something it always has is missing."""
    transaction_id = _text(body, "transaction_id")
    if not TRANSACTION_ID.fullmatch(transaction_id):
        raise GatewayDown("transaction_id of an unknown shape")
    status = _text(body, "transaction_status").lower()
    amount = rupiah(_text(body, "gross_amount"))
    fraud = body.get("fraud_status")
    refunds = _refunds(body)
    return GatewayStatus(
        order_id=_text(body, "order_id"),
        transaction_id=transaction_id,
        status=status,
        fraud=fraud.lower() if isinstance(fraud, str) and fraud else None,
        payment_type=_text(body, "payment_type"),
        amount=amount,
        currency=body["currency"] if isinstance(body.get("currency"), str) else "IDR",
        status_code=_text(body, "status_code"),
        returned=min(_returned(body, status, amount, refunds), amount),
        began_at=_moment(body.get("transaction_time")),
        raw=body,
        refunds=refunds,
    )


def rupiah(text: str) -> int:
    """`"157500.00"` → 157500. A fraction is rounded up, so that it never equals what was asked for.

    Raises `GatewayDown` for what is not an amount.
    """
    try:
        amount = int(Decimal(text).to_integral_value(ROUND_UP))
    except (InvalidOperation, ValueError, OverflowError):
        raise GatewayDown("gross_amount is not an amount") from None
    if not 0 <= amount < 10**15:
        raise GatewayDown("gross_amount is out of bounds")
    return amount


def _returned(body: Json, status: str, amount: int, refunds: tuple[GatewayRefund, ...]) -> int:
    listed = sum(refund.amount for refund in refunds)
    said = max(_said(body, "refund_amount"), listed) + _said(body, "chargeback_amount")
    return amount if status in ("refund", "chargeback") and not said else said


def _said(body: Json, name: str) -> int:
    return rupiah(body[name]) if isinstance(body.get(name), str) else 0


def _refunds(body: Json) -> tuple[GatewayRefund, ...]:
    """Each once, also when Midtrans lists it again with the bank's confirmation."""
    listed = body.get("refunds")
    found: dict[str, GatewayRefund] = {}
    for place, refund in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(refund, dict):
            key = str(refund.get("refund_key") or "")
            confirmed = _moment(refund.get("bank_confirmed_at")) is not None
            found[key or str(place)] = GatewayRefund(key, rupiah(_text(refund, "refund_amount")), confirmed)
    return tuple(found.values())


def _moment(text: object) -> datetime | None:
    try:
        return datetime.strptime(str(text), "%Y-%m-%d %H:%M:%S").replace(tzinfo=_WIB)
    except ValueError:
        return None


def _text(body: Json, name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise GatewayDown(f"{name} is missing in the answer")
    return value
