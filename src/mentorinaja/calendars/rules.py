"""What is a calendar address, which addresses of the network are public, and how busy times add up: pure."""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import SplitResult, quote, urlsplit

from mentorinaja.errors import DomainError

Why = Literal[
    "address", "private", "unreachable", "slow", "not_shared", "server", "redirects", "large", "content", "heavy", "key"
]  # fmt: skip

# One sentence for both: which names our own network knows is told to nobody.
_OUT_OF_REACH = "Server kalender ini tidak dapat dihubungi dari internet."
# Why a calendar cannot be read, as the expert who gave its address is told.
REASONS: dict[Why, str] = {
    "address": "Alamatnya harus diawali https://, seperti yang diberikan kalender Anda.",
    "private": _OUT_OF_REACH,
    "unreachable": _OUT_OF_REACH,
    "slow": "Server kalender ini terlalu lama menjawab.",
    "not_shared": "Kalender ini tidak ada atau tidak lagi dibagikan di alamat ini.",
    "server": "Server kalender ini sedang terganggu.",
    "redirects": "Alamat ini terlalu sering mengarahkan ke alamat lain.",
    "large": "Kalender ini terlalu besar (lebih dari 2 MB).",
    "content": "Alamat ini tidak berisi kalender. Salin alamat yang berakhir .ics dari kalender Anda.",
    "heavy": "Kalender ini berisi terlalu banyak acara.",
    "key": "Alamat ini perlu dipasang lagi: hapus, lalu tambahkan sekali lagi.",
}

MOST_SOURCES = 3
MOST_BYTES = 2 * 1024 * 1024
MOST_REDIRECTS = 3
READ_SECONDS = 10.0
# A calendar outside is read as far as any schedule reaches, so that a longer horizon finds it known.
LOOK_AHEAD = timedelta(days=367)
LOOK_BACK = timedelta(days=1)
# More times than this in a year are no person's calendar.
MOST_TIMES = 5000
TOLD_AFTER = timedelta(hours=24)
SHOWN_BACK = timedelta(days=30)

_LONGEST_ADDRESS = 2000
_PORTS = {None, 443}
# Hosts are names or numbers; anything else (an `@`, a space, a line break) pretends to be one.
_HOST = re.compile(r"[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\]")
_V6_PUBLIC = ipaddress.ip_network("2000::/3")
# Addresses of IPv6 in which one of IPv4 is packed up, and those that stand for no host.
_V6_ODD = tuple(ipaddress.ip_network(net) for net in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"))

Span = tuple[datetime, datetime]


class CannotRead(DomainError):
    """A calendar that cannot be read; `reason` says why, the text is for its expert."""

    status = 422
    title = "Kalender belum terbaca"

    def __init__(self, reason: Why) -> None:
        super().__init__(REASONS[reason])
        self.reason = reason


class TooManySources(DomainError):
    """An expert has as many calendars connected as can be."""

    title = "Sudah cukup banyak"


@dataclass(frozen=True, slots=True)
class Address:
    """An address as it is asked for: all printable, the name as the network knows it."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def origin(self) -> str:
        """`https://calendar.example:443`"""
        return f"{self.scheme}://{self.host}:{self.port}"

    @property
    def whole(self) -> str:
        """The address again, with its port."""
        return self.origin + self.target


def parse_address(text: str, local_origin: str = "") -> Address:
    """The address typed or redirected to: https on port 443, `webcal` read as https.

    `local_origin` (`http://127.0.0.1:1234`) is one that is taken besides. Raises `CannotRead`.
    """
    parts = _split(text.strip())
    scheme = "https" if parts.scheme in ("webcal", "webcals") else parts.scheme
    host = _host(parts)
    target = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~")
    if parts.query:
        target += "?" + quote(parts.query, safe="/%:@!$&'()*+,;=~?")
    address = Address(scheme, host, _port(parts) or 443, target)
    if local_origin and address.origin == local_origin:
        return address
    if scheme != "https" or _port(parts) not in _PORTS or parts.username or parts.password:
        raise CannotRead("address")
    return address


def is_public(number: str) -> bool:
    """Whether an address of the network is one of the public internet, and not of any network of our own."""
    try:
        ip = ipaddress.ip_address(number)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        return ip in _V6_PUBLIC and ip.is_global and not any(ip in odd for odd in _V6_ODD)
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def merged(spans: Iterable[Span], within: Span) -> list[Span]:
    """The same times in order, cut to `within`, those that touch or overlap made one."""
    found: list[Span] = []
    for start, end in sorted((max(start, within[0]), min(end, within[1])) for start, end in spans):
        if start >= end:
            continue
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def next_try(now: datetime, failing_for: timedelta | None, spread: float) -> datetime:
    """When a calendar is read again: in 15 to 30 minutes (`spread` 0 to 1); one long out of order every 6 hours."""
    if failing_for is not None and failing_for > timedelta(days=3):
        return now + timedelta(hours=6)
    return now + timedelta(minutes=15 + 15 * spread)


def token_of(secret_key: str, user_id: int, nonce: bytes) -> str:
    """The unguessable part of a person's calendar address, so long that no log keeps it."""
    message = b"mentorinaja calendar:%d:%b" % (user_id, nonce)
    return base64.urlsafe_b64encode(hmac.digest(secret_key.encode(), message, hashlib.sha384)).decode()


def hash_of(text: str) -> bytes:
    """What is stored of a token or an address: enough to know it again."""
    return hashlib.sha256(text.encode()).digest()


def _split(text: str) -> SplitResult:
    if not text or len(text) > _LONGEST_ADDRESS or not text.isprintable() or "\\" in text:
        raise CannotRead("address")
    try:
        return urlsplit(text)
    except ValueError:
        raise CannotRead("address") from None


def _host(parts: SplitResult) -> str:
    """The name as the network knows it (`kalénder.id` in ASCII letters)."""
    try:
        host = (parts.hostname or "").encode("idna").decode().lower().rstrip(".")
    except UnicodeError:
        raise CannotRead("address") from None
    host = f"[{host}]" if ":" in host else host
    if not _HOST.fullmatch(host):
        raise CannotRead("address")
    return host


def _port(parts: SplitResult) -> int | None:
    try:
        return parts.port
    except ValueError:
        raise CannotRead("address") from None
