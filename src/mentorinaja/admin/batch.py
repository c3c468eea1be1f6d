"""Money that the desk sends by bank: which transfers of a desk wait for a file, and what they are called."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from mentorinaja.admin.cases import Means
from mentorinaja.transfers import queries
from mentorinaja.transfers.actions import Outcome, Source
from mentorinaja.transfers.queries import Batched

# A form carries so many boxes at most.
_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Due:
    """A transfer that waits: `amount` whole rupiah of `subject`, for the `round`th time, by the day `by`.

    `about` tells it apart from others to the same person, or is ""; `account` is masked, `tail` its last digits.
    """

    subject: str
    round: int
    to: str
    about: str
    account: str
    tail: str
    holder: str
    by: date
    late: bool
    amount: int


@dataclass(frozen=True)
class Transfers:
    """What a desk sends by bank. `due`: those that wait, at most so many, the longest first; `count`: how many do, and
    their whole rupiah.

    `whom` is what those are called who get it, `told` how they hear that it was sent; `example`: a line with a reference.
    """

    source: Source
    due: Callable[[Means, int], Awaitable[list[Due]]]
    count: Callable[[Means], Awaitable[tuple[int, int]]]
    whom: str
    told: str
    example: str

    async def above(self, means: Means) -> Mapping[str, Any]:
        """What stands over the desk's list: `waiting`, as `count` says."""
        return {"waiting": await self.count(means)}


@dataclass(frozen=True, slots=True)
class Row:
    """A transfer that waits, the last file it stands in (None: in none), and whether it is ticked for a new one."""

    due: Due
    file: Batched | None
    ticked: bool


@dataclass
class Told:
    """What was wrong with the form that was sent: with all of it, with some `rows` by subject, or with the password.

    `chosen` and `again` were ticked in "file". Of "sent": `lines` stays in the field, `done` says what was written down
    and `refused` what was not.
    """

    form: Literal["", "file", "again", "sent"] = ""
    problem: str = ""
    rows: Mapping[str, str] = field(default_factory=dict)
    password: str = ""
    chosen: frozenset[str] = frozenset()
    again: frozenset[str] = frozenset()
    lines: str = ""
    done: str = ""
    refused: list[Outcome] = field(default_factory=list)


async def rows_of(means: Means, transfers: Transfers, told: Told) -> list[Row]:
    """What waits and fits on a page; ticked as it was sent, or else all that stand in no file.

    Who sent it is told that something stands in a file meanwhile, and ticks it once more, knowing so.
    """
    waiting = await transfers.due(means, _SHOWN)
    found = await queries.batched(means.db, transfers.source.kind, [one.subject for one in waiting])
    rows = []
    for due in waiting:
        file = found.get((due.subject, due.round))
        kept = due.subject in (told.again if file else told.chosen)
        rows.append(Row(due, file, kept if told.form == "file" else file is None))
    return rows
