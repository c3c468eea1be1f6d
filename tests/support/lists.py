"""Lists of the desk, turned page by page as their links lead."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

from mentorinaja.admin.asked import Asked, read
from mentorinaja.admin.desk import Desk
from mentorinaja.admin.listing import Found, Row, page_of, rows_of
from mentorinaja.db.pool import Database


def narrowings(desk: Desk[Any]) -> list[str]:
    """The list as it comes, and with each answer to each of its questions, as addresses have it."""
    return ["", *(f"{one.name}={choice.value}" for one in desk.listing.filters for choice in one.choices)]


async def turn_through(db: Database, desk: Desk[Any], query: str, size: int) -> list[Row]:
    """The rows of a narrowed list, after it was shown that its pages have each of them once and in order, forward and
    back, and that the file and the count are of the same rows.
    """
    asked = _read(desk, query)
    pages = await _pages(db, desk, query, size)
    rows = [row for page in pages for row in page]
    named = f"{desk.name}?{query}"
    assert all(len(page) == size for page in pages[:-1]), named
    assert keys(rows) == keys(sorted(rows, key=_by_time if asked.by_time else _by_key, reverse=True)), named
    assert len(set(keys(rows))) == len(rows), named
    assert keys([row async for some in rows_of(db, desk.listing, asked, size) for row in some]) == keys(rows)
    counted = (await page_of(db, desk.listing, replace(asked, exact=True))).totals
    assert counted.count == len(rows) and not counted.beyond, named
    return rows


def keys(rows: list[Row]) -> list[int]:
    """What rows are known by."""
    return [row["key"] for row in rows]


async def _pages(db: Database, desk: Desk[Any], query: str, size: int) -> list[list[Row]]:
    found = await _page(db, desk, query, size)
    pages = [found.rows]
    while found.following is not None:
        found = await _page(db, desk, found.following, size)
        pages.append(found.rows)
    # Back again by the other links: the same pages.
    for page in pages[-2::-1]:
        assert found.previous is not None, f"{desk.name}?{query} cannot be turned back"
        found = await _page(db, desk, found.previous, size)
        assert keys(found.rows) == keys(page), f"{desk.name}?{query} shows other pages when turned back"
    return pages


async def _page(db: Database, desk: Desk[Any], query: str, size: int) -> Found:
    return await page_of(db, desk.listing, _read(desk, query), size)


def _read(desk: Desk[Any], query: str) -> Asked:
    return read(dict(parse_qsl(query)), desk.choices)


def _by_key(row: Row) -> tuple[Any, ...]:
    return (row["key"],)


def _by_time(row: Row) -> tuple[Any, ...]:
    return (row["key_at"], row["key"])
