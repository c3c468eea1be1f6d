"""A list of the desk: what it shows of each row, how it is narrowed down, turned page by page, added up and exported.

A list is one SQL source with a key of whole numbers that grows. Pages are found by that key and never counted through,
so that the millionth row is as near as the first; whoever filters for what is rare gives the source an index for it.
Days are found by their index on the time: a list that is narrowed to days goes by the time, and by the key within it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg

from mentorinaja.admin.asked import Asked, Place
from mentorinaja.db.pool import Connection, Database
from mentorinaja.formats import WIB

PAGE_SIZE = 50
# Beyond so many rows a total is worked out only for who asks for it: a page never waits for a million rows.
COUNTED = 10_000
_EXPORTED_AT_ONCE = 1_000

Row = asyncpg.Record


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a row's column: a text, where it leads, a second line; as a mark of state with a `chip` kind.

    `chip` is one of the kinds of `partials/ui/badges.html` ("ok", "warn", "bad", "mute", "plain"); "" is plain text.
    """

    text: str
    href: str = ""
    note: str = ""
    chip: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the list; numbers stand at the right, a long text is cut after two lines (its case has all of it)."""

    label: str
    cell: Callable[[Row], Cell]
    number: bool = False
    long: bool = False


@dataclass(frozen=True, slots=True)
class Where:
    """A condition: SQL with `{}` for each of its values, in their order."""

    sql: str
    values: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a filter, as it stands in the address and on the screen, and what it lets through."""

    value: str
    label: str
    where: Where


@dataclass(frozen=True, slots=True)
class Filter:
    """A question to the list with its possible answers; none chosen lets everything through."""

    name: str
    label: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Totals:
    """How many rows there are and what they amount to; `beyond`: more than were counted, and no sum is known."""

    count: int
    amount: int | None
    beyond: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """One page of a list, and the queries of the pages beside it (None: there is none)."""

    rows: list[Row]
    totals: Totals
    following: str | None
    previous: str | None


@dataclass(frozen=True)
class Listing:
    """A list: `SELECT {fields} FROM {source}`, newest first by `key` (a bigint of the source that is unique).

    `beside` are LEFT JOINs that only the fields need: rows are counted without them. `at` is the time that days are
    asked of. `search` turns words into a condition; `search_hint` says what it finds.
    `amount` is added up in whole rupiah. `exports` are the columns of the CSV: a name and what stands in it (text,
    whole number, aware time or None).
    """

    fields: str
    source: str
    key: str
    at: str
    columns: tuple[Column, ...]
    exports: tuple[tuple[str, Callable[[Row], object]], ...]
    beside: str = ""
    search: Callable[[str], Where] | None = None
    search_hint: str = ""
    filters: tuple[Filter, ...] = ()
    amount: str = ""
    amount_label: str = "Jumlah"
    fixed: tuple[Where, ...] = field(default=())


async def page_of(db: Database, listing: Listing, asked: Asked, size: int = PAGE_SIZE) -> Found:
    """The page that is asked for, of at most `size` rows, with its totals."""
    async with db.snapshot() as tx:
        # What is asked for may be rare or common: a plan made for any value would be wrong for one of them.
        await tx.execute("SET LOCAL plan_cache_mode = force_custom_plan")
        rows, more_before, more_after = await _rows(tx, listing, asked, size)
        totals = await _totals(tx, listing, asked)
    following = asked.query(after=_place(asked, rows[-1]), before=None) if more_after else None
    previous = asked.query(before=_place(asked, rows[0]), after=None) if rows and more_before else None
    return Found(rows, totals, following, previous)


async def rows_of(
    db: Database, listing: Listing, asked: Asked, size: int = _EXPORTED_AT_ONCE
) -> AsyncIterator[list[Row]]:
    """All rows that are asked for, from the first, `size` at a time: each a statement of its own, so that a slow
    download holds no transaction open.
    """
    last: Place | None = None
    while True:
        rows = await _select(db, listing, asked, last, size)
        if rows:
            yield rows
        if len(rows) < size:
            return
        last = _place(asked, rows[-1])


async def _rows(db: Connection, listing: Listing, asked: Asked, size: int) -> tuple[list[Row], bool, bool]:
    """The page's rows in the list's order, and whether there are more before and after them."""
    forward = asked.before is None
    start = asked.after if forward else asked.before
    rows = await _select(db, listing, asked, start, size + 1, forward=forward)
    more, rows = len(rows) > size, rows[:size]
    if forward:
        return rows, start is not None, more
    return rows[::-1], more, bool(rows)


async def _totals(db: Connection, listing: Listing, asked: Asked) -> Totals:
    sql, values = _numbered(_wheres(listing, asked))
    amount = listing.amount or "0"
    # Those that are counted are the first of the list: in its order they are found as its pages are.
    capped = "" if asked.exact else f"ORDER BY {_order(listing, asked)} LIMIT {COUNTED + 1}"
    row = await db.fetchrow(
        f"""SELECT count(*) AS count, coalesce(sum(amount), 0)::bigint AS amount
            FROM (SELECT {amount} AS amount FROM {listing.source} {sql} {capped}) counted""",
        *values,
    )
    assert row is not None, "an aggregate always answers"
    beyond = not asked.exact and row["count"] > COUNTED
    return Totals(
        min(row["count"], COUNTED) if beyond else row["count"], None if beyond else row["amount"], beyond
    )


async def _select(
    db: Connection | Database,
    listing: Listing,
    asked: Asked,
    start: Place | None,
    limit: int,
    *,
    forward: bool = True,
) -> list[Row]:
    """The rows next to a place, nearest first; from the list's beginning without one."""
    sql, values = _numbered([*_wheres(listing, asked), *_beyond(listing, start, forward=forward)])
    return await db.fetch(
        f"""SELECT {listing.fields}, {listing.key} AS key, {listing.at} AS key_at
            FROM {listing.source} {listing.beside} {sql} ORDER BY {_order(listing, asked, forward=forward)} LIMIT {limit}""",
        *values,
    )


def _wheres(listing: Listing, asked: Asked) -> list[Where]:
    wheres = list(listing.fixed)
    for filter_ in listing.filters:
        value = asked.chosen.get(filter_.name)
        wheres += [choice.where for choice in filter_.choices if choice.value == value]
    if asked.words and listing.search:
        wheres.append(listing.search(asked.words))
    return [*wheres, *_days(listing.at, asked.since, asked.until)]


def _days(at: str, since: date | None, until: date | None) -> list[Where]:
    """From the first day's beginning to the last day's end, as the desk's clock in Jakarta has them."""
    wheres = []
    if since:
        wheres.append(Where(f"{at} >= ({{}}::date)::timestamp AT TIME ZONE 'Asia/Jakarta'", (since,)))
    if until:
        wheres.append(Where(f"{at} < ({{}}::date + 1)::timestamp AT TIME ZONE 'Asia/Jakarta'", (until,)))
    return wheres


def _place(asked: Asked, row: Row) -> Place:
    return Place(row["key"], row["key_at"] if asked.by_time else None)


def _beyond(listing: Listing, start: Place | None, *, forward: bool) -> list[Where]:
    """Rows behind a place, or before it."""
    than = "<" if forward else ">"
    if start is None:
        return []
    if start.at is None:
        return [Where(f"{listing.key} {than} {{}}::bigint", (start.key,))]
    beyond = f"({listing.at}, {listing.key}) {than} ({{}}::timestamptz, {{}}::bigint)"
    return [Where(beyond, (start.at, start.key))]


def _order(listing: Listing, asked: Asked, *, forward: bool = True) -> str:
    direction = "DESC" if forward else "ASC"
    by_time = f"{listing.at} {direction}, " if asked.by_time else ""
    return f"{by_time}{listing.key} {direction}"


def _numbered(wheres: Sequence[Where]) -> tuple[str, list[object]]:
    """The conditions as one WHERE with numbered values."""
    values: list[object] = []
    parts = []
    for where in wheres:
        pieces = where.sql.split("{}")
        assert len(pieces) == len(where.values) + 1, f"{where.sql} does not fit its values"
        sql = pieces[0]
        for value, piece in zip(where.values, pieces[1:], strict=True):
            values.append(value)
            sql += f"${len(values)}{piece}"
        parts.append(f"({sql})")
    return ("WHERE " + " AND ".join(parts)) if parts else "", values


def exported(value: object) -> Any:
    """A value as it stands in a CSV: times in Jakarta to the second, nothing for None, all else as it is."""
    if isinstance(value, datetime):
        return value.astimezone(ZoneInfo(WIB)).strftime("%Y-%m-%d %H:%M:%S")
    return "" if value is None else value


def labels(listing: Listing, chosen: Mapping[str, str]) -> list[str]:
    """What a list is narrowed down to, in words."""
    return [
        f"{filter_.label}: {choice.label}"
        for filter_ in listing.filters
        for choice in filter_.choices
        if chosen.get(filter_.name) == choice.value
    ]
