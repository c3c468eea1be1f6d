"""The list of experts: one statement per page, put together from constants, so that each is prepared once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import asyncpg

from mentorinaja.db.pool import Connection, Database
from mentorinaja.experts.rules import PER_PAGE, Search, pages


@dataclass(frozen=True, slots=True)
class Card:
    """One expert in a list. Prices in whole rupiah, times aware UTC.

    `ready`: can be booked for "Sekarang"; `writes_only`: sells threads alone, so has no slots at all.
    """

    id: int
    slug: str
    display_name: str
    photo_id: UUID | None
    position_title: str
    company: str
    city: str
    rating_count: int
    rating_sum: int
    lowest_price: int | None
    lowest_minutes: int | None
    expertise: list[str]
    slot: datetime | None
    ready: bool
    writes_only: bool

    @property
    def mean(self) -> float:
        """The plain mean of the stars; 0 without a review."""
        return self.rating_sum / self.rating_count if self.rating_count else 0.0


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of experts; `similar`: nobody has the words typed, these have words like them."""

    cards: list[Card]
    total: int
    search: Search
    similar: bool = False

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return pages(self.total)


# A mean of few stars says little: five stars of the site's mean are added to everyone's.
_WEIGHED = "round((e.rating_sum + 5 * site.mean) / (e.rating_count + 5), 9) DESC, e.rating_count DESC, e.display_name"
# From here on the expert can be booked.
_EARLIEST = "app_now() + make_interval(mins => h.notice_minutes)"
_ORDERS = {
    "rating": _WEIGHED,
    "price": f"e.lowest_price NULLS LAST, {_WEIGHED}",
    "experience": f"e.years_experience DESC, {_WEIGHED}",
    # Where notice has overtaken the next slot it is the first kept start after it, as `listed_slot` says: written out,
    # because half the list may be overtaken at the same half hour. A multirange gives its ranges in their order.
    "soonest": f"""(e.ready_until > app_now() AND ready_now(e.id, e.shortest_minutes)) IS TRUE DESC,
      CASE WHEN e.next_slot_at >= {_EARLIEST} THEN e.next_slot_at ELSE (
        SELECT lower(run) + greatest(0, ceil(extract(epoch FROM {_EARLIEST} - lower(run)) / (60 * h.step_minutes)))
            * make_interval(mins => h.step_minutes)
        FROM unnest(e.free_starts) AS run WHERE upper(run) >= {_EARLIEST} LIMIT 1
      ) END NULLS LAST, {_WEIGHED}""",
}
_LIST = """
WITH site AS (
  SELECT coalesce(sum(rating_sum)::numeric / nullif(sum(rating_count), 0), 0) AS mean
  FROM experts WHERE status = 'published'
), page AS (
  SELECT e.id, row_number() OVER (ORDER BY {order}, e.id) AS place, count(*) OVER () AS total
  FROM experts e JOIN schedules h ON h.expert_id = e.id, site WHERE {conditions} ORDER BY place LIMIT {limit} OFFSET {offset}
)
SELECT e.id, e.slug, e.display_name, e.photo_id, e.position_title, e.company, e.city, e.rating_count, e.rating_sum,
       e.lowest_price, s.duration_minutes AS lowest_minutes, e.expertise[:3] AS expertise, listed_slot(e) AS slot,
       CASE WHEN e.ready_until > app_now() THEN ready_now(e.id, e.shortest_minutes) ELSE false END AS ready,
       e.lowest_price IS NOT NULL AND e.shortest_minutes IS NULL AS writes_only, page.total
FROM page JOIN experts e ON e.id = page.id LEFT JOIN services s ON s.id = e.lowest_price_service_id
ORDER BY page.place
"""
_TYPED = "e.search @@ search_query({})"
_NEARLY = "e.search @@ similar_query({})"
# From what each listing keeps: asking the slot function for everybody takes seconds among ten thousand.
_FREE_THAT_DAY = f"""e.free_starts && tstzrange(
  greatest({{0}}::date::timestamp AT TIME ZONE {{1}}, {_EARLIEST}),
  greatest(({{0}}::date + 1)::timestamp AT TIME ZONE {{1}}, {_EARLIEST}))"""


async def find_experts(db: Connection | Database, search: Search, zone: str) -> Listing:
    """The page of published experts that `search` asks for; days are those of `zone`.

    Words must all be there (in the name, role, company, expertise, skills, bio or services); when nobody has
    them, words that are nearly so count. A page past the end is the last one.
    """
    listing = await _page(db, search, zone, _TYPED)
    if search.q and not listing.total:
        listing = replace(await _page(db, search, zone, _NEARLY), similar=True)
    return listing


async def _page(db: Connection | Database, search: Search, zone: str, matching: str) -> Listing:
    listing = await _list(db, search, zone, matching)
    if listing.cards or search.page == 1:
        return listing
    first = await _list(db, replace(search, page=1), zone, matching)
    if first.pages == 1:
        return first
    return await _list(db, replace(search, page=first.pages), zone, matching)


async def _list(db: Connection | Database, search: Search, zone: str, matching: str) -> Listing:
    sql, args = _statement(search, zone, matching)
    rows = await db.fetch(sql, *args)
    return Listing([_card(row) for row in rows], rows[0]["total"] if rows else 0, search)


def _statement(search: Search, zone: str, matching: str) -> tuple[str, list[object]]:
    """The statement and its arguments: one text for each set of filters, whatever their values."""
    args: list[object] = []

    def given(value: object) -> str:
        args.append(value)
        return f"${len(args)}"

    conditions = ["e.status = 'published'"]
    if search.expertise:
        conditions.append(f"e.expertise @> ARRAY[{given(search.expertise)}]::text[]")
    if search.category:
        conditions.append(f"{given(search.category)} = ANY (e.categories)")
    if search.price_min is not None:
        conditions.append(f"e.lowest_price >= {given(search.price_min)}")
    if search.price_max is not None:
        conditions.append(f"e.lowest_price <= {given(search.price_max)}")
    if search.q:
        conditions.append(matching.format(given(search.q)))
    if search.day is not None:
        conditions.append(_FREE_THAT_DAY.format(given(search.day), given(zone)))
    sql = _LIST.format(
        order=_ORDERS[search.sort],
        conditions=" AND ".join(conditions),
        limit=given(PER_PAGE),
        offset=given((search.page - 1) * PER_PAGE),
    )
    return sql, args


def _card(row: asyncpg.Record) -> Card:
    values = dict(row)
    del values["total"]
    return Card(**values)
