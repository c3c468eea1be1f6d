"""Reading one expert: what everybody may see. Experts who are neither published nor paused are not there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from mentorinaja.db.pool import Connection, Database
from mentorinaja.errors import NotThere
from mentorinaja.experts import rules
from mentorinaja.experts.facts import Facts
from mentorinaja.experts.pauses import Pause, pause_of
from mentorinaja.experts.rules import REVIEWS_PER_PAGE, Education, Work

__all__ = ["ExpertPage", "Facts", "Goods", "ListedExpert", "Pause", "PublicReview", "Service", "pause_of"]


@dataclass(frozen=True, slots=True)
class ListedExpert:
    """An expert with a public page in short: for pages about a booking. `time_zone` is the schedule's."""

    id: int
    user_id: int
    slug: str
    display_name: str
    photo_id: UUID | None
    position_title: str
    company: str
    time_zone: str
    paused: bool


@dataclass(frozen=True, slots=True)
class Service:
    """A service that can be booked now. `price` in whole rupiah; without `duration_minutes` it is a thread."""

    id: int
    name: str
    category: str
    duration_minutes: int | None
    price: int
    description: str
    address: str

    @property
    def is_thread(self) -> bool:
        """Answered in writing by a time, instead of meeting at one."""
        return self.duration_minutes is None


@dataclass(frozen=True, slots=True)
class Goods:
    """A digital product that can be bought now. `price` in whole rupiah; `thumbnail_id` None: no picture."""

    id: int
    type: str
    name: str
    price: int
    description: str
    thumbnail_id: str | None

    @property
    def full_name(self) -> str:
        """`eBook: PM Interview Guide`."""
        return f"{rules.PRODUCT_TYPES[self.type][0]}: {self.name}"

    @property
    def icon(self) -> str:
        """The icon of its type."""
        return rules.PRODUCT_TYPES[self.type][1]


@dataclass(frozen=True, slots=True)
class ExpertPage:
    """Everything the detail page tells of an expert; `histogram` is stars (5 to 1) → number of reviews.

    A `paused` expert sells nothing for the time being.
    """

    id: int
    user_id: int
    slug: str
    display_name: str
    photo_id: UUID | None
    position_title: str
    company: str
    years_experience: int
    bio: str
    city: str
    country: str
    rating_count: int
    rating_sum: int
    slot: datetime | None
    ready: bool
    expertise: list[str]
    skills: list[str]
    education: list[Education]
    work: list[Work]
    achievements: list[str]
    services: list[Service]
    products: list[Goods]
    histogram: Mapping[int, int]
    paused: bool
    facts: Facts | None

    @property
    def mean(self) -> float:
        """The plain mean of the stars; 0 without a review."""
        return self.rating_sum / self.rating_count if self.rating_count else 0.0

    @property
    def writes_only(self) -> bool:
        """Whether everything on sale is a thread: there is no slot, and none is missing."""
        return bool(self.services) and all(service.is_thread for service in self.services)

    def could_be_waited_for(self, now: datetime) -> bool:
        """Whether sessions are on sale and nobody can have one in the next days."""
        if all(service.is_thread for service in self.services):
            return False
        return self.paused or (not self.ready and rules.slot_is_far(self.slot, now))

    @property
    def place(self) -> str:
        """`Jakarta, Indonesia`, as far as it was told."""
        return ", ".join(part for part in (self.city, self.country) if part)


@dataclass(frozen=True, slots=True)
class PublicReview:
    """A review as everybody reads it, with the expert's reply, if there is one."""

    rating: int
    comment: str
    display_name: str
    created_at: datetime
    reply: str | None
    replied_at: datetime | None


_LISTED = """
SELECT e.id, e.user_id, e.slug, e.display_name, e.photo_id, e.position_title, e.company, s.time_zone,
       e.status = 'paused' AS paused
FROM experts e JOIN schedules s ON s.expert_id = e.id
WHERE e.slug = $1 AND e.status IN ('published', 'paused')
"""
_SERVICES = """
SELECT id, name, category, duration_minutes, price, description, address FROM services
WHERE expert_id = $1 AND active AND archived_at IS NULL
"""
# One statement: what belongs to the expert comes as JSON beside it, so that the page costs two round trips.
_PAGE = """
SELECT e.id, e.user_id, e.slug, e.display_name, e.photo_id, e.position_title, e.company, e.years_experience, e.bio,
       e.city, e.country, e.rating_count, e.rating_sum, e.expertise, listed_slot(e) AS slot,
       coalesce(e.ready_until > app_now() AND ready_now(e.id, e.shortest_minutes), false) AS ready,
  ARRAY(SELECT name FROM expert_tags WHERE expert_id = e.id AND kind = 'skill' ORDER BY place) AS skills,
  ARRAY(SELECT title FROM achievements WHERE expert_id = e.id ORDER BY place) AS achievements,
  (SELECT json_agg(json_build_object('degree', degree, 'institution', institution, 'year', year) ORDER BY place)
   FROM educations WHERE expert_id = e.id) AS education,
  (SELECT json_agg(json_build_object('title', title, 'company', company, 'from_year', from_year,
                                     'to_year', to_year, 'description', description) ORDER BY place)
   FROM work_experiences WHERE expert_id = e.id) AS work,
  (SELECT json_agg(json_build_object('id', id, 'name', name, 'category', category, 'price', price, 'address', address,
                                     'duration_minutes', duration_minutes, 'description', description)
                   ORDER BY place, id)
   FROM services
   WHERE expert_id = e.id AND active AND archived_at IS NULL) AS services,
  (SELECT json_agg(json_build_object('id', id, 'type', type, 'name', name, 'price', price,
                                     'description', description, 'thumbnail_id', thumbnail_id) ORDER BY place, id)
   FROM products
   WHERE expert_id = e.id AND active AND archived_at IS NULL) AS products,
  (SELECT json_object_agg(rating, n)
   FROM (SELECT rating, count(*) AS n FROM reviews
         WHERE expert_id = e.id AND hidden_at IS NULL GROUP BY rating) AS stars) AS histogram,
  e.status = 'paused' AS paused,
  (SELECT json_build_object('on_time', on_time, 'on_time_of', on_time_of, 'chat_reply_seconds', chat_reply_seconds,
                            'chat_reply_of', chat_reply_of, 'thread_reply_seconds', thread_reply_seconds,
                            'thread_reply_of', thread_reply_of, 'held', held, 'cancelled', cancelled, 'sold', sold)
   FROM expert_facts WHERE expert_id = e.id) AS facts
FROM experts e WHERE """
_PUBLIC_PAGE = _PAGE + "e.slug = $1 AND e.status IN ('published', 'paused')"
_OWN_PAGE = _PAGE + "e.id = $1"


async def shown_expert_by_slug(db: Connection | Database, slug: str) -> ListedExpert | None:
    """The published or paused expert at this address, or None."""
    row = await db.fetchrow(_LISTED, slug) if rules.can_be_slug(slug) else None
    return ListedExpert(**row) if row else None


async def services_of(db: Connection | Database, expert_id: int) -> list[Service]:
    """What can be booked with this expert, in the expert's order."""
    return [Service(**row) for row in await db.fetch(_SERVICES + "ORDER BY place, id", expert_id)]


async def all_services_of(db: Connection | Database, expert_id: int) -> list[tuple[Service, bool]]:
    """The expert's services with whether each can be booked now, in the expert's order; none that was put away."""
    rows = await db.fetch(
        """SELECT id, name, category, duration_minutes, price, description, address, active FROM services
           WHERE expert_id = $1 AND archived_at IS NULL ORDER BY place, id""",
        expert_id,
    )
    return [(Service(**{k: v for k, v in row.items() if k != "active"}), row["active"]) for row in rows]


async def expert_page(db: Connection | Database, slug: str) -> ExpertPage | None:
    """Everything about the published or paused expert at this address, or None."""
    row = await db.fetchrow(_PUBLIC_PAGE, slug) if rules.can_be_slug(slug) else None
    return _page(row) if row else None


async def own_page(db: Connection | Database, expert_id: int) -> ExpertPage:
    """The expert's own page as it would be shown, published or not. Raises NotThere."""
    row = await db.fetchrow(_OWN_PAGE, expert_id)
    if row is None:
        raise NotThere
    return _page(row)


async def reviews_of(db: Connection | Database, expert_id: int, page: int) -> list[PublicReview]:
    """One page of an expert's reviews that everybody sees, the newest first."""
    rows = await db.fetch(
        """SELECT rating, comment, display_name, created_at, replied_at,
             CASE WHEN reply_hidden_at IS NULL THEN reply END AS reply FROM reviews
           WHERE expert_id = $1 AND hidden_at IS NULL ORDER BY created_at DESC, order_id DESC LIMIT $2 OFFSET $3""",
        expert_id,
        REVIEWS_PER_PAGE,
        (page - 1) * REVIEWS_PER_PAGE,
    )
    return [PublicReview(**row) for row in rows]


async def slug_today(db: Connection | Database, slug: str) -> str | None:
    """The address of the published expert who has this slug in other letters, or once had it; else None."""
    if not rules.can_be_slug(slug):
        return None
    found: str | None = await db.fetchval(
        """SELECT slug FROM experts WHERE slug = $1 AND status IN ('published', 'paused')
           UNION ALL
           SELECT e.slug FROM expert_slugs o JOIN experts e ON e.id = o.expert_id
           WHERE o.old_slug = $1 AND e.status IN ('published', 'paused') LIMIT 1""",
        slug.lower(),
    )
    return found


async def is_suspended(db: Connection | Database, slug: str) -> bool:
    """Whether the expert who is, or was, at this address is shown to nobody because the account is suspended."""
    if not rules.can_be_slug(slug):
        return False
    found: bool = await db.fetchval(
        """SELECT EXISTS (SELECT FROM experts e WHERE e.status = 'suspended'
             AND (e.slug = $1 OR e.id = (SELECT expert_id FROM expert_slugs WHERE old_slug = $1)))""",
        slug.lower(),
    )
    return found


def _page(row: asyncpg.Record) -> ExpertPage:
    values = dict(row)
    stars = values["histogram"] or {}
    values["histogram"] = {n: stars.get(str(n), 0) for n in range(5, 0, -1)}
    values["education"] = [Education(**each) for each in values["education"] or ()]
    values["work"] = [Work(**each) for each in values["work"] or ()]
    values["services"] = [Service(**each) for each in values["services"] or ()]
    values["products"] = [Goods(**each) for each in values["products"] or ()]
    values["facts"] = Facts.of(values["facts"])
    return ExpertPage(**values)
