"""Sign-in of a request: the session cookie read once, and the guards handlers stand behind."""

from __future__ import annotations

import hashlib
from functools import cache, lru_cache
from typing import Any
from urllib.parse import quote

from itsdangerous import BadSignature, Signer
from litestar.connection import ASGIConnection, Request
from litestar.datastructures import Cookie
from litestar.exceptions import NotFoundException
from litestar.handlers import BaseRouteHandler
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult
from litestar.utils import normalize_path

from mentorinaja.errors import NotThere, SignInNeeded
from mentorinaja.settings import Settings
from mentorinaja.web.addresses import came_from
from mentorinaja.web.limits import limit
from mentorinaja.web.viewer import Viewer

Guarded = ASGIConnection[Any, Any, Any, Any]
# The header of what a page asks for by itself: no sign that somebody is there.
UNASKED = "unasked"
# What a mentor changes in ten minutes: far more than hands can, far less than a program would.
MOST_CHANGES = 600


class SignIn(AbstractAuthenticationMiddleware):
    """Puts the viewer (or None) and the session token into the request's scope."""

    async def authenticate_request(self, connection: Guarded) -> AuthenticationResult:
        """Whoever `who_asks`."""
        viewer, token = await who_asks(connection)
        return AuthenticationResult(user=viewer, auth=token)


async def who_asks(connection: Guarded) -> tuple[Viewer | None, str | None]:
    """The viewer and the session token: the cookie read, its signature checked, the session looked up; or None twice."""
    state = connection.app.state
    token = read_cookie(state.settings, connection.cookies)
    unasked = UNASKED in connection.headers
    viewer = await state.find_viewer(token_hash(token), unasked=unasked) if token else None
    return viewer, token if viewer else None


def cookie_name(settings: Settings) -> str:
    """`__Host-` binds the cookie to this very host; browsers accept it over HTTPS only."""
    return "__Host-session" if settings.https else "session"


def session_cookie(settings: Settings, token: str, max_age: int | None) -> Cookie:
    """The cookie of a fresh sign-in; `max_age` in seconds, None until the browser closes."""
    return Cookie(
        key=cookie_name(settings),
        value=_signer(settings.secret_key).sign(token).decode(),
        max_age=max_age,
        path="/",
        secure=settings.https,
        httponly=True,
        samesite="lax",
    )


def no_session_cookie(settings: Settings) -> Cookie:
    """Takes the session cookie away."""
    return Cookie(
        key=cookie_name(settings),
        value="",
        max_age=0,
        path="/",
        secure=settings.https,
        httponly=True,
        samesite="lax",
    )


def read_cookie(settings: Settings, cookies: dict[str, str]) -> str | None:
    """The session token in the request's cookies, or None when there is none or its signature is wrong."""
    try:
        return _token_in(settings.secret_key, cookies.get(cookie_name(settings), ""))
    except (BadSignature, UnicodeError):
        return None


def token_hash(token: str) -> bytes:
    """What is stored of a random token: enough to find it, nothing to sign in with."""
    return hashlib.sha256(token.encode()).digest()


# Guards are coroutines: the framework would send a plain function to a thread, for every request.
async def asks_for_no_options(connection: Guarded, _handler: BaseRouteHandler) -> None:
    """Guard of the whole application: the framework's own answer to OPTIONS would tell everybody what is there."""
    if connection.scope.get("method") == "OPTIONS":
        raise NotFoundException


async def requires_user(connection: Guarded, _handler: BaseRouteHandler) -> None:
    """Guard: somebody is signed in. Raises `SignInNeeded`."""
    if connection.scope.get("user") is None:
        raise SignInNeeded(actions=[("Login", sign_in_address(connection))])


async def requires_expert(connection: Guarded, handler: BaseRouteHandler) -> None:
    """Guard: the person has an expert profile; the portal does not exist for others.

    Nobody changes it without end: each change rewrites a listing, and empties what pages keep for everybody.
    """
    if connection.scope.get("user") is None:
        raise SignInNeeded(actions=[("Login", sign_in_address(connection, "/expert/login"))])
    if connection.scope["user"].expert_id is None:
        raise NotThere
    if connection.scope.get("method") == "POST":
        person = str(connection.scope["user"].id)
        await limit(connection.app.state.db, "portal", person, most=MOST_CHANGES, seconds=600)


def expert_id_of(request: Request[Viewer | None, Any, Any]) -> int:
    """The id of the expert whose request this is, behind `requires_expert`."""
    assert request.user is not None and request.user.expert_id is not None, "the guard let nobody else in"
    return request.user.expert_id


async def requires_admin(connection: Guarded, _handler: BaseRouteHandler) -> None:
    """Guard: an admin; for everybody else, also who is signed out, the desk is not there."""
    viewer = connection.scope.get("user")
    if viewer is None or viewer.role != "admin":
        raise NotThere


def admin_of(request: Request[Viewer | None, Any, Any]) -> Viewer:
    """The admin whose request this is, behind `requires_admin`."""
    assert request.user is not None and request.user.role == "admin", "the guard let nobody else in"
    return request.user


def sign_in_address(connection: Guarded, door: str = "/login") -> str:
    """The sign-in page that leads back to this page, or to the one that a form was sent from."""
    if connection.scope.get("method") in ("GET", "HEAD"):
        # As the router writes it, also where it found nothing: how an address is written tells nothing of it.
        back = quote(normalize_path(connection.url.path)) + (
            f"?{connection.url.query}" if connection.url.query else ""
        )
    else:
        back = came_from(connection)
    return f"{door}?next={quote(back, safe='/')}"


@lru_cache(maxsize=10_000)  # the same browsers come again and again; what raises is not kept
def _token_in(secret_key: str, cookie: str) -> str:
    return _signer(secret_key).unsign(cookie).decode()


@cache
def _signer(secret_key: str) -> Signer:
    return Signer(secret_key, salt="login-session", digest_method=hashlib.sha256)
