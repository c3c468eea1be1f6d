"""When a room opens, runs and ends; what can be sent; where a stream goes on."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mentorinaja.rooms import rules
from mentorinaja.rooms.clock import next_look_at
from mentorinaja.rooms.room import Notice, Room, Side
from mentorinaja.rooms.rules import Unsendable
from tests.rooms.test_clock import PAUSED, ROOM, RUNNING, START

MINUTE = timedelta(minutes=1)


def test_notices_tell_each_their_own_time_and_who_it_was() -> None:
    started = Notice(1, "started", "schedule", START)
    assert ROOM.notice_text(started, "user") == "Waktu mulai 14:00 WIB"
    assert ROOM.notice_text(started, "expert") == "Waktu mulai 15:00 WITA"
    late = Notice(1, "started", "expert_arrived", START)
    assert ROOM.notice_text(late, "user") == "Waktu mulai 14:00 WIB saat mentor hadir"
    assert ROOM.notice_text(late, "expert") == "Waktu mulai 15:00 WITA saat Anda hadir"
    paused = Notice(2, "paused", "expert_gone", START)
    assert ROOM.notice_text(paused, "user") == "Waktu dijeda, mentor tidak terhubung sejak 14:00 WIB"
    assert ROOM.notice_text(paused, "expert") == "Waktu dijeda, Anda tidak terhubung sejak 15:00 WITA"
    assert ROOM.notice_text(paused, "user", with_time=False) == "Waktu dijeda, mentor tidak terhubung"
    ended = Notice(2, "ended", "user", START)
    assert ROOM.notice_text(ended, "user") == "Anda mengakhiri sesi 14:00 WIB"
    assert ROOM.notice_text(ended, "expert") == "Budi Santoso mengakhiri sesi 15:00 WITA"
    assert ROOM.notice_text(Notice(2, "ended", "timeout", START), "user") == "Waktu habis 14:00 WIB"


NEXT = START + 20 * MINUTE
CUT = replace(RUNNING, next_booking_at=NEXT)
LONGER = replace(RUNNING, ends_at=START + 45 * MINUTE)
LATER = replace(RUNNING, ends_at=START + 34 * MINUTE, paused_for=4 * MINUTE)


@pytest.mark.parametrize(
    ("room", "cause", "minutes", "owed", "reason"),
    [
        (RUNNING, "timeout", 30, 0, None),
        (RUNNING, "user", 10, 0, None),
        (RUNNING, "expert", 23.9, 6.1, "ended_early"),
        (RUNNING, "expert", 24, 0, None),
        # what was bought counts, a pause does not
        (LONGER, "expert", 35.9, 9.1, "ended_early"),
        (LONGER, "expert", 36, 0, None),
        (LATER, "expert", 27.9, 6.1, "ended_early"),
        (LATER, "expert", 28, 0, None),
        # nobody pays for a pause
        (PAUSED, "user", 15, 20, "interrupted"),
        (PAUSED, "pause_limit", 20, 20, "interrupted"),
        (PAUSED, "expert", 15, 20, "ended_early"),
        (replace(PAUSED, paused_at=START + 29 * MINUTE), "user", 32, 1, "interrupted"),
        # nor for what the next booking cuts off, whoever ends it and whenever
        (CUT, "next_booking", 20, 10, "interrupted"),
        (CUT, "user", 5, 10, "interrupted"),
        (CUT, "user", 19.9, 10, "interrupted"),
        (CUT, "expert", 10, 20, "ended_early"),
        (replace(CUT, next_booking_at=START + 27 * MINUTE), "expert", 25, 3, "interrupted"),
        (replace(PAUSED, next_booking_at=NEXT), "user", 15, 20, "interrupted"),
        (replace(RUNNING, next_booking_at=START + 30 * MINUTE), "user", 10, 0, None),
        (replace(RUNNING, category="online_video"), "expert", 1, 0, None),
        (ROOM, "user", 1, 0, None),
    ],
)
def test_what_is_owed_at_an_end(
    room: Room, cause: str, minutes: float, owed: float, reason: str | None
) -> None:
    assert rules.owed_at_end(room, cause, START + minutes * MINUTE) == (round(owed * 60), reason)


@pytest.mark.parametrize(
    ("room", "side", "minutes", "amount", "words"),
    [
        (RUNNING, "expert", 10, None, "Sisa waktu akan dikembalikan kepada Budi Santoso."),
        (RUNNING, "expert", 10, 105_000, "Sekitar Rp 105.000 kembali kepada Budi Santoso."),
        (RUNNING, "expert", 24, None, "Waktu yang tersisa tidak dikembalikan."),
        (RUNNING, "user", 10, 0, "Waktu yang tersisa tidak dikembalikan."),
        (PAUSED, "user", 15, None, "Sisa waktu akan dikembalikan kepada Anda."),
        (PAUSED, "user", 15, 105_000, "Rp 105.000 kembali kepada Anda."),
        (CUT, "user", 15, None, "Waktu sejak 14:20 WIB dikembalikan kepada Anda, sisanya tidak."),
        (CUT, "user", 15, 52_500, "Rp 52.500 kembali kepada Anda."),
    ],
)
def test_the_question_of_the_end_says_what_goes_back(
    room: Room, side: Side, minutes: float, amount: int | None, words: str
) -> None:
    assert room.ending_words(side, START + minutes * MINUTE, amount) == words


def test_money_that_came_too_late_is_no_interruption() -> None:
    over = replace(RUNNING, status="ended", ended_by="timeout", ended_at=RUNNING.ends_at, refunded=78_750)
    assert not over.interrupted and replace(over, ended_at=NEXT).interrupted
    assert replace(over, paused_at=START + 29 * MINUTE).interrupted
    assert not replace(over, ended_at=NEXT, ended_by="user").interrupted


def test_the_question_changes_when_an_end_is_early_no_more() -> None:
    assert next_look_at(RUNNING, START + 20 * MINUTE) == START + 24 * MINUTE


def test_messages_are_taken_while_the_clock_runs() -> None:
    assert not rules.may_write(ROOM, "waiting")
    assert rules.may_write(RUNNING, "running") and rules.may_write(RUNNING, "paused")
    assert not rules.may_write(RUNNING, "ended")
    assert rules.may_write(replace(ROOM, category="online_video"), "waiting")


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "   \n\t ",
        "\u200b\u200d",
        "\u202e\u202c",
        "\u2028",
        "a" * 4001,
        "nol\x00",
        "\x1b[2Jx",
        "a\x9b31m",
        "\ud800",
        None,
    ],
    ids=[
        "empty",
        "blank",
        "zero width",
        "only direction",
        "separator",
        "long",
        "NUL",
        "escape",
        "C1",
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
        ("<b>\t1", "<b>\t1"),
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
