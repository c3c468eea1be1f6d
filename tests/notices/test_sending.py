"""Mails against a real mail server: sent once, tried again, repeated only when nobody can know."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest
import pytest_asyncio

from mentorinaja import clock
from mentorinaja.accounts.mails import MAILS
from mentorinaja.db.pool import Database
from mentorinaja.jobs.worker import run_worker
from mentorinaja.local.mailbox import Mailbox
from mentorinaja.notices import actions, jobs, queries
from mentorinaja.notices.kinds import Attachment, Mail, MailContent, OutboxRow
from mentorinaja.notices.letters import compose
from mentorinaja.notices.rules import pause_after
from mentorinaja.resources import Resources, open_resources
from mentorinaja.settings import Settings
from tests.support.accounts import eventually, make_account
from tests.support.config import make_settings

BUDI = "budi@mentorinaja.test"


@pytest_asyncio.fixture
async def box() -> AsyncIterator[Mailbox]:
    async with Mailbox() as box:
        yield box


@pytest_asyncio.fixture
async def budi(db: Database) -> int:
    """Somebody whose first mail waits in the outbox."""
    return await make_account(db, BUDI, verified=False)


@asynccontextmanager
async def post_office(db: Database, smtp_port: int) -> AsyncIterator[Resources]:
    """What a worker of one process works with."""
    async with open_resources(make_settings(db.dsn, smtp_port=smtp_port)) as resources:
        yield resources


async def send_due(resources: Resources, mails: list[Mail] = MAILS) -> None:
    """The sweep, as a fresh worker runs it."""
    sweep = next(job for job in jobs.make_jobs(mails) if job.sweep)
    await sweep.run(resources, {})


async def send_one(resources: Resources, outbox_id: int) -> None:
    job = next(job for job in jobs.make_jobs(MAILS) if not job.sweep)
    await job.run(resources, {"outbox_id": outbox_id})


async def state(db: Database) -> list[tuple[str, int, str | None]]:
    rows = await db.fetch("SELECT status, attempts, problem FROM outbox ORDER BY id")
    return [(row["status"], row["attempts"], row["problem"]) for row in rows]


async def test_a_mail_says_to_whom_what_and_where(db: Database, box: Mailbox, budi: int) -> None:
    async with post_office(db, box.smtp_port) as resources:
        await send_due(resources)
    [message] = box.messages_to(BUDI)
    assert message.subject == "Konfirmasi email Anda di MentorinAja"
    link = "http://127.0.0.1:8000/verify-email/"
    assert link in message.text and link in (message.html or "")
    assert "WIB" in message.text
    assert await state(db) == [("sent", 1, None)]


async def test_the_job_queued_with_the_data_sends_it_without_waiting_for_a_sweep(
    db: Database, box: Mailbox
) -> None:
    async with post_office(db, box.smtp_port) as resources:
        stop = asyncio.Event()
        worker = asyncio.create_task(run_worker(resources, jobs.make_jobs(MAILS), stop))
        try:
            await asyncio.sleep(1)  # its first sweep is over: there is nothing yet
            await make_account(db, BUDI, verified=False)

            async def came() -> bool:
                return len(box.messages) == 1

            await eventually(came)

            async def done() -> bool:
                return bool(await db.fetchval("SELECT count(*) = 0 FROM pgqueuer"))

            await eventually(done)
        finally:
            stop.set()
            await worker


async def test_two_workers_and_a_sweep_at_once_send_it_once(db: Database, box: Mailbox, budi: int) -> None:
    outbox_id = await db.fetchval("SELECT id FROM outbox")
    async with post_office(db, box.smtp_port) as one, post_office(db, box.smtp_port) as other:
        await asyncio.gather(
            *(send_one(resources, outbox_id) for resources in (one, other) for _ in range(5)),
            *(send_due(resources) for resources in (one, other)),
        )
    assert len(box.messages) == 1


async def test_without_the_claim_it_would_be_sent_many_times(
    db: Database, box: Mailbox, budi: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = await actions.take(db, await db.fetchval("SELECT id FROM outbox"))

    async def take_unclaimed(_db: Database, _id: int) -> OutboxRow | None:
        return taken

    monkeypatch.setattr(actions, "take", take_unclaimed)
    async with post_office(db, box.smtp_port) as resources:
        await asyncio.gather(*(send_one(resources, 0) for _ in range(5)))
    assert len(box.messages) == 5


async def test_telling_the_same_twice_is_one_mail_and_a_higher_version_another(db: Database) -> None:
    user_id = await make_account(db)
    async with db.transaction() as tx:
        for version in (0, 0, 1):
            await actions.queue(tx, "verify", user_id=user_id, about="account:1", version=version)
    assert await db.fetchval("SELECT count(*) FROM outbox") == 2
    assert await db.fetchval("SELECT count(*) FROM pgqueuer") == 2


async def test_what_did_not_happen_is_not_told(db: Database) -> None:
    user_id = await make_account(db)
    with pytest.raises(RuntimeError):
        async with db.transaction() as tx:
            await actions.queue(tx, "verify", user_id=user_id, about="account:1")
            raise RuntimeError("the transaction fails")
    assert await db.fetchval("SELECT count(*) FROM outbox") == 0
    assert await db.fetchval("SELECT count(*) FROM pgqueuer") == 0


async def test_a_mail_server_that_is_down_gets_it_when_it_is_up(db: Database, budi: int) -> None:
    async with Mailbox() as gone:
        port = gone.smtp_port
    async with post_office(db, port) as resources:
        await send_due(resources)
        [(status, attempts, problem)] = await state(db)
        assert (status, attempts) == ("waiting", 1) and problem is not None
        assert await queries.due(db, 10) == []
        assert await db.fetchval("SELECT count(*) FROM pgqueuer WHERE entrypoint = 'notices.due'") == 1
        async with Mailbox(smtp_port=port) as back:
            await clock.shift(db, pause_after(1))
            await send_due(resources)
            assert len(back.messages_to(BUDI)) == 1
    assert await state(db) == [("sent", 2, None)]


async def test_while_the_server_is_down_one_try_speaks_for_all(db: Database) -> None:
    for _ in range(60):
        await make_account(db, verified=False)
    async with Mailbox() as gone:
        port = gone.smtp_port
    async with post_office(db, port) as resources:
        await send_due(resources)
    assert await db.fetchval("SELECT count(*) FROM outbox WHERE attempts = 0") == 20


async def test_a_mail_the_server_cannot_take_now_is_tried_again(
    db: Database, box: Mailbox, budi: int
) -> None:
    box.faults.refuse = 1
    async with post_office(db, box.smtp_port) as resources:
        await send_due(resources)
        assert await state(db) == [("waiting", 1, "SMTPDataError (451)")]
        await clock.shift(db, pause_after(1))
        await send_due(resources)
    assert len(box.messages) == 1 and (await state(db))[0][0] == "sent"


async def test_a_server_that_dies_before_it_answers_gets_the_same_mail_once_more(
    db: Database, box: Mailbox, budi: int
) -> None:
    box.faults.die_after_data = 1
    async with post_office(db, box.smtp_port) as resources:
        await send_due(resources)
        assert len(box.messages) == 1 and (await state(db))[0][0] == "waiting"
        await clock.shift(db, pause_after(1))
        await send_due(resources)
    first, second = box.messages
    assert first.message_id == second.message_id
    assert (await state(db))[0][:2] == ("sent", 2)


async def test_a_mail_whose_sender_died_is_sent_by_another_after_its_claim(
    db: Database, box: Mailbox, budi: int
) -> None:
    taken = await actions.take(db, await db.fetchval("SELECT id FROM outbox"))
    assert taken is not None  # and now the process is killed
    async with post_office(db, box.smtp_port) as resources:
        await clock.shift(db, timedelta(hours=1))  # the product's clock does not end a claim
        await send_due(resources)
        assert box.messages == []
        await db.execute("UPDATE outbox SET taken_until = now() - interval '1 second'")
        await send_due(resources)
    assert len(box.messages) == 1


async def test_what_is_no_longer_true_is_not_sent(db: Database, box: Mailbox, budi: int) -> None:
    await db.execute("UPDATE users SET email_verified_at = app_now()")
    async with post_office(db, box.smtp_port) as resources:
        await send_due(resources)
    assert box.messages == [] and await state(db) == [("dropped", 1, "no longer true")]


async def test_a_reset_mail_that_is_too_late_is_not_sent(db: Database, box: Mailbox) -> None:
    user_id = await make_account(db, BUDI)
    async with db.transaction() as tx:
        await actions.queue(tx, "reset", user_id=user_id, about=f"account:{user_id}")
    await clock.shift(db, timedelta(minutes=31))
    async with post_office(db, box.smtp_port) as resources:
        await send_due(resources)
    assert box.messages == [] and (await state(db))[0][0] == "dropped"


async def test_after_three_days_a_mail_is_given_up(db: Database, budi: int) -> None:
    async with post_office(db, 9) as resources:
        await clock.shift(db, timedelta(days=3, minutes=1))
        await send_due(resources)
    [(status, _, problem)] = await state(db)
    assert status == "failed" and problem is not None and problem.startswith("given up")


async def test_a_mail_that_cannot_be_written_keeps_no_other_waiting(
    db: Database, box: Mailbox, budi: int
) -> None:
    async with db.transaction() as tx:
        await actions.queue(tx, "unheard-of", user_id=budi, about="x")
    await db.execute(
        "UPDATE outbox SET next_try_at = next_try_at - interval '1 hour' WHERE kind = 'unheard-of'"
    )
    async with post_office(db, box.smtp_port) as resources:
        await send_due(resources)
    assert len(box.messages) == 1
    assert await db.fetchval("SELECT status FROM outbox WHERE kind = 'unheard-of'") == "sending"


async def test_many_mails_are_sent_in_one_sweep(db: Database, box: Mailbox) -> None:
    for _ in range(90):
        await make_account(db, verified=False)
    async with post_office(db, box.smtp_port) as resources:
        await send_due(resources)
    assert len(box.messages) == 90
    assert len({message.message_id for message in box.messages}) == 90


def test_two_mails_of_one_kind_are_refused() -> None:
    with pytest.raises(ValueError, match="same kind"):
        jobs.make_jobs([*MAILS, MAILS[0]])


def test_the_pauses_grow_and_end() -> None:
    pauses = [pause_after(attempt) for attempt in range(1, 40)]
    assert pauses[:3] == [timedelta(seconds=5), timedelta(seconds=15), timedelta(seconds=45)]
    assert pauses == sorted(pauses) and pauses[-1] == timedelta(hours=3)


async def test_a_name_cannot_break_out_of_its_header(db: Database, box: Mailbox, budi: int) -> None:
    name = 'Budi "x" <b@x.id>, Bcc: c@x.id 😀 &<b>'
    await db.execute("UPDATE users SET full_name = $1", name)
    async with post_office(db, box.smtp_port) as resources:
        await send_due(resources)
    [message] = box.messages
    assert message.recipients == [BUDI]
    assert name in message.text
    assert "&lt;b&gt;" in (message.html or "") and "<b@x.id>" not in (message.html or "")


async def test_line_breaks_never_reach_a_header(db: Database, budi: int) -> None:
    row = await actions.take(db, await db.fetchval("SELECT id FROM outbox"))
    assert row is not None
    content = MailContent("Satu\r\nBcc: c@x.id", "verify", {"link": "/x", "until": row.created_at})
    settings: Settings = make_settings(db.dsn)
    message = compose(settings, row, content, row.created_at)
    assert message["Subject"] == "Satu Bcc: c@x.id" and message["Bcc"] is None
    message = compose(settings, replace(row, full_name="Budi\r\nBcc: c@x.id"), content, row.created_at)
    assert message["To"].addresses[0].display_name == "Budi Bcc: c@x.id" and message["Bcc"] is None


async def test_words_that_look_encoded_are_words(db: Database, budi: int) -> None:
    """Read as what they seem to say, they break the library that writes headers, and their mail is never sent."""
    row = await actions.take(db, await db.fetchval("SELECT id FROM outbox"))
    assert row is not None
    settings: Settings = make_settings(db.dsn)
    for name in ("=?utf-8?q?=0D=0ABcc:_c@x.id?=", "=?utf-8?b?DQpCY2M6IGNAeC5pZA==?=", "=?utf-8?q?=00?="):
        content = MailContent(f"Sesi dengan {name}", "verify", {"link": "/x", "until": row.created_at})
        message = compose(settings, replace(row, full_name=name), content, row.created_at)
        sent = message_from_bytes(message.as_bytes(), policy=policy.default)
        assert sent["Bcc"] is None and "utf-8" in sent["Subject"] and "utf-8" in sent["To"]
        assert [address.addr_spec for address in sent["To"].addresses] == [BUDI]


async def test_a_calendar_file_goes_along_with_its_method(
    db: Database, box: Mailbox, budi: int, tmp_path: Path
) -> None:
    async def load(_db: Database, _settings: Settings, row: OutboxRow) -> MailContent:
        attachment = Attachment(
            "undangan.ics", "text/calendar", b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", {"method": "REQUEST"}
        )
        return MailContent("Undangan", "verify", {"link": "/x", "until": row.created_at}, (attachment,))

    async with post_office(db, box.smtp_port) as resources:
        await send_due(resources, [Mail("verify", load)])
    [message] = box.messages
    [attachment] = message.attachments
    assert attachment.filename == "undangan.ics"
    assert b'method="REQUEST"' in message.raw or b"method=REQUEST" in message.raw


async def test_a_mail_carries_what_mail_programs_need(db: Database, budi: int) -> None:
    row = await actions.take(db, await db.fetchval("SELECT id FROM outbox"))
    assert row is not None
    content = MailContent("Halo", "verify", {"link": "/x", "until": row.created_at})
    message = compose(
        make_settings(db.dsn, mail_from="MentorinAja <halo@mentorinaja.id>"), row, content, row.created_at
    )
    assert message["From"] == "MentorinAja <halo@mentorinaja.id>"
    assert message["Message-ID"] == row.message_id and row.message_id.endswith("@mentorinaja>")
    assert message["Auto-Submitted"] == "auto-generated" and message["Date"]
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert all(len(line) <= 998 for line in message.as_bytes().split(b"\r\n"))
