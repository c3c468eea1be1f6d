"""When more time can be asked for, answered and paid: rules without a database."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mentorinaja import money
from mentorinaja.bookings.rules import Hold, prolonged
from mentorinaja.rooms.more_time import Extension, MoreTime, look, total

END = datetime(2026, 11, 26, 7, 30, tzinfo=UTC)
PRICE = 78_750


def before_the_end(minutes: float) -> datetime:
    return END - timedelta(minutes=minutes)


def wish(state: str, **changes: Any) -> Extension:
    values: dict[str, Any] = {
        "number": 1,
        "minutes": 15,
        "state": state,
        "asked_at": before_the_end(4.9),
        "declined": 0,
        "order_id": None,
        "total": None,
        "payment_status": None,
        "pay_deadline": None,
        "paid_at": None,
    }
    return Extension(**(values | changes))


def to_be_paid(status: str = "waiting") -> Extension:
    return wish("agreed", order_id="EX-20261126-ABC234", total=PRICE, payment_status=status, pay_deadline=END)


def at(
    minutes: float, more: Extension | None = None, *, price: int = PRICE, running: bool = True
) -> MoreTime | None:
    return look(more, price, END, before_the_end(minutes), running=running)


def stage(minutes: float, more: Extension | None = None, **changes: Any) -> str | None:
    seen = at(minutes, more, **changes)
    return None if seen is None else seen.stage


@pytest.mark.parametrize(
    ("minutes", "offered"), [(5.01, False), (5, True), (4, True), (2.01, True), (2, False), (1, False)]
)
def test_it_is_offered_from_five_to_two_minutes_before_the_end(minutes: float, offered: bool) -> None:
    assert (stage(minutes) == "offered") is offered


def test_later_it_says_that_it_is_too_late() -> None:
    assert [stage(minutes) for minutes in (2.01, 2, 0.1)] == ["offered", "too_late", "too_late"]
    assert stage(1, running=False) is None and stage(1, price=9_999) == "too_cheap"
    for more in (wish("lapsed"), wish("declined", declined=1)):
        early, late = at(2.01, more), at(2, more)
        assert early is not None and early.can_ask and not early.too_late
        assert late is not None and late.too_late and not late.can_ask
    refused = at(1, wish("declined", declined=2))
    assert refused is not None and not refused.too_late


def test_what_costs_less_than_can_be_paid_is_not_offered() -> None:
    seen = at(4, price=9_999)
    assert seen is not None and seen.stage == "too_cheap" and not seen.can_ask


def test_nothing_is_offered_while_the_clock_rests() -> None:
    assert stage(4, running=False) is None
    assert stage(4, wish("asked"), running=False) == "asked"


def test_a_question_waits_until_an_answer_could_not_be_paid_any_more() -> None:
    assert [stage(minutes, wish("asked")) for minutes in (4, 2.01, 2, 1)] == [
        "asked",
        "asked",
        "unanswered",
        "unanswered",
    ]


def test_what_is_agreed_can_be_opened_until_two_minutes_before_its_deadline() -> None:
    assert [stage(minutes, to_be_paid()) for minutes in (3, 2.01, 2, 0.1)] == [
        "to_pay",
        "to_pay",
        "closing",
        "closing",
    ]


@pytest.mark.parametrize("status", ["cancelled", "expired", "failed", "paid_late"])
def test_what_was_not_paid_can_be_asked_for_anew(status: str) -> None:
    seen = at(4, to_be_paid(status))
    assert seen is not None and seen.stage == "lapsed" and seen.can_ask


def test_a_no_can_be_asked_about_once_more() -> None:
    once, twice = at(4, wish("declined", declined=1)), at(4, wish("declined", declined=2))
    assert once is not None and once.stage == "declined" and once.can_ask
    assert twice is not None and twice.stage == "refused" and not twice.can_ask


def test_added_time_opens_the_offer_again() -> None:
    assert stage(10, wish("paid")) is None
    assert stage(4, wish("paid")) == "offered"


def test_paid_time_is_about_to_be_added_and_nothing_is_asked() -> None:
    assert [stage(minutes, to_be_paid("paid")) for minutes in (4, 1)] == [None, None]


@pytest.mark.parametrize(
    ("subtotal", "minutes", "costs"),
    [
        (150_000, 30, 78_750),
        (100_000, 45, 35_000),
        (20_000, 5, 63_000),
        (10_000, 480, 329),
        (50_000_000, 5, 157_500_000),
    ],
)
def test_it_costs_the_sessions_own_price_for_the_time(subtotal: int, minutes: int, costs: int) -> None:
    assert total(subtotal, timedelta(minutes=minutes), 500) == costs


@pytest.mark.parametrize(
    ("price", "of", "share"), [(100_000, 45, 33_333), (50_000, 45, 16_667), (10_001, 30, 5_001), (3, 30, 2)]
)
def test_a_share_of_a_price_is_rounded_half_up(price: int, of: int, share: int) -> None:
    assert money.pro_rata(price, 15, of) == share


def test_held_time_grows_to_the_new_end_and_never_shrinks() -> None:
    held = Hold(before_the_end(30), END, END + timedelta(minutes=10))
    longer = END + timedelta(minutes=15)
    assert prolonged(held, longer, 10) == Hold(held.starts, longer, longer + timedelta(minutes=10))
    assert prolonged(held, END - timedelta(minutes=1), 0) == held
