"""When an expert is paused, and how facts read: without a database."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mentorinaja.experts.facts import Facts, about
from mentorinaja.trust.rules import Record

NOW = datetime(2026, 11, 23, 3, tzinfo=UTC)


def record(**changes: Any) -> Record:
    """A record against which nothing is to be said, with `changes`; times as days ago."""
    values: dict[str, Any] = {
        "missed_lately": 0,
        "missed_in_a_row": 0,
        "waiting_since": None,
        "last_sign": None,
    }
    for name, value in changes.items():
        values[name] = NOW - timedelta(days=value) if name in ("waiting_since", "last_sign") else value
    return Record(**values, now=NOW)


@pytest.mark.parametrize(
    ("found", "cause"),
    [
        (record(), None),
        (record(missed_lately=1, missed_in_a_row=1), None),
        (record(missed_lately=2, missed_in_a_row=1), "missed"),
        (record(missed_lately=0, missed_in_a_row=2), "missed"),
        (record(waiting_since=13.9), None),
        (record(waiting_since=14), "silent"),
        (record(waiting_since=20, last_sign=14), "silent"),
        (record(waiting_since=20, last_sign=13.9), None),
        (record(waiting_since=3, last_sign=30), None),
        (record(last_sign=300), None),
    ],
)
def test_two_missed_sessions_or_fourteen_silent_days_with_somebody_waiting(
    found: Record, cause: str | None
) -> None:
    assert found.cause == cause


def test_facts_are_shown_from_five_sessions_on_and_say_of_how_many() -> None:
    facts = Facts(
        on_time=23, on_time_of=24, chat_reply_seconds=95, chat_reply_of=5, thread_reply_seconds=18_000,
        thread_reply_of=4, held=48, cancelled=1, sold=50,
    )  # fmt: skip
    assert facts.shown == [
        ("Tepat waktu", "95% dari 24 sesi"),
        ("Balasan pertama", "± 2 menit, nilai tengah 5 chat"),
        ("Terlaksana", "96% dari 50 sesi"),
        ("Dibatalkan mentor", "1 dari 50 sesi"),
    ]
    assert Facts(4, 4, 10, 4, None, 0, 4, 0, 4).shown == []
    assert Facts.of(None) is None


def test_a_time_is_told_in_the_largest_unit_that_fits() -> None:
    told = {20: "< 1 menit", 60: "± 1 menit", 7_100: "± 118 menit", 7_200: "± 2 jam", 172_800: "± 2 hari"}
    assert {seconds: about(seconds) for seconds in told} == told
