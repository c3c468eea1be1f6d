"""A kind of mail: a name, and a function that sees at the moment of sending whether and what to tell."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mentorinaja.db.pool import Database
from mentorinaja.settings import Settings


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """One mail to one person: what it is about, when it was to go out, and who they are now."""

    id: int
    kind: str
    about: str
    version: int
    order_id: int | None
    message_id: str
    attempts: int
    created_at: datetime
    due_at: datetime
    user_id: int
    email: str
    full_name: str
    time_zone: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file in a mail; `parameters` go beside the type: `{"method": "REQUEST"}` of a calendar file."""

    filename: str
    media_type: str
    content: bytes
    parameters: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class MailContent:
    """What a mail says.

    `template` names two templates, `templates/mails/<template>.html` and `.txt`, which get `context` and,
    besides: `subject`, `row` (the OutboxRow) and `site` (the public address, no slash at the end).
    """

    subject: str
    template: str
    context: Mapping[str, Any]
    attachments: tuple[Attachment, ...] = ()


# None: it is no longer true, nothing is sent.
Load = Callable[[Database, Settings, OutboxRow], Awaitable[MailContent | None]]


@dataclass(frozen=True, slots=True)
class Mail:
    """A kind of mail, kept in the `MAILS` of the feature that tells it."""

    kind: str
    load: Load
