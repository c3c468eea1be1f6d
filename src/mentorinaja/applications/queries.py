"""Reading applications: where somebody stands, what was typed and not saved yet, and what an admin looked at."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from mentorinaja.applications import rules
from mentorinaja.applications.rules import OPEN, Facts
from mentorinaja.db.pool import Connection, Database
from mentorinaja.experts import queries as experts
from mentorinaja.schedule.plan import plan_of

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
class Happened:
    """Something that was done with an application: `event` as in `application_events`, by whom, with what reason."""

    event: str
    actor: str
    reason: str
    at: datetime


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


async def history_of(db: Connection | Database, expert_id: int) -> list[Happened]:
    """What happened to an application, in order."""
    rows = await db.fetch(
        """SELECT x.event, u.full_name AS actor, x.reason, x.at
           FROM application_events x JOIN users u ON u.id = x.actor_id WHERE x.expert_id = $1 ORDER BY x.id""",
        expert_id,
    )
    return [Happened(**row) for row in rows]


async def profile_version(db: Connection | Database, expert_id: int) -> str:
    """A mark of all that an admin looks at before publishing: the same as long as nobody changed any of it.

    Raises NotThere.
    """
    page = await experts.own_page(db, expert_id)
    plan = await plan_of(db, expert_id)
    told = [
        *(getattr(page, name) for name in _LOOKED_AT),
        *(
            asdict(each)
            for part in (page.education, page.work, page.services, page.products)
            for each in part
        ),
        plan.rules.time_zone,
        [(weekday, [str(hours) for hours in ranges]) for weekday, ranges in plan.week.items()],
    ]
    return hashlib.sha256(json.dumps(told, default=str).encode()).hexdigest()[:20]


_LOOKED_AT = (
    "slug",
    "display_name",
    "photo_id",
    "position_title",
    "company",
    "years_experience",
    "bio",
    "city",
    "country",
    "expertise",
    "skills",
    "achievements",
)
