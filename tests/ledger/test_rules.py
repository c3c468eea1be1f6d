"""How money is split: every set of entries sums to zero, and what stays is split as a sale would be."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mentorinaja import money
from mentorinaja.ledger import rules
from mentorinaja.ledger.rules import Sale

prices = st.integers(10_000, 50_000_000)
rates = st.integers(0, 5_000)


def sale(subtotal: int, admin: int = 500, platform: int = 2_000) -> Sale:
    price = money.price(subtotal, admin, platform)
    return Sale(price.total, price.admin_fee, price.platform_fee, platform)


def test_a_payment_of_the_example_goes_where_the_table_says() -> None:
    assert rules.payment(sale(150_000)) == {
        "gateway": 157_500,
        "expert_held": -126_000,
        "admin_fee": -7_500,
        "platform_fee": -24_000,
    }


@given(prices, rates, rates)
def test_a_payment_is_balanced_at_every_price_and_rate(subtotal: int, admin: int, platform: int) -> None:
    entries = rules.payment(sale(subtotal, admin, platform))
    assert sum(entries.values()) == 0
    assert all(amount < 0 for kind, amount in entries.items() if kind != "gateway")


@given(prices, st.data())
def test_what_goes_back_leaves_the_rest_split_as_a_sale(subtotal: int, data: st.DataObject) -> None:
    sold = sale(subtotal)
    booked = rules.payment(sold)
    amount = data.draw(st.integers(1, sold.total))
    entries = rules.give_back(sold, booked, amount)
    assert sum(entries.values()) == 0
    after = {kind: booked.get(kind, 0) + entries.get(kind, 0) for kind in booked}
    assert after["gateway"] == sold.total - amount
    assert -after["expert_held"] == (sold.total - amount) - money.share(sold.total - amount, 2_000)
    if amount == sold.total:
        assert not any(after.values())


def test_money_that_was_to_go_back_is_given_back_first() -> None:
    booked = rules.money_to_return(157_500)
    assert rules.give_back(sale(150_000), booked, 57_500) == {"gateway": -57_500, "refund_due": 57_500}


def test_more_than_there_is_cannot_go_back() -> None:
    with pytest.raises(ValueError):
        rules.give_back(sale(150_000), rules.payment(sale(150_000)), 157_501)


def test_a_reversal_leaves_nothing() -> None:
    booked = rules.payment(sale(150_000))
    assert {kind: booked[kind] + amount for kind, amount in rules.reversal(booked).items()} == dict.fromkeys(
        booked, 0
    )


def test_released_earnings_stay_the_same_sum_and_are_what_a_later_refund_takes() -> None:
    sold = sale(150_000)
    booked = rules.payment(sold)
    released = rules.release(booked)
    assert released == {"expert_held": 126_000, "expert_available": -126_000}
    after = {kind: booked.get(kind, 0) + released.get(kind, 0) for kind in booked | released}
    assert rules.release(after) == {}
    back = rules.give_back(sold, after, 57_500)
    assert sum(back.values()) == 0 and "expert_held" not in back
    assert rules.give_back(sold, after, sold.total)["expert_available"] == 126_000


@given(prices, st.booleans(), st.data())
def test_what_is_owed_back_is_taken_as_what_goes_back(
    subtotal: int, released: bool, data: st.DataObject
) -> None:
    sold = sale(subtotal)
    booked = rules.payment(sold)
    if released:
        booked = added(booked, rules.release(booked))
    first = data.draw(st.integers(1, sold.total))
    owed = added(booked, rules.owe_back(sold, booked, first))
    assert rules.owable(owed) == sold.total - first
    returned = added(owed, rules.give_back(sold, owed, first))
    assert returned == added(booked, rules.give_back(sold, booked, first))
    if first < sold.total:
        second = data.draw(st.integers(1, sold.total - first))
        owed = added(owed, rules.owe_back(sold, owed, second))
        assert owed["refund_due"] == -first - second
        assert all(amount <= 0 for kind, amount in owed.items() if kind != "gateway")


def test_no_more_is_owed_than_is_there() -> None:
    sold = sale(150_000)
    booked = added(rules.payment(sold), rules.give_back(sold, rules.payment(sold), 57_500))
    assert rules.owable(booked) == 100_000
    with pytest.raises(ValueError):
        rules.owe_back(sold, booked, 100_001)


def added(booked: Mapping[str, int], entries: Mapping[str, int]) -> dict[str, int]:
    """What is booked once the entries are written; accounts that became empty are left out."""
    kinds = {**booked, **entries}
    after = {kind: booked.get(kind, 0) + entries.get(kind, 0) for kind in kinds}
    return {kind: amount for kind, amount in after.items() if amount}
