"""Finding orders by whatever somebody has at hand: an id as they know it or as Midtrans does, or a person."""

from __future__ import annotations

import re
from uuid import UUID

from mentorinaja.admin.listing import Where

_PUBLIC_ID = re.compile(r"((?:BE|PD|EX)-[0-9]{8}-[A-Z0-9]{6})(?:-[0-9]{1,4})?")
# Its last six characters, as they are read out on the telephone.
_CODE = re.compile(r"[A-HJ-NP-Z2-9]{6}")
_INVOICE = re.compile(r"INV-([0-9]{4})-([0-9]{6,9})")
_PHONE = re.compile(r"[+0-9][0-9 .()-]{5,24}")
_LEAST_LETTERS = 3

_OF_PEOPLE = """o.id = ANY (ARRAY(
  WITH people AS MATERIALIZED (SELECT id FROM users WHERE {})
  SELECT f.id FROM people p JOIN orders f ON f.user_id = p.id
  UNION SELECT f.id FROM people p JOIN experts m ON m.user_id = p.id JOIN orders f ON f.expert_id = m.id))"""
_NOBODY = Where("false")


def search(words: str) -> Where:
    """What orders somebody means who types this; people are looked up first, then their orders."""
    upper = words.upper()
    if match := _PUBLIC_ID.fullmatch(upper):
        return Where("o.public_id = {}", (match[1],))
    if match := _INVOICE.fullmatch(upper):
        return Where(
            "o.id = ANY (ARRAY(SELECT order_id FROM invoices WHERE year = {}::integer AND number = {}::integer))",
            (int(match[1]), int(match[2])),
        )
    if _is_uuid(words):
        return _by_uuid(words.lower())
    if _PHONE.fullmatch(words):
        return _people("phone COLLATE \"C\" LIKE {} || '%'", (_phone(words),))
    if "@" in words:
        return _people("email::text ILIKE '%' || {} || '%'", (_plain(words),))
    if len(words) < _LEAST_LETTERS:
        return _NOBODY
    named = _people("full_name ILIKE '%' || {} || '%'", (_plain(words),))
    if _CODE.fullmatch(upper):
        return Where(f"right(o.public_id, 6) = {{}} OR {named.sql}", (upper, *named.values))
    return Where(
        f"o.id = ANY (ARRAY(SELECT a.order_id FROM payment_transactions t JOIN payment_attempts a ON a.id = t.attempt_id"
        f" WHERE t.transaction_id = {{}})) OR {named.sql}",
        (words, *named.values),
    )


def _by_uuid(words: str) -> Where:
    """A transaction at Midtrans, or the session that stands in a room's address."""
    return Where(
        """o.id = ANY (ARRAY(SELECT a.order_id FROM payment_transactions t
             JOIN payment_attempts a ON a.id = t.attempt_id WHERE t.transaction_id = {}
           UNION SELECT order_id FROM bookings WHERE id = {}::uuid))""",
        (words, UUID(words)),
    )


def _people(condition: str, values: tuple[str, ...]) -> Where:
    return Where(_OF_PEOPLE.replace("{}", condition), values)


def _phone(words: str) -> str:
    """The beginning of a number as it is stored, `+62…`, from however it was written."""
    digits = re.sub(r"[^0-9]", "", words)
    return "+62" + digits[1:] if digits.startswith("0") else "+" + digits


def _plain(words: str) -> str:
    """As it is typed: what LIKE would read as a pattern is none."""
    return re.sub(r"([\\%_])", r"\\\1", words)


def _is_uuid(words: str) -> bool:
    return re.fullmatch(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", words) is not None
