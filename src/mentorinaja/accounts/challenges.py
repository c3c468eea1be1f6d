"""Between an admin's password and the code: a challenge, for ten minutes, which signs nobody in by itself."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from mentorinaja.accounts import codes, factors, rules, sessions, throttle
from mentorinaja.accounts.problems import ChallengeOver
from mentorinaja.accounts.sessions import Device, SignedIn
from mentorinaja.banks.vault import Vault
from mentorinaja.db.pool import Connection, Database, atomic
from mentorinaja.web.auth import token_hash
from mentorinaja.web.networks import usable_address


@dataclass(frozen=True, slots=True)
class Challenge:
    """Whose password was given, where to go on to, and the sealed secrets.

    `offered` is for a first device, where none is set; `known` is the one that is set, with its last step.
    """

    id: int
    user_id: int
    email: str
    next_path: str
    offered: bytes | None
    known: bytes | None
    last_step: int

    @property
    def is_first(self) -> bool:
        """Whether a device is set up with this code."""
        return self.known is None


@dataclass(frozen=True, slots=True)
class Passed:
    """The code was right: the sign-in, where it goes on to, and what a first device's owner is to keep."""

    signed_in: SignedIn
    next_path: str
    new_codes: list[str]
    by_recovery: bool


@atomic
async def begin(tx: Connection, vault: Vault, user_id: int, device: Device, next_path: str) -> str:
    """Ask for the code of an admin who gave the right password; answers the challenge's token, for a cookie."""
    token = secrets.token_urlsafe(32)
    known = await tx.fetchval("SELECT EXISTS (SELECT FROM second_factors WHERE user_id = $1)", user_id)
    await tx.execute(
        """INSERT INTO login_challenges (token_hash, user_id, user_agent, address, next_path, sealed, expires_at)
           VALUES ($1, $2, $3, $4, $5, $6, app_now() + $7::interval)""",
        token_hash(token),
        user_id,
        device.user_agent[:300],
        usable_address(device.address),
        next_path,
        None if known else vault.seal(codes.new_secret()),
        rules.CODE_WITHIN,
    )
    return token


async def find(db: Database, token: str) -> Challenge | None:
    """The challenge of this token, or None when it is unknown, over, used, or no longer an admin's."""
    row = await db.fetchrow(
        """SELECT c.id, c.user_id, u.email::text AS email, c.next_path, c.sealed AS offered, f.sealed AS known,
             coalesce(f.last_step, 0) AS last_step
           FROM login_challenges c JOIN users u ON u.id = c.user_id LEFT JOIN second_factors f USING (user_id)
           WHERE c.token_hash = $1 AND c.ended_at IS NULL AND c.expires_at > app_now() AND c.tries < $2
             AND u.role = 'admin' AND u.suspended_at IS NULL AND (c.sealed IS NOT NULL OR f.sealed IS NOT NULL)""",
        token_hash(token),
        rules.CODE_TRIES,
    )
    return Challenge(**row) if row else None


async def answer(
    db: Database, vault: Vault, challenge: Challenge, code: str, device: Device, *, replaces: str | None
) -> Passed:
    """Sign in who has the code (in its normal form), too. Every try counts before it is looked at.

    Raises WrongCode, ChallengeOver, TooMany.
    """
    by_recovery = codes.is_recovery_code(code)
    await throttle.before_code(db, challenge.user_id, device.address, guessable=not by_recovery)
    counted = await db.fetchval(
        "UPDATE login_challenges SET tries = tries + 1 WHERE id = $1 AND tries < $2 RETURNING id",
        challenge.id,
        rules.CODE_TRIES,
    )
    if counted is None:
        raise ChallengeOver
    passed = await _pass(db, vault, challenge, code, device, replaces)
    await throttle.after_code(db, challenge.user_id, device.address, guessable=not by_recovery)
    return passed


@atomic
async def _pass(
    tx: Connection, vault: Vault, challenge: Challenge, code: str, device: Device, replaces: str | None
) -> Passed:
    password_at: datetime | None = await tx.fetchval(
        """UPDATE login_challenges c SET ended_at = app_now() FROM users u
           WHERE c.id = $1 AND c.ended_at IS NULL AND c.expires_at > app_now()
             AND u.id = c.user_id AND u.role = 'admin' AND u.suspended_at IS NULL RETURNING c.created_at""",
        challenge.id,
    )
    if password_at is None:
        raise ChallengeOver
    new_codes: list[str] = []
    if challenge.is_first:
        assert challenge.offered is not None, "a challenge offers a secret where none is set"
        new_codes = await factors.set_first(tx, vault, challenge.user_id, challenge.offered, code)
    else:
        await factors.prove(tx, vault, challenge.user_id, code)
    signed_in = await sessions.start(
        tx, challenge.user_id, device, replaces=replaces, password_at=password_at
    )
    return Passed(signed_in, challenge.next_path, new_codes, codes.is_recovery_code(code))
