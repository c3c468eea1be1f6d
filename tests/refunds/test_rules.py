"""Which way money can go back, and how what goes back by hand stands in the books. Pure."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mentorinaja.ledger import rules as books
from mentorinaja.refunds.rules import Payment, Way, pause, way

PAID = datetime(2026, 11, 1, 3, tzinfo=UTC)
WHOLE, PART = 157_500, 50_000


@pytest.mark.parametrize(
    ("method", "status", "amount", "days", "expected"),
    [
        ("credit_card", "capture", WHOLE, 0, "cancel"),
        ("credit_card", "capture", PART, 0, None),
        ("credit_card", "settlement", PART, 300, "gateway"),
        ("credit_card", "settlement", PART, 366, "bank"),
        ("gopay", "settlement", PART, 179, "gateway"),
        ("gopay", "settlement", PART, 181, "bank"),
        ("shopeepay", "settlement", WHOLE, 364, "gateway"),
        ("shopeepay", "settlement", PART, 1, "bank"),
        ("ovo", "settlement", WHOLE, 6, "gateway"),
        ("ovo", "settlement", WHOLE, 8, "bank"),
        ("ovo", "settlement", PART, 1, "bank"),
        ("dana", "partial_refund", PART, 44, "gateway"),
        ("dana", "settlement", PART, 46, "bank"),
        ("qris", "settlement", PART, 44, "gateway"),
        ("bank_transfer", "settlement", WHOLE, 0, "bank"),
        ("echannel", "settlement", WHOLE, 0, "bank"),
        ("cstore", "settlement", WHOLE, 0, "bank"),
        ("gopay", "chargeback", PART, 0, "bank"),
        ("something new", "settlement", WHOLE, 0, "bank"),
    ],
)
def test_the_way_follows_from_method_state_share_and_age(
    method: str, status: str, amount: int, days: int, expected: Way | None
) -> None:
    payment = Payment(method, status, WHOLE, 0, PAID)
    assert way(payment, amount, PAID + timedelta(days=days)) == expected


def test_the_rest_of_what_went_back_in_part_is_not_the_whole() -> None:
    assert way(Payment("shopeepay", "partial_refund", WHOLE, PART, PAID), WHOLE - PART, PAID) == "bank"


def test_tries_become_rarer() -> None:
    assert [pause(tries).total_seconds() / 60 for tries in (0, 1, 2, 3, 4, 5, 50)] == [
        1,
        1,
        5,
        15,
        60,
        360,
        360,
    ]


SALE = books.Sale(total=WHOLE, admin_fee=7_500, platform_fee=31_500, platform_fee_bps=2000, tax_bps=1100)
AMOUNTS = st.integers(1, WHOLE)


def added(*entries: books.Entries) -> books.Entries:
    """Balances after several journals, each of which must balance."""
    total: books.Entries = {}
    for journal in entries:
        assert sum(journal.values()) == 0
        for kind, amount in journal.items():
            total[kind] = total.get(kind, 0) + amount
    return total


@given(amount=AMOUNTS, released=st.booleans())
def test_what_is_not_given_back_after_all_is_as_it_was(amount: int, released: bool) -> None:
    sold = books.payment(SALE)
    if released:
        sold = added(sold, books.release(sold, 0))
    owed = added(sold, books.owe_back(SALE, sold, amount, -sold.get("expert_available", 0)))
    debt = owed.get("expert_owed", 0)
    kept = added(owed, books.keep(SALE, owed, amount, debt, released=released))
    assert {kind: value for kind, value in kept.items() if value} == {
        kind: value for kind, value in sold.items() if value
    }


@given(amount=AMOUNTS, again=AMOUNTS)
def test_what_went_back_by_hand_cannot_be_promised_twice(amount: int, again: int) -> None:
    sold = books.payment(SALE)
    owed = added(sold, books.owe_back(SALE, sold, amount, 0))
    paid = added(owed, books.transfer(amount))
    assert paid["gateway"] == WHOLE and paid["refunded"] == -amount
    assert books.owable(paid) == WHOLE - amount
    if again > WHOLE - amount:
        with pytest.raises(ValueError, match="cannot be owed back"):
            books.owe_back(SALE, paid, again, 0)
    assert added(paid, books.transfer(-amount)) == owed | {"refunded": 0}


@given(by_hand=AMOUNTS, taken=AMOUNTS)
def test_what_the_bank_takes_beyond_what_was_earned_is_our_loss(by_hand: int, taken: int) -> None:
    sold = books.payment(SALE)
    paid = added(sold, books.owe_back(SALE, sold, by_hand, 0), books.transfer(by_hand))
    after = added(paid, books.give_back(SALE, paid, taken, 0))
    assert after["gateway"] == WHOLE - taken
    earners = sum(-after.get(kind, 0) for kind in ("expert_held", "admin_fee", "platform_fee", "tax"))
    assert earners == WHOLE - by_hand - taken
    assert -after["expert_held"] >= 0 and -after.get("tax", 0) >= 0
    everything = added(paid, books.reversal(paid, 0))
    assert everything.get("gateway", 0) == 0 and -everything["refunded"] == by_hand
    assert everything.get("expert_held", 0) == 0 and everything["platform_fee"] == by_hand
