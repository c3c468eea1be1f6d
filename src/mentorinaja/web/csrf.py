"""Forged requests: browsers say where a request comes from, and every form carries a token bound to its session."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

from litestar.datastructures import Cookie
from litestar.types import Method
from markupsafe import Markup

from mentorinaja.errors import Forbidden
from mentorinaja.settings import Settings
from mentorinaja.web.addresses import came_from, host_of
from mentorinaja.web.bodies import posted
from mentorinaja.web.viewer import AnyRequest

FIELD = "_csrf"
HEADER = "x-csrf-token"
# Set on a handler (`opt={CSRF_EXEMPT: True}`) that other servers post to, and nowhere else.
CSRF_EXEMPT = "csrf_exempt"
_SAFE: frozenset[Method] = frozenset({"GET", "HEAD", "OPTIONS"})
_REFUSAL = "Muat ulang halaman, lalu kirim formulirnya sekali lagi."


async def check(request: AnyRequest) -> None:
    """Refuse an unsafe request that did not come from our own form. Raises `Forbidden`.

    `Sec-Fetch-Site` or `Origin` first, then the token from the header (htmx) or the form's hidden field.
    """
    if request.method in _SAFE or request.route_handler.opt.get(CSRF_EXEMPT):
        return
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        if site not in ("same-origin", "none"):
            raise _refusal(request)
    elif (origin := request.headers.get("origin")) and host_of(origin) != request.headers.get("host"):
        raise _refusal(request)
    given = request.headers.get(HEADER) or (await posted(request)).text(FIELD)
    if not given or not _matches(_expected(request), given):
        raise _refusal(request)


def token(request: AnyRequest) -> str:
    """A token for a form on this page, masked anew each time so that compression tells nothing."""
    if request.auth is None and _visit(request) is None:
        request.state.new_visit = secrets.token_urlsafe(24)
    mask, secret = secrets.token_bytes(32), _expected(request)
    return base64.urlsafe_b64encode(mask + _xor(mask, secret)).decode()


def field(request: AnyRequest) -> Markup:
    """The hidden field every POST form carries."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, token(request))


def visit_cookie(request: AnyRequest) -> Cookie | None:
    """The cookie a signed-out visitor's forms are bound to, when this page has just made one."""
    visit = getattr(request.state, "new_visit", None)
    if visit is None:
        return None
    settings: Settings = request.app.state.settings
    return Cookie(
        key=_visit_name(settings), value=visit, path="/", secure=settings.https, httponly=True, samesite="lax"
    )


def _refusal(request: AnyRequest) -> Forbidden:
    return Forbidden(_REFUSAL, actions=[("Muat ulang halaman", came_from(request))])


def _expected(request: AnyRequest) -> bytes:
    bound_to = request.auth or _visit(request) or ""
    if request.auth:
        # Looking as somebody ends by itself: a form that was filled in for that person is not sent in one's own name.
        bound_to += f":{request.user.id}"
    key = request.app.state.settings.secret_key.encode()
    return hmac.digest(key, b"csrf:" + bound_to.encode(), hashlib.sha256)


def _matches(expected: bytes, given: str) -> bool:
    try:
        raw = base64.urlsafe_b64decode(given.encode("ascii"))
    except ValueError:
        return False
    return len(raw) == 64 and hmac.compare_digest(_xor(raw[:32], expected), raw[32:])


def _visit(request: AnyRequest) -> str | None:
    visit: str | None = getattr(request.state, "new_visit", None)
    # An empty cookie is none: a token bound to nothing would do for every visitor without one.
    return visit or request.cookies.get(_visit_name(request.app.state.settings)) or None


def _visit_name(settings: Settings) -> str:
    return "__Host-visit" if settings.https else "visit"


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))
