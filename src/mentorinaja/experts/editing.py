"""Changing what an expert tells: each section on its own, and nothing that somebody wrote meanwhile is lost.

Whoever edits says with which `version` it was begun. All of these take the expert's row first, so that two
who save at once come one after the other; the second then has a version that is over.
"""

from __future__ import annotations

from dataclasses import astuple
from typing import Literal

from mentorinaja.db.pool import Connection, atomic
from mentorinaja.errors import DomainError, NotThere
from mentorinaja.experts import details, rules
from mentorinaja.experts.actions import refresh_listing, rename_slug
from mentorinaja.experts.details import Part, Person, Told, version_of
from mentorinaja.experts.names import tag_key, tag_problem, tidy_tag
from mentorinaja.experts.ordering import Way, moved
from mentorinaja.experts.rules import MOST_TAGS, ProfileInvalid

TagKind = Literal["expertise", "skill"]
MOST_ENTRIES = 20


class EditedMeanwhile(DomainError):
    """What was being edited has been changed since, in another window or on another device."""

    title = "Bagian ini sudah diubah di tempat lain"


class ListFull(DomainError):
    """A list of the profile, or its tags, cannot have more."""

    title = "Daftar sudah penuh"


@atomic
async def save_person(tx: Connection, expert_id: int, person: Person, version: str) -> None:
    """Write the personal information anew; the name is the account's, an old address leads to the new one.

    Raises EditedMeanwhile unless `version` is that of what is there, SlugTaken, ProfileInvalid.
    """
    # The account first, as whoever changes only the name takes them.
    await _lock_account(tx, expert_id)
    await _lock(tx, expert_id)
    now = await details.person_of(tx, expert_id)
    _check_version(version_of(now), version)
    rules.check_profile(_as_profile(person))
    if person.slug != now.slug:
        await rename_slug(tx, expert_id, person.slug)
    if person.full_name != now.full_name:
        await tx.execute(
            "UPDATE users SET full_name = $2 WHERE id = (SELECT user_id FROM experts WHERE id = $1)",
            expert_id,
            person.full_name,
        )
    await tx.execute(
        """UPDATE experts SET position_title = $2, company = $3, years_experience = $4, bio = $5, city = $6,
                  country = $7 WHERE id = $1""",
        expert_id,
        person.position_title,
        person.company,
        person.years_experience,
        person.bio,
        person.city,
        person.country,
    )
    await refresh_listing(tx, expert_id)


@atomic
async def add_tag(tx: Connection, expert_id: int, kind: TagKind, name: str) -> str:
    """Add one expertise or skill after the others; answers how it is written: as most others write it.

    Raises ProfileInvalid for what is no tag or is there already, ListFull.
    """
    name = tidy_tag(name)
    if problem := tag_problem(name):
        raise ProfileInvalid(problem)
    await _lock(tx, expert_id)
    expertise, skills = await details.tags_of(tx, expert_id)
    there = expertise if kind == "expertise" else skills
    if same := next((tag for tag in there if tag_key(tag) == tag_key(name)), None):
        raise ProfileInvalid(f"“{same}” sudah ada.")
    if len(there) >= MOST_TAGS:
        raise ListFull(f"Paling banyak {MOST_TAGS}. Hapus dulu yang kurang penting.")
    name = await _as_others_write_it(tx, kind, name)
    await tx.execute(
        """INSERT INTO expert_tags (expert_id, kind, name, place)
           SELECT $1, $2, $3, coalesce(max(place), -1) + 1 FROM expert_tags WHERE expert_id = $1 AND kind = $2""",
        expert_id,
        kind,
        name,
    )
    await refresh_listing(tx, expert_id)
    return name


@atomic
async def remove_tag(tx: Connection, expert_id: int, kind: TagKind, name: str) -> None:
    """Take a tag away; twice is once."""
    await _lock(tx, expert_id)
    await tx.execute(
        "DELETE FROM expert_tags WHERE expert_id = $1 AND kind = $2 AND name = $3", expert_id, kind, name
    )
    await refresh_listing(tx, expert_id)


@atomic
async def add_entry(tx: Connection, expert_id: int, part: Part, told: Told) -> int:
    """Add a row to one of the lists, after the others; answers its id. The same sent twice is one. Raises ListFull."""
    await _lock(tx, expert_id)
    there = await details.entries_of(tx, expert_id, part)
    if same := next((entry.id for entry in there if entry.told == told), None):
        return same
    if len(there) >= MOST_ENTRIES:
        raise ListFull(f"Paling banyak {MOST_ENTRIES} baris. Hapus dulu yang kurang penting.")
    given = ", ".join(f"${number}" for number in range(2, 2 + len(part.columns)))
    entry_id: int = await tx.fetchval(
        f"""INSERT INTO {part.table} (expert_id, {", ".join(part.columns)}, place)
            SELECT $1, {given}, coalesce(max(place), -1) + 1 FROM {part.table} WHERE expert_id = $1 RETURNING id""",
        expert_id,
        *astuple(told),
    )
    await refresh_listing(tx, expert_id)
    return entry_id


@atomic
async def change_entry(
    tx: Connection, expert_id: int, part: Part, entry_id: int, told: Told, version: str
) -> None:
    """Write a row anew. Raises NotThere, EditedMeanwhile unless `version` is that of what is there."""
    await _lock(tx, expert_id)
    now = await details.entry_of(tx, expert_id, part, entry_id)
    _check_version(now.version, version)
    given = ", ".join(f"{column} = ${number}" for number, column in enumerate(part.columns, 3))
    await tx.execute(
        f"UPDATE {part.table} SET {given} WHERE expert_id = $1 AND id = $2",
        expert_id,
        entry_id,
        *astuple(told),
    )
    await refresh_listing(tx, expert_id)


@atomic
async def remove_entry(tx: Connection, expert_id: int, part: Part, entry_id: int) -> None:
    """Take a row away; twice is once."""
    await _lock(tx, expert_id)
    await tx.execute(f"DELETE FROM {part.table} WHERE expert_id = $1 AND id = $2", expert_id, entry_id)
    await refresh_listing(tx, expert_id)


@atomic
async def move_entry(tx: Connection, expert_id: int, part: Part, entry_id: int, way: Way) -> bool:
    """Let a row change places with the one above or below; False at either end. Raises NotThere."""
    await _lock(tx, expert_id)
    ids = [entry.id for entry in await details.entries_of(tx, expert_id, part)]
    if entry_id not in ids:
        raise NotThere
    order = moved(ids, entry_id, way)
    if order == ids:
        return False
    await tx.execute(
        f"""UPDATE {part.table} SET place = wanted.place
            FROM unnest($2::bigint[]) WITH ORDINALITY AS wanted (id, place)
            WHERE {part.table}.id = wanted.id AND expert_id = $1""",
        expert_id,
        order,
    )
    await refresh_listing(tx, expert_id)
    return True


async def _lock_account(tx: Connection, expert_id: int) -> None:
    await tx.execute(
        "SELECT FROM users WHERE id = (SELECT user_id FROM experts WHERE id = $1) FOR NO KEY UPDATE",
        expert_id,
    )


async def _lock(tx: Connection, expert_id: int) -> None:
    await tx.execute("SELECT FROM experts WHERE id = $1 FOR NO KEY UPDATE", expert_id)


async def _as_others_write_it(tx: Connection, kind: TagKind, name: str) -> str:
    """So that who looks for one finds all of them."""
    common: str | None = await tx.fetchval(
        """SELECT t.name FROM expert_tags t JOIN experts e ON e.id = t.expert_id
           WHERE t.kind = $1 AND lower(t.name) = lower($2) AND e.status = 'published'
           GROUP BY t.name ORDER BY count(*) DESC, t.name LIMIT 1""",
        kind,
        name,
    )
    return common or name


def _check_version(there: str, begun_with: str) -> None:
    if there != begun_with:
        raise EditedMeanwhile("Periksa yang tersimpan sekarang, lalu simpan lagi bila isian Anda yang benar.")


def _as_profile(person: Person) -> rules.Profile:
    return rules.Profile(
        slug=person.slug,
        position_title=person.position_title,
        company=person.company,
        years_experience=person.years_experience,
        bio=person.bio,
        city=person.city,
        country=person.country,
    )
