"""Amounts as people type them, how a request moves on, and when the money should be there."""

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
    typed_amount,
)


@pytest.mark.parametrize(
    ("typed", "amount"),
    [
        ("50000", 50_000), ("50.000", 50_000), ("Rp 1.500.000", 1_500_000), ("rp1500000", 1_500_000),
        ("Rp. 75.000", 75_000), ("  100000 ", 100_000), ("999999999999999999", 999_999_999_999_999_999),
        ("1", 1),
    ],
)  # fmt: skip
def test_rupiah_are_read_as_they_are_written(typed: str, amount: int) -> None:
    assert typed_amount(typed) == amount


@pytest.mark.parametrize(
    "typed",
    [
        "", " ", "0", "00", "-1", "-50000", "+50000", "1.5", "1,000", "1.000,00", "1,000.00", "50.00", "1.0000",
        "5.000.00", "1e6", "0x10", "٥٠٠٠٠", "５００００", "1 000 000", "1_000", "Rp", "USD 100", "1.000.", ".500", "050000",
        "9223372036854775808", "9" * 40, "100000 rupiah", "1\u200b00", "NaN", "inf", "½", "1\n000",
    ],
)  # fmt: skip
def test_everything_else_is_no_amount(typed: str) -> None:
    assert typed_amount(typed) is None


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
