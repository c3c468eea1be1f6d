"""The whole money machine, played at random: whatever people, banks, lines and the clock do, every invariant holds.

`MENTORINAJA_MACHINE` says how many steps (`make machine`: 50,000), `MENTORINAJA_SEED` repeats a run's choices,
`MENTORINAJA_SHRINK` looks for the shortest game that breaks something.
"""

from __future__ import annotations

import os
from collections import Counter

import hypothesis
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import rule, run_state_machine_as_test

from tests.money.desk import Desk
from tests.money.meeting import Meeting
from tests.money.paying import Paying
from tests.money.ruling import Ruling

STEPS = int(os.environ.get("MENTORINAJA_MACHINE", "10000"))
SEED = int(os.environ.get("MENTORINAJA_SEED", "1"))
# Tests of their own, so that two processes share the work.
PARTS = 8
STEPS_A_GAME = 125
# Looking for a shorter game takes minutes: only when asked for.
PHASES = [Phase.generate, *([Phase.shrink] if "MENTORINAJA_SHRINK" in os.environ else [])]


class Machine(Paying, Meeting, Desk, Ruling):
    """Everything that can happen."""


class Thief(Machine):
    """Somebody takes a rupiah where nobody may."""

    @rule()
    def a_rupiah_disappears(self) -> None:
        self.world.touched = True
        self.do(self.world.db.execute("UPDATE payment_transactions SET returned = returned + 1"))


def play(machine: type[Machine], server: str, part: int, steps: int) -> Counter[str]:
    """Games of so many steps in all; answers what was done and what was refused. Raises what broke."""
    told = Counter[str]()
    game = type(machine.__name__, (machine,), {"server": server, "told": told})
    run_state_machine_as_test(
        hypothesis.seed(SEED * PARTS + part)(game),
        settings=settings(
            max_examples=max(1, steps // STEPS_A_GAME),
            stateful_step_count=STEPS_A_GAME,
            deadline=None,
            database=None,
            phases=PHASES,
            suppress_health_check=list(HealthCheck),
        ),
    )
    return told


@pytest.mark.timeout(900)
@pytest.mark.parametrize("part", range(PARTS))
def test_whatever_happens_the_books_are_right(database_server: str, part: int) -> None:
    print(dict(sorted(play(Machine, database_server, part, STEPS // PARTS).items())))


def test_a_missing_rupiah_is_found(database_server: str) -> None:
    with pytest.raises(AssertionError, match="M7_ledger_is_what_the_gateway_holds"):
        play(Thief, database_server, 0, 500)
