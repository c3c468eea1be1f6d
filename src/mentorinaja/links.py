"""Plain text as safe HTML: everything is escaped, and web addresses become links."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from markupsafe import Markup, escape

# An address ends at white space, quotes, angle brackets and anything invisible or turning the reading direction.
_ADDRESS = re.compile(
    r"(?<![\w@/.-])(?:https?://|www\.)[^\s<>\"'`\x00-\x20\u00ad\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff]+",
    re.IGNORECASE,
)
_HOST = re.compile(r"^[^\W_]([\w.-]*[^\W_])?$")
_AFTER_AN_ADDRESS = ".,;:!?…*_~|\\"
_CLOSING = {")": "(", "]": "[", "}": "{"}
_LINK = Markup('<a href="{}" target="_blank" rel="noopener nofollow ugc">{}</a>')


def linkify(text: str) -> Markup:
    """Escape `text` and make its http(s) and www addresses clickable; line breaks stay as they are."""
    if "://" not in text and "www." not in text.lower():
        return escape(text)
    pieces: list[Markup] = []
    end = 0
    for match in _ADDRESS.finditer(text):
        address = _without_tail(match.group())
        if not _is_address(address):
            continue
        pieces += [escape(text[end : match.start()]), _LINK.format(_target(address), address)]
        end = match.start() + len(address)
    return Markup("").join([*pieces, escape(text[end:])])


def _without_tail(address: str) -> str:
    """Leave out what belongs to the sentence: a full stop, or a bracket that was opened before."""
    while address:
        last = address[-1]
        unopened = last in _CLOSING and address.count(last) > address.count(_CLOSING[last])
        if last not in _AFTER_AN_ADDRESS and not unopened:
            break
        address = address[:-1]
    return address


def _target(address: str) -> str:
    return address if "://" in address[:8] else f"https://{address}"


def _is_address(address: str) -> bool:
    """A host, and no name before an `@` that pretends to be one."""
    try:
        parts = urlsplit(_target(address))
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    return host is not None and "." in host and "@" not in parts.netloc and _HOST.match(host) is not None
