"""What a product may be, and when its money is earned: pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from mentorinaja import money

PAY_WITHIN = timedelta(days=3)
# Unpaid orders of products that one person may have at once.
MOST_UNPAID = 5
# What was sold is earned a day after it was first fetched, or a week after it was paid.
EARNED_AFTER_DOWNLOAD = timedelta(hours=24)
EARNED_AFTER_PAYMENT = timedelta(days=7)

MOST_FILE_BYTES = 50 * 1024 * 1024
MOST_THUMBNAIL_BYTES = 5 * 1024 * 1024
THUMBNAIL_SIDE = 320
MOST_PRODUCTS = 100
NAME_LENGTH = (3, 80)
DESCRIPTION_LENGTH = 2000
LINK_LENGTH = 1000

# A download that broke off goes on within this time without being counted again.
RESUME_WITHIN = timedelta(hours=6)
_FROM_HERE = re.compile(r"bytes=([0-9]{1,9})-", re.ASCII)


@dataclass(frozen=True, slots=True)
class NewProduct:
    """A product as its form gives it; `price` in whole rupiah, `link` None where our own file is delivered."""

    type: str
    name: str
    price: int
    description: str = ""
    link: str | None = None
    active: bool = True


def wrong_link(link: str) -> str | None:
    """Why people cannot be sent to this address, or None."""
    if len(link) > LINK_LENGTH:
        return f"Tautan paling panjang {LINK_LENGTH} karakter."
    try:
        parts = urlsplit(link)
        port, host = parts.port, parts.hostname or ""
    except ValueError:
        return "Tulis alamat lengkap yang diawali https://."
    if parts.scheme != "https" or "." not in host or not link.isascii() or any(c <= " " for c in link):
        return "Tulis alamat lengkap yang diawali https://."
    if parts.username is not None or parts.password is not None or port not in (None, 443):
        return "Tautan tidak boleh memuat nama pengguna, kata sandi, atau nomor port."
    return None


def earned_after(paid_at: datetime, first_download: datetime | None) -> datetime:
    """When what a purchase earned becomes available."""
    latest = paid_at + EARNED_AFTER_PAYMENT
    return latest if first_download is None else min(latest, first_download + EARNED_AFTER_DOWNLOAD)


def resumed_at(wanted: str | None, unless: str | None, tag: str) -> int:
    """From which byte a download that broke off goes on; 0: from its beginning.

    `wanted` and `unless` are the headers Range and If-Range (RFC 9110): only "from here to the end" of the same
    file goes on, all else begins anew.
    """
    match = _FROM_HERE.fullmatch(wanted or "")
    return int(match[1]) if match and unless in (None, tag) else 0


def goes_back(policy: Mapping[str, Any], total: int) -> int:
    """Rupiah of `total` that the rule copied onto an order gives back before the first download."""
    return money.part(total, policy["until_first_download_bps"], money.BPS)
