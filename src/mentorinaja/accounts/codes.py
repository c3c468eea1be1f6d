"""Codes that prove a second factor: those of authenticator apps (RFC 6238), and recovery codes. Pure.

An app counts real time, so these codes do too: the demo's and the tests' shifted clock does not move them.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from datetime import UTC, datetime

import pyotp
import segno
from markupsafe import Markup

STEP_SECONDS = 30
# Clocks of phones are a little off: the code before and the one after the present one are as good.
_DRIFT_STEPS = 1
_ISSUER = "MentorinAja"

RECOVERY_CODES = 10
# So few are left that it is time for new ones.
FEW_CODES = 3
# 16 characters of 32: 80 bits, which nobody guesses, so that a plain hash is enough. No letter looks like a digit.
_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_RECOVERY = re.compile(f"[{_ALPHABET}]{{16}}")
_APP = re.compile(r"[0-9]{6}")


def real_now() -> datetime:
    """The time authenticator apps know, aware UTC: never the shifted one."""
    return datetime.now(UTC)


def new_secret() -> str:
    """What an app and we are to share: 160 bits in base32."""
    return pyotp.random_base32()


def step_at(at: datetime) -> int:
    """The number of the time step at this moment."""
    return int(at.timestamp()) // STEP_SECONDS


def app_code(secret: str, step: int) -> str:
    """The six digits an app shows during this step."""
    return str(pyotp.TOTP(secret).generate_otp(step))


def matching_step(secret: str, code: str, at: datetime) -> int | None:
    """The step around `at` that this code belongs to, or None when it is of none."""
    now = step_at(at)
    found = None
    # All are compared, so that the time taken tells nothing.
    for step in range(now - _DRIFT_STEPS, now + _DRIFT_STEPS + 1):
        if hmac.compare_digest(app_code(secret, step), code):
            found = step
    return found


def next_code(secret: str, at: datetime, last_step: int) -> str | None:
    """A code that is accepted at `at` when `last_step` was the last one; None: a new one comes within a step."""
    now = step_at(at)
    step = max(now, last_step + 1)
    return app_code(secret, step) if step <= now + _DRIFT_STEPS else None


def normal_code(typed: str) -> str:
    """A code as it was meant: without spaces and hyphens, in capitals."""
    return re.sub(r"[\s-]", "", typed).upper()


def is_app_code(code: str) -> bool:
    """Whether it looks like one an app shows."""
    return _APP.fullmatch(code) is not None


def is_recovery_code(code: str) -> bool:
    """Whether it looks like a recovery code."""
    return _RECOVERY.fullmatch(code) is not None


def new_recovery_codes() -> list[str]:
    """Ten ways in without the device, each of four groups of four."""
    return [
        in_fours("".join(secrets.choice(_ALPHABET) for _ in range(16)), "-") for _ in range(RECOVERY_CODES)
    ]


def recovery_hash(code: str) -> bytes:
    """What is stored of a recovery code."""
    return hashlib.sha256(normal_code(code).encode()).digest()


def in_fours(text: str, between: str = " ") -> str:
    """Groups of four, for reading off and typing in."""
    return between.join(text[start : start + 4] for start in range(0, len(text), 4))


def qr_code(secret: str, email: str) -> Markup:
    """The secret for an app's camera: an SVG, black on white on every page, with its quiet zone."""
    address = pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=_ISSUER)
    image = segno.make_qr(address, error="m").svg_inline(
        border=4, dark="#000", light="#fff", svgclass="qr", lineclass=None, omitsize=True, title="Kode QR"
    )
    return Markup(image)  # noqa: S704 drawn here: paths of numbers
