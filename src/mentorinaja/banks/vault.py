"""Account numbers, addresses that open calendars and secrets of codes at rest: sealed with a key the database lacks."""

from __future__ import annotations

import base64
import hashlib
import hmac

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from mentorinaja.settings import Settings


class Unreadable(Exception):
    """Sealed with a key that BANK_KEY does not name: nobody can read it until that key is named again."""


class Vault:
    """Seals account numbers and the like, and opens them again.

    BANK_KEY names one key or several, comma-separated: the first seals, all open, so a key can be changed
    without losing what the last one sealed. Empty: a key derived from SECRET_KEY.
    """

    def __init__(self, settings: Settings) -> None:
        keys = [key.strip() for key in settings.bank_key.split(",") if key.strip()] or [settings.secret_key]
        self._keys = MultiFernet([Fernet(_key(key)) for key in keys])

    def seal(self, number: str) -> bytes:
        """The number as the database keeps it; different each time."""
        return self._keys.encrypt(number.encode())

    def open(self, sealed: bytes) -> str:
        """The number again. Raises `Unreadable`."""
        try:
            return self._keys.decrypt(sealed).decode()
        except InvalidToken:
            raise Unreadable("BANK_KEY does not open what was sealed") from None


def _key(secret: str) -> bytes:
    # One secret, one use: what signs cookies must not open bank accounts by itself.
    return base64.urlsafe_b64encode(
        hmac.digest(secret.encode(), b"mentorinaja bank accounts", hashlib.sha256)
    )
