"""When a room opens, runs and ends; what can be sent; where a stream goes on."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mentorinaja.rooms import rules
from mentorinaja.rooms.rules import Notice, Room, Unsendable

START = datetime(2026, 11, 26, 7, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ROOM = Room(
    booking_id=UUID(int=1), order_id="BE-20261126-ABC234", booking_status="confirmed", payment_status="paid",
    category="online_chat", starts_at=START, duration=30 * MINUTE, address="", meeting_url=None, topic="Karier",
    user_id=1, user_name="Budi Santoso", user_zone="Asia/Jakarta",
    expert_user_id=2, expert_name="Sari Wulandari", expert_zone="Asia/Makassar",
    status="waiting", user_joined_at=None, expert_joined_at=None, started_at=None, ends_at=None,
    ended_at=None, ended_by=None, last_seq=0, read_at=START,
)  # fmt: skip
RUNNING = replace(
    ROOM, status="running", started_at=START, ends_at=START + 30 * MINUTE, expert_joined_at=START
)


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
        (replace(RUNNING, status="ended", ended_at=START + MINUTE, ended_by="user"), 2, "ended"),
        (replace(ROOM, booking_status="completed", status=None), 0, "ended"),
    ],
)
def test_a_room_is_what_its_times_say(room: Room, minutes: float, phase: str) -> None:
    assert room.phase(START + minutes * MINUTE) == phase


def test_the_clock_starts_at_the_later_of_schedule_and_expert() -> None:
    assert ROOM.step(START + MINUTE) is None
    early = replace(ROOM, expert_joined_at=START - 5 * MINUTE)
    late = replace(ROOM, expert_joined_at=START + 7 * MINUTE)
    assert (early.next_step_at(), late.next_step_at()) == (START, START + 7 * MINUTE)
    assert early.step(START - timedelta(seconds=1)) is None
    assert early.step(START) == "start"
    assert RUNNING.step(START + 30 * MINUTE) == "end"


def test_nothing_starts_in_a_booking_that_is_not_confirmed() -> None:
    assert replace(ROOM, booking_status="cancelled", expert_joined_at=START).step(START + MINUTE) is None


def test_without_an_own_clock_the_schedule_starts_it() -> None:
    video = replace(ROOM, category="online_video")
    assert video.step(START) == "start" and not video.timed


def test_the_clock_shows_whole_seconds_and_never_less_than_nothing() -> None:
    assert ROOM.whole_seconds(START) == 1800
    assert RUNNING.whole_seconds(START + timedelta(seconds=0.2)) == 1800
    assert RUNNING.whole_seconds(START + timedelta(seconds=1799.9)) == 1
    assert RUNNING.whole_seconds(START + timedelta(hours=9)) == 0
    ended = replace(RUNNING, status="ended", ended_at=START + MINUTE, ended_by="user")
    assert ended.whole_seconds(START + 2 * MINUTE) == 0


def test_notices_tell_each_their_own_time_and_who_it_was() -> None:
    started = Notice(1, "started", "schedule", START)
    assert ROOM.notice_text(started, "user") == "Waktu mulai 14:00 WIB"
    assert ROOM.notice_text(started, "expert") == "Waktu mulai 15:00 WITA"
    ended = Notice(2, "ended", "user", START)
    assert ROOM.notice_text(ended, "user") == "Anda mengakhiri sesi 14:00 WIB"
    assert ROOM.notice_text(ended, "expert") == "Budi Santoso mengakhiri sesi 15:00 WITA"
    assert ROOM.notice_text(Notice(2, "ended", "timeout", START), "user") == "Waktu habis 14:00 WIB"


def test_messages_are_taken_while_the_clock_runs() -> None:
    assert not rules.may_write(ROOM, START)
    assert rules.may_write(RUNNING, START)
    assert not rules.may_write(RUNNING, START + 30 * MINUTE)
    assert rules.may_write(replace(ROOM, category="online_video"), START - 5 * MINUTE)


@pytest.mark.parametrize(
    "raw",
    ["", "   \n\t ", "\u200b\u200d", "\u202e\u202c", "\u2028", "a" * 4001, "nol\x00", "\ud800", None],
    ids=[
        "empty",
        "blank",
        "zero width",
        "only direction",
        "separator",
        "long",
        "NUL",
        "surrogate",
        "missing",
    ],
)
def test_what_cannot_be_sent_is_refused(raw: str | None) -> None:
    with pytest.raises(Unsendable):
        rules.message_text(raw)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("  Halo \r\n dunia\r!  ", "Halo \n dunia\n!"),
        ("👩‍👩‍👧 ok", "👩‍👩‍👧 ok"),
        ("é" * 4000, "é" * 4000),
        ("<b>", "<b>"),
    ],
)
def test_text_is_kept_as_written(raw: str, text: str) -> None:
    assert rules.message_text(raw) == text


@pytest.mark.parametrize(
    ("after", "last_event_id", "cursor"),
    [
        ("3", None, 3), ("3", "7", 7), ("7", "3", 7), (None, None, 0), ("-1", "x", 0), ("99", None, 10),
        ("9" * 400, None, 0), ("1e3", "0x4", 0), ("٣", None, 0), ("", "5\x00", 0), (" 4", None, 0),
    ],
)  # fmt: skip
def test_a_cursor_is_the_larger_number_within_what_exists(
    after: str | None, last_event_id: str | None, cursor: int
) -> None:
    assert rules.cursor(after, last_event_id, 10) == cursor


@given(st.text() | st.none(), st.text() | st.none(), st.integers(0, 2**40))
def test_any_cursor_stays_within_the_room(after: str | None, last: str | None, last_seq: int) -> None:
    assert 0 <= rules.cursor(after, last, last_seq) <= last_seq
