"""Sending, taking back and deciding: each once, told by mail, and only by whom it is for."""

import asyncio

import pytest

from mentorinaja.applications import actions, queries, saving
from mentorinaja.applications.mails import MAILS
from mentorinaja.applications.rules import NotComplete, NotDecidable, NotOpen
from mentorinaja.db.pool import Connection, Database
from mentorinaja.errors import NotThere
from mentorinaja.experts import queries as experts
from mentorinaja.experts.rules import NotPublishable
from mentorinaja.notices import actions as notices
from mentorinaja.web.viewer import Viewer
from tests.applications.people import ABOUT, CHAT, complete_draft, events_of, status_of, submitted
from tests.support.bookings import make_user, settings_of
from tests.support.desk import make_admin
from tests.support.races import Meet

REASON = "Mohon lengkapi pengalaman kerja Anda."


async def told(db: Database) -> list[str]:
    """The kinds of mail that would be sent now, in order; they wait on."""
    load, settings = {mail.kind: mail.load for mail in MAILS}, settings_of(db)
    kinds = []
    for [outbox_id] in await db.fetch("SELECT id FROM outbox WHERE kind LIKE 'application%' ORDER BY id"):
        row = await notices.take(db, outbox_id)
        assert row is not None
        await db.execute("UPDATE outbox SET status = 'waiting', taken_until = NULL WHERE id = $1", outbox_id)
        if await load[row.kind](db, settings, row):
            kinds.append(row.kind)
    return kinds


async def test_an_application_goes_its_way_once_and_everybody_is_told_what_is_still_true(
    db: Database,
) -> None:
    admin, dewi = await make_admin(db), await complete_draft(db)
    for _ in range(2):
        await actions.submit(db, dewi)
    assert await events_of(db, dewi) == ["submitted"]
    assert await told(db) == ["application_submitted", "application_waiting"]
    for _ in range(2):
        await actions.withdraw(db, dewi)
    assert await told(db) == [] and await status_of(db, dewi) == "draft"
    await actions.submit(db, dewi)
    await actions.reject(db, admin, "dewi-anggraini", f"  {REASON} ")
    application = await queries.application_for(db, dewi.id)
    assert (application.status, application.reason, application.is_open) == ("rejected", REASON, True)
    assert await told(db) == ["application_rejected"]
    await actions.submit(db, dewi)
    assert await told(db) == ["application_submitted", "application_waiting"]
    await actions.verify(db, admin, "dewi-anggraini", "Portofolio diperiksa.")
    assert await told(db) == ["application_verified"]
    assert await experts.expert_page(db, "dewi-anggraini") is not None
    assert await events_of(db, dewi) == [
        "submitted", "withdrawn", "submitted", "rejected", "submitted", "verified",
    ]  # fmt: skip
    for forbidden in (
        actions.submit(db, dewi),
        actions.withdraw(db, dewi),
        saving.save_about(db, dewi, ABOUT),
    ):
        with pytest.raises(NotOpen):
            await forbidden
    with pytest.raises(NotDecidable):
        await actions.reject(db, admin, "dewi-anggraini", REASON)


async def test_nothing_is_sent_or_published_that_lacks_what_every_page_needs(db: Database) -> None:
    admin, dewi = await make_admin(db), await make_user(db, "Dewi Anggraini")
    with pytest.raises(NotThere):
        await actions.submit(db, dewi)
    with pytest.raises(NotOpen):
        await saving.save_tags(db, dewi, ("Data",), ())
    await saving.save_about(db, dewi, ABOUT)
    with pytest.raises(NotComplete, match="satu keahlian; Paling sedikit satu layanan aktif; Jam kerja"):
        await actions.submit(db, dewi)
    await saving.save_tags(db, dewi, ("Data",), ())
    await saving.save_service(db, dewi, CHAT)
    await saving.save_service(db, dewi, CHAT)
    assert await db.fetchval("SELECT count(*) FROM services") == 1
    with pytest.raises(NotComplete, match="Jam kerja"):
        await actions.submit(db, dewi)
    # A thread is due at any time of day: it needs no hours.
    await db.execute("UPDATE services SET duration_minutes = NULL")
    await actions.submit(db, dewi)
    await db.execute("UPDATE services SET active = false")
    with pytest.raises(NotPublishable):
        await actions.verify(db, admin, "dewi-anggraini")
    assert await status_of(db, dewi) == "submitted"


async def test_only_another_admin_decides_and_only_on_what_waits(db: Database) -> None:
    admin, dewi, draft = await make_admin(db), await submitted(db), await complete_draft(db, "konsep")
    assert await status_of(db, draft) == "draft"
    for who, slug, refusal in ((dewi, "dewi-anggraini", NotThere), (admin, "konsep", NotDecidable),
                               (admin, "tidak-ada", NotThere)):  # fmt: skip
        with pytest.raises(refusal):
            await actions.verify(db, who, slug)
        with pytest.raises(refusal):
            await actions.reject(db, who, slug, REASON)
    with pytest.raises(NotDecidable):
        await actions.reject(db, admin, "dewi-anggraini", "Tidak.")
    await db.execute("UPDATE users SET suspended_at = app_now() WHERE id = $1", dewi.id)
    with pytest.raises(NotDecidable, match="ditangguhkan"):
        await actions.verify(db, admin, "dewi-anggraini")
    await db.execute("UPDATE users SET suspended_at = NULL, role = 'admin' WHERE id = $1", dewi.id)
    itself = Viewer(dewi.id, dewi.full_name, dewi.email, "admin", dewi.time_zone, 0)
    with pytest.raises(NotDecidable, match="admin lain"):
        await actions.verify(db, itself, "dewi-anggraini")
    assert await events_of(db, dewi) == ["submitted"]


async def test_what_nobody_looked_at_is_not_published(db: Database) -> None:
    """The profile can be changed while it waits: every part of it that is looked at tells."""
    admin, dewi = await make_admin(db), await submitted(db)
    expert_id = await db.fetchval("SELECT id FROM experts WHERE user_id = $1", dewi.id)
    versions = [await queries.profile_version(db, expert_id)]
    for change in (
        "UPDATE experts SET bio = bio || ' Juga kripto.'",
        "UPDATE services SET price = 200000",
        "INSERT INTO expert_tags (expert_id, kind, name, place) SELECT id, 'skill', 'Kripto', 9 FROM experts",
        "INSERT INTO achievements (expert_id, title, place) SELECT id, 'Juara', 0 FROM experts",
        "DELETE FROM weekly_hours WHERE weekday = 1",
        "UPDATE schedules SET time_zone = 'Asia/Jakarta'",
    ):
        await db.execute(change)
        versions.append(await queries.profile_version(db, expert_id))
    assert len(set(versions)) == len(versions)
    for old in versions[:-1]:
        with pytest.raises(NotDecidable, match="diubah sejak"):
            await actions.verify(db, admin, "dewi-anggraini", seen=old)
    await db.execute("UPDATE experts SET ready_until = app_now()")
    await actions.verify(db, admin, "dewi-anggraini", "Portofolio diperiksa.", seen=versions[-1])
    assert await status_of(db, dewi) == "published"
    row = await db.fetchrow("SELECT actor_id, action, kind, subject, reason FROM audit_log")
    assert row is not None
    assert tuple(row) == (admin.id, "expert.verified", "expert", str(expert_id), "Portofolio diperiksa.")


async def test_of_two_decisions_at_once_one_holds(db: Database) -> None:
    admin, other, dewi = await make_admin(db), await make_admin(db), await submitted(db)
    outcomes = await both_decide(db, admin, other)
    assert [type(outcome) for outcome in outcomes if outcome] == [NotDecidable]
    assert len(await events_of(db, dewi)) == 2


async def test_without_the_lock_both_decisions_would_be_written(
    unchecked_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin: both have read that the application waits before either writes."""
    db, meet = unchecked_db, Meet(2)
    admin, other, dewi = await make_admin(db), await make_admin(db), await submitted(db)

    async def look(tx: Connection, _which: str, slug: object) -> object:
        row = await tx.fetchrow("SELECT id, user_id, status FROM experts WHERE slug = $1", slug)
        await meet.wait()
        return row

    monkeypatch.setattr(actions, "_lock", look)
    assert await both_decide(db, admin, other) == [None, None]
    assert len(await events_of(db, dewi)) == 3


async def both_decide(db: Database, admin: Viewer, other: Viewer) -> list[BaseException | None]:
    outcomes = await asyncio.gather(
        actions.verify(db, admin, "dewi-anggraini"),
        actions.reject(db, other, "dewi-anggraini", REASON),
        return_exceptions=True,
    )
    return list(outcomes)


async def test_two_tabs_that_begin_at_once_make_one_profile(db: Database) -> None:
    dewi = await make_user(db, "Dewi Anggraini")
    await asyncio.gather(*(saving.save_about(db, dewi, ABOUT) for _ in range(4)))
    assert await db.fetchval("SELECT count(*) FROM experts") == 1
    await db.execute("UPDATE users SET full_name = 'Lain' WHERE id = $1", dewi.id)
    assert await queries.free_slug(db, "Dewi Anggraini") == "dewi-anggraini-2"


async def test_late_saving_of_what_was_typed_does_not_undo_what_was_saved(db: Database) -> None:
    dewi = await make_user(db, "Dewi Anggraini")
    assert await saving.keep_typed(db, dewi.id, "tentang", {"bio": "Saya"}, 0)
    assert await saving.keep_typed(db, dewi.id, "tentang", {"bio": "Saya m"}, 0)
    assert (await queries.draft_for(db, dewi.id, "tentang")).typed == {"bio": "Saya m"}
    await saving.save_about(db, dewi, ABOUT)
    assert not await saving.keep_typed(db, dewi.id, "tentang", {"bio": "Saya me"}, 0)
    draft = await queries.draft_for(db, dewi.id, "tentang")
    assert draft.typed is None and draft.version == 1
    assert await saving.keep_typed(db, dewi.id, "tentang", {"bio": "Baru"}, 1)
