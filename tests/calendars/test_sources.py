"""Calendars outside and what they change: new times keep clear of them, what is booked stays."""

import asyncio
from datetime import datetime, timedelta

import pytest

from mentorinaja import clock
from mentorinaja.banks.vault import Vault
from mentorinaja.bookings.refusals import NotASlot
from mentorinaja.calendars import actions, mails, queries
from mentorinaja.calendars.reading import Reading
from mentorinaja.calendars.rules import CannotRead, TooManySources, parse_address
from mentorinaja.db.pool import Database
from mentorinaja.errors import NotThere
from mentorinaja.notices.actions import take
from mentorinaja.schedule import actions as schedule
from mentorinaja.schedule.queries import free_slots, ready_now
from mentorinaja.schedule.rules import Rules
from mentorinaja.settings import Settings
from tests.support.bookings import Seller, book, make_seller, make_user, pay, settings_of, slot_in, state_of
from tests.support.busy import make_source
from tests.support.calendars import Host, calendar, meeting

HOUR = timedelta(hours=1)


async def busy_of(db: Database, seller: Seller) -> list[tuple[datetime, datetime]]:
    rows = await db.fetch(
        "SELECT lower(during) AS a, upper(during) AS b FROM busy_times WHERE expert_id = $1 ORDER BY during",
        seller.id,
    )
    return [(row["a"], row["b"]) for row in rows]


async def next_slot(db: Database, seller: Seller) -> datetime:
    at: datetime = await db.fetchval("SELECT next_slot_at FROM experts WHERE id = $1", seller.id)
    return at


async def the_source(db: Database, seller: Seller) -> queries.Source:
    (source,) = await queries.sources_of(db, seller.id)
    return source


async def connected(db: Database, host: Host, *events: str) -> tuple[Seller, Settings, int]:
    """An expert who works around the clock, with one calendar outside."""
    seller = await make_seller(db, ready=True)
    settings = settings_of(db, calendar_local_origin=host.origin)
    await actions.connect(db, settings, seller.id, host.put("/a.ics", calendar(*events)))
    return seller, settings, (await the_source(db, seller)).id


async def test_what_an_outside_calendar_takes_is_not_offered_and_what_is_booked_stays(
    db: Database, host: Host
) -> None:
    seller = await make_seller(db, ready=True)
    user, slot = await make_user(db), await slot_in(db, days=1)
    public_id = await book(db, user, seller, slot)
    await pay(db, public_id)
    settings = settings_of(db, calendar_local_origin=host.origin)
    now = await clock.now(db)
    first = await next_slot(db, seller)
    host.put("/a.ics", calendar(meeting(now - HOUR, now + 6 * HOUR), meeting(slot - HOUR, slot + HOUR)))
    await actions.connect(db, settings, seller.id, host.origin + "/a.ics")

    assert len(await busy_of(db, seller)) == 2
    assert first < now + 6 * HOUR <= await next_slot(db, seller)
    assert not await ready_now(db, seller.id, 30)
    assert await state_of(db, public_id) == ("confirmed", "paid")
    offered = await free_slots(db, seller.id, 30, slot.date(), "UTC")
    assert slot + HOUR in offered and slot - HOUR / 2 not in offered
    with pytest.raises(NotASlot):
        await book(db, await make_user(db), seller, slot - HOUR / 2)

    # The expert's own buffer is kept on both sides of it.
    await schedule.set_rules(db, seller.id, Rules(buffer_minutes=30))
    offered = await free_slots(db, seller.id, 30, slot.date(), "UTC")
    assert slot + HOUR not in offered and slot + 1.5 * HOUR in offered
    assert slot - 1.5 * HOUR not in offered and slot - 2 * HOUR in offered


async def test_a_calendar_is_read_again_and_what_it_said_before_is_replaced_whole(
    db: Database, host: Host
) -> None:
    at = await slot_in(db, days=2)
    seller, settings, source_id = await connected(
        db, host, meeting(at, at + HOUR), meeting(at, at + 2 * HOUR)
    )
    assert await busy_of(db, seller) == [(at, at + 2 * HOUR)]
    host.put("/a.ics", calendar(meeting(at + HOUR, at + 3 * HOUR)), etag='"dua"')
    await actions.read_again(db, settings, seller.id, source_id)
    assert await busy_of(db, seller) == [(at + HOUR, at + 3 * HOUR)]

    # What the server says has not changed stays, until a day has passed or the days are another zone's.
    await actions.read_source(db, settings, source_id)
    assert host.asked[-1].get("if-none-match") == '"dua"'
    await schedule.set_rules(db, seller.id, Rules(time_zone="Asia/Jayapura"))
    await actions.read_source(db, settings, source_id)
    assert "if-none-match" not in host.asked[-1]
    await clock.shift(db, timedelta(hours=21))
    await actions.read_source(db, settings, source_id)
    assert "if-none-match" not in host.asked[-1]
    assert await busy_of(db, seller) == [(at + HOUR, at + 3 * HOUR)]

    await actions.forget(db, seller.id, source_id)
    assert await busy_of(db, seller) == []
    await actions.read_source(db, settings, source_id)
    for verb in (
        actions.read_again(db, settings, seller.id, source_id),
        actions.forget(db, seller.id, source_id),
    ):
        with pytest.raises(NotThere):
            await verb


async def test_a_calendar_that_cannot_be_read_keeps_its_last_words_and_is_told_after_a_day_once(
    db: Database, host: Host
) -> None:
    at = await slot_in(db, days=4)
    seller, settings, source_id = await connected(db, host, meeting(at, at + HOUR))
    host.put("/a.ics", b"", 404)
    for hours in (0, 1, 22):
        await clock.shift(db, timedelta(hours=hours))
        await actions.read_source(db, settings, source_id)
    source = await the_source(db, seller)
    assert (source.problem, source.times) == ("not_shared", 1)
    assert await db.fetchval("SELECT count(*) FROM outbox WHERE kind = $1", actions.FAILING) == 0

    for hours in (2, 1, 30):
        await clock.shift(db, timedelta(hours=hours))
        await actions.read_source(db, settings, source_id)
    mail_id = await db.fetchval("SELECT id FROM outbox WHERE kind = $1", actions.FAILING)
    assert await busy_of(db, seller) == [(at, at + HOUR)]
    mail = await take(db, mail_id)
    assert mail is not None and mail.user_id == seller.user_id
    content = await mails.load_failing(db, settings, mail)
    assert content is not None and "127.0.0.1" in content.subject

    # Whatever is mended before the mail leaves is not told any more; the next time it fails is told anew.
    host.put("/a.ics", calendar())
    await actions.read_source(db, settings, source_id)
    assert (await the_source(db, seller)).problem is None and await busy_of(db, seller) == []
    assert await mails.load_failing(db, settings, mail) is None
    host.put("/a.ics", b"bukan kalender")
    for hours in (1, 25):
        await clock.shift(db, timedelta(hours=hours))
        await actions.read_source(db, settings, source_id)
    assert await db.fetchval("SELECT count(*) FROM outbox WHERE kind = $1", actions.FAILING) == 2


async def test_an_address_that_cannot_be_read_is_not_kept_and_three_are_enough(
    db: Database, host: Host
) -> None:
    seller = await make_seller(db)
    settings = settings_of(db, calendar_local_origin=host.origin)
    for address in (host.origin + "/tidak-ada.ics", "https://127.0.0.1/a.ics", "kalender"):
        with pytest.raises(CannotRead):
            await actions.connect(db, settings, seller.id, address)
    for name in ("/1", "/1", "/2", "/3", "/2"):
        await actions.connect(db, settings, seller.id, host.put(name, calendar()))
    assert len(await queries.sources_of(db, seller.id)) == 3
    with pytest.raises(TooManySources):
        await actions.connect(db, settings, seller.id, host.put("/4", calendar()))
    stored = await db.fetch("SELECT * FROM calendar_sources")
    assert not any(b"/1" in value for row in stored for value in row.values() if isinstance(value, bytes))


async def test_four_at_once_are_no_more_than_three(db: Database, host: Host) -> None:
    seller = await make_seller(db)
    settings = settings_of(db, calendar_local_origin=host.origin)
    addresses = [host.put(f"/{n}", calendar()) for n in range(4)]
    results = await asyncio.gather(
        *(actions.connect(db, settings, seller.id, address) for address in addresses), return_exceptions=True
    )
    assert [type(result) for result in results if result is not None] == [TooManySources]
    assert len(await queries.sources_of(db, seller.id)) == 3


async def test_without_the_lock_four_are_kept(unchecked_db: Database) -> None:
    """The twin: nothing to lock, so both count before either is seen."""
    db = unchecked_db
    seller, vault = await make_seller(db), Vault(settings_of(db))
    for _ in range(2):
        await make_source(db, seller.id)
    await db.execute("DELETE FROM weekly_hours WHERE expert_id = $1", seller.id)
    await db.execute("DELETE FROM schedules WHERE expert_id = $1", seller.id)
    async with db.transaction() as one, db.transaction() as other:
        for tx, name in ((one, "a"), (other, "b")):
            await actions._add(tx, vault, seller.id, parse_address(f"https://{name}.test/"))
    assert len(await queries.sources_of(db, seller.id)) == 4


async def test_a_reading_that_another_overtook_is_dropped(db: Database, host: Host) -> None:
    at = await slot_in(db, days=2)
    seller, _, source_id = await connected(db, host)
    now, zone = await clock.now(db), "Asia/Jakarta"
    version = await db.fetchval("SELECT version FROM calendar_sources")
    old, new = Reading([(at, at + HOUR)], ""), Reading([(at, at + 2 * HOUR)], "")
    await actions._keep(db, source_id, version, now, zone, new)
    await actions._keep(db, source_id, version, now, zone, old)
    await actions._keep_failure(db, source_id, version, now, "server")
    assert await busy_of(db, seller) == new.busy
    assert (await the_source(db, seller)).problem is None
    # The twin: nobody looks whether another was kept meanwhile, and older words replace newer ones.
    async with db.transaction() as tx:
        await actions._store(tx, seller.id, source_id, now, zone, old)
    assert await busy_of(db, seller) == old.busy


async def test_what_is_due_is_queued_once_each_by_itself(db: Database, host: Host) -> None:
    _, settings, source_id = await connected(db, host)
    queued = "SELECT count(*) FROM pgqueuer WHERE entrypoint = $1"
    await actions.ask_for_due(db)
    assert await db.fetchval(queued, actions.READ) == 0
    await clock.shift(db, timedelta(minutes=31))
    await asyncio.gather(*(actions.ask_for_due(db) for _ in range(3)))
    assert await db.fetchval(queued, actions.READ) == 1
    # Whoever moves the clock back waits for none that was read in what is the future now.
    await actions.read_source(db, settings, source_id)
    await clock.shift(db, -timedelta(days=9))
    await actions.ask_for_due(db)
    assert await db.fetchval(queued, actions.READ) == 2


async def test_an_address_sealed_with_another_key_is_said_to_need_connecting_anew(
    db: Database, host: Host
) -> None:
    seller, _, source_id = await connected(db, host)
    other = settings_of(db, bank_key="a-key-that-never-sealed-anything-0123456789")
    await actions.read_source(db, other, source_id)
    assert (await the_source(db, seller)).problem == "key"
