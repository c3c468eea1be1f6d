"""The list of experts: who is in it, in what order, found by which words."""

from datetime import date, timedelta

import pytest

from mentorinaja import clock
from mentorinaja.db.pool import Database
from mentorinaja.experts import queries
from mentorinaja.experts.listing import find_experts
from mentorinaja.experts.rules import NewService, Search
from mentorinaja.formats import WIB
from mentorinaja.schedule.actions import set_ready
from mentorinaja.schedule.rules import Hours
from tests.support.experts import CHAT, Told, make_expert, rate


async def names(db: Database, **asked: object) -> list[str]:
    listing = await find_experts(db, Search(**asked), WIB)  # type: ignore[arg-type]  # fields by name
    return [card.display_name for card in listing.cards]


async def test_only_published_experts_are_listed(db: Database) -> None:
    await make_expert(db, Told("Sari"))
    await make_expert(db, Told("Dimas", published=False))
    assert await names(db) == ["Sari"]


async def test_few_stars_count_less_than_many(unchecked_db: Database) -> None:
    db = unchecked_db  # stars without the reviews they come from
    stars = {"Satu Lima": [5], "Banyak": [5] * 40 + [4] * 5, "Baru": [], "Rendah": [3] * 10, "Baru Juga": []}
    for name, given in stars.items():
        await rate(db, await make_expert(db, Told(name)), given)
    everyone = [star for given in stars.values() for star in given]
    mean = sum(everyone) / len(everyone)
    expected = sorted(
        stars,
        key=lambda name: (-(sum(stars[name]) + 5 * mean) / (len(stars[name]) + 5), -len(stars[name]), name),
    )
    assert await names(db) == expected == ["Banyak", "Satu Lima", "Baru", "Baru Juga", "Rendah"]


async def test_other_orders(db: Database) -> None:
    for name, price, years, hour in (("A", 200_000, 3, 15), ("B", 100_000, 9, 12), ("C", 300_000, 5, 9)):
        service = NewService("Chat", "online_chat", 30, price)
        week = {weekday: [Hours(hour * 60, hour * 60 + 30)] for weekday in range(1, 8)}
        await make_expert(db, Told(name, years_experience=years, services=[service], week=week))
    assert await names(db, sort="price") == ["B", "A", "C"]
    assert await names(db, sort="experience") == ["B", "C", "A"]
    slots = {card.display_name: card.slot for card in (await find_experts(db, Search(), WIB)).cards}
    assert await names(db, sort="soonest") == sorted(slots, key=slots.__getitem__)
    ready = await db.fetchval("SELECT id FROM experts WHERE display_name = 'A'")
    await set_ready(db, ready, True)
    assert (await names(db, sort="soonest"))[0] == "A"


async def test_pages_of_24_and_a_page_past_the_end_is_the_last(db: Database) -> None:
    for number in range(26):
        await make_expert(db, Told(f"Mentor {number:02}"))
    first = await find_experts(db, Search(), WIB)
    assert (len(first.cards), first.total, first.pages) == (24, 26, 2)
    second = await find_experts(db, Search(page=2), WIB)
    assert [card.display_name for card in second.cards] == ["Mentor 24", "Mentor 25"]
    beyond = await find_experts(db, Search(page=900), WIB)
    assert (beyond.search.page, len(beyond.cards)) == (2, 2)
    assert (await find_experts(db, Search(q="zzzz", page=900), WIB)).search.page == 1


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("wulandari", True),
        ("WULANDARI", True),
        ("senior product", True),
        ("gojek", True),
        ("ux", True),
        ("UI/UX", True),
        ("pemasaran", True),
        ("memasarkan", True),  # Indonesian stemming: the bio says "pemasaran"
        ("karir pindah", False),
        ("surabaya gojek", False),
        ("bedah", True),  # from a service
        ("fintek", True),
        ("Élite", True),
        ("wuland", True),
    ],
)
async def test_words_are_looked_for_everywhere(db: Database, typed: str, found: bool) -> None:
    await make_expert(
        db,
        Told(
            "Sari Wulandari",
            position_title="Senior Product Manager",
            bio="Saya membantu pemasaran produk elite di dunia fintek.",
            expertise=("UI/UX",),
            skills=("Roadmap",),
            services=[NewService("Bedah Roadmap", "online_video", 60, 300_000)],
        ),
    )
    listing = await find_experts(db, Search(q=typed), WIB)
    assert bool(listing.total and not listing.similar) == found


@pytest.mark.parametrize(
    "typed", ["wulandri", "pruduct manger", "prodcut", "gojeck", "roadmp", "marketng", "sary", "ux roadmp"]
)
async def test_mistyped_words_find_what_is_like_them(db: Database, typed: str) -> None:
    await make_expert(db, Told("Sari Wulandari", skills=("Roadmap", "Marketing", "UX")))
    await make_expert(
        db, Told("Dimas Pratama", position_title="Advokat", company="Harahap", bio="Hukum perdata.")
    )
    listing = await find_experts(db, Search(q=typed), WIB)
    assert listing.similar and [card.display_name for card in listing.cards] == ["Sari Wulandari"]


@pytest.mark.parametrize("typed", ["zzqqxx", "🙂", "'", "&|!():*", "\\", "%_", "a" * 100, "½", "-"])
async def test_words_that_mean_nothing_find_nobody_and_break_nothing(db: Database, typed: str) -> None:
    await make_expert(db, Told("Sari Wulandari"))
    assert await names(db, q=typed) == []


async def test_filters_narrow_the_list(db: Database) -> None:
    await make_expert(db, Told("Chat Murah", expertise=("Karier", "HR")))
    video = NewService("Video Call", "online_video", 60, 300_000)
    await make_expert(db, Told("Video Mahal", services=[video], expertise=("Karier",)))
    assert await names(db, category="online_video") == ["Video Mahal"]
    assert await names(db, expertise="HR") == ["Chat Murah"]
    assert await names(db, expertise="Karier", price_max=200_000) == ["Chat Murah"]
    assert await names(db, price_min=150_001) == ["Video Mahal"]
    assert await names(db, price_min=150_000, price_max=150_000) == ["Chat Murah"]
    assert await names(db, q="video", category="online_chat") == []


async def test_a_day_filters_by_free_slots_in_the_viewers_zone(db: Database) -> None:
    today: date = (await clock.now(db)).date()
    day = today + timedelta(days=3)
    week = {day.isoweekday(): [Hours.parse("00:00", "01:00")]}
    # Midnight in Jayapura is the evening before in Jakarta.
    expert_id = await make_expert(db, Told("Ayu", week=week))
    await db.execute("UPDATE schedules SET time_zone = 'Asia/Jayapura' WHERE expert_id = $1", expert_id)
    await db.execute("SELECT refresh_listing($1)", expert_id)
    assert await names(db, day=day) == []
    assert await names(db, day=day - timedelta(days=1)) == ["Ayu"]
    there = await find_experts(db, Search(day=day), "Asia/Jayapura")
    assert [card.display_name for card in there.cards] == ["Ayu"]


async def test_a_card_tells_the_cheapest_price_the_mean_and_the_next_slot(unchecked_db: Database) -> None:
    db = unchecked_db  # stars without the reviews they come from
    services = [NewService("Video Call", "online_video", 60, 300_000), CHAT]
    expert_id = await make_expert(db, Told("Sari", services=services))
    await rate(db, expert_id, [5, 4, 4])
    card = (await find_experts(db, Search(), WIB)).cards[0]
    assert (card.lowest_price, card.lowest_minutes) == (150_000, 30)
    assert f"{card.mean:.1f} ({card.rating_count})" == "4.3 (3)"
    assert card.slot is not None and card.slot > await clock.now(db)
    assert not card.ready


async def test_a_card_never_shows_a_slot_that_the_notice_has_overtaken(db: Database) -> None:
    await make_expert(db, Told("Sari"))
    first = (await find_experts(db, Search(), WIB)).cards[0].slot
    assert first is not None
    await clock.shift(db, first - await clock.now(db) - timedelta(minutes=100))
    later = (await find_experts(db, Search(), WIB)).cards[0].slot
    assert later is not None and later > first


async def test_only_what_can_be_booked_is_offered(db: Database) -> None:
    thread = NewService("Tinjau CV", "online_chat", None, 50_000)
    hidden = NewService("Dulu", "online_chat", 30, 50_000, active=False)
    expert_id = await make_expert(db, Told(slug="sari", services=[CHAT, thread, hidden]))
    assert [service.name for service in await queries.services_of(db, expert_id)] == [
        "Chat Konsultasi", "Tinjau CV",
    ]  # fmt: skip


async def test_an_expert_who_is_not_published_is_not_there(db: Database) -> None:
    await make_expert(db, Told(slug="sari", published=False))
    assert await queries.expert_page(db, "sari") is None
    assert await queries.shown_expert_by_slug(db, "sari") is None
    assert await queries.slug_today(db, "sari") is None
