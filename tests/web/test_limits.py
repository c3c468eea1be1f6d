"""Rate limits hold over all processes, and say when to come back."""

import asyncio
import re
from datetime import timedelta

import pytest

from mentorinaja import clock
from mentorinaja.db.pool import Database
from mentorinaja.errors import TooMany
from mentorinaja.web.limits import count_hit, forget_old_hits, limit, take_back


async def test_two_processes_share_one_count(db: Database) -> None:
    other = await Database.connect(db.dsn, 4)
    try:
        tries = [count_hit(db if n % 2 else other, "try", "a", most=7, seconds=3600) for n in range(40)]
        assert sum(await asyncio.gather(*tries)) == 7
    finally:
        await other.close()


async def test_each_action_and_subject_has_its_own_count(db: Database) -> None:
    for action, subject in (("try", "a"), ("try", "b"), ("other", "a")):
        assert await count_hit(db, action, subject, most=1, seconds=3600)
        assert not await count_hit(db, action, subject, most=1, seconds=3600)


async def test_a_new_window_starts_anew(db: Database) -> None:
    assert await count_hit(db, "try", "a", most=1, seconds=600)
    assert not await count_hit(db, "try", "a", most=1, seconds=600)
    await clock.shift(db, timedelta(seconds=600))
    assert await count_hit(db, "try", "a", most=1, seconds=600)


async def test_it_says_when_to_come_back(db: Database) -> None:
    await limit(db, "try", "a", most=1, seconds=600)
    with pytest.raises(TooMany) as refusal:
        await limit(db, "try", "a", most=1, seconds=600)
    assert 0 < refusal.value.wait_seconds <= 600
    found = re.search(r"Coba lagi dalam (\d+) menit", str(refusal.value))
    assert found is not None and 1 <= int(found[1]) <= 10
    await clock.shift(db, timedelta(minutes=int(found[1])))
    await limit(db, "try", "a", most=1, seconds=600)


async def test_what_is_taken_back_does_not_count(db: Database) -> None:
    for _ in range(20):
        assert await count_hit(db, "try", "a", most=2, seconds=3600)
        await take_back(db, "try", "a", seconds=3600)


async def test_a_subject_of_any_length_is_counted(db: Database) -> None:
    assert await count_hit(db, "try", "😀" * 5000, most=1, seconds=3600)


async def test_old_counts_are_forgotten(db: Database) -> None:
    await count_hit(db, "try", "a", most=1, seconds=600)
    await forget_old_hits(db)
    assert await db.fetchval("SELECT count(*) FROM rate_limits") == 1
    await clock.shift(db, timedelta(days=3))
    await forget_old_hits(db)
    assert await db.fetchval("SELECT count(*) FROM rate_limits") == 0
