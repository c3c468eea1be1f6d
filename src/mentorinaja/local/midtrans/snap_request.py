"""Reads the body of "create a Snap transaction" as strictly as Midtrans does."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from mentorinaja.local.midtrans.errors import ApiError
from mentorinaja.local.midtrans.methods import expand
from mentorinaja.local.midtrans.state import Expiry, Json

MAX_BODY = 16_000
MINIMUM_AMOUNT = 10_000
_ORDER_ID = re.compile(r"[A-Za-z0-9\-_~.]{1,50}")
_UNITS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}
_SUM_DIFFERS = "transaction_details.gross_amount is not equal to the sum of item_details"


@dataclass(frozen=True)
class SnapRequest:
    """A create request that passed every check; `gross_amount` in whole rupiah."""

    order_id: str
    gross_amount: int
    items: list[Json]
    customer: Json
    enabled: list[str] | None
    callbacks: dict[str, str]
    custom_fields: dict[str, str]
    expiry: Expiry | None
    page_expiry: Expiry | None


def read(body: bytes) -> SnapRequest:
    """The request in `body`, or an `ApiError` with every message Midtrans would list."""
    if len(body) > MAX_BODY:
        raise ApiError(413, f"request body is too large, the limit is {MAX_BODY} characters")
    document = _object(body)
    problems = [*_details(document), *_items(document), *_texts(document), *_choices(document)]
    if problems:
        raise ApiError(400, *problems)
    details = document["transaction_details"]
    return SnapRequest(
        order_id=details["order_id"],
        gross_amount=details["gross_amount"],
        items=document.get("item_details") or [],
        customer=document.get("customer_details") or {},
        enabled=_enabled(document),
        callbacks={key: value for key, value in (document.get("callbacks") or {}).items() if value},
        custom_fields={f: document[f] for f in _CUSTOM if document.get(f)},
        expiry=_expiry(document, "expiry"),
        page_expiry=_expiry(document, "page_expiry"),
    )


_CUSTOM = ("custom_field1", "custom_field2", "custom_field3")


def _object(body: bytes) -> Json:
    try:
        document = json.loads(body)
    except ValueError as error:
        raise ApiError(400, "request body is not valid JSON") from error
    if not isinstance(document, dict):
        raise ApiError(400, "request body must be a JSON object")
    return document


def _details(document: Json) -> Iterator[str]:
    details = document.get("transaction_details")
    if not isinstance(details, dict):
        yield "transaction_details is required"
        return
    order_id, amount = details.get("order_id"), details.get("gross_amount")
    if not isinstance(order_id, str) or not order_id:
        yield "transaction_details.order_id is required"
    elif not _ORDER_ID.fullmatch(order_id):
        yield "transaction_details.order_id must be 1 to 50 characters of A-Z a-z 0-9 - _ ~ ."
    if not isinstance(amount, int) or isinstance(amount, bool):
        yield "transaction_details.gross_amount is required and must be an integer"
    elif amount < MINIMUM_AMOUNT:
        yield f"transaction_details.gross_amount must be equal or greater than {MINIMUM_AMOUNT}"


def _items(document: Json) -> Iterator[str]:
    items = document.get("item_details")
    if items is None:
        return
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        yield "item_details must be a list of objects"
        return
    problems = [problem for number, item in enumerate(items) for problem in _item(number, item)]
    yield from problems
    details = document.get("transaction_details")
    if problems or not items or not isinstance(details, dict):
        return
    if sum(item["price"] * item["quantity"] for item in items) != details.get("gross_amount"):
        yield _SUM_DIFFERS


def _item(number: int, item: Json) -> Iterator[str]:
    where = f"item_details[{number}]"
    if not _is_integer(item.get("price")):
        yield f"{where}.price is required and must be an integer"
    if not _is_integer(item.get("quantity")) or item["quantity"] < 1:
        yield f"{where}.quantity is required and must be at least 1"
    if not isinstance(item.get("name"), str) or not item["name"]:
        yield f"{where}.name is required"
    elif "|" in item["name"]:
        yield f"{where}.name must not contain a vertical bar"
    for field in ("id", "name", "brand", "category", "merchant_name", "url"):
        yield from _text(item, field, 50, where)


def _texts(document: Json) -> Iterator[str]:
    customer = document.get("customer_details") or {}
    callbacks = document.get("callbacks") or {}
    for name, part in (("customer_details", customer), ("callbacks", callbacks)):
        if not isinstance(part, dict):
            yield f"{name} must be an object"
            return
    for field in ("first_name", "last_name", "email", "phone"):
        yield from _text(customer, field, 255, "customer_details")
    for field, url in callbacks.items():
        yield from _text(callbacks, field, 255, "callbacks")
        if url and isinstance(url, str) and urlsplit(url).scheme not in ("http", "https"):
            yield f"callbacks.{field} must be an http or https address"
    for field in _CUSTOM:
        yield from _text(document, field, 255, "")


def _choices(document: Json) -> Iterator[str]:
    try:
        _enabled(document)
    except (KeyError, TypeError):
        yield "enabled_payments has an unknown payment method"
    for part in ("expiry", "page_expiry"):
        try:
            _expiry(document, part)
        except (KeyError, TypeError, ValueError, OverflowError):
            yield f"{part} is invalid: start_time (yyyy-MM-dd HH:mm:ss Z), unit and duration are needed"
    card = document.get("credit_card")
    if card is not None and (not isinstance(card, dict) or not isinstance(card.get("secure", False), bool)):
        yield "credit_card.secure must be true or false"


def _enabled(document: Json) -> list[str] | None:
    names = document.get("enabled_payments")
    if names is None:
        return None
    if not isinstance(names, list):
        raise TypeError("not a list")
    return expand(names)


def _expiry(document: Json, part: str) -> Expiry | None:
    given = document.get(part)
    if given is None:
        return None
    duration = given["duration"]
    if not _is_integer(duration) or duration < 1:
        raise ValueError("not a duration")
    start = given.get("start_time")
    return Expiry(
        start=datetime.strptime(start, "%Y-%m-%d %H:%M:%S %z") if start else None,
        duration=duration * _UNITS[str(given["unit"]).lower().removesuffix("s")],
    )


def _text(part: Json, field: str, limit: int, where: str) -> Iterator[str]:
    value = part.get(field)
    name = f"{where}.{field}".lstrip(".")
    if value is not None and not isinstance(value, str):
        yield f"{name} must be a string"
    elif value is not None and len(value) > limit:
        yield f"{name} must be at most {limit} characters"


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
