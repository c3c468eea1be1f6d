"""Hands a mail to the mail server, and says in three words how that went."""

from __future__ import annotations

import asyncio
from email.message import EmailMessage

import aiosmtplib

from mentorinaja.settings import Settings

# Connecting, each answer, and all of it together (the claim on a mail lasts longer), in seconds.
_CONNECT_SECONDS = 10.0
_ALL_SECONDS = 60.0


class NotSent(Exception):
    """Not sent, or nobody knows: try again later."""


class ServerGone(NotSent):
    """The mail server cannot be reached or went silent; other mails would fare no better."""


class Refused(Exception):
    """The server says for good that this recipient gets no mail."""


async def deliver(settings: Settings, message: EmailMessage) -> None:
    """Send over the SMTP server of the settings. Raises NotSent, ServerGone or Refused."""
    client = aiosmtplib.SMTP(
        hostname=settings.smtp_host,
        port=settings.smtp_port,
        username=settings.smtp_user or None,
        password=settings.smtp_password or None,
        use_tls=settings.smtp_tls == "tls",
        start_tls=settings.smtp_tls == "starttls",
        timeout=_CONNECT_SECONDS,
    )
    try:
        async with asyncio.timeout(_ALL_SECONDS), client:
            await client.send_message(message)
    except aiosmtplib.SMTPRecipientsRefused as problem:
        codes = [refusal.code for refusal in problem.recipients]
        if all(code >= 500 for code in codes):
            raise Refused(f"recipient refused ({codes[0]})") from problem
        raise NotSent(f"recipient refused for now ({codes[0]})") from problem
    except aiosmtplib.SMTPResponseException as problem:
        raise NotSent(f"{type(problem).__name__} ({problem.code})") from problem
    except (aiosmtplib.SMTPException, OSError, TimeoutError) as problem:
        raise ServerGone(type(problem).__name__) from problem
