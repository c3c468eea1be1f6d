"""What people type: amounts of money, and what cannot be seen in a text."""

import pytest

from mentorinaja.typed import has_unseen, rupiah_in


@pytest.mark.parametrize(
    ("typed", "amount"),
    [
        ("50000", 50_000), ("50.000", 50_000), ("Rp 1.500.000", 1_500_000), ("rp1500000", 1_500_000),
        ("Rp. 75.000", 75_000), ("  100000 ", 100_000), ("999999999999999999", 999_999_999_999_999_999),
        ("1", 1), ("0", 0),
    ],
)  # fmt: skip
def test_rupiah_are_read_as_they_are_written(typed: str, amount: int) -> None:
    assert rupiah_in(typed) == amount


@pytest.mark.parametrize(
    "typed",
    [
        "", " ", "00", "-1", "-50000", "+50000", "1.5", "1,000", "1.000,00", "1,000.00", "50.00", "1.0000",
        "5.000.00", "1e6", "0x10", "٥٠٠٠٠", "５００００", "1 000 000", "1_000", "Rp", "USD 100", "1.000.", ".500", "050000",
        "9223372036854775808", "9" * 40, "100000 rupiah", "1\u200b00", "NaN", "inf", "½", "1\n000",
    ],
)  # fmt: skip
def test_everything_else_is_no_amount(typed: str) -> None:
    assert rupiah_in(typed) is None


def test_marks_that_hide_are_found_and_emoji_are_none() -> None:
    assert has_unseen("a\u202eb") and has_unseen("a\u200bb") and not has_unseen("👩\u200d💻 halo")
