"""The fair clock as pure rules: when a room opens, starts, pauses, resumes and ends, to the second."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from mentorinaja.rooms.clock import Step, due, next_look_at, next_step_at
from mentorinaja.rooms.room import Extension, Room

START = datetime(2026, 11, 26, 7, 0, tzinfo=UTC)
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
ROOM = Room(
    booking_id=UUID(int=1), order_id="BE-20261126-ABC234", booking_status="confirmed", cancel_reason=None,
    payment_status="paid", subtotal=150_000, admin_fee_bps=500, total=157_500,
    paid_at=START - 60 * MINUTE, category="online_chat", starts_at=START,
    duration=30 * MINUTE, address="", meeting_url=None, topic="Karier",
    user_id=1, user_name="Budi Santoso", user_zone="Asia/Jakarta",
    expert_user_id=2, expert_name="Sari Wulandari", expert_zone="Asia/Makassar",
    status="waiting", user_joined_at=None, expert_joined_at=None, started_at=None, ends_at=None,
    ended_at=None, ended_by=None, paused_at=None, paused_for=timedelta(), user_waits_until=None,
    finished_at=None, user_seen_at=None, expert_seen_at=None, user_read=0, expert_read=0,
    next_booking_at=None, extension=None, refunded=0, objected=False, last_seq=0, read_at=START,
)  # fmt: skip
RUNNING = replace(
    ROOM, status="running", started_at=START, ends_at=START + 30 * MINUTE, expert_joined_at=START,
    user_joined_at=START, expert_seen_at=START + 30 * MINUTE,
)  # fmt: skip
PAUSED = replace(RUNNING, status="paused", paused_at=START + 10 * MINUTE, expert_seen_at=START + 10 * MINUTE)
THREAD = replace(ROOM, duration=None, status="running", started_at=START - 60 * MINUTE)


@pytest.mark.parametrize(
    ("room", "minutes", "phase"),
    [
        (replace(ROOM, booking_status="pending"), 0, "unpaid"),
        (replace(ROOM, booking_status="cancelled"), 0, "cancelled"),
        (ROOM, -10.1, "early"),
        (ROOM, -10, "waiting"),
        (ROOM, 5, "waiting"),
        (RUNNING, 29.9, "running"),
        (RUNNING, 30, "ended"),
        (PAUSED, 19.9, "paused"),
        (PAUSED, 20, "ended"),
        (THREAD, 100_000, "running"),
        (replace(RUNNING, status="ended", ended_at=START + MINUTE, ended_by="user"), 2, "ended"),
        (replace(ROOM, booking_status="completed", status=None), 0, "ended"),
    ],
)
def test_a_room_is_what_its_times_say(room: Room, minutes: float, phase: str) -> None:
    assert room.phase(START + minutes * MINUTE) == phase


def test_the_clock_starts_at_the_later_of_schedule_and_expert() -> None:
    assert due(ROOM, START + MINUTE) is None
    early = replace(ROOM, expert_joined_at=START - 5 * MINUTE)
    late = replace(ROOM, expert_joined_at=START + 7 * MINUTE)
    assert due(early, START - SECOND) is None
    assert due(early, START) == Step("start", START, "schedule")
    assert due(late, START + 8 * MINUTE) == Step("start", START + 7 * MINUTE, "expert_arrived")
    assert due(RUNNING, START + 30 * MINUTE) == Step("end", START + 30 * MINUTE, "timeout")


def test_nothing_happens_in_a_booking_that_is_not_confirmed() -> None:
    assert due(replace(ROOM, booking_status="cancelled", expert_joined_at=START), START + 60 * MINUTE) is None


def test_without_an_own_clock_the_schedule_starts_it() -> None:
    video = replace(ROOM, category="online_video")
    assert due(video, START) == Step("start", START, "schedule") and not video.timed


@pytest.mark.parametrize(
    ("user_came", "expert_came", "step"),
    [
        (None, None, Step("cancel", START + 30 * MINUTE, "both_absent")),
        (5, None, Step("cancel", START + 30 * MINUTE, "expert_absent")),
        (5, 30, Step("cancel", START + 30 * MINUTE, "expert_absent")),
        (5, 29, Step("start", START + 29 * MINUTE, "expert_arrived")),
        (None, 3, Step("start", START + 3 * MINUTE, "expert_arrived")),
    ],
)
def test_who_is_not_there_by_the_end_of_the_booked_time_was_absent(
    user_came: int | None, expert_came: int | None, step: Step
) -> None:
    room = replace(
        ROOM,
        user_joined_at=None if user_came is None else START + user_came * MINUTE,
        expert_joined_at=None if expert_came is None else START + expert_came * MINUTE,
    )
    assert due(room, START + 60 * MINUTE) == step
    assert expert_came is not None or due(room, START + 30 * MINUTE - SECOND) is None


def test_after_thirty_seconds_of_silence_it_pauses_from_the_last_sign() -> None:
    seen = START + 5 * MINUTE
    room = replace(RUNNING, expert_seen_at=seen)
    assert due(room, seen + 29.9 * SECOND) is None
    assert due(room, seen + 30 * SECOND) == Step("pause", seen, "expert_gone")
    assert due(room, seen + 9 * MINUTE) == Step("pause", seen, "expert_gone")


def test_an_expert_who_left_before_the_start_pauses_it_from_the_start() -> None:
    room = replace(RUNNING, expert_seen_at=START - 5 * MINUTE)
    assert due(room, START + 30 * SECOND) == Step("pause", START, "expert_gone")


def test_a_silence_nobody_noticed_before_the_end_is_no_pause() -> None:
    room = replace(RUNNING, expert_seen_at=START + 5 * MINUTE)
    assert due(room, START + 30 * MINUTE) == Step("end", START + 30 * MINUTE, "timeout")
    short = replace(RUNNING, expert_seen_at=START + 30 * MINUTE - 20 * SECOND)
    assert due(short, START + 30 * MINUTE - SECOND) is None


def test_the_expert_s_return_resumes_at_that_moment() -> None:
    assert due(PAUSED, START + 15 * MINUTE) is None
    back = replace(PAUSED, expert_seen_at=START + 14 * MINUTE)
    assert due(back, START + 15 * MINUTE) == Step("resume", START + 14 * MINUTE, "expert_back")


def test_pauses_together_last_ten_minutes_at_most() -> None:
    assert due(PAUSED, START + 20 * MINUTE) == Step("end", START + 20 * MINUTE, "pause_limit")
    second = replace(PAUSED, paused_for=7 * MINUTE)
    assert due(second, START + 13 * MINUTE) == Step("end", START + 13 * MINUTE, "pause_limit")
    too_late = replace(second, expert_seen_at=START + 13 * MINUTE)
    assert due(too_late, START + 14 * MINUTE) == Step("end", START + 13 * MINUTE, "pause_limit")


def test_the_expert_s_next_booking_ends_it() -> None:
    late = replace(RUNNING, ends_at=START + 40 * MINUTE, next_booking_at=START + 35 * MINUTE)
    late = replace(late, expert_seen_at=START + 35 * MINUTE)
    assert due(late, START + 36 * MINUTE) == Step("end", START + 35 * MINUTE, "next_booking")
    assert late.whole_seconds(START + 30 * MINUTE) == 300
    paused = replace(PAUSED, next_booking_at=START + 12 * MINUTE)
    assert due(paused, START + 13 * MINUTE) == Step("end", START + 12 * MINUTE, "next_booking")


def test_time_paid_for_before_the_end_comes_first() -> None:
    more = Extension(
        number=1,
        minutes=15,
        state="agreed",
        asked_at=START + 26 * MINUTE,
        declined=0,
        order_id="EX-20261126-ABC234",
        total=78_750,
        payment_status="paid",
        pay_deadline=START + 30 * MINUTE,
        paid_at=START + 29 * MINUTE,
    )
    assert due(replace(RUNNING, extension=more), START + 40 * MINUTE) == Step(
        "extend", START + 29 * MINUTE, "paid"
    )
    late = replace(more, paid_at=START + 30 * MINUTE)
    step = due(replace(RUNNING, extension=late), START + 40 * MINUTE)
    assert step is not None and step.kind == "lapse"
    unpaid = replace(more, payment_status="waiting", paid_at=None)
    assert due(replace(RUNNING, extension=unpaid), START + 40 * MINUTE) == Step(
        "end", START + 30 * MINUTE, "timeout"
    )


def test_a_thread_waits_for_its_expert_then_for_its_user() -> None:
    assert due(THREAD, START + timedelta(hours=23)) is None
    assert due(THREAD, START + timedelta(hours=24)) == Step(
        "cancel", START + timedelta(hours=24), "undelivered"
    )
    done = replace(THREAD, finished_at=START)
    assert due(done, START + timedelta(hours=71)) is None
    assert due(done, START + timedelta(hours=72)) == Step("end", START + timedelta(hours=72), "silence")
    assert due(replace(done, objected=True), START + timedelta(hours=99)) is None


def test_the_clock_shows_whole_seconds_stands_in_a_pause_and_is_never_below_nothing() -> None:
    assert ROOM.whole_seconds(START) == 1800
    assert RUNNING.whole_seconds(START + timedelta(seconds=0.2)) == 1800
    assert RUNNING.whole_seconds(START + timedelta(seconds=1799.9)) == 1
    assert RUNNING.whole_seconds(START + timedelta(hours=9)) == 0
    assert PAUSED.whole_seconds(START + 13 * MINUTE) == PAUSED.whole_seconds(START + 17 * MINUTE) == 1200
    ended = replace(RUNNING, status="ended", ended_at=START + MINUTE, ended_by="user")
    assert ended.whole_seconds(START + 2 * MINUTE) == 0


def test_the_choices_of_a_user_whose_expert_is_absent_come_after_ten_minutes() -> None:
    assert not ROOM.absent(START + 10 * MINUTE - SECOND) and ROOM.absent(START + 10 * MINUTE)
    assert not RUNNING.absent(START + 11 * MINUTE)
    assert next_look_at(ROOM, START + MINUTE) == START + 10 * MINUTE


def test_somebody_is_present_for_thirty_seconds_after_a_sign() -> None:
    room = replace(ROOM, user_seen_at=START)
    assert room.present("user", START + 29 * SECOND) and not room.present("user", START + 30 * SECOND)
    assert not room.present("expert", START)


def test_the_next_step_is_known_ahead() -> None:
    assert next_step_at(replace(RUNNING, read_at=START + MINUTE)) == START + 30 * MINUTE
    silent = replace(RUNNING, expert_seen_at=START + MINUTE, read_at=START + MINUTE)
    assert next_step_at(silent) == START + 90 * SECOND
