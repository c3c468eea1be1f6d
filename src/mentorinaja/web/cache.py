"""Pages that are the same for every signed-out visitor, kept as bytes for a short while, with an ETag."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from litestar import Response

from mentorinaja.live.hub import Hub
from mentorinaja.web.csrf import visit_cookie
from mentorinaja.web.static import compress
from mentorinaja.web.viewer import AnyRequest

# Browsers may keep the page but ask each time; who signs in meanwhile sends a cookie and gets another.
_HEADERS = {
    "Cache-Control": "no-cache",
    "Vary": "Accept-Encoding, Cookie, HX-Request, HX-Request-Type, HX-History-Restore-Request",
}
_HTML = "text/html; charset=utf-8"

Make = Callable[[], Awaitable[str]]


@dataclass(slots=True)
class Kept:
    """One page: its HTML, its bytes by encoding as they were asked for, and until when it may be shown."""

    html: bytes
    etag: str
    until: float
    encoded: dict[str, tuple[bytes, str | None]] = field(default_factory=dict)


class PageCache:
    """At most `most` pages, each for at most `seconds`; all forgotten when one of `topics` rings.

    Several visitors who miss the same page at once wait for one rendering of it.
    """

    def __init__(self, hub: Hub, topics: Sequence[str], *, seconds: float, most: int) -> None:
        self._seconds = seconds
        self._most = most
        self._version = 0
        self._kept: OrderedDict[str, Kept] = OrderedDict()
        self._making: dict[tuple[int, str], asyncio.Task[Kept]] = {}
        for topic in topics:
            hub.listen(topic, self._forget)

    async def answer(self, request: AnyRequest, key: str, make: Make) -> Response[bytes]:
        """The page under `key`, made by `make` when it is not kept; 304 when the browser has it already.

        Only for `shareable` requests, and only for pages without a form token.
        """
        kept = await self._find(request, key, make)
        if request.headers.get("if-none-match") == kept.etag:
            return Response(b"", status_code=304, headers={**_HEADERS, "ETag": kept.etag}, media_type=_HTML)
        body, encoding = _encoded(kept, request.headers.get("accept-encoding", ""))
        headers = {**_HEADERS, "ETag": kept.etag}
        if encoding:
            headers["Content-Encoding"] = encoding
        return Response(body, headers=headers, media_type=_HTML)

    async def _find(self, request: AnyRequest, key: str, make: Make) -> Kept:
        kept = self._kept.get(key)
        if kept is not None and kept.until > time.monotonic():
            self._kept.move_to_end(key)
            return kept
        place = (self._version, key)
        if (task := self._making.get(place)) is None:
            task = self._making[place] = asyncio.create_task(self._make(request, place, make))
            task.add_done_callback(lambda _done: self._making.pop(place))
        return await asyncio.shield(task)  # others wait for it even if this visitor has gone

    async def _make(self, request: AnyRequest, place: tuple[int, str], make: Make) -> Kept:
        until = time.monotonic() + self._seconds
        html = (await make()).encode(errors="replace")
        assert visit_cookie(request) is None, "a page shared by visitors must not carry a form token"
        kept = Kept(html, f'W/"{hashlib.sha256(html).hexdigest()[:20]}"', until)
        version, key = place
        if version == self._version:  # else it rang meanwhile, and this is old already
            self._kept[key] = kept
            self._kept.move_to_end(key)
            if len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return kept

    def _forget(self, _rest: str | None) -> None:
        self._version += 1
        self._kept.clear()


def shareable(request: AnyRequest) -> bool:
    """Whether the answer may be one that every visitor gets: nobody is signed in, nothing is said once."""
    return request.scope.get("user") is None and "flash" not in request.cookies


def _encoded(kept: Kept, accepted: str) -> tuple[bytes, str | None]:
    best = next((name for name in ("br", "gzip") if name in accepted), "")
    if best not in kept.encoded:
        kept.encoded[best] = compress(kept.html, best)
    return kept.encoded[best]
