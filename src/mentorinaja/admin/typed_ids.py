"""What an admin types into a search that is an order's id or a phone number, however it is written."""

from __future__ import annotations

import re

# As people know it, or as Midtrans does: with the number of the attempt.
_ORDER_ID = re.compile(r"((?:BE|PD|EX)-[0-9]{8}-[A-Z0-9]{6})(?:-[0-9]{1,4})?")
_PHONE = re.compile(r"[0-9 .()/+\-]{4,40}")
_LEAST_DIGITS = 4


def order_in(words: str) -> str | None:
    """The order whose id this is, or None where it is no id.

    >>> order_in("be-20261123-lu4hyb-2"), order_in("budi")
    ('BE-20261123-LU4HYB', None)
    """
    match = _ORDER_ID.fullmatch(words.upper())
    return match[1] if match else None


def phone_range(words: str) -> tuple[str, str] | None:
    """From where to where the phone numbers (E.164) lie that begin as typed in any spelling; None for no number.

    >>> phone_range("0812-3456"), phone_range("budi")
    (('+628123456', '+628123456:'), None)
    """
    if not _PHONE.fullmatch(words):
        return None
    digits = re.sub(r"[^0-9]", "", words)
    abroad = words.startswith("+") or digits.startswith("00")
    digits = digits.removeprefix("00")
    if len(digits) < _LEAST_DIGITS:
        return None
    if not abroad:
        digits = digits if digits.startswith("62") else "62" + digits.removeprefix("0")
    return f"+{digits}", f"+{digits}:"
