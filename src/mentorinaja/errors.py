"""Rules of the product that were broken, as exceptions: each has a status and says in Indonesian what to do."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class DomainError(Exception):
    """A rule of the product forbids what was asked. Shown to the person, never logged as a fault.

    `actions` are the next steps offered: (label, address). Subclasses give `status` and `title`.
    """

    text: str = ""
    actions: list[tuple[str, str]] = field(default_factory=list)

    status = 409
    title = "Belum bisa dilakukan"

    def __str__(self) -> str:
        return self.text or self.title


class NotThere(DomainError):
    """Not there, or not for this person: the two look the same."""

    status = 404
    title = "Halaman tidak ditemukan"


class Forbidden(DomainError):
    """The request itself is not acceptable (a missing or foreign form token)."""

    status = 403
    title = "Formulir sudah kedaluwarsa"


@dataclass
class TooMany(DomainError):
    """Asked too often; `text` says when to come back, `wait_seconds` says it to programs."""

    wait_seconds: int = 60

    status = 429
    title = "Terlalu sering"


class SignInNeeded(DomainError):
    """Nobody is signed in: leads to the sign-in page and back."""

    status = 303
    title = "Silakan login"


class Unavailable(DomainError):
    """A service we need does not answer now; nothing was lost."""

    status = 503
    title = "Layanan sedang terganggu"
