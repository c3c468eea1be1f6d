"""Figures: percentiles of one round, medians and ratios over interleaved rounds, tables, files of results."""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

RESULTS = Path(__file__).parent / "results"


def percentile(values: Sequence[float], share: float) -> float:
    """The nearest-rank percentile (`share` 0 to 1); NaN of nothing."""
    if not values:
        return math.nan
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def median(values: Iterable[float]) -> float:
    """The middle value; NaN of nothing."""
    known = [value for value in values if not math.isnan(value)]
    return statistics.median(known) if known else math.nan


def ratio(product: Sequence[float], limit: Sequence[float]) -> float:
    """The median of each round's own ratio: what the machine did meanwhile touches both sides of a round."""
    return median(ours / bare for ours, bare in zip(product, limit, strict=True) if bare)


def show(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table: the first column left, figures right."""
    cells = [list(columns), *([_text(cell) for cell in row] for row in rows)]
    widths = [max(len(row[place]) for row in cells) for place in range(len(columns))]
    print(f"\n{title}")
    for number, row in enumerate(cells):
        line = "  ".join(
            cell.ljust(width) if place == 0 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        print(f"  {line.rstrip()}")
        if number == 0:
            print(f"  {'-' * len(line)}")


def save(name: str, figures: Mapping[str, object]) -> None:
    """Keep the figures of a run as JSON in `bench/results`."""
    RESULTS.mkdir(exist_ok=True)
    file = RESULTS / f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{name}.json"
    file.write_text(json.dumps(figures, indent=2) + "\n")
    print(f"\n  kept in bench/results/{file.name}")


def _text(cell: object) -> str:
    if isinstance(cell, float):
        if math.isnan(cell):
            return "–"
        return f"{cell:,.0f}" if abs(cell) >= 100 else f"{cell:.1f}" if abs(cell) >= 10 else f"{cell:.2f}"
    return str(cell)
