"""What an admin asks a list for, as its address says it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from mentorinaja.typed import UNFIT, whole_in

_LONGEST_WORDS = 120
# A day nobody means with a list of this product, and one that PostgreSQL's times still know.
_FIRST, _LAST = date(2020, 1, 1), date(2100, 1, 1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Place:
    """A row as the pages beside it know it: by its key, and by its time where a list goes by time."""

    key: int
    at: datetime | None = None

    def __str__(self) -> str:
        """As it stands in an address: the key, then the time in microseconds."""
        return f"{self.key}" if self.at is None else f"{self.key}-{(self.at - _EPOCH) // _TICK}"


@dataclass(frozen=True, slots=True)
class Asked:
    """Words, chosen filters, days, and the place behind or before which the page begins.

    `since` and `until` are days in Jakarta, both meant whole. `typed` has days as they were typed, `problems` what is
    wrong with them; a wrong day narrows nothing. `exact` asks for totals beyond what is counted by itself.
    """

    words: str = ""
    chosen: Mapping[str, str] = field(default_factory=dict)
    since: date | None = None
    until: date | None = None
    after: Place | None = None
    before: Place | None = None
    exact: bool = False
    typed: Mapping[str, str] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)

    @property
    def by_time(self) -> bool:
        """Whether days are asked for: then a list goes by the time, and its places have one."""
        return bool(self.since or self.until)

    @property
    def is_narrowed(self) -> bool:
        """Whether anything narrows the list."""
        return bool(self.words or self.chosen or self.by_time)

    def query(self, **changes: Any) -> str:
        """The address's part behind the "?" for this, with some of it changed (`after`, `before`, `exact`)."""
        pairs: dict[str, object] = {"q": self.words, **self.chosen, **self.typed}
        pairs |= {"after": self.after, "before": self.before, "exact": "1" if self.exact else None, **changes}
        return urlencode({name: value for name, value in pairs.items() if value not in (None, "")})

    @property
    def kept(self) -> str:
        """What is worth keeping under a name: all but the page."""
        return self.query(after=None, before=None, exact=None)


def read(params: Mapping[str, str], choices: Mapping[str, set[str]]) -> Asked:
    """What an address asks; `choices` are each filter's values. What makes no sense is left out, a wrong day is told."""
    days, problems = {}, {}
    typed = {name: params[name].strip() for name in ("since", "until") if params.get(name, "").strip()}
    for name, text in typed.items():
        try:
            days[name] = _day(text)
        except ValueError:
            problems[name] = "Tulis tanggal yang benar, misalnya 2026-11-26."
    if len(days) == 2 and days["since"] > days["until"]:
        problems["until"] = "Tanggal akhir mendahului tanggal awal."
    return Asked(
        words=" ".join(UNFIT.sub("", params.get("q", "")).split()).removeprefix("#")[:_LONGEST_WORDS],
        chosen={name: params[name] for name, values in choices.items() if params.get(name) in values},
        since=days.get("since"),
        until=days.get("until"),
        after=_place(params.get("after", ""), timed=bool(days)),
        before=_place(params.get("before", ""), timed=bool(days)),
        exact=params.get("exact") == "1",
        typed=typed,
        problems=problems,
    )


def _place(text: str, *, timed: bool) -> Place | None:
    """A place as it stands in an address; None where it is of a list in another order."""
    key_text, _, ticks_text = text.partition("-")
    key, ticks = whole_in(key_text), whole_in(ticks_text)
    if key is None or (timed and ticks is None):
        return None
    if not timed or ticks is None:
        return Place(key)
    try:
        return Place(key, _EPOCH + ticks * _TICK)
    except OverflowError:
        return None


def _day(text: str) -> date:
    day = date.fromisoformat(text)
    if not _FIRST <= day <= _LAST:
        raise ValueError(text)
    return day
