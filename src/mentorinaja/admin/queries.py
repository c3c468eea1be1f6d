"""What the desk keeps of its own."""

from __future__ import annotations

from dataclasses import dataclass

from mentorinaja.db.pool import Database


@dataclass(frozen=True, slots=True)
class SavedFilter:
    """A list as an admin narrowed it down, under a name; `query` is the address's part behind the "?"."""

    id: int
    name: str
    query: str


async def saved_filters(db: Database, user_id: int, desk: str) -> list[SavedFilter]:
    """What this admin keeps of a desk, by name."""
    rows = await db.fetch(
        "SELECT id, name, query FROM saved_filters WHERE user_id = $1 AND desk = $2 ORDER BY name",
        user_id,
        desk,
    )
    return [SavedFilter(**row) for row in rows]
