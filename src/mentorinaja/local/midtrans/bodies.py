"""The bodies Midtrans sends: fields per method, amounts as "157500.00", times in GMT+7, the signature."""

from __future__ import annotations

import hashlib
import random
import uuid
from datetime import datetime, timedelta, timezone

from mentorinaja.local.midtrans import rules
from mentorinaja.local.midtrans.methods import METHODS, Group
from mentorinaja.local.midtrans.state import Attempt, Json, Refund, Transaction

MERCHANT_ID = "G000000001"
_WIB = timezone(timedelta(hours=7))
_NOTICE_CODES = {"pending": "201", "deny": "202", "cancel": "202", "expire": "202"}
_STATUS_CODES = {"pending": "201", "deny": "202", "expire": "407"}
_WITHOUT_FRAUD_STATUS = {"indomaret"}


def signature(order_id: str, status_code: str, gross_amount: str, server_key: str) -> str:
    """The SHA-512 in hex over the exact strings of a body; it does not cover the status."""
    return hashlib.sha512(f"{order_id}{status_code}{gross_amount}{server_key}".encode()).hexdigest()


def rupiah(amount: int) -> str:
    """Whole rupiah as Midtrans writes them: two decimals, always zero."""
    return f"{amount}.00"


def wib(moment: datetime) -> str:
    """An aware time as Midtrans writes it: GMT+7, no offset."""
    return moment.astimezone(_WIB).strftime("%Y-%m-%d %H:%M:%S")


def notification(attempt: Attempt, transaction: Transaction, server_key: str) -> Json:
    """The signed body of a notice about the transaction as it is now."""
    code = "201" if rules.under_review(transaction) else _NOTICE_CODES.get(transaction.status, "200")
    body = _common(attempt, transaction) | {
        "status_code": code,
        "status_message": "midtrans payment notification",
    }
    return signed(body, server_key)


def status(attempt: Attempt, transaction: Transaction, server_key: str) -> Json:
    """The answer of GET status; an expired transaction has 407 inside."""
    code = "201" if rules.under_review(transaction) else _STATUS_CODES.get(transaction.status, "200")
    body = _common(attempt, transaction) | {
        "status_code": code,
        "status_message": "Success, transaction is found",
    }
    return signed(body, server_key)


def outcome(attempt: Attempt, transaction: Transaction, code: str, message: str) -> Json:
    """The answer of a Core API call that changed the transaction."""
    return _common(attempt, transaction) | {"status_code": code, "status_message": message}


def signed(body: Json, server_key: str) -> Json:
    """The body with the signature that its own order id, code and amount ask for."""
    key = signature(str(body["order_id"]), str(body["status_code"]), str(body["gross_amount"]), server_key)
    return body | {"signature_key": key}


def refund_fields(refund: Refund) -> Json:
    """One entry of `refunds`; the bank's confirmation is left out until it is there."""
    fields: Json = {
        "refund_chargeback_id": refund.number,
        "refund_amount": rupiah(refund.amount),
        "created_at": wib(refund.created_at),
        "reason": refund.reason,
        "refund_key": refund.key,
        "refund_method": "online",
    }
    if refund.bank_confirmed_at is not None:
        fields["bank_confirmed_at"] = wib(refund.bank_confirmed_at)
    return fields


def method_details(method: str, payment_type: str) -> Json:
    """The fields a method adds to its bodies, with numbers made up as a bank would."""
    bank = METHODS[method].bank
    if bank:
        return {"va_numbers": [{"bank": bank, "va_number": _digits(11)}], "payment_amounts": []}
    if payment_type == "qris":
        return _qris(method)
    if METHODS[method].group is Group.COUNTER:
        approval = {"approval_code": _digits(12)} if method == "indomaret" else {}
        return {"store": method, "payment_code": _digits(14), **approval}
    if method == "permata_va":
        return {"permata_va_number": _digits(16)}
    if method == "echannel":
        return {"biller_code": "70012", "bill_key": _digits(12)}
    if method == "shopeepay":
        return {"shopeepay_reference_number": _digits(18), "reference_id": _digits(14)}
    return {}


def card_details(number: str) -> Json:
    """What is known of a card before the bank answers; the number is masked at once and never kept."""
    return {"masked_card": f"{number[:8]}-{number[-4:]}", "bank": "bni", "card_type": "credit", "eci": "05"}


def bank_answer(approved: bool, now: datetime) -> Json:
    """What the bank said about a card charge."""
    if not approved:
        return {"channel_response_code": "05", "channel_response_message": "Do not honour"}
    approval_code = str(int(now.timestamp() * 1000))
    return {
        "channel_response_code": "00",
        "channel_response_message": "Approved",
        "approval_code": approval_code,
    }


def new_id() -> str:
    """An id such as Midtrans gives to transactions and answers."""
    return str(uuid.uuid4())


def _common(attempt: Attempt, transaction: Transaction) -> Json:
    body: Json = {
        **transaction.details,
        **attempt.custom_fields,
        "transaction_time": wib(transaction.created_at),
        "transaction_status": transaction.status,
        "transaction_id": transaction.transaction_id,
        "payment_type": transaction.payment_type,
        "order_id": attempt.order_id,
        "merchant_id": MERCHANT_ID,
        "gross_amount": rupiah(transaction.gross_amount),
        "currency": "IDR",
    }
    if transaction.fraud_status and transaction.method not in _WITHOUT_FRAUD_STATUS:
        body["fraud_status"] = transaction.fraud_status
    if transaction.settled_at is not None:
        body["settlement_time"] = wib(transaction.settled_at)
        if body.get("va_numbers") and METHODS[transaction.method].bank == "bni":
            body["payment_amounts"] = [{"paid_at": body["settlement_time"], "amount": body["gross_amount"]}]
    if transaction.refunds:
        body["refund_amount"] = rupiah(rules.refunded(transaction))
        body["refunds"] = [refund_fields(refund) for refund in transaction.refunds]
    if transaction.charged_back:
        body["chargeback_amount"] = rupiah(transaction.charged_back)
    return body


def _qris(method: str) -> Json:
    own = {"gopay": "gopay", "shopeepay": "airpay shopee"}.get(method)
    return {
        "acquirer": own or "gopay",
        "issuer": own or "bank lain",
        "transaction_type": "on-us" if own else "off-us",
        "merchant_cross_reference_id": _digits(20),
    }


def _digits(length: int) -> str:
    return str(random.randrange(1, 10)) + "".join(random.choices("0123456789", k=length - 1))
