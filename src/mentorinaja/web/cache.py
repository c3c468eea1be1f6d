"""What is the same for many visitors, kept for a short while: values, and whole pages as bytes with an ETag."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from jinja2 import Environment
from litestar import Response
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send
from markupsafe import Markup

from mentorinaja.live.hub import Hub
from mentorinaja.web.static import compress
from mentorinaja.web.viewer import AnyRequest

T = TypeVar("T")
Make = Callable[[], Awaitable[T]]

# Browsers may keep the page but ask each time; who signs in meanwhile sends a cookie and gets another.
_HEADERS = {
    "Cache-Control": "no-cache",
    "Vary": "Accept-Encoding, Cookie, HX-Request, HX-Request-Type, HX-History-Restore-Request",
    "Content-Type": "text/html; charset=utf-8",
}
_LONGEST_QUERY = 200


class Shared:
    """At most `most` values, each for at most `seconds`; all forgotten when one of `topics` rings.

    Several who miss the same value at once wait for one making of it.
    """

    def __init__(self, hub: Hub, topics: Sequence[str], *, seconds: float, most: int) -> None:
        self._seconds = seconds
        self._most = most
        self._version = 0
        self._kept: OrderedDict[str, tuple[float, Any]] = OrderedDict()
        self._making: dict[tuple[int, str], asyncio.Task[Any]] = {}
        for topic in topics:
            hub.listen(topic, self._forget)

    async def get(self, key: str, make: Make[T]) -> T:
        """The value under `key`, made by `make` when it is not kept. What `make` raises is not kept."""
        found = self.peek(key)
        if found is not None:
            return cast("T", found)
        place = (self._version, key)
        if (task := self._making.get(place)) is None:
            task = self._making[place] = asyncio.create_task(self._make(place, make))
            task.add_done_callback(lambda _done: self._making.pop(place))
        return cast("T", await asyncio.shield(task))  # others wait for it even if this visitor has gone

    def peek(self, key: str) -> Any | None:
        """The value if it is kept and fresh, without making it."""
        until, value = self._kept.get(key, (0.0, None))
        if until <= time.monotonic():
            return None
        self._kept.move_to_end(key)
        return value

    async def _make(self, place: tuple[int, str], make: Make[Any]) -> Any:
        until = time.monotonic() + self._seconds
        value = await make()
        version, key = place
        if version == self._version:  # else it rang meanwhile, and this is old already
            self._kept[key] = until, value
            self._kept.move_to_end(key)
            if len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return value

    def _forget(self, _rest: str | None) -> None:
        self._version += 1
        self._kept.clear()


@dataclass(slots=True)
class _Page:
    """One page: its HTML, what a browser compares, and its bytes by encoding as they were asked for."""

    html: bytes
    etag: str
    encoded: dict[str, tuple[bytes, str | None]] = field(default_factory=dict)

    @classmethod
    def of(cls, html: str) -> _Page:
        body = html.encode(errors="replace")
        return cls(body, f'W/"{hashlib.sha256(body).hexdigest()[:20]}"')

    def answer(self, accepted: str, known_etag: str | None) -> tuple[int, bytes, dict[str, str]]:
        """Status, body and headers for a browser that accepts these encodings and has this ETag."""
        headers = {**_HEADERS, "ETag": self.etag}
        if known_etag == self.etag:
            return 304, b"", headers
        best = next((name for name in ("br", "gzip") if name in accepted), "")
        if best not in self.encoded:
            self.encoded[best] = compress(self.html, best)
        body, encoding = self.encoded[best]
        if encoding:
            headers["Content-Encoding"] = encoding
        return 200, body, headers


class SharedPages:
    """Whole pages that every signed-out visitor gets alike: bytes from memory, 304 for who has them."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared

    async def answer(self, request: AnyRequest, make: Make[str]) -> Response[bytes]:
        """The page at the request's address. Only for `shareable` requests; `make` gives its HTML."""

        async def made() -> _Page:
            html = await make()
            assert not hasattr(request.state, "new_visit"), "a shared page must not carry a form token"
            return _Page.of(html)

        page = await self._shared.get(_key(request.scope), made)
        status, body, headers = page.answer(
            request.headers.get("accept-encoding", ""), request.headers.get("if-none-match")
        )
        return Response(body, status_code=status, headers=headers)

    async def answer_at_once(self, scope: HTTPScope, send: Send) -> bool:
        """Send a kept page without asking the application; False when there is none for this request."""
        if scope["method"] != "GET":
            return False
        accepted, known = "", None
        for name, value in scope["headers"]:
            if name in (b"cookie", b"hx-request"):
                return False
            if name == b"accept-encoding":
                accepted = value.decode("latin-1")
            elif name == b"if-none-match":
                known = value.decode("latin-1")
        page = self._shared.peek(_key(scope))
        if page is None:
            return False
        status, body, headers = page.answer(accepted, known)
        raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        if status == 200:
            raw.append((b"content-length", str(len(body)).encode()))
        await send({"type": "http.response.start", "status": status, "headers": raw})
        await send({"type": "http.response.body", "body": body, "more_body": False})
        return True


class Shortcut:
    """Stands before the application and answers visitors from what `pages` keeps."""

    def __init__(self, app: ASGIApp, pages: Callable[[], SharedPages | None]) -> None:
        self._app = app
        self._pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or pass it on."""
        if scope["type"] == ScopeType.HTTP:
            pages = self._pages()
            if pages is not None and await pages.answer_at_once(scope, send):
                return
        await self._app(scope, receive, send)


def shareable(request: AnyRequest) -> bool:
    """Whether the answer may be one that every visitor gets: nobody is signed in, nothing is said once."""
    return (
        request.scope.get("user") is None
        and "flash" not in request.cookies
        and "hx-request" not in request.headers
        and len(request.scope["query_string"]) <= _LONGEST_QUERY
    )


def render_shared(environment: Environment, template: str, **context: Any) -> Markup:
    """HTML that many people get: rendered without viewer, flash and form token, so that it cannot tell of anyone."""
    return Markup(environment.get_template(template).render(**context))  # noqa: S704 a template's own output


def _key(scope: Scope) -> str:
    return f"{scope['path']}?{scope['query_string'].decode('latin-1')}"
