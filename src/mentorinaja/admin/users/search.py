"""Whom somebody means who types this: by name, email, phone or order."""

from __future__ import annotations

import re

from mentorinaja.admin.listing import Where
from mentorinaja.admin.words import inside, plain

_ORDER_ID = re.compile(r"(BE|PD|EX)-[0-9]{8}-[A-Z0-9]{6}")
_PHONE = re.compile(r"[0-9 .()/+\-]{4,40}")
# Fewer letters are looked for as a whole word of the name: an index knows no shorter pieces.
_LEAST_INSIDE = 3


def phone_range(words: str) -> tuple[str, str] | None:
    """From where to where the phone numbers (E.164) lie that begin as typed in any spelling; None for no number.

    >>> phone_range("0812-3456"), phone_range("budi")
    (('+628123456', '+628123456:'), None)
    """
    if not _PHONE.fullmatch(words):
        return None
    digits = re.sub(r"[^0-9]", "", words)
    if len(digits) < 4:
        return None
    if not words.startswith("+"):
        digits = digits if digits.startswith("62") else "62" + digits.removeprefix("0")
    return f"+{digits}", f"+{digits}:"


def search(words: str) -> Where:
    """Everybody with these words in the name, at the beginning of the email, as phone number or as either side of an order.

    The people are found first and their rows read then: however the list is ordered, each search goes by its index.
    """
    whole = plain(words)
    found = ["SELECT id FROM users WHERE full_name ILIKE {}"]
    values: list[object] = [inside(words)]
    if len(words) < _LEAST_INSIDE:
        found *= 4
        values = [whole, f"{whole} %", f"% {whole}", f"% {whole} %"]
    else:
        found.append("SELECT id FROM users WHERE email::text ILIKE {}")
        values.append(f"{whole}%")
    if span := phone_range(words):
        found.append('SELECT id FROM users WHERE phone COLLATE "C" >= {} AND phone COLLATE "C" < {}')
        values += span
    if _ORDER_ID.fullmatch(words.upper()):
        found.append("SELECT user_id FROM orders WHERE public_id = {}")
        found.append(
            "SELECT e.user_id FROM orders o JOIN experts e ON e.id = o.expert_id WHERE o.public_id = {}"
        )
        values += [words.upper()] * 2
    return Where(f"u.id = ANY (ARRAY({' UNION ALL '.join(found)}))", tuple(values))
