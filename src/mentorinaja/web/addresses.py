"""Addresses a person is sent on to: always paths of this site, whatever a request says."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote, urlsplit

from litestar.connection import ASGIConnection

_LONGEST = 500
# Printable ASCII as it stands in an address; a backslash is a slash to browsers.
_PLAIN = re.compile(r"/[\x21-\x5b\x5d-\x7e]*")
_TRICKY = re.compile(r"[\x00-\x20\x7f\\]")


def safe_next(target: str | None, default: str = "/") -> str:
    """A same-site path to go on to, or `default`: never another site, whatever was typed."""
    if not target or len(target) > _LONGEST or not _PLAIN.fullmatch(target):
        return default
    decoded = unquote(target)
    if _TRICKY.search(decoded.split("?")[0]) or any(_leaves(form) for form in (target, decoded)):
        return default
    return target


def came_from(connection: ASGIConnection[Any, Any, Any, Any], default: str = "/") -> str:
    """The page of this site a request was sent from (by `Referer`), or `default`."""
    given = connection.headers.get("referer", "")
    if not host_of(given) or host_of(given) != connection.headers.get("host"):
        return default
    referer = urlsplit(given)
    return safe_next(referer.path + (f"?{referer.query}" if referer.query else ""), default)


def host_of(address: str) -> str | None:
    """Host and port in an address, '' for a path, None for what no browser would send (`http://[::1`)."""
    try:
        return urlsplit(address).netloc
    except ValueError:
        return None


def _leaves(path: str) -> bool:
    return path.startswith("//") or host_of(path) != ""
