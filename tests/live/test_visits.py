"""How many streams one person and one network may have open."""

import pytest

from mentorinaja.errors import TooMany
from mentorinaja.live.visits import MOST_A_PERSON, MOST_AN_ADDRESS, Visit, Visits


class Counted:
    """Visits, and whose were ended to make room."""

    def __init__(self) -> None:
        self.visits = Visits()
        self.ended: list[str] = []

    def come(self, person: int = 1, tab: str = "", address: str = "203.0.113.7") -> Visit:
        visit = Visit(person, address, tab, lambda: self.ended.append(tab))
        self.visits.enter(visit)
        return visit


def test_the_sixth_stream_of_a_person_is_refused_and_the_others_stay() -> None:
    counted = Counted()
    first, *_ = [counted.come() for _ in range(MOST_A_PERSON)]
    with pytest.raises(TooMany, match="5 tab atau perangkat") as refusal:
        counted.come(tab="new")
    assert refusal.value.status == 429 and refusal.value.wait_seconds > 0
    assert len(counted.visits) == MOST_A_PERSON and not counted.ended
    counted.come(person=2)
    counted.visits.leave(first)
    counted.come()


def test_a_tab_takes_the_place_of_its_own_last_stream_only() -> None:
    counted = Counted()
    for n in range(MOST_A_PERSON):
        counted.come(tab=f"tab {n}")
    counted.come(person=2, tab="tab 3")
    old_and_new = [counted.come(tab="tab 3") for _ in range(20)]
    assert counted.ended == ["tab 3"] * 20 and len(counted.visits) == MOST_A_PERSON + 1
    for visit in old_and_new:  # whoever was replaced says goodbye late
        counted.visits.leave(visit)
    assert len(counted.visits) == MOST_A_PERSON


def test_one_network_takes_so_many_and_another_still_comes_in() -> None:
    counted = Counted()
    visits = [counted.come(person=n) for n in range(MOST_AN_ADDRESS)]
    with pytest.raises(TooMany, match="jaringan Anda"):
        counted.come(person=-1)
    counted.come(person=-1, address="203.0.113.8")
    counted.visits.leave(visits[0])
    counted.visits.leave(visits[0])
    counted.come(person=-2)
    with pytest.raises(TooMany):
        counted.come(person=-3)


def test_whoever_left_leaves_nothing() -> None:
    counted = Counted()
    for visit in [counted.come(person=n % 7, tab=f"{n}") for n in range(30)]:
        counted.visits.leave(visit)
    assert len(counted.visits) == 0
    assert vars(counted.visits) == vars(Visits())
