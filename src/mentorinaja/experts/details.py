"""What experts have told of themselves, as they read it in order to change it, published or not."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, TypeAlias

from mentorinaja.db.pool import Connection, Database
from mentorinaja.errors import NotThere
from mentorinaja.experts import rules
from mentorinaja.experts.names import TAG_LENGTH, tidy_tag
from mentorinaja.experts.rules import Education, ProfileInvalid, Work

MOST_SUGGESTED = 30


@dataclass(frozen=True, slots=True)
class Achievement:
    """Something to be proud of."""

    title: str


Told: TypeAlias = Education | Work | Achievement


@dataclass(frozen=True, slots=True)
class Person:
    """The personal information of an expert: the name is the account's."""

    full_name: str
    position_title: str
    company: str
    years_experience: int
    bio: str
    city: str
    country: str
    slug: str


@dataclass(frozen=True, slots=True)
class Part:
    """One of the ordered lists of a profile: its table, and what each row of it tells."""

    key: str
    table: str
    kind: type[Education] | type[Work] | type[Achievement]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the table, named as the fields."""
        return tuple(field.name for field in fields(self.kind))


# By their names in addresses.
PARTS: Mapping[str, Part] = {
    part.key: part
    for part in (
        Part("pendidikan", "educations", Education),
        Part("pekerjaan", "work_experiences", Work),
        Part("pencapaian", "achievements", Achievement),
    )
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of a list; its `version` changes with what it tells."""

    id: int
    told: Told

    @property
    def name(self) -> str:
        """What it is called where only it is meant."""
        return self.told.degree if isinstance(self.told, Education) else self.told.title

    @property
    def version(self) -> str:
        """What an edit of it was begun with."""
        return version_of(self.told)


@dataclass(frozen=True, slots=True)
class OwnProfile:
    """Everything an expert can change of the profile; `entries` by the part's key, in the expert's order."""

    person: Person
    expertise: list[str]
    skills: list[str]
    entries: Mapping[str, list[Entry]]


@dataclass(frozen=True, slots=True)
class SlugStanding:
    """Whether an address can be had, and a sentence that says so."""

    free: bool
    text: str


def version_of(told: Person | Told) -> str:
    """A mark of what is told: the same as long as nobody changed it."""
    return hashlib.sha256(json.dumps(asdict(told)).encode()).hexdigest()[:20]


_PERSON = """
SELECT u.full_name, e.position_title, e.company, e.years_experience, e.bio, e.city, e.country, e.slug
FROM experts e JOIN users u ON u.id = e.user_id WHERE e.id = $1
"""


async def person_of(db: Connection | Database, expert_id: int) -> Person:
    """The expert's personal information. Raises NotThere."""
    row = await db.fetchrow(_PERSON, expert_id)
    if row is None:
        raise NotThere
    return Person(**row)


async def entries_of(db: Connection | Database, expert_id: int, part: Part) -> list[Entry]:
    """One of the expert's lists, in the expert's order."""
    rows = await db.fetch(
        f"SELECT id, {', '.join(part.columns)} FROM {part.table} WHERE expert_id = $1 ORDER BY place, id",
        expert_id,
    )
    return [_entry(part, dict(row)) for row in rows]


async def entry_of(db: Connection | Database, expert_id: int, part: Part, entry_id: int) -> Entry:
    """One of them. Raises NotThere when it is not this expert's, or gone."""
    row = await db.fetchrow(
        f"SELECT id, {', '.join(part.columns)} FROM {part.table} WHERE expert_id = $1 AND id = $2",
        expert_id,
        entry_id,
    )
    if row is None:
        raise NotThere
    return _entry(part, dict(row))


async def tags_of(db: Connection | Database, expert_id: int) -> tuple[list[str], list[str]]:
    """(expertise, skills), in the order in which they were added."""
    row = await db.fetchrow(
        """SELECT coalesce(array_agg(name ORDER BY place) FILTER (WHERE kind = 'expertise'), '{}') AS expertise,
                  coalesce(array_agg(name ORDER BY place) FILTER (WHERE kind = 'skill'), '{}') AS skills
           FROM expert_tags WHERE expert_id = $1""",
        expert_id,
    )
    assert row is not None, "an aggregate always answers a row"
    return row["expertise"], row["skills"]


async def own_profile(db: Connection | Database, expert_id: int) -> OwnProfile:
    """The whole profile. Raises NotThere."""
    person = await person_of(db, expert_id)
    expertise, skills = await tags_of(db, expert_id)
    lists = {part.key: await entries_of(db, expert_id, part) for part in PARTS.values()}
    return OwnProfile(person, expertise, skills, lists)


async def slug_standing(db: Connection | Database, slug: str, expert_id: int | None = None) -> SlugStanding:
    """Whether this expert (None: somebody who is not one yet) could have an address."""
    try:
        rules.check_slug(slug)
    except ProfileInvalid as problem:
        return SlugStanding(False, problem.text)
    owner = await db.fetchrow(
        """SELECT id, true AS now FROM experts WHERE slug = $1
           UNION ALL SELECT expert_id, false FROM expert_slugs WHERE old_slug = $1 LIMIT 1""",
        slug,
    )
    if owner is None:
        return SlugStanding(True, f"Alamat “{slug}” bisa dipakai.")
    if owner["id"] != expert_id:
        return SlugStanding(False, rules.taken_words(slug))
    return SlugStanding(
        True, "Ini alamat Anda." if owner["now"] else f"“{slug}” alamat lama Anda, bisa dipakai lagi."
    )


async def common_tags(db: Connection | Database, kind: str, begun: str = "") -> list[str]:
    """What published experts most often have of this kind ("expertise", "skill") that begins so, the commonest first."""
    # The pattern is made here: one that the database has to make first finds nothing by the index.
    pattern = re.sub(r"([\\%_])", r"\\\1", tidy_tag(begun)[:TAG_LENGTH].lower()) + "%"
    rows = await db.fetch(
        """SELECT min(t.name) AS name FROM expert_tags t JOIN experts e ON e.id = t.expert_id
           WHERE t.kind = $1 AND e.status = 'published' AND lower(t.name) LIKE $2
           GROUP BY lower(t.name) ORDER BY count(*) DESC, lower(t.name) LIMIT $3""",
        kind,
        pattern,
        MOST_SUGGESTED,
    )
    return [row["name"] for row in rows]


def _entry(part: Part, row: dict[str, Any]) -> Entry:
    return Entry(row.pop("id"), part.kind(**row))
