"""Mails about accounts: links that prove a mailbox are made when they are sent, and live from then or earlier."""

from __future__ import annotations

from mentorinaja import clock
from mentorinaja.accounts import queries, rules
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
    token = make_link(settings.secret_key, "reset", row.user_id, known.password_hash, expires_at)
    return MailContent(
        "Buat password baru untuk MentorinAja",
        "reset",
        {"link": f"{settings.base_url}/reset-password/{token}", "until": expires_at},
    )


MAILS = [Mail("verify", load_verify), Mail("reset", load_reset)]
