"""A small chart of earnings by month, in the numbers an SVG is drawn of: pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from mentorinaja.formats import month_name, rupiah

WIDTH, HEIGHT = 360, 150
_TOP, _BOTTOM = 18, 128  # between them the bars stand, below are the months' names
_GAP = 8
_SHORT = ("Jan", "Feb", "Mar", "Apr", "Mei", "Jun", "Jul", "Agu", "Sep", "Okt", "Nov", "Des")


@dataclass(frozen=True, slots=True)
class Bar:
    """One month: where its bar stands in the picture, and what it says; `amount` in whole rupiah."""

    month: date
    amount: int
    x: int
    y: int
    width: int
    height: int

    @property
    def short(self) -> str:
        """`Nov`."""
        return _SHORT[self.month.month - 1]

    @property
    def middle(self) -> int:
        """Where its name stands."""
        return self.x + self.width // 2

    @property
    def path(self) -> str:
        """The month in addresses: `2026-11`."""
        return f"{self.month:%Y-%m}"


@dataclass(frozen=True, slots=True)
class Chart:
    """The months from left to right; `base` is the height at which nothing was earned, `most` the best month."""

    bars: list[Bar]
    base: int
    most: int

    @property
    def total(self) -> int:
        """What was earned in all of them."""
        return sum(bar.amount for bar in self.bars)

    @property
    def words(self) -> str:
        """What the picture shows, for those who do not see it."""
        best = max(self.bars, key=lambda bar: bar.amount)
        return (
            f"Pendapatan {len(self.bars)} bulan terakhir: {rupiah(self.total)}. "
            f"Terbanyak {month_name(best.month)}: {rupiah(best.amount)}."
        )


def chart_of(months: Sequence[tuple[date, int]]) -> Chart | None:
    """The chart of (first day, whole rupiah) by month, in order; None when nothing was earned in any."""
    amounts = [amount for _, amount in months]
    most, least = max(0, *amounts), min(0, *amounts)
    if most == least:
        return None
    scale = (_BOTTOM - _TOP) / (most - least)
    base = _TOP + round(most * scale)
    step = WIDTH // len(months)
    bars = [
        Bar(
            month,
            amount,
            x=number * step + _GAP // 2,
            y=base - round(amount * scale) if amount > 0 else base,
            width=step - _GAP,
            height=max(1, round(abs(amount) * scale)) if amount else 0,
        )
        for number, (month, amount) in enumerate(months)
    ]
    return Chart(bars, base, most)
