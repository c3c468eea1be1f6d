"""Which mails wait to be sent, which nobody wants, and what one says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mentorinaja import clock
from mentorinaja.db.pool import Database
from mentorinaja.notices.kinds import Mail, OutboxRow
from mentorinaja.notices.letters import compose
from mentorinaja.settings import Settings


async def due(db: Database, most: int) -> list[int]:
    """The ids of mails that should be sent now, the longest waiting first."""
    rows = await db.fetch(
        """SELECT id FROM outbox
           WHERE status = 'waiting' AND next_try_at <= app_now()
              OR status = 'sending' AND taken_until < statement_timestamp()
           ORDER BY next_try_at, id LIMIT $1""",
        most,
    )
    return [row["id"] for row in rows]


async def unwanted_by(db: Database, user_id: int) -> frozenset[str]:
    """The kinds of mail this person switched off."""
    rows = await db.fetch("SELECT kind FROM unwanted_notices WHERE user_id = $1", user_id)
    return frozenset(row["kind"] for row in rows)


@dataclass(frozen=True, slots=True)
class Posted:
    """A mail as the desk sees it: `row` is what its kind is written from; `to_email` where else it must go.

    One that is not `is_due` waits for the time it speaks of.
    """

    row: OutboxRow
    status: str
    next_try_at: datetime
    sent_at: datetime | None
    problem: str | None
    to_email: str | None
    public_id: str | None
    is_due: bool


@dataclass(frozen=True, slots=True)
class Letter:
    """What a mail says in plain text."""

    subject: str
    text: str


async def posted_by_id(db: Database, outbox_id: int) -> Posted | None:
    """A mail by its number, whoever asks: for the desk."""
    found = await db.fetchrow(
        """SELECT m.id, m.kind, m.about, m.version, m.order_id, m.message_id, m.attempts, m.created_at, m.due_at,
             m.user_id, coalesce(m.to_email, u.email)::text AS email, u.full_name, u.time_zone,
             CASE WHEN m.status = 'sending' AND m.taken_until < statement_timestamp() THEN 'waiting' ELSE m.status END
               AS status,
             m.next_try_at, m.sent_at, m.problem, m.to_email::text AS to_email, o.public_id,
             m.due_at <= app_now() AS is_due
           FROM outbox m JOIN users u ON u.id = m.user_id LEFT JOIN orders o ON o.id = m.order_id
           WHERE m.id = $1""",
        outbox_id,
    )
    if found is None:
        return None
    values = dict(found)
    beside = {name: values.pop(name) for name in Posted.__slots__ if name != "row"}
    return Posted(OutboxRow(**values), **beside)


async def letter_of(db: Database, settings: Settings, mail: Mail, row: OutboxRow) -> Letter | None:
    """What a mail would say if it were sent now; None when it is no longer true."""
    content = await mail.load(db, settings, row)
    if content is None:
        return None
    message = compose(settings, row, content, await clock.now(db))
    body = message.get_body(("plain",))
    assert body is not None, "every mail is written as text, too"
    return Letter(content.subject, body.get_content())
