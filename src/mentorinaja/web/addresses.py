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
    referer = urlsplit(connection.headers.get("referer", ""))
    if not referer.netloc or referer.netloc != connection.headers.get("host"):
        return default
    return safe_next(referer.path + (f"?{referer.query}" if referer.query else ""), default)


def _leaves(path: str) -> bool:
    try:
        return path.startswith("//") or bool(urlsplit(path).netloc)
    except ValueError:
        return True
