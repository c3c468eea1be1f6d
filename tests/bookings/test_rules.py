"""The table of moves and the arithmetic of time, without a database."""

from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mentorinaja.bookings import rules
from mentorinaja.bookings.rules import BookingStatus, Move, PaymentStatus

MOMENTS = st.integers(1_767_225_600, 1_893_456_000).map(lambda second: datetime.fromtimestamp(second, UTC))
MINUTES = st.integers(5, 480)
BUFFERS = st.integers(0, 240)
BOOKINGS = get_args(BookingStatus)
PAYMENTS = get_args(PaymentStatus)
STATES = st.tuples(st.sampled_from(BOOKINGS), st.sampled_from(PAYMENTS))
MOVES = st.lists(st.sampled_from(get_args(Move)), max_size=20)
MONEY = st.lists(st.tuples(st.sampled_from(PAYMENTS), st.booleans()), max_size=20)


@given(MOVES)
def test_a_completed_booking_stays_completed(moves: list[Move]) -> None:
    state: rules.State = ("completed", "paid")
    for move in moves:
        state = rules.after(state, move) or state
        assert state[0] == "completed"


@given(STATES, MOVES)
def test_money_never_undoes_a_session_that_has_begun(state: rules.State, moves: list[Move]) -> None:
    after = rules.after(state, "reverse_started")
    assert after is None or after[0] == state[0]


@given(MOVES)
def test_a_booking_the_user_gave_up_never_comes_back(moves: list[Move]) -> None:
    state: rules.State = ("cancelled", "cancelled")
    for move in moves:
        state = rules.after(state, move) or state
    assert state == ("cancelled", "cancelled")


@given(STATES, st.sampled_from(get_args(Move)))
def test_only_money_confirms_and_only_the_unpaid_expire(state: rules.State, move: Move) -> None:
    after = rules.after(state, move)
    if after is None:
        return
    if after[0] == "confirmed" and state[0] != "confirmed":
        assert state == (
            "cancelled" if move == "stand_again" else "pending",
            "paid" if move == "stand_again" else "waiting",
        )
        assert after[1] == "paid"
    if move in ("expire", "fail", "cancel"):
        assert state == ("pending", "waiting") and after[0] == "cancelled"
    if after[0] == "pending":
        assert after[1] == "waiting"


@given(STATES, MONEY)
def test_money_goes_one_way(state: rules.State, news: list[tuple[PaymentStatus, bool]]) -> None:
    seen = [state[1]]
    for into, stays in news:
        after = rules.after_money(state, into, stays=stays)
        if after is None:
            continue
        assert after[0] in (state[0], "cancelled")
        assert not (state[0] == "completed" and after[0] != "completed")
        # Only what waits to be sent leads back: an admin stops it, or a transfer by hand returns.
        if "refund_pending" not in (into, state[1]) and into not in ("partially_refunded", "chargeback"):
            assert into not in seen
        state = after
        seen.append(into)


@pytest.mark.parametrize("status", ["refunded", "reversed", "chargeback"])
def test_money_that_is_gone_pays_nothing_any_more(status: PaymentStatus) -> None:
    turned = {into for into in PAYMENTS if rules.after_money(("confirmed", status), into, stays=False)}
    assert turned <= {"chargeback"}


def test_a_chargeback_of_part_leaves_the_session_and_of_the_rest_takes_it() -> None:
    state = rules.after_money(("confirmed", "paid"), "chargeback", stays=True)
    assert state == ("confirmed", "chargeback")
    assert rules.after_money(state, "chargeback", stays=False) == ("cancelled", "chargeback")


@given(MOMENTS, st.integers(75, 60 * 24 * 365))
def test_a_session_is_paid_an_hour_before_at_the_latest(created: datetime, ahead: int) -> None:
    starts = created + timedelta(minutes=ahead)
    deadline = rules.pay_deadline(created, starts, is_now=False)
    assert created < deadline <= starts - timedelta(minutes=60)
    assert deadline <= created + timedelta(days=3)


@given(MOMENTS, MINUTES, BUFFERS, st.integers(-3600, 7200))
def test_a_paid_now_booking_never_leaves_what_it_held(
    created: datetime, minutes: int, buffer: int, seconds: int
) -> None:
    held = rules.hold(created, minutes, buffer, is_now=True)
    paid = rules.paid_now(held, created + timedelta(seconds=seconds), minutes)
    assert held.starts <= paid.starts <= created + timedelta(minutes=15)
    assert paid.ends - paid.starts == timedelta(minutes=minutes)
    assert paid.ends <= held.ends and paid.blocked_until <= held.blocked_until
    assert paid.blocked_until - paid.ends == timedelta(minutes=10 + buffer)


@given(MOMENTS, MINUTES, BUFFERS)
def test_a_scheduled_booking_holds_its_time_and_the_buffer(
    starts: datetime, minutes: int, buffer: int
) -> None:
    held = rules.hold(starts, minutes, buffer, is_now=False)
    assert held.ends - held.starts == timedelta(minutes=minutes)
    assert held.blocked_until - held.ends == timedelta(minutes=buffer)


@given(MOMENTS)
def test_order_ids_have_no_look_alikes(now: datetime) -> None:
    public_id = rules.new_public_id(now)
    assert len(public_id) == 18 and public_id.startswith("BE-20")
    assert not set(public_id[-6:]) & set("01IO")


def test_the_day_in_an_order_id_is_jakartas() -> None:
    assert rules.new_public_id(datetime(2026, 11, 25, 17, 0, tzinfo=UTC)).startswith("BE-20261126-")


@pytest.mark.parametrize(
    ("method", "total", "allowed"),
    [
        ("card", 999_999_999, True),
        ("cstore", 5_000_000, True),
        ("cstore", 5_000_001, False),
        ("qris", 10_000_000, True),
        ("qris", 10_000_001, False),
        ("ewallet", 20_000_000, True),
        ("ewallet", 20_000_001, False),
        ("bank_transfer", 52_500_000, True),
        ("bank_transfer", 9_999, False),
    ],
)
def test_each_method_has_its_limit(method: str, total: int, allowed: bool) -> None:
    assert (rules.method_refusal(method, total) is None) is allowed


@pytest.mark.parametrize(
    ("text", "page"), [("3", 3), ("0", 1), ("-2", 1), ("x", 1), ("٣", 1), ("9" * 50, 1), ("", 1)]
)
def test_a_page_number_is_a_small_number(text: str, page: int) -> None:
    assert rules.page_number(text) == page
