"""A small chart of rupiah by day, in the numbers an SVG is drawn of: pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from mentorinaja.formats import day as day_words
from mentorinaja.formats import rupiah

WIDTH, HEIGHT = 360, 110
_TOP, _BOTTOM = 18, 92  # between them the bars stand, below are the first and the last day


@dataclass(frozen=True, slots=True)
class Bar:
    """One day: where its bar stands in the picture; `amount` in whole rupiah."""

    amount: int
    x: float
    y: int
    width: float
    height: int


@dataclass(frozen=True, slots=True)
class Chart:
    """A figure's days from left to right; `base` is the height of nothing, `words` what the picture shows."""

    name: str
    title: str
    bars: list[Bar]
    base: int
    most: int
    total: int
    first: date
    last: date
    words: str


def chart_of(name: str, title: str, days: Sequence[tuple[date, int]]) -> Chart:
    """The chart of whole rupiah by day, in order; at least one day."""
    amounts = [amount for _, amount in days]
    most, least = max(0, *amounts), min(0, *amounts)
    scale = (_BOTTOM - _TOP) / (most - least) if most > least else 0.0
    base = _TOP + round(most * scale) if scale else _BOTTOM
    step = WIDTH / len(days)
    gap = min(4.0, step / 4)
    bars = [
        Bar(
            amount,
            x=round(number * step + gap / 2, 1),
            y=base - max(1, round(amount * scale)) if amount > 0 else base,
            width=round(step - gap, 1),
            height=max(1, round(abs(amount) * scale)),
        )
        for number, amount in enumerate(amounts)
        if amount
    ]
    return Chart(
        name, title, bars, base, most, sum(amounts), days[0][0], days[-1][0], _words(title, days, most)
    )


def _words(title: str, days: Sequence[tuple[date, int]], most: int) -> str:
    total = sum(amount for _, amount in days)
    said = f"{title} {len(days)} hari terakhir: {rupiah(total)}."
    if most <= 0:
        return said
    best = next(day for day, amount in days if amount == most)
    return f"{said} Terbanyak {day_words(best)}: {rupiah(most)}."
