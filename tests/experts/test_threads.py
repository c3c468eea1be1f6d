"""Services without duration in lists and on the expert's page."""

from mentorinaja.db.pool import Database
from mentorinaja.experts.actions import refresh_old_listings
from mentorinaja.experts.listing import find_experts
from mentorinaja.experts.queries import expert_page
from mentorinaja.experts.rules import NewService, Search
from mentorinaja.formats import WIB
from tests.support.experts import CHAT, Told, make_expert
from tests.support.site import Site

THREAD = NewService("Tinjau CV", "online_chat", None, 50_000, "Dibaca baris demi baris.")


async def test_a_thread_counts_for_price_category_and_words_but_has_no_slot(db: Database) -> None:
    await make_expert(db, Told("Sari", services=[THREAD]))
    card = (
        await find_experts(db, Search(q="tinjau cv", category="online_chat", price_max=60_000), WIB)
    ).cards[0]
    assert (card.lowest_price, card.lowest_minutes) == (50_000, None)
    assert card.writes_only and card.slot is None and not card.ready
    assert not (await find_experts(db, Search(price_min=60_000), WIB)).cards


async def test_the_next_slot_is_that_of_the_sessions_beside_the_thread(db: Database) -> None:
    await make_expert(db, Told("Sari", services=[CHAT, THREAD]))
    card = (await find_experts(db, Search(), WIB)).cards[0]
    assert (card.lowest_price, card.lowest_minutes) == (50_000, None)
    assert not card.writes_only and card.slot is not None


async def test_who_only_writes_has_no_schedule_on_a_day_and_comes_last_among_the_soonest(
    db: Database,
) -> None:
    await make_expert(db, Told("Ani", services=[THREAD]))
    await make_expert(db, Told("Sari", services=[CHAT]))
    listed = await find_experts(db, Search(sort="soonest"), WIB)
    assert [card.display_name for card in listed.cards] == ["Sari", "Ani"]
    slot = listed.cards[0].slot
    assert slot is not None
    that_day = await find_experts(db, Search(day=slot.date()), WIB)
    assert [card.display_name for card in that_day.cards] == ["Sari"]
    assert await refresh_old_listings(db) == 0


async def test_the_page_knows_who_only_writes(db: Database) -> None:
    await make_expert(db, Told("Ani", slug="ani", services=[THREAD]))
    await make_expert(db, Told("Sari", slug="sari", services=[CHAT, THREAD]))
    ani, sari = await expert_page(db, "ani"), await expert_page(db, "sari")
    assert ani is not None and sari is not None
    assert ani.writes_only and not sari.writes_only
    assert [service.is_thread for service in sari.services] == [False, True]


async def test_cards_and_pages_say_that_answers_are_written(site: Site) -> None:
    await make_expert(site.db, Told("Ani", slug="ani", services=[THREAD]))
    browser = await site.browser()
    await browser.get("/")
    card = browser.page.css_first(".person")
    assert card is not None
    text = card.text(separator=" ", strip=True)
    assert "Rp 50.000 / jawaban tertulis" in text and "Jawaban tertulis" in text and "penuh" not in text
    await browser.get("/expert/ani")
    assert "Jawaban tertulis, tanpa hitung mundur" in browser.text and "Pesan Sesi" in browser.text
