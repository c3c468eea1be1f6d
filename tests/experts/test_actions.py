"""Making experts and services, and their addresses."""

from datetime import timedelta

import pytest

from mentorinaja import clock
from mentorinaja.accounts import actions as accounts
from mentorinaja.db.pool import Database
from mentorinaja.errors import NotThere
from mentorinaja.experts import actions, queries
from mentorinaja.experts.rules import NewService, NotPublishable, Profile, ProfileInvalid, SlugTaken
from tests.support.bookings import make_user
from tests.support.experts import CHAT, Told, make_expert

PROFILE = Profile("sari", "Product Manager", "Gojek", 8, "Membantu orang pindah karier.")


async def create(db: Database, user_id: int, profile: Profile = PROFILE) -> int:
    async with db.transaction() as tx:
        return await actions.create_expert(tx, user_id, profile)


async def rename(db: Database, expert_id: int, slug: str) -> None:
    async with db.transaction() as tx:
        await actions.rename_slug(tx, expert_id, slug)


async def test_a_user_becomes_an_expert_with_a_schedule(db: Database) -> None:
    user = await make_user(db)
    expert_id = await create(db, user.id)
    assert await db.fetchval("SELECT role FROM users WHERE id = $1", user.id) == "expert"
    assert await db.fetchval("SELECT status FROM experts WHERE id = $1", expert_id) == "draft"
    assert await db.fetchval("SELECT count(*) FROM weekly_hours WHERE expert_id = $1", expert_id) == 5


async def test_an_admin_who_becomes_an_expert_stays_an_admin(db: Database) -> None:
    user = await make_user(db)
    await db.execute("UPDATE users SET role = 'admin' WHERE id = $1", user.id)
    await create(db, user.id)
    assert await db.fetchval("SELECT role FROM users WHERE id = $1", user.id) == "admin"


async def test_nobody_is_an_expert_twice(db: Database) -> None:
    user = await make_user(db)
    await create(db, user.id)
    with pytest.raises(ProfileInvalid, match="sudah punya profil"):
        await create(db, user.id, Profile("sari-lagi", "Product Manager"))


async def test_who_does_not_exist_cannot_be_an_expert(db: Database) -> None:
    with pytest.raises(NotThere):
        await create(db, 999_999)


async def test_a_slug_has_one_owner(db: Database) -> None:
    await create(db, (await make_user(db)).id)
    with pytest.raises(SlugTaken):
        await create(db, (await make_user(db)).id)


async def test_an_old_slug_leads_to_the_new_one_and_is_nobody_elses(db: Database) -> None:
    expert_id = await make_expert(db, Told(slug="sari"))
    other = await make_expert(db, Told(slug="dimas"))
    await rename(db, expert_id, "sari-wulandari")
    assert await queries.slug_today(db, "sari") == "sari-wulandari"
    assert await queries.slug_today(db, "SARI") == "sari-wulandari"
    with pytest.raises(SlugTaken):
        await rename(db, other, "sari")
    with pytest.raises(SlugTaken):
        await create(db, (await make_user(db)).id)


async def test_an_expert_may_have_an_old_slug_back(db: Database) -> None:
    expert_id = await make_expert(db, Told(slug="sari"))
    for slug in ("sari-wulandari", "sari", "sari"):
        await rename(db, expert_id, slug)
    assert await queries.slug_today(db, "sari") == "sari"
    assert await queries.slug_today(db, "sari-wulandari") == "sari"


async def test_nobody_collects_addresses(db: Database) -> None:
    expert_id = await make_expert(db, Told(slug="sari-0"))
    most = actions.MOST_OLD_SLUGS
    for number in range(1, most + 1):
        await rename(db, expert_id, f"sari-{number}")
    with pytest.raises(SlugTaken, match="salah satu alamat lama"):
        await rename(db, expert_id, "semua-milik-saya")
    await rename(db, expert_id, "sari-3")
    assert await queries.slug_today(db, f"sari-{most}") == "sari-3"
    assert await queries.slug_today(db, "semua-milik-saya") is None


async def test_a_profile_without_a_service_is_not_published(db: Database) -> None:
    expert_id = await create(db, (await make_user(db)).id)
    async with db.transaction() as tx:
        with pytest.raises(NotPublishable):
            await actions.publish(tx, expert_id)
        await actions.add_service(tx, expert_id, CHAT)
        await actions.publish(tx, expert_id)
    assert await queries.shown_expert_by_slug(db, "sari") is not None


async def test_lists_keep_the_cheapest_offer_that_can_be_booked(db: Database) -> None:
    expert_id = await make_expert(
        db,
        Told(
            services=[
                NewService("Video Call", "online_video", 60, 300_000),
                CHAT,
                NewService("Tinjau CV", "online_chat", None, 50_000),
                NewService("Dulu", "offline_event", 15, 40_000, address="Jl. Melati 1", active=False),
            ]
        ),
    )
    row = await db.fetchrow("SELECT * FROM experts WHERE id = $1", expert_id)
    assert row is not None
    assert (row["lowest_price"], row["shortest_minutes"]) == (50_000, 30)
    assert row["categories"] == ["online_chat", "online_video"]


async def test_a_wrong_service_is_not_added(db: Database) -> None:
    expert_id = await make_expert(db)
    async with db.transaction() as tx:
        with pytest.raises(ProfileInvalid):
            await actions.add_service(tx, expert_id, NewService("Chat", "online_chat", 30, 1))


async def test_listings_that_time_has_overtaken_are_rewritten(db: Database) -> None:
    expert_id = await make_expert(db)
    kept = "SELECT next_slot_at FROM experts WHERE id = $1"
    before = await db.fetchval(kept, expert_id)
    assert await actions.refresh_old_listings(db) == 0
    await clock.shift(db, before - await clock.now(db) + timedelta(hours=1))
    assert await actions.refresh_old_listings(db) == 1
    assert await db.fetchval(kept, expert_id) > before
    assert await actions.refresh_old_listings(db) == 0


async def test_who_has_no_slot_is_looked_at_again_each_hour(db: Database) -> None:
    await make_expert(db, Told(week={}))
    assert await actions.refresh_old_listings(db) == 0
    await clock.shift(db, timedelta(minutes=61))
    assert await actions.refresh_old_listings(db) == 1
    assert await actions.refresh_old_listings(db) == 0


async def test_an_expert_who_changes_name_is_listed_by_the_new_one(db: Database) -> None:
    expert_id = await make_expert(db)
    user_id = await db.fetchval("SELECT user_id FROM experts WHERE id = $1", expert_id)
    await accounts.change_person(db, user_id, full_name="Nirmala Kencana", phone="+628123456789")
    row = await db.fetchrow("SELECT display_name, search_text FROM experts WHERE id = $1", expert_id)
    assert row is not None and row["display_name"] == "Nirmala Kencana"
    assert "nirmala kencana" in row["search_text"]
