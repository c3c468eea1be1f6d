"""Lists that an expert orders by hand, a place at a time: pure."""

from __future__ import annotations

from typing import Literal

# Which way a thing goes in such a list.
Way = Literal["up", "down"]


def way_in(text: str | None) -> Way:
    """Which way a form says (`to`); anything but `up` is down."""
    return "up" if text == "up" else "down"


def moved(ids: list[int], one: int, way: Way) -> list[int]:
    """The same with `one` a place further up or down; at either end nothing changes.

    >>> moved([7, 8, 9], 9, "up"), moved([7, 8, 9], 7, "up")
    ([7, 9, 8], [7, 8, 9])
    """
    here = ids.index(one)
    there = min(max(here + (-1 if way == "up" else 1), 0), len(ids) - 1)
    others = [each for each in ids if each != one]
    return [*others[:there], one, *others[there:]]


def said_of_move(name: str, way: Way, changed: bool) -> str:
    """What the expert is told: that it moved, or that it stood at that end already."""
    if changed:
        return f"“{name}” {'naik' if way == 'up' else 'turun'} satu tempat."
    return f"“{name}” sudah paling {'atas' if way == 'up' else 'bawah'}."
