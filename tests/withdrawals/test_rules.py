"""What can be asked for, how a request moves on, and when the money should be there."""

from datetime import UTC, date, datetime

import pytest

from mentorinaja.withdrawals.rules import (
    WORDS,
    Move,
    State,
    WrongAmount,
    after,
    check_amount,
    due_day,
)


def test_an_amount_is_at_least_the_minimum_and_at_most_what_is_there() -> None:
    check_amount(50_000, 50_000, 50_000)
    with pytest.raises(WrongAmount, match=r"paling sedikit Rp 50\.000"):
        check_amount(49_999, 1_000_000, 50_000)
    with pytest.raises(WrongAmount, match=r"Rp 60\.000"):
        check_amount(60_001, 60_000, 50_000)


def test_a_request_moves_one_way() -> None:
    moves: tuple[Move, ...] = ("approve", "reject", "send", "fail")
    led: dict[tuple[State, Move], State] = {
        (state, move): into for state in WORDS for move in moves if (into := after(state, move))
    }
    assert led == {
        ("requested", "approve"): "processing",
        ("requested", "reject"): "rejected",
        ("processing", "send"): "paid",
        ("processing", "fail"): "failed",
        ("paid", "fail"): "failed",
    }


@pytest.mark.parametrize(
    ("requested", "due"),
    [
        (datetime(2026, 11, 23, 3, tzinfo=UTC), date(2026, 11, 26)),  # Monday: Thursday
        (datetime(2026, 11, 26, 3, tzinfo=UTC), date(2026, 12, 1)),  # Thursday: Tuesday
        (datetime(2026, 11, 28, 3, tzinfo=UTC), date(2026, 12, 2)),  # Saturday: Wednesday
        (datetime(2026, 11, 26, 17, tzinfo=UTC), date(2026, 12, 2)),  # Friday already in WIB
    ],
)
def test_the_money_is_there_three_working_days_later(requested: datetime, due: date) -> None:
    assert due_day(requested) == due
