"""Mails about accounts: links that prove a mailbox are made when they are sent, and live from then or earlier."""

from __future__ import annotations

from email.utils import parseaddr

from mentorinaja import clock
from mentorinaja.accounts import emails, factors, queries, rules
from mentorinaja.accounts.tokens import make_link
from mentorinaja.db.pool import Database
from mentorinaja.notices.kinds import Mail, MailContent, OutboxRow
from mentorinaja.settings import Settings


async def load_verify(db: Database, settings: Settings, row: OutboxRow) -> MailContent | None:
    """The link that confirms the address; nothing when it was confirmed meanwhile."""
    account = await queries.account_for(db, row.user_id)
    if account is None or account.email_verified:
        return None
    expires_at = await clock.now(db) + rules.VERIFY_WITHIN
    token = make_link(settings.secret_key, "verify", row.user_id, account.email.casefold(), expires_at)
    return MailContent(
        "Konfirmasi email Anda di MentorinAja",
        "verify",
        {"link": f"{settings.base_url}/verify-email/{token}", "until": expires_at},
    )


async def load_reset(db: Database, settings: Settings, row: OutboxRow) -> MailContent | None:
    """The link for a new password, valid half an hour from when it was asked for; nothing when that is over."""
    known = await queries.credentials_of(db, row.user_id)
    expires_at = row.created_at + rules.RESET_WITHIN
    if known is None or known.suspended or expires_at <= await clock.now(db):
        return None
    token = make_link(settings.secret_key, "reset", row.user_id, known.binding, expires_at)
    return MailContent(
        "Buat password baru untuk MentorinAja",
        "reset",
        {"link": f"{settings.base_url}/reset-password/{token}", "until": expires_at},
    )


async def load_email_change(db: Database, settings: Settings, row: OutboxRow) -> MailContent | None:
    """To the new address: the link that makes it the account's; nothing when it is no longer asked for."""
    change = await _change(db, row)
    if change is None:
        return None
    token = make_link(settings.secret_key, emails.PURPOSE, row.user_id, change.binding, change.expires_at)
    return MailContent(
        "Konfirmasi email baru Anda di MentorinAja",
        "email_change",
        {"link": f"{settings.base_url}/change-email/{token}", "until": change.expires_at},
    )


async def load_email_asked(db: Database, settings: Settings, row: OutboxRow) -> MailContent | None:
    """To the present address: somebody who knows the password asks for another one."""
    change = await _change(db, row)
    if change is None:
        return None
    return MailContent(
        "Permintaan ganti email akun MentorinAja",
        "email_asked",
        {"new_email": change.new_email, "until": change.expires_at},
    )


async def load_email_changed(db: Database, settings: Settings, row: OutboxRow) -> MailContent | None:
    """To the address of before: the account has another one now."""
    new_email = await db.fetchval(
        "SELECT new_email::text FROM email_changes WHERE id = $1 AND user_id = $2",
        _change_id(row),
        row.user_id,
    )
    if new_email is None:
        return None
    return MailContent(
        "Email akun MentorinAja Anda sudah diganti",
        "email_changed",
        {"new_email": new_email, "contact": parseaddr(settings.mail_from)[1]},
    )


# What happened to an admin's second factor: the subject, and what it means.
_FACTOR = {
    "factor_set": (
        "Verifikasi dua langkah aktif di akun MentorinAja Anda",
        "Mulai sekarang Anda login dengan password dan kode dari aplikasi.",
    ),
    "factor_moved": (
        "Perangkat baru untuk kode verifikasi MentorinAja",
        "Kode dari perangkat lama tidak berlaku lagi. Perangkat lain sudah dikeluarkan dari akun Anda.",
    ),
    "codes_renewed": (
        "Kode cadangan baru untuk akun MentorinAja Anda",
        "Kode cadangan yang lama tidak berlaku lagi.",
    ),
    "code_used": (
        "Kode cadangan akun MentorinAja Anda dipakai",
        "Satu kode cadangan dipakai sebagai ganti kode dari aplikasi. Kode itu tidak berlaku lagi.",
    ),
    "factor_reset": (
        "Verifikasi dua langkah Anda diatur ulang",
        "Semua perangkat dikeluarkan dari akun Anda. Saat login berikutnya, Anda memasang aplikasi kode lagi.",
    ),
}


async def load_factor(db: Database, settings: Settings, row: OutboxRow) -> MailContent | None:
    """Something happened to the second factor: told in any case, for who did not do it."""
    subject, what = _FACTOR[row.kind]
    factor = await factors.factor_of(db, row.user_id)
    left = factor.codes_left if factor is not None and row.kind == "code_used" else None
    context = {"what": what, "left": left, "contact": parseaddr(settings.mail_from)[1]}
    return MailContent(subject, "factor", context)


async def _change(db: Database, row: OutboxRow) -> queries.EmailChange | None:
    change = await queries.pending_email(db, row.user_id)
    return change if change is not None and change.id == _change_id(row) else None


def _change_id(row: OutboxRow) -> int:
    return int(row.about.rpartition(":")[2])


MAILS = [
    Mail("verify", load_verify),
    Mail("reset", load_reset),
    Mail("email_change", load_email_change),
    Mail("email_asked", load_email_asked),
    Mail("email_changed", load_email_changed),
    *(Mail(kind, load_factor) for kind in _FACTOR),
]
