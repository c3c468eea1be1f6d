"""One sentence carried over a redirect, in a signed cookie."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from itsdangerous import BadSignature, URLSafeTimedSerializer
from litestar import Response

from mentorinaja.settings import Settings
from mentorinaja.web.viewer import AnyRequest

Kind = Literal["ok", "warn", "bad"]
_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Flash:
    """What is said once, above the next page."""

    kind: Kind
    text: str


def put_flash(request: AnyRequest, response: Response[Any], kind: Kind, text: str) -> None:
    """Say `text` on the next page the person opens."""
    settings: Settings = request.app.state.settings
    response.set_cookie(
        "flash",
        _serializer(settings).dumps([kind, text]),
        max_age=_SECONDS,
        path="/",
        secure=settings.https,
        httponly=True,
        samesite="lax",
    )


def take_flash(request: AnyRequest) -> Flash | None:
    """What the last page wanted said; it is gone with the answer to this request."""
    raw = request.cookies.get("flash")
    if not raw:
        return None
    request.state.flash_taken = True
    try:
        kind, text = _serializer(request.app.state.settings).loads(raw, max_age=_SECONDS)
    except (BadSignature, ValueError):
        return None
    return Flash(kind, text)


def _serializer(settings: Settings) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(settings.secret_key, salt="flash")
