"""Changing a profile: each part on its own, nothing of anybody else's, and no edit lost between two windows."""

import asyncio
from collections import Counter
from dataclasses import replace

import pytest

from mentorinaja.db.pool import Connection, Database
from mentorinaja.errors import NotThere
from mentorinaja.experts import details, editing, queries
from mentorinaja.experts.details import PARTS, Achievement, Person, version_of
from mentorinaja.experts.editing import EditedMeanwhile, ListFull
from mentorinaja.experts.rules import MOST_TAGS, Education, ProfileInvalid, SlugTaken, Work
from tests.support.experts import Told, make_expert
from tests.support.races import Meet

SCHOOL, WORK, PRIDE = (PARTS[key] for key in ("pendidikan", "pekerjaan", "pencapaian"))


async def save(db: Database, expert_id: int, person: Person, version: str | None = None) -> None:
    there = await details.person_of(db, expert_id)
    await editing.save_person(db, expert_id, person, version or version_of(there))


async def titles(db: Database, expert_id: int) -> list[str]:
    entries = await details.entries_of(db, expert_id, PRIDE)
    return [entry.told.title for entry in entries if isinstance(entry.told, Achievement)]


async def test_everything_personal_is_saved_shown_and_found(db: Database) -> None:
    expert_id, rival = await make_expert(db, Told(slug="sari")), await make_expert(db, Told(slug="dimas"))
    person = Person(
        "Nirmala K.", "Direktur", "Tokopedia", 12, "Hai.\nApa kabar?", "Ambon", "Indonesia", "nirmala"
    )
    await save(db, expert_id, person)
    page = await queries.expert_page(db, "nirmala")
    assert page is not None and await details.person_of(db, expert_id) == person
    assert (page.display_name, page.position_title, page.company, page.years_experience, page.bio) == (
        "Nirmala K.", "Direktur", "Tokopedia", 12, "Hai.\nApa kabar?",
    )  # fmt: skip
    assert await queries.slug_today(db, "sari") == "nirmala", "the old address leads to the new one"
    words = await db.fetchval("SELECT search_text FROM experts WHERE id = $1", expert_id)
    assert {"nirmala", "direktur", "tokopedia", "ambon"} <= set(words.split())
    for taken in ("dimas", "nirmala"):
        with pytest.raises(SlugTaken):
            await save(db, rival if taken == "nirmala" else expert_id, replace(person, slug=taken))
    for wrong in ({"slug": "admin"}, {"slug": "s\u0430ri"}, {"position_title": ""}, {"years_experience": 71}):
        with pytest.raises(ProfileInvalid):
            await save(db, expert_id, replace(person, **wrong))  # type: ignore[arg-type]  # fields by name
    with pytest.raises(EditedMeanwhile):
        await save(db, expert_id, replace(person, bio="Lain."), version="tua")
    assert await details.person_of(db, expert_id) == person
    with pytest.raises(NotThere):
        await details.person_of(db, 999_999)


async def test_an_address_says_whether_it_can_be_had(db: Database) -> None:
    expert_id = await make_expert(db, Told(slug="sari"))
    await make_expert(db, Told(slug="dimas"))
    person = await details.person_of(db, expert_id)
    await save(db, expert_id, replace(person, slug="sari-baru"))
    free = {"lain-lagi": True, "sari-baru": True, "sari": True, "dimas": False, "admin": False, "a": False,
            "s\u0430ri": False, "sari😀": False, "": False}  # fmt: skip
    for slug, expected in free.items():
        standing = await details.slug_standing(db, slug, expert_id)
        assert (standing.free, bool(standing.text)) == (expected, True), slug
    stranger = await details.slug_standing(db, "sari")
    assert not stranger.free and "sudah dipakai" in stranger.text


async def test_tags_are_told_once_and_as_others_write_them(db: Database) -> None:
    expert_id = await make_expert(db, Told(expertise=("Karier",), skills=()))
    await make_expert(db, Told(expertise=("Product Management", "Hukum"), skills=("Figma",)))
    await make_expert(db, Told(expertise=("Rahasia",), published=False))
    assert await editing.add_tag(db, expert_id, "expertise", "product  management") == "Product Management"
    assert await editing.add_tag(db, expert_id, "skill", " ＳＱＬ ") == "SQL"
    for double in ("KARIER", "product management", "Kariér"):
        with pytest.raises(ProfileInvalid, match="sudah ada"):
            await editing.add_tag(db, expert_id, "expertise", double)
    for wrong in ("<script>", "🚀", "Kari\u0435r", "", "x" * 41):
        with pytest.raises(ProfileInvalid):
            await editing.add_tag(db, expert_id, "expertise", wrong)
    assert await details.tags_of(db, expert_id) == (["Karier", "Product Management"], ["SQL"])
    kept = await db.fetchval("SELECT expertise FROM experts WHERE id = $1", expert_id)
    assert kept == ["Karier", "Product Management"], "lists keep up"
    assert (await details.common_tags(db, "expertise"))[0] == "Product Management", "the commonest first"
    assert await details.common_tags(db, "expertise", "PROD") == ["Product Management"]
    assert await details.common_tags(db, "expertise", "%") == []
    assert await details.common_tags(db, "expertise", "rahasia") == [], "what is not public is not suggested"
    for _twice in range(2):
        await editing.remove_tag(db, expert_id, "expertise", "Karier")
    assert await details.tags_of(db, expert_id) == (["Product Management"], ["SQL"])
    for number in range(MOST_TAGS - 1):
        await editing.add_tag(db, expert_id, "expertise", f"Bidang {number}")
    with pytest.raises(ListFull):
        await editing.add_tag(db, expert_id, "expertise", "Satu lagi")


async def test_rows_are_added_changed_ordered_and_taken_away(db: Database) -> None:
    expert_id, rival = await make_expert(db, Told(slug="sari")), await make_expert(db)
    ids = [await editing.add_entry(db, expert_id, PRIDE, Achievement(title)) for title in "ABC"]
    await editing.move_entry(db, expert_id, PRIDE, ids[2], "up")
    assert await titles(db, expert_id) == ["A", "C", "B"]
    await editing.move_entry(db, expert_id, PRIDE, ids[0], "up")
    await editing.move_entry(db, expert_id, PRIDE, ids[1], "down")
    assert await titles(db, expert_id) == ["A", "C", "B"], "the first and the last stay"
    await editing.move_entry(db, expert_id, PRIDE, ids[0], "down")
    assert await titles(db, expert_id) == ["C", "A", "B"]
    one = await details.entry_of(db, expert_id, PRIDE, ids[0])
    await editing.change_entry(db, expert_id, PRIDE, ids[0], Achievement("Z"), one.version)
    with pytest.raises(EditedMeanwhile):
        await editing.change_entry(db, expert_id, PRIDE, ids[0], Achievement("Y"), one.version)
    now = await details.entry_of(db, expert_id, PRIDE, ids[0])
    for refused in (
        editing.change_entry(db, rival, PRIDE, ids[0], Achievement("X"), now.version),
        editing.move_entry(db, rival, PRIDE, ids[0], "up"),
        details.entry_of(db, rival, PRIDE, ids[0]),
    ):
        with pytest.raises(NotThere):
            await refused
    await editing.remove_entry(db, rival, PRIDE, ids[0])
    assert await titles(db, expert_id) == ["C", "Z", "B"], "nobody else's hands reach it"
    for _twice in range(2):
        await editing.remove_entry(db, expert_id, PRIDE, ids[0])
    for _twice in range(2):
        await editing.add_entry(db, expert_id, PRIDE, Achievement("D"))
    await editing.add_entry(db, expert_id, SCHOOL, Education("MBA", "UI", 2017))
    await editing.add_entry(db, expert_id, WORK, Work("PM", "Gojek", 2020, None, "Fintech."))
    page = await queries.expert_page(db, "sari")
    assert page is not None and page.achievements == ["C", "B", "D"]
    assert page.education == [Education("MBA", "UI", 2017)] and page.work[0].to_year is None
    for number in range(17):
        await editing.add_entry(db, expert_id, PRIDE, Achievement(f"{number}"))
    with pytest.raises(ListFull):
        await editing.add_entry(db, expert_id, PRIDE, Achievement("satu lagi"))


async def two_windows(db: Database, monkeypatch: pytest.MonkeyPatch, *, locked: bool) -> Counter[str]:
    """The same edit begun in two windows and saved at once, both having looked; how it went, counted."""
    expert_id = await make_expert(db)
    person = await details.person_of(db, expert_id)
    meet = Meet(2)
    look = details.person_of

    async def look_together(db: Connection | Database, expert_id: int) -> Person:
        found = await look(db, expert_id)
        await meet.wait()
        return found

    async def hold_nothing(tx: Connection, expert_id: int) -> None: ...

    if not locked:
        monkeypatch.setattr(editing, "_lock", hold_nothing)
        monkeypatch.setattr(editing, "_lock_account", hold_nothing)
        monkeypatch.setattr(details, "person_of", look_together)

    async def window(bio: str) -> str:
        try:
            await editing.save_person(db, expert_id, replace(person, bio=bio), version_of(person))
        except EditedMeanwhile:
            return "told"
        return "saved"

    return Counter(await asyncio.gather(window("Dari laptop."), window("Dari ponsel.")))


async def test_the_second_of_two_windows_is_told(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    assert await two_windows(db, monkeypatch, locked=True) == {"saved": 1, "told": 1}


async def test_without_the_lock_one_window_overwrites_the_other(
    unchecked_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await two_windows(unchecked_db, monkeypatch, locked=False) == {"saved": 2}
