"""Whom somebody means who types this: by name, email, phone or order."""

from __future__ import annotations

from mentorinaja.admin.listing import Where
from mentorinaja.admin.typed_ids import order_in, phone_range
from mentorinaja.admin.words import inside, plain

# Fewer letters are looked for as a whole word of the name: an index knows no shorter pieces.
_LEAST_INSIDE = 3


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
    if order_id := order_in(words):
        found.append("SELECT user_id FROM orders WHERE public_id = {}")
        found.append(
            "SELECT e.user_id FROM orders o JOIN experts e ON e.id = o.expert_id WHERE o.public_id = {}"
        )
        values += [order_id] * 2
    return Where(f"u.id = ANY (ARRAY({' UNION ALL '.join(found)}))", tuple(values))
