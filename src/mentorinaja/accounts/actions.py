"""Writing accounts and sign-ins. Passwords are computed before a transaction is opened, never inside one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import asyncpg

from mentorinaja.accounts import passwords, queries, rules, throttle
from mentorinaja.accounts.factors import reset_totp
from mentorinaja.accounts.problems import EmailTaken, LinkOver, NotAnAccount, Suspended, WrongPassword
from mentorinaja.accounts.sessions import Device, SignedIn, end_sign_ins, open_session, sign_out
from mentorinaja.accounts.tables import Users
from mentorinaja.accounts.tokens import Claim, fingerprint, read_link
from mentorinaja.accounts.viewing import view_as
from mentorinaja.db.pool import Connection, Database, atomic, run
from mentorinaja.formats import WIB
from mentorinaja.jobs.queue import enqueue
from mentorinaja.notices.actions import queue as queue_mail
from mentorinaja.web.limits import limit, take_back
from mentorinaja.web.viewer import Role, Viewer

__all__ = [
    "RESET_ASKED",
    "Device",
    "HalfWay",
    "NewAccount",
    "SignedIn",
    "ask_reset",
    "ask_verification",
    "change_password",
    "change_person",
    "change_zone",
    "check_reset",
    "check_verification",
    "confirm",
    "create_admin",
    "end_sign_ins",
    "knows_password",
    "open_session",
    "register",
    "reset_password",
    "reset_totp",
    "send_reset",
    "sign_in",
    "sign_out",
    "verify_email",
    "view_as",
]

RESET_ASKED = "accounts.reset_asked"


@dataclass(frozen=True, slots=True)
class NewAccount:
    """Somebody who registers; `phone` is E.164."""

    full_name: str
    email: str
    phone: str
    password: str
    time_zone: str = WIB


@dataclass(frozen=True, slots=True)
class HalfWay:
    """An admin who gave the right password: nobody is signed in before the code."""

    user_id: int


async def register(db: Database, new: NewAccount, *, role: Role = "user", verified: bool = False) -> int:
    """Make an account; answers the user's id. Raises EmailTaken.

    A mail asks for the address to be confirmed, unless it is known to be right (`verified`).
    """
    if await queries.email_taken(db, new.email):
        raise EmailTaken
    password_hash = await passwords.hash_password(new.password)
    return await _insert_account(db, new, password_hash, role, verified)


async def create_admin(db: Database, *, email: str, full_name: str, phone: str, password: str) -> int:
    """Make an admin; answers the user's id. Raises EmailTaken, NotAnAccount."""
    address, number = rules.normal_email(email), rules.normal_phone(phone)
    problem = rules.password_problem(password, email=email)
    if address is None or number is None or problem or not 0 < len(full_name.strip()) <= rules.NAME_LENGTH:
        raise NotAnAccount(problem or "Periksa email, nama, dan nomor telepon.")
    new = NewAccount(full_name.strip(), address, number, password)
    return await register(db, new, role="admin", verified=True)


async def sign_in(
    db: Database,
    email: str,
    password: str,
    device: Device,
    *,
    remember: bool = False,
    replaces: str | None = None,
) -> SignedIn | HalfWay:
    """Let somebody in who knows the password; `replaces` is the session token the browser had, which ends.

    An admin is only half way in: the code is asked next (`challenges.begin`).

    Raises WrongPassword (also for unknown addresses, after the same time), Suspended, TooMany.
    """
    email = rules.normal_email(email) or email
    await throttle.before_guess(db, email, device.address)
    known = await queries.credentials_by_email(db, email)
    if not await passwords.matches(known.password_hash if known else None, password):
        raise WrongPassword
    assert known is not None, "only a stored password matches"
    await throttle.after_success(db, email, device.address)
    if known.suspended:
        raise Suspended
    if passwords.outdated(known.password_hash):
        await _store_hash(db, known.user_id, known.password_hash, await passwords.hash_password(password))
    if known.is_admin:
        return HalfWay(known.user_id)
    return await open_session(db, known.user_id, device, remember=remember, replaces=replaces)


@atomic
async def change_person(tx: Connection, user_id: int, *, full_name: str, phone: str) -> None:
    """Take over a new name and phone number (E.164)."""
    await run(tx, Users.update({Users.full_name: full_name, Users.phone: phone}).where(Users.id == user_id))


@atomic
async def change_zone(tx: Connection, user_id: int, time_zone: str) -> None:
    """Show times in another zone from now on."""
    await run(tx, Users.update({Users.time_zone: time_zone}).where(Users.id == user_id))


async def change_password(db: Database, user_id: int, session_id: int, old: str, new: str) -> None:
    """Take a new password and end every other session. Raises WrongPassword, TooMany."""
    guesses = rules.GUESSES_PAIR
    await limit(db, "change-password", str(user_id), most=guesses.most, seconds=guesses.seconds)
    known = await queries.credentials_of(db, user_id)
    if known is None or not await passwords.matches(known.password_hash, old):
        raise WrongPassword("Password lama salah.")
    password_hash = await passwords.hash_password(new)
    if not await _replace_password(db, user_id, known.password_hash, password_hash, keep_session=session_id):
        raise WrongPassword("Password baru saja diubah di tempat lain.")


async def knows_password(db: Database, user_id: int, password: str) -> bool:
    """Whether somebody who is signed in knows the account's password, too. Only wrong ones count.

    Raises TooMany after too many of them.
    """
    guesses = rules.GUESSES_PAIR
    await limit(db, "confirm-password", str(user_id), most=guesses.most, seconds=guesses.seconds)
    known = await queries.credentials_of(db, user_id)
    if known is None or not await passwords.matches(known.password_hash, password):
        return False
    await take_back(db, "confirm-password", str(user_id), seconds=guesses.seconds)
    return True


async def confirm(db: Database, viewer: Viewer, password: str) -> None:
    """Who is signed in gives the password once more. Raises WrongPassword, TooMany."""
    if not await knows_password(db, viewer.id, password):
        raise WrongPassword("Password salah. Coba lagi.")
    await db.execute("UPDATE login_sessions SET confirmed_at = app_now() WHERE id = $1", viewer.session_id)


@atomic
async def ask_reset(tx: Connection, email: str) -> None:
    """Somebody forgot the password of this address. The work is the same whether or not there is an account."""
    await enqueue(tx, RESET_ASKED, {"email": email})


@atomic
async def send_reset(tx: Connection, email: str, now: datetime) -> None:
    """Queue the mail with the link, if there is such an account and it is not suspended."""
    user_id = await tx.fetchval(
        "SELECT id FROM users WHERE email = $1::text::citext AND suspended_at IS NULL", email
    )
    if user_id is not None:
        version = int(now.timestamp())
        await queue_mail(tx, "reset", user_id=user_id, about=f"account:{user_id}", version=version)


async def reset_password(db: Database, secret_key: str, token: str, new: str, now: datetime) -> None:
    """Take a new password from whoever has the link; it serves once, and every session ends. Raises LinkOver."""
    known = await check_reset(db, secret_key, token, now)
    password_hash = await passwords.hash_password(new)
    if not await _replace_password(db, known.user_id, known.password_hash, password_hash, proved_email=True):
        raise _over("/forgot-password", "Minta tautan baru")


async def check_reset(db: Database, secret_key: str, token: str, now: datetime) -> queries.Credentials:
    """The account a reset link opens. Raises LinkOver when it was used, is over or not ours."""
    claim = read_link(secret_key, "reset", token, now)
    known = await queries.credentials_of(db, claim.user_id) if claim else None
    if claim is None or known is None or fingerprint(known.binding) != claim.bound_to:
        raise _over("/forgot-password", "Minta tautan baru")
    return known


@atomic
async def ask_verification(tx: Connection, user_id: int, version: int) -> None:
    """Queue the mail with the link that confirms the address; a higher `version` sends it again."""
    await queue_mail(tx, "verify", user_id=user_id, about=f"account:{user_id}", version=version)


async def verify_email(db: Database, secret_key: str, token: str, now: datetime) -> None:
    """Note that the address was confirmed by the link. Raises LinkOver."""
    claim = await check_verification(db, secret_key, token, now)
    await db.execute(
        "UPDATE users SET email_verified_at = coalesce(email_verified_at, app_now()) WHERE id = $1",
        claim.user_id,
    )


async def check_verification(db: Database, secret_key: str, token: str, now: datetime) -> Claim:
    """What a verification link says. Raises LinkOver when it is over, not ours or of an address left since."""
    claim = read_link(secret_key, "verify", token, now)
    account = await queries.account_for(db, claim.user_id) if claim else None
    if claim is None or account is None or fingerprint(account.email.casefold()) != claim.bound_to:
        raise _over("/user/profile", "Kirim tautan baru")
    return claim


@atomic
async def _insert_account(
    tx: Connection, new: NewAccount, password_hash: str, role: Role, verified: bool
) -> int:
    try:
        user_id: int = await tx.fetchval(
            """INSERT INTO users (full_name, email, phone, password_hash, time_zone, role, terms_version,
                                  terms_accepted_at, email_verified_at)
               VALUES ($1, $2::text::citext, $3, $4, $5, $6, $7, app_now(), CASE WHEN $8 THEN app_now() END)
               RETURNING id""",
            new.full_name, new.email, new.phone, password_hash, new.time_zone, role, rules.TERMS_VERSION, verified,
        )  # fmt: skip
    except asyncpg.UniqueViolationError as problem:
        raise EmailTaken from problem
    if not verified:
        await queue_mail(tx, "verify", user_id=user_id, about=f"account:{user_id}")
    return user_id


@atomic
async def _replace_password(
    tx: Connection,
    user_id: int,
    old_hash: str,
    new_hash: str,
    *,
    keep_session: int | None = None,
    proved_email: bool = False,
) -> bool:
    """False when the password is no longer the one that was checked."""
    email = await tx.fetchval(
        """UPDATE users SET password_hash = $3,
                  email_verified_at = CASE WHEN $4 THEN coalesce(email_verified_at, app_now())
                                           ELSE email_verified_at END
           WHERE id = $1 AND password_hash = $2 RETURNING email::text""",
        user_id,
        old_hash,
        new_hash,
        proved_email,
    )
    if email is None:
        return False
    # Whoever knew the old password may have asked for another address with it.
    await tx.execute(
        """UPDATE email_changes SET ended_at = app_now(), outcome = 'withdrawn'
           WHERE user_id = $1 AND ended_at IS NULL""",
        user_id,
    )
    await end_sign_ins(tx, user_id, but=keep_session)
    await throttle.forgive(tx, email)
    return True


async def _store_hash(db: Database, user_id: int, old_hash: str, new_hash: str) -> None:
    await db.execute(
        "UPDATE users SET password_hash = $3 WHERE id = $1 AND password_hash = $2",
        user_id,
        old_hash,
        new_hash,
    )


def _over(path: str, label: str) -> LinkOver:
    return LinkOver("Mungkin sudah dipakai, atau waktunya sudah lewat.", [(label, path)])
