"""Pages say that they are here as often as they need, and no page makes us work for nothing."""

import asyncio
from uuid import uuid4

import pytest

from mentorinaja.errors import TooMany
from mentorinaja.rooms import pace
from mentorinaja.rooms.pace import Pace
from tests.support.rooms import enter_site, meet_now
from tests.support.site import Site

HTMX = {"HX-Request": "true"}


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def refused(kept: Pace, person: int) -> bool:
    try:
        kept.count(person)
    except TooMany as refusal:
        assert refusal.wait_seconds
        return True
    return False


def test_a_person_is_heard_five_times_a_second_on_average() -> None:
    clock = Clock()
    kept = Pace(clock)
    heard = 0
    for _ in range(1000):
        heard += not refused(kept, 1)
        clock.seconds += 0.01
    assert 50 <= heard <= 66
    assert not refused(kept, 2), "another one is heard all the same"
    clock.seconds += 10
    assert not any(refused(kept, 1) for _ in range(10))


def test_writing_is_told_once_in_two_seconds_a_side() -> None:
    clock = Clock()
    kept, room = Pace(clock), uuid4()
    assert kept.tells_typing(room, "user") and not kept.tells_typing(room, "user")
    assert kept.tells_typing(room, "expert") and kept.tells_typing(uuid4(), "user")
    clock.seconds += 2
    assert kept.tells_typing(room, "user")


def test_writing_is_told_at_once_after_a_message() -> None:
    kept, room = Pace(Clock()), uuid4()
    assert kept.tells_typing(room, "user") and kept.tells_typing(room, "expert")
    kept.sent(room, "user")
    assert kept.tells_typing(room, "user") and not kept.tells_typing(room, "expert")


def test_whoever_was_silent_longest_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "_MOST_KNOWN", 3)
    kept = Pace(Clock())
    for person in (1, 2, 3, 1, 4, 5):
        kept.count(person)
        kept.tells_typing(uuid4(), "user")
    assert list(kept._left) == [1, 4, 5] and len(kept._typed) == 3


async def test_a_page_that_says_it_without_end_is_told_to_wait(site: Site) -> None:
    meeting = await meet_now(site.db)
    await meeting.begin()
    user = await enter_site(site, meeting, meeting.user)
    field = user.page.css_first("input[name=_csrf]")
    assert field is not None
    path, form = (
        f"/session/{meeting.booking_id}/here",
        {"_csrf": field.attributes["value"] or "", "typing": "1"},
    )
    answers = [await user.client.post(path, data=form, headers=HTMX)]
    assert answers[0].status_code == 204
    answers += await asyncio.gather(*(user.client.post(path, data=form, headers=HTMX) for _ in range(60)))
    late = [answer for answer in answers if answer.status_code == 429]
    assert late and all(answer.headers["retry-after"] == "1" for answer in late)
