"""The second factor of admins: set, proved, moved to another device, reset; and its recovery codes.

Every code is taken by one statement that fits once, so that two requests with the same code are one right and one
wrong one. Secrets are sealed like bank accounts; of recovery codes only hashes are kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mentorinaja.accounts import codes, queries, rules, sessions, throttle
from mentorinaja.accounts.problems import ChallengeOver, NoFactor, WrongCode
from mentorinaja.audit import actions as audit
from mentorinaja.banks.vault import Vault
from mentorinaja.db.pool import Connection, Database, atomic
from mentorinaja.errors import NotThere
from mentorinaja.notices.actions import queue as queue_mail
from mentorinaja.web.viewer import Viewer

_TAKE_STEP = (
    "UPDATE second_factors SET last_step = $2 WHERE user_id = $1 AND last_step < $2 RETURNING user_id"
)
_TAKE_CODE = """
    UPDATE recovery_codes SET used_at = app_now()
    WHERE user_id = $1 AND code_hash = $2 AND used_at IS NULL RETURNING user_id
"""


@dataclass(frozen=True, slots=True)
class Factor:
    """An admin's second factor: since when, and how many recovery codes are left."""

    set_at: datetime
    codes_left: int

    @property
    def few_left(self) -> bool:
        """Whether it is time for new recovery codes."""
        return self.codes_left < codes.FEW_CODES


async def factor_of(db: Database | Connection, user_id: int) -> Factor | None:
    """This person's second factor, or None where none is set."""
    row = await db.fetchrow(
        """SELECT f.set_at, count(c) FILTER (WHERE c.used_at IS NULL) AS codes_left
           FROM second_factors f LEFT JOIN recovery_codes c USING (user_id)
           WHERE f.user_id = $1 GROUP BY f.user_id""",
        user_id,
    )
    return Factor(**row) if row else None


async def set_first(tx: Connection, vault: Vault, user_id: int, sealed: bytes, code: str) -> list[str]:
    """Take the secret a first device was offered, if it answers with its code; answers the recovery codes.

    Raises WrongCode, and ChallengeOver where another device was quicker.
    """
    step = codes.matching_step(vault.open(sealed), code, codes.real_now())
    if step is None:
        raise WrongCode
    first = await tx.fetchval(
        """INSERT INTO second_factors (user_id, sealed, last_step) VALUES ($1, $2, $3)
           ON CONFLICT (user_id) DO NOTHING RETURNING user_id""",
        user_id,
        sealed,
        step,
    )
    if first is None:
        raise ChallengeOver("Verifikasi sudah dipasang di perangkat lain. Login sekali lagi.")
    await _tell(tx, "factor_set", user_id)
    return await _new_codes(tx, user_id)


async def prove(tx: Connection, vault: Vault, user_id: int, code: str) -> None:
    """Take a code of the app or a recovery code, each once. Raises WrongCode."""
    if codes.is_recovery_code(code):
        if await tx.fetchval(_TAKE_CODE, user_id, codes.recovery_hash(code)) is None:
            raise WrongCode
        await _tell(tx, "code_used", user_id)
        return
    sealed = await tx.fetchval("SELECT sealed FROM second_factors WHERE user_id = $1", user_id)
    step = codes.matching_step(vault.open(sealed), code, codes.real_now()) if sealed else None
    if step is None or await tx.fetchval(_TAKE_STEP, user_id, step) is None:
        raise WrongCode


async def renew_codes(db: Database, vault: Vault, admin: Viewer, code: str, address: str) -> list[str]:
    """New recovery codes in the place of all others. Raises WrongCode, TooMany."""
    await _before(db, admin.id, code, address)
    fresh = await _renew(db, vault, admin.id, code)
    await _after(db, admin.id, code, address)
    return fresh


async def begin_move(db: Database, vault: Vault, admin: Viewer, code: str, address: str) -> None:
    """Offer another device a secret; the present one is good until its first code. Raises WrongCode, TooMany."""
    await _before(db, admin.id, code, address)
    await _offer(db, vault, admin.id, code)
    await _after(db, admin.id, code, address)


async def offered(db: Database, vault: Vault, user_id: int) -> str | None:
    """The secret another device is offered at present, or None."""
    sealed = await db.fetchval(
        "SELECT next_sealed FROM second_factors WHERE user_id = $1 AND next_until > app_now()", user_id
    )
    return vault.open(sealed) if sealed else None


async def finish_move(db: Database, vault: Vault, admin: Viewer, code: str, address: str) -> None:
    """The other device answers: it counts from now on, and every other session ends.

    Raises WrongCode, TooMany, ChallengeOver.
    """
    await throttle.before_code(db, admin.id, address, guessable=True)
    await _move(db, vault, admin, code)
    await throttle.after_code(db, admin.id, address, guessable=True)


@atomic
async def reset_totp(tx: Connection, admin: Viewer, user_id: int, reason: str) -> None:
    """Let another admin who lost everything set a device up anew at the next sign-in; the sessions end at once.

    The person is told by mail. Raises NotThere, NoFactor.
    """
    if admin.role != "admin":
        raise NotThere
    if user_id == admin.id:
        raise NoFactor("Ini akun Anda sendiri. Ganti perangkat lewat Profile, atau minta admin lain.")
    await _reset(tx, user_id)
    await audit.record(tx, admin, "user.totp_reset", "user", str(user_id), reason=reason)


async def reset_by_command(db: Database, email: str) -> None:
    """As `reset_totp`, for who has a shell on the server: the log names the account itself.

    Raises NotAnAdmin, NoFactor.
    """
    await _reset_own(db, await queries.admin_by_email(db, email))


@atomic
async def _reset_own(tx: Connection, owner: Viewer) -> None:
    await _reset(tx, owner.id)
    await audit.record(tx, owner, "user.totp_reset", "user", str(owner.id), reason="mentorinaja reset-totp")


async def _reset(tx: Connection, user_id: int) -> None:
    found = await tx.fetchval("DELETE FROM second_factors WHERE user_id = $1 RETURNING user_id", user_id)
    if found is None:
        raise NoFactor("Belum ada verifikasi dua langkah di akun ini.")
    await sessions.end_sign_ins(tx, user_id)
    await throttle.forgive_codes(tx, user_id)
    await _tell(tx, "factor_reset", user_id)


@atomic
async def _renew(tx: Connection, vault: Vault, user_id: int, code: str) -> list[str]:
    await prove(tx, vault, user_id, code)
    await _tell(tx, "codes_renewed", user_id)
    return await _new_codes(tx, user_id)


@atomic
async def _offer(tx: Connection, vault: Vault, user_id: int, code: str) -> None:
    await prove(tx, vault, user_id, code)
    await tx.execute(
        "UPDATE second_factors SET next_sealed = $2, next_until = app_now() + $3::interval WHERE user_id = $1",
        user_id,
        vault.seal(codes.new_secret()),
        rules.CODE_WITHIN,
    )


@atomic
async def _move(tx: Connection, vault: Vault, admin: Viewer, code: str) -> None:
    sealed = await tx.fetchval(
        """SELECT next_sealed FROM second_factors WHERE user_id = $1 AND next_until > app_now() FOR UPDATE""",
        admin.id,
    )
    if sealed is None:
        raise ChallengeOver("Waktu untuk memasang perangkat sudah habis. Mulai sekali lagi.")
    step = codes.matching_step(vault.open(sealed), code, codes.real_now())
    if step is None:
        raise WrongCode
    await tx.execute(
        """UPDATE second_factors SET sealed = next_sealed, last_step = $2, set_at = app_now(),
                  next_sealed = NULL, next_until = NULL WHERE user_id = $1""",
        admin.id,
        step,
    )
    await sessions.end_sign_ins(tx, admin.id, but=admin.session_id)
    await _tell(tx, "factor_moved", admin.id)


async def _new_codes(tx: Connection, user_id: int) -> list[str]:
    fresh = codes.new_recovery_codes()
    await tx.execute("DELETE FROM recovery_codes WHERE user_id = $1", user_id)
    await tx.execute(
        "INSERT INTO recovery_codes (user_id, code_hash) SELECT $1, unnest($2::bytea[])",
        user_id,
        [codes.recovery_hash(code) for code in fresh],
    )
    return fresh


async def _tell(tx: Connection, kind: str, user_id: int) -> None:
    """By mail, each time: the number of milliseconds tells one event from the next."""
    version = await tx.fetchval("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint")
    await queue_mail(tx, kind, user_id=user_id, about=f"factor:{user_id}", version=version)


async def _before(db: Database, user_id: int, code: str, address: str) -> None:
    await throttle.before_code(db, user_id, address, guessable=not codes.is_recovery_code(code))


async def _after(db: Database, user_id: int, code: str, address: str) -> None:
    await throttle.after_code(db, user_id, address, guessable=not codes.is_recovery_code(code))
