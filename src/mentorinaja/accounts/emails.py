"""Another email for an account: asked for with the password, in effect when the new mailbox confirms it."""

from __future__ import annotations

from datetime import datetime

import asyncpg

from mentorinaja.accounts import actions, queries, rules
from mentorinaja.accounts.problems import EmailTaken, EmailTakenSince, LinkOver, SameEmail, WrongPassword
from mentorinaja.accounts.tokens import fingerprint, read_link
from mentorinaja.db.pool import Connection, Database, atomic
from mentorinaja.notices.actions import queue as queue_mail
from mentorinaja.web.limits import limit

# What links are signed for.
PURPOSE = "email"


async def ask(db: Database, user_id: int, new_email: str, password: str) -> None:
    """Ask for another address: a link goes to it, word of it to the present one.

    An address asked for before is forgotten. Raises WrongPassword, SameEmail, EmailTaken, TooMany.
    """
    account = await queries.account_for(db, user_id)
    assert account is not None, "somebody who is signed in has an account"
    if account.email.casefold() == new_email.casefold():
        raise SameEmail
    if not await actions.knows_password(db, user_id, password):
        raise WrongPassword("Password salah.")
    few = rules.EMAIL_CHANGES
    await limit(db, "change-email", str(user_id), most=few.most, seconds=few.seconds)
    if await queries.email_taken(db, new_email):
        raise EmailTaken("Email ini sudah dipakai akun lain. Pilih email lain.")
    await _write_down(db, user_id, account.email, new_email)


@atomic
async def withdraw(tx: Connection, user_id: int) -> None:
    """The account keeps its address: the link is worth nothing from now on. Twice is once."""
    await _end_open(tx, user_id, "withdrawn")


async def confirm(db: Database, secret_key: str, token: str, now: datetime) -> str:
    """Give the account the address that the link came to; answers it.

    Raises LinkOver, EmailTakenSince when somebody else has registered with it since.
    """
    change = await check(db, secret_key, token, now)
    try:
        await _take_over(db, change)
    except asyncpg.UniqueViolationError as problem:
        raise _taken() from problem
    return change.new_email


async def check(db: Database, secret_key: str, token: str, now: datetime) -> queries.EmailChange:
    """What a link would confirm. Raises LinkOver, EmailTakenSince."""
    claim = read_link(secret_key, PURPOSE, token, now)
    change = await queries.pending_email(db, claim.user_id) if claim else None
    if claim is None or change is None or fingerprint(change.binding) != claim.bound_to:
        raise LinkOver(
            "Mungkin sudah dipakai, dibatalkan, atau waktunya sudah lewat.",
            [("Minta tautan baru", "/user/profile/email")],
        )
    if await queries.email_taken(db, change.new_email):
        raise _taken()
    return change


async def forget_old(db: Database) -> None:
    """Drop what was asked for long ago: addresses that are no longer anybody's here are not kept."""
    await db.execute("DELETE FROM email_changes WHERE asked_at < app_now() - $1::interval", rules.KNOWN_FOR)


@atomic
async def _write_down(tx: Connection, user_id: int, old_email: str, new_email: str) -> None:
    await tx.execute("SELECT FROM users WHERE id = $1 FOR NO KEY UPDATE", user_id)
    await _end_open(tx, user_id, "replaced")
    change_id = await tx.fetchval(
        """INSERT INTO email_changes (user_id, old_email, new_email, expires_at)
           VALUES ($1, $2::text::citext, $3::text::citext, app_now() + $4::interval) RETURNING id""",
        user_id,
        old_email,
        new_email,
        rules.VERIFY_WITHIN,
    )
    about = f"email-change:{change_id}"
    await queue_mail(tx, "email_change", user_id=user_id, about=about, to_email=new_email)
    await queue_mail(tx, "email_asked", user_id=user_id, about=about, to_email=old_email)


@atomic
async def _take_over(tx: Connection, change: queries.EmailChange) -> None:
    """Raises LinkOver when it was confirmed, withdrawn or replaced this very moment."""
    # The account first, as whoever asks anew takes them.
    await tx.execute("SELECT FROM users WHERE id = $1 FOR NO KEY UPDATE", change.user_id)
    open_still = await tx.fetchval(
        """UPDATE email_changes SET ended_at = app_now(), outcome = 'confirmed'
           WHERE id = $1 AND ended_at IS NULL RETURNING id""",
        change.id,
    )
    if open_still is None:
        raise LinkOver("Mungkin sudah dipakai atau dibatalkan.", [("Ke profil", "/user/profile")])
    await tx.execute(
        "UPDATE users SET email = $2::text::citext, email_verified_at = app_now() WHERE id = $1",
        change.user_id,
        change.new_email,
    )
    await queue_mail(
        tx,
        "email_changed",
        user_id=change.user_id,
        about=f"email-change:{change.id}",
        to_email=change.old_email,
    )


async def _end_open(tx: Connection, user_id: int, outcome: str) -> None:
    await tx.execute(
        "UPDATE email_changes SET ended_at = app_now(), outcome = $2 WHERE user_id = $1 AND ended_at IS NULL",
        user_id,
        outcome,
    )


def _taken() -> EmailTakenSince:
    return EmailTakenSince(
        "Sejak Anda memintanya, email ini didaftarkan oleh akun lain. Email akun Anda tidak berubah.",
        [("Pilih email lain", "/user/profile/email")],
    )
