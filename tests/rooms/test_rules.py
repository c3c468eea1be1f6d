"""When a room opens, runs and ends; what can be sent; where a stream goes on."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mentorinaja.rooms import rules
from mentorinaja.rooms.room import Notice
from mentorinaja.rooms.rules import Unsendable
from tests.rooms.test_clock import ROOM, RUNNING, START

MINUTE = timedelta(minutes=1)


def test_notices_tell_each_their_own_time_and_who_it_was() -> None:
    started = Notice(1, "started", "schedule", START)
    assert ROOM.notice_text(started, "user") == "Waktu mulai 14:00 WIB"
    assert ROOM.notice_text(started, "expert") == "Waktu mulai 15:00 WITA"
    ended = Notice(2, "ended", "user", START)
    assert ROOM.notice_text(ended, "user") == "Anda mengakhiri sesi 14:00 WIB"
    assert ROOM.notice_text(ended, "expert") == "Budi Santoso mengakhiri sesi 15:00 WITA"
    assert ROOM.notice_text(Notice(2, "ended", "timeout", START), "user") == "Waktu habis 14:00 WIB"


def test_messages_are_taken_while_the_clock_runs() -> None:
    assert not rules.may_write(ROOM, "waiting")
    assert rules.may_write(RUNNING, "running") and rules.may_write(RUNNING, "paused")
    assert not rules.may_write(RUNNING, "ended")
    assert rules.may_write(replace(ROOM, category="online_video"), "waiting")


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
