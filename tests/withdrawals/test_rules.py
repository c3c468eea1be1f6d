"""What can be asked for, how a request moves on, and when the money should be there."""

from datetime import UTC, date, datetime

import pytest

from mentorinaja.withdrawals.rules import (
    TARGETS,
    WORDS,
    Move,
    State,
    WrongAmount,
    after,
    check_amount,
    due_day,
    is_back,
    step_words,
)


def test_an_amount_is_at_least_the_minimum_and_at_most_what_is_there() -> None:
    check_amount(50_000, 50_000, 50_000)
    with pytest.raises(WrongAmount, match=r"paling sedikit Rp 50\.000"):
        check_amount(49_999, 1_000_000, 50_000)
    with pytest.raises(WrongAmount, match=r"Rp 60\.000"):
        check_amount(60_001, 60_000, 50_000)


def test_a_request_moves_on_and_what_was_decided_can_be_taken_back() -> None:
    def led(amount: int) -> dict[tuple[State, Move], State]:
        moves = TARGETS
        return {
            (state, move): into for state in WORDS for move in moves if (into := after(state, move, amount))
        }

    back = {
        ("checked", "take_back"): "requested",
        ("processing", "take_back"): "requested",
        ("paid", "unsend"): "processing",
        ("rejected", "restore"): "requested",
        ("failed", "restore"): "requested",
    }
    on = {
        ("requested", "approve"): "processing",
        ("requested", "reject"): "rejected",
        ("checked", "approve"): "processing",
        ("checked", "reject"): "rejected",
        ("processing", "send"): "paid",
        ("processing", "fail"): "failed",
        ("paid", "fail"): "failed",
    }
    assert led(10_000_000) == on | back, "exactly at the limit one admin is enough"
    assert led(10_000_001) == on | back | {("requested", "approve"): "checked"}
    assert all(is_back(before, into) for (before, _), into in back.items())
    assert not any(is_back(before, into) for (before, _), into in on.items())
    assert {step_words(state, into) for (state, _), into in on.items()} <= set(WORDS.values())


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
