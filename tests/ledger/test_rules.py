"""How money is split: every set of entries sums to zero, and what stays is split as a sale would be."""

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mentorinaja import money
from mentorinaja.ledger import rules
from mentorinaja.ledger.flow import flow_from
from mentorinaja.ledger.rules import Sale

prices = st.integers(10_000, 50_000_000)
rates = st.integers(0, 5_000)
MOVES = (
    "release", "owe", "keep", "return", "reverse", "transfer", "transfer back", "ask", "paid", "back", "bounced",
)  # fmt: skip
EXPERT = ("expert_held", "expert_available", "expert_withdrawing", "expert_withdrawn", "expert_owed")


def sale(subtotal: int, admin: int = 500, platform: int = 2_000, tax: int = 0) -> Sale:
    price = money.price(subtotal, admin, platform)
    return Sale(price.total, price.admin_fee, price.platform_fee, platform, tax)


def added(booked: Mapping[str, int], entries: Mapping[str, int]) -> dict[str, int]:
    """What is booked once the entries are written; accounts that became empty are left out."""
    kinds = {**booked, **entries}
    after = {kind: booked.get(kind, 0) + entries.get(kind, 0) for kind in kinds}
    return {kind: amount for kind, amount in after.items() if amount}


def test_a_payment_of_the_example_goes_where_the_table_says() -> None:
    assert rules.payment(sale(150_000)) == {
        "gateway": 157_500,
        "expert_held": -126_000,
        "admin_fee": -7_500,
        "platform_fee": -24_000,
    }


def test_tax_is_a_part_of_what_the_platform_keeps_and_nobody_pays_more_for_it() -> None:
    assert rules.payment(sale(150_000, tax=1_100)) == {
        "gateway": 157_500,
        "expert_held": -126_000,
        "admin_fee": -(7_500 - 743),
        "platform_fee": -(24_000 - (3_122 - 743)),
        "tax": -3_122,
    }


@given(prices, rates, rates, rates)
def test_a_payment_is_balanced_at_every_price_and_rate(
    subtotal: int, admin: int, platform: int, tax: int
) -> None:
    sold = sale(subtotal, admin, platform, tax)
    entries = rules.payment(sold)
    assert sum(entries.values()) == 0
    assert all(amount < 0 for kind, amount in entries.items() if kind != "gateway")
    assert -entries.get("tax", 0) == money.tax_within(sold.platform_fee, tax)


@given(st.integers(0, 10**12), rates)
def test_tax_within_a_sum_is_that_of_the_rest_and_never_more(amount: int, tax_bps: int) -> None:
    tax = money.tax_within(amount, tax_bps)
    assert 0 <= tax <= amount
    assert abs(tax * (10_000 + tax_bps) - amount * tax_bps) * 2 <= 10_000 + tax_bps


@given(prices, rates, st.data())
def test_what_goes_back_leaves_the_rest_split_as_a_sale(subtotal: int, tax: int, data: st.DataObject) -> None:
    sold = sale(subtotal, tax=tax)
    booked = rules.payment(sold)
    amount = data.draw(st.integers(1, sold.total))
    entries = rules.give_back(sold, booked, amount, 0)
    assert sum(entries.values()) == 0
    after = {kind: booked.get(kind, 0) + entries.get(kind, 0) for kind in booked}
    assert after["gateway"] == sold.total - amount
    platform = money.share(sold.total - amount, 2_000)
    assert -after["expert_held"] == (sold.total - amount) - platform
    assert -after.get("tax", 0) == money.tax_within(platform, tax)
    assert "expert_owed" not in entries
    if amount == sold.total:
        assert not any(after.values())


def test_money_that_was_to_go_back_is_given_back_first() -> None:
    booked = rules.money_to_return(157_500)
    assert rules.give_back(sale(150_000), booked, 57_500, 0) == {"gateway": -57_500, "refund_due": 57_500}


def test_more_than_there_is_cannot_go_back() -> None:
    with pytest.raises(ValueError):
        rules.give_back(sale(150_000), rules.payment(sale(150_000)), 157_501, 0)


@given(prices, rates)
def test_a_reversal_leaves_nothing(subtotal: int, tax: int) -> None:
    booked = rules.payment(sale(subtotal, tax=tax))
    assert added(booked, rules.reversal(booked, 0)) == {}


def test_released_earnings_stay_the_same_sum_and_are_what_a_later_refund_takes() -> None:
    sold = sale(150_000)
    booked = rules.payment(sold)
    released = rules.release(booked, 0)
    assert released == {"expert_held": 126_000, "expert_available": -126_000}
    after = added(booked, released)
    assert rules.release(after, 0) == {}
    back = rules.give_back(sold, after, 57_500, 126_000)
    assert sum(back.values()) == 0 and "expert_held" not in back and "expert_owed" not in back
    assert rules.give_back(sold, after, sold.total, 126_000)["expert_available"] == 126_000


def test_what_was_paid_out_already_is_owed_and_taken_from_later_earnings() -> None:
    sold = sale(150_000)
    booked = added(rules.payment(sold), rules.release(rules.payment(sold), 0))
    back = rules.give_back(sold, booked, sold.total, 26_000)  # a hundred thousand of it was withdrawn
    assert (back["expert_available"], back["expert_owed"]) == (26_000, 100_000)
    later = rules.payment(sold)
    assert rules.release(later, 100_000) == {
        "expert_held": 126_000,
        "expert_owed": -100_000,
        "expert_available": -26_000,
    }
    assert rules.release(later, 200_000) == {"expert_held": 126_000, "expert_owed": -126_000}
    assert rules.take_in(126_000, 100_000, paid=False) == {
        "expert_withdrawing": 126_000,
        "expert_owed": -100_000,
        "expert_available": -26_000,
    }


@given(prices, st.booleans(), st.data())
def test_what_is_owed_back_is_taken_as_what_goes_back(
    subtotal: int, released: bool, data: st.DataObject
) -> None:
    sold = sale(subtotal)
    booked = rules.payment(sold)
    available = 0
    if released:
        booked = added(booked, rules.release(booked, 0))
        available = -booked["expert_available"]
    first = data.draw(st.integers(1, sold.total))
    owed = added(booked, rules.owe_back(sold, booked, first, available))
    assert rules.owable(owed) == sold.total - first
    returned = added(owed, rules.give_back(sold, owed, first, available))
    assert returned == added(booked, rules.give_back(sold, booked, first, available))
    if first < sold.total:
        second = data.draw(st.integers(1, sold.total - first))
        left = -owed.get("expert_available", 0)
        owed = added(owed, rules.owe_back(sold, owed, second, left))
        assert owed["refund_due"] == -first - second
        assert all(amount <= 0 for kind, amount in owed.items() if kind != "gateway")


@given(prices, rates, st.booleans(), st.data())
def test_what_is_kept_after_all_is_where_it_was(
    subtotal: int, tax: int, released: bool, data: st.DataObject
) -> None:
    sold = sale(subtotal, tax=tax)
    booked = rules.payment(sold)
    if released:
        booked = added(booked, rules.release(booked, 0))
    amount = data.draw(st.integers(1, sold.total))
    there = data.draw(st.integers(0, -booked.get("expert_available", 0)))  # the rest was withdrawn
    owing = added(booked, rules.owe_back(sold, booked, amount, there))
    owed = max(0, owing.get("expert_owed", 0))
    kept = added(owing, rules.keep(sold, owing, amount, owed, released=released))
    assert kept == booked
    with pytest.raises(ValueError):
        rules.keep(sold, owing, amount + 1, owed, released=released)


def test_no_more_is_owed_than_is_there() -> None:
    sold = sale(150_000)
    booked = added(rules.payment(sold), rules.give_back(sold, rules.payment(sold), 57_500, 0))
    assert rules.owable(booked) == 100_000
    with pytest.raises(ValueError):
        rules.owe_back(sold, booked, 100_001, 0)


@settings(max_examples=300)
@given(st.lists(st.tuples(st.integers(10_000, 400_000), rates), min_size=1, max_size=4), st.data())
def test_whatever_happens_no_balance_goes_below_zero_and_debts_are_paid_first(
    sold: list[tuple[int, int]], data: st.DataObject
) -> None:
    """Several sales of one expert: earned, released, taken back, withdrawn, in any order."""
    sales = [sale(subtotal, tax=tax) for subtotal, tax in sold]
    booked = [rules.payment(one) for one in sales]
    outside: dict[str, int] = {}  # withdrawals belong to no sale
    released: set[int] = set()
    told: list[list[tuple[str, Mapping[str, int]]]] = [[("payment", one)] for one in booked]

    def has(kind: str) -> int:
        return -sum(one.get(kind, 0) for one in [*booked, outside])

    for _ in range(data.draw(st.integers(1, 12))):
        number = data.draw(st.integers(0, len(sales) - 1))
        one, mine = sales[number], booked[number]
        available, owed = has("expert_available"), -has("expert_owed")
        move = data.draw(st.sampled_from(MOVES))
        entries: dict[str, int] = {}
        if move == "release":
            entries = rules.release(mine, owed)
            released.add(number)
        elif move == "owe" and rules.owable(mine):
            entries = rules.owe_back(one, mine, data.draw(st.integers(1, rules.owable(mine))), available)
        elif move == "keep" and mine.get("refund_due"):
            amount = data.draw(st.integers(1, -mine["refund_due"]))
            entries = rules.keep(one, mine, amount, owed, released=number in released)
        elif move == "return" and mine.get("gateway"):
            entries = rules.give_back(one, mine, data.draw(st.integers(1, mine["gateway"])), available)
        elif move == "reverse":
            entries = rules.reversal(mine, available)
        elif move == "transfer" and mine.get("refund_due"):
            entries = rules.transfer(data.draw(st.integers(1, -mine["refund_due"])))
        elif move == "transfer back" and mine.get("refunded") and not lost_of(mine):
            entries = rules.transfer(-data.draw(st.integers(1, -mine["refunded"])))
        if entries:
            booked[number] = added(mine, entries)
            told[number].append((move, entries))
        elif move == "ask" and available:
            entries = rules.reserve(data.draw(st.integers(1, available)))
            outside = added(outside, entries)
        elif move == "paid" and has("expert_withdrawing"):
            entries = rules.pay_out(has("expert_withdrawing"))
            outside = added(outside, entries)
        elif move in ("back", "bounced"):
            kind = "expert_withdrawing" if move == "back" else "expert_withdrawn"
            if amount := has(kind):
                entries = rules.take_in(amount, owed, paid=move == "bounced")
                outside = added(outside, entries)
        assert sum(entries.values()) == 0
        assert all(has(kind) >= 0 for kind in EXPERT if kind != "expert_owed")
        assert has("expert_owed") <= 0
        assert not (has("expert_owed") and has("expert_available")), "who owes has nothing to ask for"
        for mine, one in zip(booked, sales, strict=True):
            had = -sum(mine.get(kind, 0) for kind in EXPERT)
            kept = sum(mine.get(kind, 0) for kind in ("gateway", "refund_due", "refunded")) + lost_of(mine)
            assert had == kept - money.share(kept, one.platform_fee_bps)
    for one, journals in zip(sales, told, strict=True):
        every_rupiah_is_told(one, journals)


def lost_of(booked: Mapping[str, int]) -> int:
    """What went back of a sale beyond what came."""
    return max(0, -booked.get("gateway", 0) - booked.get("refunded", 0))


def every_rupiah_is_told(one: Sale, journals: list[tuple[str, Mapping[str, int]]]) -> None:
    """Both sides' rows come to what they say they come to."""
    flow = flow_from(
        {
            "public_id": "BE-1",
            "expert_name": "Sari",
            "admin_fee_bps": 500,
            "platform_fee_bps": one.platform_fee_bps,
            "tax_bps": one.tax_bps,
        },
        [
            {"journal": n, "at": n, "kind": kind, "transaction_id": "t", "account": account, "amount": amount}
            for n, (kind, entries) in enumerate(journals)
            for account, amount in entries.items()
        ],
    )
    assert flow.came == one.total
    assert sum(amount for _, amount in flow.rows("payer")) == flow.came
    assert sum(amount for _, amount in flow.rows("expert")) == flow.earned
    assert sum(move.share for move in flow.moves) == flow.earned
    parts = (
        flow.returned,
        flow.due,
        flow.held,
        flow.free,
        flow.admin_fee,
        flow.platform_fee,
        flow.tax,
        flow.lost,
    )
    assert min(parts) >= 0
