"""Favourites and wishes in the database: kept once, told once, and told only what is still so."""

import asyncio
from datetime import datetime, timedelta

import pytest

from mentorinaja import clock
from mentorinaja.db.pool import Connection, Database
from mentorinaja.errors import NotThere
from mentorinaja.favourites import actions, queries
from mentorinaja.favourites.jobs import tell_granted
from mentorinaja.favourites.mails import load_opened
from mentorinaja.favourites.rules import MOST_KEPT, MOST_WISHES, Full, NothingToWait, SlotThere
from mentorinaja.notices import actions as notices
from mentorinaja.notices.kinds import MailContent
from mentorinaja.resources import open_resources
from mentorinaja.schedule import actions as schedule
from mentorinaja.schedule.rules import OFFICE_WEEK, Hours, SpecialDay, Week
from tests.support.bookings import make_user, settings_of
from tests.support.config import make_settings
from tests.support.experts import Told, make_expert
from tests.support.races import Meet

NEVER: Week = {}


async def slug_of(db: Database, expert_id: int) -> str:
    slug: str = await db.fetchval("SELECT slug FROM experts WHERE id = $1", expert_id)
    return slug


async def sweep(db: Database) -> None:
    async with open_resources(make_settings(db.dsn)) as resources:
        await tell_granted(resources, {})


async def states(db: Database) -> list[tuple[str, int]]:
    rows = await db.fetch("SELECT state, tellings FROM slot_wishes ORDER BY id")
    return [(row["state"], row["tellings"]) for row in rows]


async def written(db: Database) -> list[tuple[int, int]]:
    rows = await db.fetch("SELECT user_id, version FROM outbox WHERE kind = 'slot_open' ORDER BY id")
    return [(row["user_id"], row["version"]) for row in rows]


async def as_sent(db: Database) -> MailContent | None:
    """What the last mail about a slot says if it is sent now."""
    outbox_id = await db.fetchval("SELECT max(id) FROM outbox WHERE kind = 'slot_open'")
    row = await notices.take(db, outbox_id)
    assert row is not None
    return await load_opened(db, settings_of(db), row)


async def test_an_expert_is_kept_once_and_let_go_also_when_no_longer_shown(db: Database) -> None:
    budi, expert_id = await make_user(db), await make_expert(db)
    slug = await slug_of(db, expert_id)
    await asyncio.gather(*(actions.keep(db, budi.id, slug) for _ in range(4)))
    found = await queries.favourites_of(db, budi.id, 99)
    assert (found.total, found.page, [one.expert_id for one in found.experts]) == (1, 1, [expert_id])
    assert (await queries.kept_by(db, budi.id)).hearts == {expert_id}
    assert (await queries.kept_by(db, (await make_user(db)).id)).hearts == frozenset()

    await db.execute("UPDATE experts SET status = 'paused' WHERE id = $1", expert_id)
    [paused] = (await queries.favourites_of(db, budi.id, 1)).experts
    assert paused.findable and not paused.open
    await db.execute("UPDATE experts SET status = 'draft' WHERE id = $1", expert_id)
    [hidden] = (await queries.favourites_of(db, budi.id, 1)).experts
    assert not hidden.findable
    with pytest.raises(NotThere):
        await actions.keep(db, (await make_user(db)).id, slug)
    await actions.let_go(db, budi.id, slug)
    await actions.let_go(db, budi.id, slug)
    assert (await queries.favourites_of(db, budi.id, 1)).experts == []
    for act in (actions.keep, actions.let_go, actions.wish, actions.withdraw):
        for nobody in ("tidak-ada", "../etc", "x" * 400, "😀"):
            with pytest.raises(NotThere):
                await act(db, budi.id, nobody)


async def test_the_limits_hold_also_for_two_tabs_at_once(db: Database) -> None:
    budi = await make_user(db)
    experts = [await make_expert(db, Told(week=NEVER)) for _ in range(3)]
    slugs = [await slug_of(db, expert_id) for expert_id in experts]
    # Rows of experts who need nothing else, to fill the lists up to one.
    filler = await db.fetch(
        """WITH people AS (
             INSERT INTO users (email, full_name, phone, password_hash, terms_version, terms_accepted_at)
             SELECT 'isi' || n || '@mentorinaja.test', 'Isi', '+62813' || lpad(n::text, 7, '0'), 'x', '1', app_now()
             FROM generate_series(1, $1::int) n RETURNING id)
           INSERT INTO experts (user_id, slug, display_name) SELECT id, 'isi-' || id, 'Isi' FROM people RETURNING id""",
        MOST_KEPT - 1,
    )
    ids = [row["id"] for row in filler]
    await db.execute(
        "INSERT INTO favourites (user_id, expert_id) SELECT $1, unnest($2::bigint[])", budi.id, ids
    )
    await db.execute(
        "INSERT INTO slot_wishes (user_id, expert_id) SELECT $1, unnest($2::bigint[])",
        budi.id,
        ids[: MOST_WISHES - 1],
    )
    for act in (actions.keep, actions.wish):
        answers = await asyncio.gather(*(act(db, budi.id, slug) for slug in slugs), return_exceptions=True)
        assert sum(answer is None for answer in answers) == 1
        assert sum(isinstance(answer, Full) for answer in answers) == 2
    kept = await queries.kept_by(db, budi.id)
    assert (len(kept.hearts), len(kept.bells)) == (MOST_KEPT, MOST_WISHES)
    last = await queries.favourites_of(db, budi.id, 5)
    assert (last.pages, len(last.experts)) == (5, MOST_KEPT - 4 * 24)


async def test_without_the_lock_two_tabs_keep_one_too_many(
    unchecked_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin: each counts before the other's is there."""

    async def not_locked(_tx: Connection, _user_id: int) -> None:
        return

    monkeypatch.setattr(actions, "_one_at_a_time", not_locked)
    monkeypatch.setattr(actions, "MOST_KEPT", 1)
    db, budi = unchecked_db, await make_user(unchecked_db)
    slugs = [await slug_of(db, await make_expert(db)) for _ in range(2)]
    meet = Meet(2)

    async def keep(slug: str) -> None:
        async with db.transaction() as tx:
            await actions.keep.__wrapped__(tx, budi.id, slug)  # type: ignore[attr-defined]  # the action itself
            await meet.wait()

    await asyncio.gather(*(keep(slug) for slug in slugs))
    assert len((await queries.kept_by(db, budi.id)).hearts) == 2


async def test_a_wish_is_told_once_when_a_slot_opens(db: Database) -> None:
    budi, ani, expert_id = await make_user(db), await make_user(db), await make_expert(db, Told(week=NEVER))
    slug = await slug_of(db, expert_id)
    await notices.want(db, budi.id, "slot_open", on=False)
    await actions.wish(db, budi.id, slug)
    await actions.wish(db, budi.id, slug)
    await actions.wish(db, ani.id, slug)
    assert not await db.fetchval("SELECT count(*) FROM unwanted_notices"), "who asks for it wants it"
    await sweep(db)
    assert await written(db) == []
    await actions.withdraw(db, ani.id, slug)

    # A paused expert has slots for nobody; the wish waits until the expert is back.
    await db.execute("UPDATE experts SET status = 'paused' WHERE id = $1", expert_id)
    await schedule.set_week(db, expert_id, OFFICE_WEEK)
    await sweep(db)
    assert await written(db) == []
    await db.execute("UPDATE experts SET status = 'published' WHERE id = $1", expert_id)
    await asyncio.gather(*(sweep(db) for _ in range(3)))
    await sweep(db)
    assert await written(db) == [(budi.id, 1)]
    assert await states(db) == [("told", 1), ("withdrawn", 0)]
    content = await as_sent(db)
    assert content is not None and content.subject == "Sari Wulandari punya jadwal kosong"
    with pytest.raises(SlotThere):
        await actions.wish(db, budi.id, slug)


async def test_a_slot_that_is_gone_before_the_mail_is_sent_leaves_the_wish_open(db: Database) -> None:
    budi, expert_id = await make_user(db), await make_expert(db, Told(week=NEVER))
    slug = await slug_of(db, expert_id)
    await actions.wish(db, budi.id, slug)
    await schedule.set_week(db, expert_id, OFFICE_WEEK)
    await sweep(db)
    await schedule.set_week(db, expert_id, NEVER)
    assert await as_sent(db) is None
    assert await states(db) == [("open", 1)]
    await schedule.set_week(db, expert_id, OFFICE_WEEK)
    await sweep(db)
    assert await written(db) == [(budi.id, 1), (budi.id, 2)]
    assert await as_sent(db) is not None
    # The first mail, should it be sent after all, is over.
    row = await notices.take(db, await db.fetchval("SELECT min(id) FROM outbox WHERE kind = 'slot_open'"))
    assert row is None or await load_opened(db, settings_of(db), row) is None


async def test_a_far_slot_can_be_waited_for_a_sooner_one_until_it_comes(db: Database) -> None:
    """Office hours, but the next nine days are off: a slot is there, and hardly one."""
    expert_id = await make_expert(db)
    slug, budi, ani = await slug_of(db, expert_id), await make_user(db), await make_user(db)
    today = (await clock.now(db)).date()
    off = [SpecialDay(today + timedelta(days=n), "off") for n in range(-1, 10)]
    await schedule.set_exceptions(db, expert_id, off)
    far: datetime = await db.fetchval("SELECT next_slot_at FROM experts WHERE id = $1", expert_id)
    for user in (budi, ani):
        await actions.wish(db, user.id, slug)
    await sweep(db)
    assert await written(db) == []
    # Ani's has lapsed when its slot has come; Budi hears of the day that was opened.
    await db.execute("UPDATE slot_wishes SET sooner_than = app_now() WHERE user_id = $1", ani.id)
    extra = SpecialDay(today + timedelta(days=3), "extra", Hours(600, 720))
    await schedule.set_exceptions(db, expert_id, [*off[:4], *off[5:], extra])
    sooner: datetime = await db.fetchval("SELECT next_slot_at FROM experts WHERE id = $1", expert_id)
    assert sooner < far
    await sweep(db)
    assert await written(db) == [(budi.id, 1)]
    assert await states(db) == [("told", 1), ("lapsed", 0)]


async def test_ready_now_grants_a_wish_too_and_some_have_nothing_to_wait_for(db: Database) -> None:
    budi, expert_id = await make_user(db), await make_expert(db, Told(week=NEVER))
    slug = await slug_of(db, expert_id)
    await actions.wish(db, budi.id, slug)
    await schedule.set_ready(db, expert_id, True)
    await sweep(db)
    assert await written(db) == [(budi.id, 1)]
    own = await db.fetchval("SELECT user_id FROM experts WHERE id = $1", expert_id)
    with pytest.raises(NothingToWait):
        await actions.wish(db, own, slug)
    await db.execute("UPDATE services SET duration_minutes = NULL WHERE expert_id = $1", expert_id)
    await db.execute("SELECT refresh_listing($1)", expert_id)
    with pytest.raises(NothingToWait):
        await actions.wish(db, budi.id, slug)


async def test_who_withdraws_while_the_mail_is_written_gets_it_or_not_but_never_after(db: Database) -> None:
    """Both look at the same open wish; the row decides who was first."""
    budi, expert_id = await make_user(db), await make_expert(db, Told(week=NEVER))
    slug = await slug_of(db, expert_id)
    await actions.wish(db, budi.id, slug)
    await schedule.set_week(db, expert_id, OFFICE_WEEK)
    meet = Meet(2)

    async def tell() -> None:
        [wish_id] = await queries.granted(db)
        await meet.wait()
        await actions.tell(db, wish_id)

    async def withdraw() -> None:
        await meet.wait()
        await actions.withdraw(db, budi.id, slug)

    await asyncio.gather(tell(), withdraw())
    [(state, _)] = await states(db)
    assert len(await written(db)) == (1 if state == "told" else 0)


async def test_without_asking_the_row_who_withdrew_would_get_the_mail(unchecked_db: Database) -> None:
    """The twin: it tells whoever was waiting when it looked."""
    db = unchecked_db
    budi, expert_id = await make_user(db), await make_expert(db, Told(week=NEVER))
    slug = await slug_of(db, expert_id)
    await actions.wish(db, budi.id, slug)
    await schedule.set_week(db, expert_id, OFFICE_WEEK)
    [wish_id] = await queries.granted(db)
    await actions.withdraw(db, budi.id, slug)
    async with db.transaction() as tx:
        await notices.queue(tx, "slot_open", user_id=budi.id, about=f"wish-{wish_id}", version=1)
    assert (await states(db), await written(db)) == ([("withdrawn", 0)], [(budi.id, 1)])
