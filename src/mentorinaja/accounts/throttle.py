"""Guessing passwords and codes is slow, over all processes; the owner is not locked out (see rules.py)."""

from __future__ import annotations

import hashlib

from mentorinaja.accounts import queries
from mentorinaja.accounts.rules import (
    CODES_ACCOUNT,
    CODES_PAIR,
    GUESSES_ACCOUNT,
    GUESSES_ADDRESS,
    GUESSES_PAIR,
    GUESSES_STRANGERS,
    Limit,
)
from mentorinaja.db.pool import Connection, Database
from mentorinaja.web.limits import count_hit, take_back, too_many
from mentorinaja.web.networks import network_of


async def before_guess(db: Database, email: str, address: str) -> None:
    """Count one try at the password of `email`, before it is looked at. Raises TooMany.

    Counted first and given back by `after_success`, so that many tries at once are no way around. Addresses
    nobody has registered count alike.
    """
    account, network = subject_of(email), network_of(address)
    for action, subject, limit in _counters(account, network):
        if not await _count(db, action, subject, limit):
            raise await too_many(db, seconds=limit.seconds)
    if await _count(db, "sign-in:account", account, GUESSES_ACCOUNT):
        return
    if await queries.signed_in_before(db, email, address):
        return
    if not await _count(db, "sign-in:strangers", account, GUESSES_STRANGERS):
        raise await too_many(db, seconds=GUESSES_STRANGERS.seconds)


async def after_success(db: Database, email: str, address: str) -> None:
    """It was the right password: it does not count."""
    account = subject_of(email)
    for action, subject, limit in _counters(account, network_of(address)):
        await take_back(db, action, subject, seconds=limit.seconds)
    await take_back(db, "sign-in:account", account, seconds=GUESSES_ACCOUNT.seconds)


async def before_code(db: Database, user_id: int, address: str, *, guessable: bool) -> None:
    """Count one try at this admin's second factor, before it is looked at. Raises TooMany."""
    for action, subject, limit in _code_counters(user_id, address, guessable):
        if not await _count(db, action, subject, limit):
            raise await too_many(db, seconds=limit.seconds)


async def after_code(db: Database, user_id: int, address: str, *, guessable: bool) -> None:
    """It was right: it does not count."""
    for action, subject, limit in _code_counters(user_id, address, guessable):
        await take_back(db, action, subject, seconds=limit.seconds)


async def forgive_codes(tx: Connection, user_id: int) -> None:
    """There is another second factor now: whatever was tried at the last one is forgotten."""
    await tx.execute(
        """DELETE FROM rate_limits WHERE action = 'code:account' AND subject = $1
              OR action = 'code:pair' AND starts_with(subject, $1 || '@')""",
        str(user_id),
    )


async def forgive(tx: Connection, email: str) -> None:
    """The owner has proved to be the owner: whatever was tried at this account is forgotten."""
    account = subject_of(email)
    await tx.execute(
        """DELETE FROM rate_limits WHERE action IN ('sign-in:account', 'sign-in:strangers') AND subject = $1
              OR action = 'sign-in:pair' AND starts_with(subject, $1)""",
        account,
    )


def subject_of(email: str) -> str:
    """The account as counters know it: no addresses of people in the table."""
    return hashlib.sha256(email.casefold().encode()).hexdigest()[:24]


def _counters(account: str, network: str) -> list[tuple[str, str, Limit]]:
    return [
        ("sign-in:pair", f"{account}@{network}", GUESSES_PAIR),
        ("sign-in:address", network, GUESSES_ADDRESS),
    ]


def _code_counters(user_id: int, address: str, guessable: bool) -> list[tuple[str, str, Limit]]:
    pair = ("code:pair", f"{user_id}@{network_of(address)}", CODES_PAIR)
    return [pair, ("code:account", str(user_id), CODES_ACCOUNT)] if guessable else [pair]


async def _count(db: Database, action: str, subject: str, limit: Limit) -> bool:
    return await count_hit(db, action, subject, most=limit.most, seconds=limit.seconds)
