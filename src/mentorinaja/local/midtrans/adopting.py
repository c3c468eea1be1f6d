"""Payments that began elsewhere: told to the simulator as they are, so that it answers for them from then on."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Annotated

import msgspec

from mentorinaja.local.midtrans import bodies
from mentorinaja.local.midtrans.errors import ApiError
from mentorinaja.local.midtrans.methods import CARD, METHODS
from mentorinaja.local.midtrans.simulator import Simulator
from mentorinaja.local.midtrans.state import Attempt, Refund, Transaction

_PAID = ("settlement", "refund", "partial_refund", "chargeback", "partial_chargeback", "deny")
# The method behind a payment type that several methods share.
_USUAL = {"bank_transfer": "bca_va", "qris": "other_qris", "cstore": "alfamart"}
Rupiah = Annotated[int, msgspec.Meta(ge=0)]


class PastTransaction(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A transaction as the merchant knows it; `paid_at` None: no money ever came."""

    transaction_id: str
    payment_type: str
    transaction_status: str
    gross_amount: Rupiah
    created_at: datetime
    paid_at: datetime | None = None
    fraud_status: str | None = None
    refunded: Rupiah = 0
    charged_back: Rupiah = 0


class PastAttempt(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """An attempt as the merchant knows it."""

    gateway_order_id: str
    token: str
    gross_amount: Rupiah
    created_at: datetime
    page_expires_at: datetime
    transactions: list[PastTransaction] = []


def adopt(simulator: Simulator, past: list[PastAttempt]) -> int:
    """Take over the attempts that are not known yet, telling nobody; answers how many. 400 for an unknown method."""
    unknown = [each for each in past if each.gateway_order_id not in simulator.store.attempts]
    for attempt in [_attempt(simulator, each) for each in unknown]:
        simulator.take_over(attempt)
    return len(unknown)


def _attempt(simulator: Simulator, past: PastAttempt) -> Attempt:
    return Attempt(
        order_id=past.gateway_order_id,
        gross_amount=past.gross_amount,
        token=past.token,
        created_at=past.created_at,
        page_expires_at=past.page_expires_at,
        enabled=None,
        items=[],
        customer={},
        callbacks={},
        custom_fields={},
        expiry=None,
        notification_urls=[simulator.config.notification_url],
        transactions=[_transaction(past.gateway_order_id, each) for each in past.transactions],
    )


def _transaction(order_id: str, past: PastTransaction) -> Transaction:
    method = _USUAL.get(past.payment_type, past.payment_type)
    if method not in METHODS:
        raise ApiError(400, f"no such payment type: {past.payment_type}")
    details = bodies.card_details("4811111111111114") if method == CARD else {}
    return Transaction(
        transaction_id=past.transaction_id,
        order_id=order_id,
        method=method,
        payment_type=past.payment_type,
        gross_amount=past.gross_amount,
        created_at=past.created_at,
        expires_at=past.created_at + timedelta(days=1),
        details=details or bodies.method_details(method, past.payment_type),
        status=past.transaction_status,
        fraud_status=past.fraud_status,
        paid_at=past.paid_at,
        settled_at=past.paid_at if past.transaction_status in _PAID else None,
        refunds=[_refund(past)] if past.refunded else [],
        charged_back=past.charged_back,
    )


def _refund(past: PastTransaction) -> Refund:
    at = past.paid_at or past.created_at
    return Refund(1, f"before-{past.transaction_id}", past.refunded, "", at, time.time(), at)
