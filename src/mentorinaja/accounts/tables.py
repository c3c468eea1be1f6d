"""People and their sign-ins as Piccolo sees them."""

from __future__ import annotations

from piccolo.columns import BigInt, BigSerial, Boolean, Bytea, Text, Timestamptz
from piccolo.table import Table


class Users(Table, tablename="users"):
    """An account: user, expert or admin. `email` ignores case (citext); `phone` is E.164."""

    id = BigSerial(primary_key=True)
    email = Text()
    full_name = Text()
    phone = Text()
    password_hash = Text(secret=True)
    role = Text()
    time_zone = Text()
    email_verified_at = Timestamptz(null=True)
    suspended_at = Timestamptz(null=True)
    terms_version = Text()
    terms_accepted_at = Timestamptz()
    created_at = Timestamptz()


class LoginSessions(Table, tablename="login_sessions"):
    """One sign-in on one device; its `address` (inet) lives in SQL only."""

    id = BigSerial(primary_key=True)
    user_id = BigInt()
    token_hash = Bytea(secret=True)
    remember = Boolean()
    user_agent = Text()
    created_at = Timestamptz()
    last_seen_at = Timestamptz()
    expires_at = Timestamptz()
    ended_at = Timestamptz(null=True)
    confirmed_at = Timestamptz()
