"""Sums of money: what of a price goes back for time that was not used."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mentorinaja import money

TOTALS = st.integers(10_000, 52_500_000)


@pytest.mark.parametrize(
    ("total", "unused", "duration", "back"),
    [
        (157_500, 15 * 60, 30 * 60, 78_750),
        (157_500, 1, 1_800, 88),
        (157_500, 1_800, 1_800, 157_500),
        (157_500, 0, 1_800, 0),
        (100_001, 1, 2, 50_001),
        (157_500, 2_000, 1_800, 157_500),
        (157_500, -1, 1_800, 0),
        (157_500, 0.001, 1_800, 1),
    ],
)
def test_the_unused_share_is_rounded_up_to_the_rupiah(
    total: int, unused: float, duration: int, back: int
) -> None:
    assert money.unused_share(total, unused, duration) == back


@given(TOTALS, st.integers(300, 28_800), st.data())
def test_more_unused_time_never_gives_less_back(total: int, duration: int, data: st.DataObject) -> None:
    unused = data.draw(st.integers(0, duration - 1))
    less, more = (money.unused_share(total, seconds, duration) for seconds in (unused, unused + 1))
    assert 0 <= less <= more <= total
    assert less * duration >= total * unused
