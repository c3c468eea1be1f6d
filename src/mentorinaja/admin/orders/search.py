"""Finding orders by whatever somebody has at hand: an id as they know it or as Midtrans does, or a person."""

from __future__ import annotations

import re
from uuid import UUID

from mentorinaja.admin.listing import Where
from mentorinaja.admin.typed_ids import order_in, phone_range
from mentorinaja.admin.words import inside

# Its last six characters, as they are read out on the telephone.
_CODE = re.compile(r"[A-HJ-NP-Z2-9]{6}")
_INVOICE = re.compile(r"INV-([0-9]{4})-([0-9]{6,9})")
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_LEAST_LETTERS = 3

# Each part finds the ids of orders by an index of its own; the list then looks nowhere else.
_BY_CODE = "SELECT id FROM orders WHERE right(public_id, 6) = {}"
_BY_TRANSACTION = """SELECT a.order_id FROM payment_transactions t JOIN payment_attempts a ON a.id = t.attempt_id
  WHERE t.transaction_id = {}"""
_BY_INVOICE = "SELECT order_id FROM invoices WHERE year = {}::integer AND number = {}::integer"
_BY_SESSION = "SELECT order_id FROM bookings WHERE id = {}::uuid"
_BY_PEOPLE = """SELECT id FROM orders WHERE user_id = ANY (ARRAY(SELECT p.id FROM users p WHERE {condition}))
  UNION ALL SELECT id FROM orders WHERE expert_id = ANY (ARRAY(
    SELECT m.id FROM users p JOIN experts m ON m.user_id = p.id WHERE {condition}))"""

_Part = tuple[str, tuple[object, ...]]


def search(words: str) -> Where:
    """What orders somebody means who types this; people are looked up first, then their orders."""
    upper = words.upper()
    if order_id := order_in(words):
        return Where("o.public_id = {}", (order_id,))
    if match := _INVOICE.fullmatch(upper):
        return _any((_BY_INVOICE, (int(match[1]), int(match[2]))))
    if _UUID.fullmatch(words):
        return _any((_BY_TRANSACTION, (words.lower(),)), (_BY_SESSION, (UUID(words),)))
    by_code: list[_Part] = [(_BY_CODE, (upper,))] if _CODE.fullmatch(upper) else []
    if span := phone_range(words):
        return _any(*by_code, _people('p.phone COLLATE "C" >= {} AND p.phone COLLATE "C" < {}', *span))
    if "@" in words:
        return _any(_people("p.email::text ILIKE {}", inside(words)))
    if len(words) < _LEAST_LETTERS:
        return Where("false")
    named = _people("p.full_name ILIKE {}", inside(words))
    return _any(*(by_code or [(_BY_TRANSACTION, (words,))]), named)


def _any(*parts: _Part) -> Where:
    """Orders that one of the parts finds."""
    sql = " UNION ALL ".join(sql for sql, _ in parts)
    return Where(f"o.id = ANY (ARRAY({sql}))", tuple(value for _, values in parts for value in values))


def _people(condition: str, *values: str) -> _Part:
    return _BY_PEOPLE.replace("{condition}", condition), values * 2
