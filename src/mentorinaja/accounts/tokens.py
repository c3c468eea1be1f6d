"""Links that prove a mailbox: signed, short-lived, and void as soon as what they are bound to changes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

from itsdangerous import BadData, URLSafeSerializer


@dataclass(frozen=True, slots=True)
class Claim:
    """What a link says: which account, and what it was bound to when it was made."""

    user_id: int
    bound_to: str


def make_link(secret_key: str, purpose: str, user_id: int, binding: str, expires_at: datetime) -> str:
    """A token for `purpose` ("reset", "verify"); `binding` is what must still be so when it is used."""
    claim = [user_id, int(expires_at.timestamp()), fingerprint(binding)]
    token: str | bytes = _serializer(secret_key, purpose).dumps(claim)
    return token if isinstance(token, str) else token.decode()


def read_link(secret_key: str, purpose: str, token: str, now: datetime) -> Claim | None:
    """What a token claims, or None when it is not ours, of another purpose, or over."""
    try:
        user_id, expires, bound_to = _serializer(secret_key, purpose).loads(token)
    except (BadData, ValueError):
        return None
    return Claim(user_id, bound_to) if now < datetime.fromtimestamp(expires, UTC) else None


def fingerprint(binding: str) -> str:
    """Enough of a value to see that it is still the same, too little to learn it."""
    return hashlib.sha256(binding.encode()).hexdigest()[:24]


def _serializer(secret_key: str, purpose: str) -> URLSafeSerializer:
    return URLSafeSerializer(
        secret_key, salt=f"link-{purpose}", signer_kwargs={"digest_method": hashlib.sha256}
    )
