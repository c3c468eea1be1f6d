"""What an account may look like and how long a sign-in lasts: pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from importlib import resources

import phonenumbers
from email_validator import EmailNotValidError, validate_email

# The consent text on the registration page; a new text gets a new version.
TERMS_VERSION = "2026-11"

PASSWORD_LENGTH = (10, 256)
NAME_LENGTH = 120
EMAIL_LENGTH = 254

# Absolute, counted from the sign-in. There is no shorter limit for being idle: somebody who reads or chats
# for hours on one page makes few requests and must not be thrown out of a paid session.
REMEMBERED = timedelta(days=30)
UNREMEMBERED = timedelta(hours=12)
# Admins can do more harm, and the desk is left open on a desk: never remembered, at most a working day, and over
# after half an hour without a request. By the shifted clock of demo and tests, too.
ADMIN_LIFETIME = timedelta(hours=8)
ADMIN_IDLE = timedelta(minutes=30)
# So long an admin looks as somebody before being oneself again.
VIEWING_FOR = timedelta(minutes=30)
# From the password to the code, and from a new device's QR code to its first code.
CODE_WITHIN = timedelta(minutes=10)
# Tries at one challenge; then the password is asked again.
CODE_TRIES = 5

RESET_WITHIN = timedelta(minutes=30)
VERIFY_WITHIN = timedelta(days=3)

_LONGEST_PHONE = 40
_PHONE_CHARACTERS = re.compile(r"[0-9 .()/+\-]+")


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many uses in each window of so many seconds."""

    most: int
    seconds: int


# Guessing passwords. Only wrong ones count. One address on one account, and one address on all accounts, have
# to wait. An account tried from everywhere is never locked: addresses that have signed in to it before go on
# as ever, new ones share a few tries a minute, and a reset by mail starts anew.
GUESSES_PAIR = Limit(10, 900)
GUESSES_ADDRESS = Limit(100, 900)
GUESSES_ACCOUNT = Limit(20, 900)
GUESSES_STRANGERS = Limit(3, 60)
# Guessing codes, which only who knows an admin's password can. Three codes are right at any moment: 30 wrong ones a
# day find one in thirty years. A new password does not start anew; recovery codes, which nobody guesses, are counted
# by address alone, so that whoever uses up the tries does not lock the owner out.
CODES_PAIR = Limit(10, 900)
CODES_ACCOUNT = Limit(30, 86400)
# An address that signed in to an account within this time is one of the owner's.
KNOWN_FOR = timedelta(days=90)
# So long a password that was given lets an admin do what is sensitive.
CONFIRMED_FOR = timedelta(minutes=10)

# Whole neighbourhoods share one address of a mobile carrier.
REGISTRATIONS = Limit(200, 3600)
RESETS_ADDRESS = Limit(30, 3600)
RESETS_ACCOUNT = Limit(3, 3600)
VERIFICATIONS = Limit(3, 3600)
EMAIL_CHANGES = Limit(5, 3600)


def normal_email(text: str) -> str | None:
    """The address as mail servers know it, or None when it is none. Nobody is asked whether it exists."""
    if len(text) > EMAIL_LENGTH:
        return None
    try:
        checked = validate_email(
            text,
            check_deliverability=False,
            allow_smtputf8=False,
            test_environment=True,  # the demo's people live under .test
        )
    except EmailNotValidError:
        return None
    return checked.ascii_email


def normal_phone(text: str) -> str | None:
    """`0812-3456-7890`, `62 812…` and `+62 812…` as `+6281234567890` (E.164), or None when it is no number."""
    if len(text) > _LONGEST_PHONE or not _PHONE_CHARACTERS.fullmatch(text):
        return None
    compact = re.sub(r"[^0-9+]", "", text)
    try:
        number = phonenumbers.parse(f"+{compact}" if compact.startswith("62") else compact, "ID")
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def password_problem(password: str, *, email: str = "") -> str | None:
    """Why a password cannot be used, or None. Any characters are welcome, exactly as they were typed."""
    least, most = PASSWORD_LENGTH
    if len(password) < least:
        return f"Paling sedikit {least} karakter. Beberapa kata yang hanya Anda tahu sudah cukup."
    if len(password) > most:
        return f"Paling banyak {most} karakter."
    plain = password.casefold()
    if len(set(plain)) < 4 or plain in _common() or plain.rstrip("!?.*#@") in _common():
        return "Password ini terlalu mudah ditebak. Pilih yang lain."
    if email and plain in (email.casefold(), email.casefold().partition("@")[0]):
        return "Jangan memakai email Anda sebagai password."
    return None


def lifetime(remember: bool, role: str) -> timedelta:
    """How long a sign-in lasts on the server."""
    if role == "admin":
        return ADMIN_LIFETIME
    return REMEMBERED if remember else UNREMEMBERED


@cache
def _common() -> frozenset[str]:
    file = resources.files(__package__) / "common_passwords.txt"
    return frozenset(file.read_text("utf-8").split("\n")) - {""}
