"""What a payer does on the payment page: choose a method, then pay, refuse, wait or let it run out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode, urlsplit, urlunsplit

from mentorinaja.local.midtrans import bodies, rules
from mentorinaja.local.midtrans.errors import NotPayable
from mentorinaja.local.midtrans.methods import CARD, Method, offered
from mentorinaja.local.midtrans.rules import PageState
from mentorinaja.local.midtrans.simulator import DEFAULT_CARD, Simulator
from mentorinaja.local.midtrans.state import Attempt, Json, Transaction

ACTIONS = ("pay", "deny", "pending", "expire")
_DENIED_BY_BANK = "4911111111111113"
_DENIED_BY_FRAUD_CHECK = "4611111111111116"
_UNDER_REVIEW = "4511111111111117"
_ACCEPTED_LATER = "4024007176265022"
_BCA_NAME = 30
_BNI_PHONE = re.compile(r"(\+62|0)[0-9]{1,28}")


@dataclass(frozen=True)
class Choice:
    """What the payer posted; `phone` tells whether the device opens wallet apps by itself."""

    method: str
    action: str
    card_number: str
    phone: bool


def take(simulator: Simulator, attempt: Attempt, choice: Choice, now: datetime) -> Transaction | None:
    """Do what the payer asked. The transaction that was acted on, or None when there is more to fill in.

    Raises `NotPayable` when the page is closed, the method is not offered, or the bank refuses the data.
    """
    state = rules.page_state(attempt, now)
    if state not in (PageState.OPEN, PageState.WAITING):
        raise NotPayable("Pembayaran ini sudah tidak dapat diubah.")
    if choice.action and choice.action not in ACTIONS:
        raise NotPayable("Tindakan tidak dikenal.")
    transaction = rules.current(attempt) if state is PageState.WAITING else None
    if transaction is None:
        method = _offered(attempt, choice.method)
        if method.name == CARD and not choice.action:
            return None
        card = _card_number(choice)
        _check_customer(attempt, method)
        transaction = simulator.begin(attempt, method.name, now, phone=choice.phone, card=card)
        if method.name != CARD or choice.action == "pending":
            simulator.announce(attempt, transaction)
    else:
        card = _card_number(choice)
    if not choice.action:
        return None
    _act(simulator, attempt, transaction, choice.action, card, now)
    return transaction


def groups(attempt: Attempt) -> dict[str, list[Method]]:
    """The methods the page lists, under their headings."""
    listed: dict[str, list[Method]] = {}
    for method in offered(attempt.enabled, attempt.gross_amount):
        listed.setdefault(method.group, []).append(method)
    return listed


def result(simulator: Simulator, attempt: Attempt, transaction: Transaction) -> Json:
    """What snap.js hands to the merchant's callbacks: a status body and where a redirect would lead."""
    body = bodies.status(attempt, transaction, simulator.config.server_key)
    del body["signature_key"]
    finish = finish_url(simulator, attempt, transaction)
    return body | ({"finish_redirect_url": finish} if finish else {})


def outcome(body: Json) -> str:
    """Which callback a result calls for."""
    return {"200": "success", "201": "pending"}.get(body["status_code"], "error")


def finish_url(simulator: Simulator, attempt: Attempt, transaction: Transaction) -> str | None:
    """The merchant's page for this outcome with Midtrans's query appended; None when none was given."""
    body = bodies.status(attempt, transaction, simulator.config.server_key)
    callbacks = attempt.callbacks
    url = callbacks.get("finish")
    if outcome(body) == "error":
        url = callbacks.get("error") or url
    if url is None:
        return None
    parts = urlsplit(url)
    told = urlencode({name: body[name] for name in ("order_id", "status_code", "transaction_status")})
    return urlunsplit(parts._replace(query="&".join(filter(None, (parts.query, told)))))


def _offered(attempt: Attempt, name: str) -> Method:
    for method in offered(attempt.enabled, attempt.gross_amount):
        if method.name == name:
            return method
    raise NotPayable("Pilih salah satu metode pembayaran.")


def _card_number(choice: Choice) -> str:
    number = re.sub(r"[ -]", "", choice.card_number) or DEFAULT_CARD
    if choice.action == "pay" and not _passes_luhn(number):
        raise NotPayable("Nomor kartu tidak valid. Periksa kembali 16 angkanya.")
    return number


def _passes_luhn(number: str) -> bool:
    if not re.fullmatch(r"[0-9]{16}", number):
        return False
    doubled = (int(digit) * (2 - place % 2) for place, digit in enumerate(number))
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def _check_customer(attempt: Attempt, method: Method) -> None:
    """The two banks that refuse customers by their data."""
    customer = attempt.customer
    name = max(len(customer.get("first_name") or ""), len(customer.get("last_name") or ""))
    if method.name == "bca_va" and name > _BCA_NAME:
        raise NotPayable("BCA menolak nama yang lebih dari 30 karakter. Pilih metode lain.")
    phone = customer.get("phone")
    if method.name == "bni_va" and phone and not _BNI_PHONE.fullmatch(phone):
        raise NotPayable("BNI menolak nomor telepon ini. Pilih metode lain.")


def _act(
    simulator: Simulator, attempt: Attempt, transaction: Transaction, action: str, card: str, now: datetime
) -> None:
    is_card = transaction.method == CARD
    if action in ("deny", "expire"):
        simulator.move(attempt, transaction, action, now)
    elif action == "pay" and is_card and card in (_DENIED_BY_BANK, _DENIED_BY_FRAUD_CHECK):
        simulator.move(
            attempt, transaction, "deny", now, fraud="deny" if card == _DENIED_BY_FRAUD_CHECK else None
        )
    elif action == "pay" and is_card and card == _ACCEPTED_LATER:
        simulator.announce(attempt, transaction)
        simulator.decide_later(attempt, transaction)
    elif action == "pay":
        fraud = "challenge" if is_card and card == _UNDER_REVIEW else None
        simulator.move(attempt, transaction, rules.paid_status(transaction.method), now, fraud=fraud)
