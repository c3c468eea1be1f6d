"""The outbox: a row per event, person and version; who sends it takes it first and says how it went."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from uuid import uuid4

from mentorinaja.audit import actions as audit
from mentorinaja.db.pool import Connection, Database, atomic
from mentorinaja.errors import DomainError, NotThere
from mentorinaja.jobs.queue import enqueue
from mentorinaja.notices.kinds import OutboxRow
from mentorinaja.notices.rules import OPTIONAL
from mentorinaja.web.viewer import Viewer

SEND = "notices.send"
DUE = "notices.due"

# A process that took a mail and died gives it back after this long: longer than any sending can take.
LEASE = timedelta(minutes=2)


class NotUnsent(DomainError):
    """It was sent, is being sent, or was called off."""

    title = "Email ini tidak menunggu dikirim"


async def queue(
    tx: Connection,
    kind: str,
    *,
    user_id: int,
    about: str,
    order_id: int | None = None,
    version: int = 0,
    to_email: str | None = None,
    at: datetime | None = None,
) -> None:
    """Tell a person something by mail, if this transaction commits; telling it again does nothing.

    `about` says what it is of (an order's public id or the like); a higher `version` tells the same anew.
    It goes to the address the account has when it is sent, unless it must go to another (`to_email`).
    With `at` it waits until then, and goes out with the next sweep if it is still true.
    """
    outbox_id = await tx.fetchval(
        """INSERT INTO outbox (kind, about, version, user_id, order_id, message_id, to_email, due_at, next_try_at)
           SELECT $1, $2, $3, $4, $5, $6, $7::text::citext, due, due FROM coalesce($8, app_now()) AS due
           ON CONFLICT ON CONSTRAINT outbox_once DO NOTHING RETURNING id""",
        kind, about, version, user_id, order_id, f"<{uuid4().hex}@mentorinaja>", to_email, at,
    )  # fmt: skip
    if outbox_id is not None and at is None:
        await enqueue(tx, SEND, {"outbox_id": outbox_id})


async def queue_for_admins(
    tx: Connection,
    kind: str,
    *,
    about: str,
    order_id: int | None = None,
    version: int = 0,
    but: Collection[int] = (),
) -> None:
    """As `queue`, to every admin who can sign in but those with these ids."""
    admins = await tx.fetch(
        """SELECT id FROM users WHERE role = 'admin' AND suspended_at IS NULL AND id <> ALL ($1::bigint[])
           ORDER BY id""",
        list(but),
    )
    for admin in admins:
        await queue(tx, kind, user_id=admin["id"], about=about, order_id=order_id, version=version)


async def queue_ahead(
    tx: Connection,
    times: Mapping[str, datetime],
    *,
    user_ids: Collection[int],
    about: str,
    order_id: int | None = None,
    version: int = 0,
) -> None:
    """Tell all these people by mail, of each kind at its own time to come; what was told before stays as it is."""
    await tx.execute(
        """INSERT INTO outbox (kind, about, version, user_id, order_id, message_id, due_at, next_try_at)
           SELECT kind, $4, $5, user_id, $6, format('<%s@mentorinaja>', replace(gen_random_uuid()::text, '-', '')),
                  due, due
           FROM unnest($1::text[], $2::timestamptz[]) AS k (kind, due), unnest($3::bigint[]) AS u (user_id)
           ON CONFLICT ON CONSTRAINT outbox_once DO NOTHING""",
        list(times),
        list(times.values()),
        list(user_ids),
        about,
        version,
        order_id,
    )


async def take(db: Database, outbox_id: int) -> OutboxRow | None:
    """Claim a mail that is due for sending; None when it is not, or somebody else has it.

    The claim is committed before anything is sent and runs out by real time, whatever the product's clock
    is moved to: a mail is sent twice only when its sender died, or the mail server did before it answered.
    """
    row = await db.fetchrow(
        """WITH taken AS (
             UPDATE outbox SET status = 'sending', attempts = attempts + 1,
                    taken_until = statement_timestamp() + $2
             WHERE id = $1 AND (status = 'waiting' AND next_try_at <= app_now()
                                OR status = 'sending' AND taken_until < statement_timestamp())
             RETURNING *)
           SELECT taken.id, kind, about, version, order_id, message_id, attempts, taken.created_at,
                  due_at, user_id, coalesce(to_email, email)::text AS email, full_name, time_zone
           FROM taken JOIN users ON users.id = user_id""",
        outbox_id,
        LEASE,
    )
    return OutboxRow(**row) if row else None


async def mark_sent(db: Database, outbox_id: int) -> None:
    """The mail server took it."""
    await db.execute(
        "UPDATE outbox SET status = 'sent', sent_at = app_now(), problem = NULL WHERE id = $1", outbox_id
    )


async def drop(db: Database, outbox_id: int, reason: str) -> None:
    """It will never be sent, and why."""
    await db.execute("UPDATE outbox SET status = 'dropped', problem = $2 WHERE id = $1", outbox_id, reason)


async def fail(db: Database, outbox_id: int, problem: str) -> None:
    """It was refused for good, or given up: it stays so until somebody looks after it."""
    await db.execute("UPDATE outbox SET status = 'failed', problem = $2 WHERE id = $1", outbox_id, problem)


async def drop_due(db: Database, reason: str) -> None:
    """Nothing that should have been sent by now ever will be; what waits for its time goes on waiting."""
    await db.execute(
        "UPDATE outbox SET status = 'dropped', problem = $1 WHERE status = 'waiting' AND next_try_at <= app_now()",
        reason,
    )


async def want(db: Connection | Database, user_id: int, kind: str, *, on: bool) -> None:
    """Switch one kind of mail on or off for somebody; saying so twice is once. Only for what is `OPTIONAL`."""
    assert kind in OPTIONAL, f"{kind} cannot be switched off"
    if on:
        await db.execute("DELETE FROM unwanted_notices WHERE user_id = $1 AND kind = $2", user_id, kind)
    else:
        await db.execute(
            "INSERT INTO unwanted_notices (user_id, kind) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            user_id,
            kind,
        )


@atomic
async def choose(tx: Connection, user_id: int, wanted: Collection[object]) -> None:
    """Of what is `OPTIONAL`, somebody wants these kinds and no others; words that name none are nothing."""
    unwanted = [kind for kind in OPTIONAL if kind not in wanted]
    await tx.execute(
        "DELETE FROM unwanted_notices WHERE user_id = $1 AND kind <> ALL ($2::text[])", user_id, unwanted
    )
    await tx.execute(
        """INSERT INTO unwanted_notices (user_id, kind) SELECT $1, unnest($2::text[])
           ON CONFLICT DO NOTHING""",
        user_id,
        unwanted,
    )


@atomic
async def put_back(tx: Connection, outbox_id: int, problem: str, pause: timedelta) -> None:
    """Not sent this time: due again after `pause`."""
    next_try_at = await tx.fetchval(
        """UPDATE outbox SET status = 'waiting', problem = $2, next_try_at = app_now() + $3
           WHERE id = $1 AND status = 'sending' RETURNING next_try_at""",
        outbox_id,
        problem,
        pause,
    )
    if next_try_at is not None:
        await enqueue(tx, DUE, at=next_try_at)


@atomic
async def send_again(tx: Connection, admin: Viewer, outbox_id: int) -> None:
    """Try a mail now that waits or failed; whether it is still true is seen when it is sent.

    Raises `NotThere`, `NotUnsent`.
    """
    await _lock_unsent(tx, admin, outbox_id)
    tried = await tx.execute(
        """UPDATE outbox SET status = 'waiting', attempts = 0, problem = NULL, next_try_at = app_now()
           WHERE id = $1 AND due_at <= app_now()""",
        outbox_id,
    )
    if tried == "UPDATE 0":
        raise NotUnsent("Email ini menunggu waktunya sendiri.")
    await enqueue(tx, SEND, {"outbox_id": outbox_id})
    await audit.record(tx, admin, "mail.sent_again", "mail", str(outbox_id))


@atomic
async def call_off(tx: Connection, admin: Viewer, outbox_id: int, reason: str) -> None:
    """A mail that waits or failed is never sent. Raises `NotThere`, `NotUnsent`."""
    await _lock_unsent(tx, admin, outbox_id)
    await tx.execute("UPDATE outbox SET status = 'dropped', problem = 'called off' WHERE id = $1", outbox_id)
    await audit.record(tx, admin, "mail.called_off", "mail", str(outbox_id), reason=reason)


async def _lock_unsent(tx: Connection, admin: Viewer, outbox_id: int) -> None:
    if admin.role != "admin":
        raise NotThere
    row = await tx.fetchrow(
        """SELECT status, status IN ('waiting', 'failed') OR status = 'sending' AND taken_until < statement_timestamp()
             AS unsent FROM outbox WHERE id = $1 FOR UPDATE""",
        outbox_id,
    )
    if row is None:
        raise NotThere
    if row["status"] == "sending" and not row["unsent"]:
        raise NotUnsent("Email ini sedang dikirim. Muat ulang sebentar lagi.")
    if not row["unsent"]:
        raise NotUnsent("Email ini sudah terkirim atau sudah dibatalkan.")
