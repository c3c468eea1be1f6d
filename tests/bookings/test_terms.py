"""What changing a paid session costs: the rule of the order, at every moment of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mentorinaja.bookings import rules
from mentorinaja.bookings.rules import State
from mentorinaja.bookings.terms import Terms

START = datetime(2026, 11, 26, 7, tzinfo=UTC)
STEPS = {"steps": [[1440, 10_000], [180, 5_000], [0, 0]]}
NOW = {"until_arrival_bps": 10_000}
THREAD = {"until_first_message_bps": 10_000}


def terms(policy: dict[str, Any] | None = None, **changes: Any) -> Terms:
    """A paid chat of half an hour."""
    values: dict[str, Any] = {
        "state": ("confirmed", "paid"),
        "policy": policy or STEPS,
        "most_back_bps": None,
        "starts_at": START,
        "ends_at": START + timedelta(minutes=30),
        "takes_time": True,
        "is_chat": True,
        "expert_came": False,
        "expert_wrote": False,
    }
    return Terms(**(values | changes))


@pytest.mark.parametrize(
    ("before", "share", "until"),
    [
        (timedelta(days=9), 10_000, timedelta(hours=24)),
        (timedelta(hours=24, seconds=1), 10_000, timedelta(hours=24)),
        (timedelta(hours=24), 5_000, timedelta(hours=3)),
        (timedelta(hours=3, seconds=1), 5_000, timedelta(hours=3)),
        (timedelta(hours=3), 5_000, timedelta(hours=3)),
        (timedelta(hours=3) - timedelta(seconds=1), 0, timedelta()),
        (timedelta(microseconds=1), 0, timedelta()),
    ],
)
def test_the_share_falls_in_steps_before_the_start(before: timedelta, share: int, until: timedelta) -> None:
    now = START - before
    assert terms().back_bps(now) == share
    assert terms().same_until(now) == START - until
    assert terms().expert_may_cancel(now)


def test_a_session_that_has_begun_is_not_called_off() -> None:
    for now in (START, START + timedelta(hours=1)):
        assert terms().back_bps(now) is None and not terms().expert_may_cancel(now)


def test_a_session_for_now_is_called_off_until_its_expert_comes() -> None:
    later = START + timedelta(minutes=9)
    assert terms(NOW).back_bps(later) == 10_000 and terms(NOW).same_until(later) is None
    came = terms(NOW, expert_came=True)
    assert came.back_bps(later) is None and not came.expert_may_cancel(later)


def test_a_thread_is_called_off_until_its_expert_writes() -> None:
    quiet = terms(THREAD, takes_time=False)
    assert quiet.back_bps(START + timedelta(hours=3)) == 10_000 and quiet.expert_may_cancel(START)
    wrote = terms(THREAD, takes_time=False, expert_wrote=True)
    assert wrote.back_bps(START - timedelta(days=3)) is None and not wrote.expert_may_cancel(START)
    assert not quiet.payer_may_move(START - timedelta(days=3)) and not quiet.expert_may_propose(START)


def test_what_was_moved_gives_no_more_than_at_that_moment() -> None:
    moved = terms(most_back_bps=5_000)
    assert moved.back_bps(START - timedelta(days=9)) == 5_000
    assert moved.back_bps(START - timedelta(hours=1)) == 0
    assert "paling banyak 50%" in moved.words
    assert "paling banyak" not in terms(most_back_bps=10_000).words
    assert not moved.payer_may_move(START - timedelta(days=9))


def test_the_payer_moves_once_and_more_than_twelve_hours_before() -> None:
    assert terms().payer_may_move(START - timedelta(hours=12, seconds=1))
    assert not terms().payer_may_move(START - timedelta(hours=12))
    assert terms().expert_may_propose(START - timedelta(seconds=1)) and not terms().expert_may_propose(START)


@pytest.mark.parametrize(
    "state",
    [("pending", "waiting"), ("completed", "paid"), ("cancelled", "refunded"), ("cancelled", "paid_late")],
)
def test_only_what_stands_can_be_changed(state: State) -> None:
    gone, early = terms(state=state), START - timedelta(days=3)
    assert gone.back_bps(early) is None and not gone.expert_may_cancel(early)
    assert not gone.payer_may_move(early) and not gone.expert_may_propose(early)


def test_the_rule_is_said_in_words() -> None:
    assert terms().words == (
        "Lebih dari 24 jam sebelum sesi: 100% kembali. Sampai 3 jam sebelumnya: 50%. Setelah itu: 0%."
    )
    assert terms(NOW).words == "100% kembali selama mentor belum masuk ke ruang sesi."
    assert terms(THREAD).words == "100% kembali selama mentor belum menulis."


@given(
    total=st.integers(10_000, 50_000_000),
    kept_share=st.integers(0, 100),
    minutes=st.integers(-100, 5_000),
    most=st.none() | st.integers(0, 10_000),
)
def test_never_more_goes_back_than_is_kept_nor_less_than_the_share(
    total: int, kept_share: int, minutes: int, most: int | None
) -> None:
    kept, now = total * kept_share // 100, START - timedelta(minutes=minutes)
    some = terms(most_back_bps=most)
    back, share = some.back(now, total, kept), some.back_bps(now)
    if share is None or back is None:
        assert share is None and back is None
        return
    assert 0 <= back <= kept
    assert back == kept or 0 <= back * 10_000 - total * share < 10_000, "rounded up to the rupiah"


def test_earlier_never_gives_less() -> None:
    shares = [terms().back_bps(START - timedelta(minutes=minutes)) for minutes in range(3_000, 0, -7)]
    assert shares == sorted(shares, key=lambda share: -(share or 0))


def test_late_money_waits_for_the_old_start_but_no_longer_than_a_week() -> None:
    assert rules.choose_until(START, START - timedelta(days=2)) == START
    assert rules.choose_until(START, START - timedelta(days=9)) == START - timedelta(days=2)
    assert rules.choose_until(START, START) is None
