"""Reading applications: where somebody stands, what was typed and not saved yet, and what waits for an admin."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mentorinaja.applications import rules
from mentorinaja.applications.rules import OPEN, Facts
from mentorinaja.db.pool import Connection, Database

Typed = dict[str, str]


@dataclass(frozen=True, slots=True)
class Application:
    """Where somebody stands; without `expert_id` nothing was saved yet. `reason` and `at` are of the last event."""

    expert_id: int | None = None
    status: str = "none"
    slug: str = ""
    event: str | None = None
    reason: str = ""
    at: datetime | None = None
    facts: Facts = field(default_factory=Facts)

    @property
    def is_open(self) -> bool:
        """Whether the form can be filled in."""
        return self.expert_id is None or self.status in OPEN


@dataclass(frozen=True, slots=True)
class Draft:
    """What stands in a step's fields as it was last typed, None when all of it was saved; aware UTC."""

    typed: Typed | None = None
    version: int = 0
    saved_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """An application that waits for an admin, with what the decision is made on. Times aware UTC."""

    slug: str
    full_name: str
    email: str
    email_verified: bool
    position_title: str
    company: str
    years_experience: int
    city: str
    bio: str
    expertise: list[str]
    skills: list[str]
    services: list[dict[str, Any]]
    education: list[str]
    work: list[str]
    submitted_at: datetime
    rejected_before: int


_FACTS = """
  e.position_title <> '' AS position, length(e.bio) AS bio_length, e.city <> '' AS city,
  (SELECT count(*) FROM expert_tags WHERE expert_id = e.id AND kind = 'expertise') AS expertise,
  (SELECT count(*) FROM expert_tags WHERE expert_id = e.id AND kind = 'skill') AS skills,
  (SELECT count(*) FROM services WHERE expert_id = e.id AND active AND archived_at IS NULL) AS services,
  -- A thread needs no hours: its answer is due at any time of day.
  EXISTS (SELECT FROM weekly_hours WHERE expert_id = e.id)
    OR EXISTS (SELECT FROM schedule_exceptions
               WHERE expert_id = e.id AND kind = 'extra' AND day >= app_now()::date)
    OR (SELECT bool_and(duration_minutes IS NULL) FROM services
        WHERE expert_id = e.id AND active AND archived_at IS NULL) IS TRUE AS works,
  e.photo_id IS NOT NULL AS photo,
  EXISTS (SELECT FROM educations WHERE expert_id = e.id)
    OR EXISTS (SELECT FROM work_experiences WHERE expert_id = e.id) AS history
"""
_APPLICATION = f"""
SELECT e.id, e.status, e.slug, last.event, last.reason, last.at, {_FACTS},
  u.email_verified_at IS NOT NULL AS email_verified
FROM users u LEFT JOIN experts e ON e.user_id = u.id
  LEFT JOIN LATERAL (
    SELECT event, reason, at FROM application_events WHERE expert_id = e.id ORDER BY id DESC LIMIT 1) AS last ON true
WHERE u.id = $1
"""


async def application_for(db: Connection | Database, user_id: int) -> Application:
    """Where this person stands."""
    row = await db.fetchrow(_APPLICATION, user_id)
    assert row is not None, "somebody who is signed in has an account"
    if row["id"] is None:
        return Application(facts=Facts(email_verified=row["email_verified"]))
    facts = Facts(**{name: row[name] for name in Facts.__slots__})
    return Application(
        row["id"], row["status"], row["slug"], row["event"], row["reason"] or "", row["at"], facts
    )


async def draft_for(db: Connection | Database, user_id: int, step: str) -> Draft:
    """What this person last typed in a step."""
    row = await db.fetchrow(
        "SELECT typed, version, saved_at FROM application_drafts WHERE user_id = $1 AND step = $2",
        user_id,
        step,
    )
    return Draft(**row) if row else Draft()


async def about_of(db: Connection | Database, expert_id: int) -> dict[str, Any]:
    """What the first step's fields say of a saved profile."""
    row = await db.fetchrow(
        """SELECT position_title, company, years_experience, bio, city, country, slug
           FROM experts WHERE id = $1""",
        expert_id,
    )
    assert row is not None, "experts are never deleted"
    return dict(row)


async def free_slug(db: Connection | Database, name: str) -> str:
    """The nicest address for a name that no expert has or had."""
    slug: str | None = await db.fetchval(
        """SELECT slug FROM unnest($1::text[]) WITH ORDINALITY AS wish (slug, place)
           WHERE NOT EXISTS (SELECT FROM experts e WHERE e.slug = wish.slug)
             AND NOT EXISTS (SELECT FROM expert_slugs o WHERE o.old_slug = wish.slug)
           ORDER BY place LIMIT 1""",
        rules.slugs_for(name),
    )
    return slug or ""


async def waiting(db: Database) -> list[Waiting]:
    """Every application that waits for an admin, the oldest first."""
    rows = await db.fetch(
        """SELECT e.slug, u.full_name, u.email::text AS email, u.email_verified_at IS NOT NULL AS email_verified,
             e.position_title, e.company, e.years_experience, e.city, e.bio, last.at AS submitted_at,
             ARRAY(SELECT name FROM expert_tags WHERE expert_id = e.id AND kind = 'expertise' ORDER BY place)
               AS expertise,
             ARRAY(SELECT name FROM expert_tags WHERE expert_id = e.id AND kind = 'skill' ORDER BY place) AS skills,
             coalesce((SELECT json_agg(json_build_object('name', name, 'category', category, 'price', price,
                 'minutes', duration_minutes) ORDER BY place)
               FROM services WHERE expert_id = e.id AND active AND archived_at IS NULL), '[]') AS services,
             ARRAY(SELECT concat_ws(', ', degree, institution, year::text) FROM educations
               WHERE expert_id = e.id ORDER BY place) AS education,
             ARRAY(SELECT title || ' @ ' || company || ', ' || from_year || '–' || coalesce(to_year::text, 'sekarang')
               FROM work_experiences WHERE expert_id = e.id ORDER BY place) AS work,
             (SELECT count(*) FROM application_events WHERE expert_id = e.id AND event = 'rejected')
               AS rejected_before
           FROM experts e JOIN users u ON u.id = e.user_id
             JOIN LATERAL (SELECT at FROM application_events
               WHERE expert_id = e.id AND event = 'submitted' ORDER BY id DESC LIMIT 1) AS last ON true
           WHERE e.status = 'submitted' ORDER BY last.at, e.id"""
    )
    return [Waiting(**row) for row in rows]
