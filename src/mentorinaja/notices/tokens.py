"""Links with which somebody switches one kind of mail off without signing in: signed, and good for ever."""

from __future__ import annotations

import hashlib

from itsdangerous import BadData, URLSafeSerializer

from mentorinaja.notices.rules import OPTIONAL
from mentorinaja.settings import Settings


def stop_address(settings: Settings, user_id: int, kind: str) -> str:
    """The whole address that stands in this person's mails of this kind."""
    token: str | bytes = _serializer(settings).dumps([user_id, kind])
    return f"{settings.base_url}/berhenti/{token if isinstance(token, str) else token.decode()}"


def read_token(settings: Settings, token: str) -> tuple[int, str] | None:
    """Whose mails of which kind a token is about; None when it is not ours, or the kind cannot be switched off."""
    try:
        user_id, kind = _serializer(settings).loads(token)
    except (BadData, ValueError, TypeError):
        return None
    return (user_id, kind) if kind in OPTIONAL else None


def _serializer(settings: Settings) -> URLSafeSerializer:
    return URLSafeSerializer(
        settings.secret_key, salt="notices-stop", signer_kwargs={"digest_method": hashlib.sha256}
    )
