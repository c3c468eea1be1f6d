"""Thousands of messages over lines that break all the time: acknowledged, stored, streamed and shown agree.

`MENTORINAJA_TORTURE` says how many messages (`make torture`: 10,000), `MENTORINAJA_SEED` repeats a run's choices.
"""

import asyncio
import os
import random
import time
from contextlib import suppress
from pathlib import Path

from mentorinaja.db.pool import Database
from tests.live.test_hub import CUT
from tests.support.processes import Deployment, deployed
from tests.support.streams import eventually
from tests.support.talkers import Talker, all_seen, faults_of, history_in, listening, meet

MESSAGES = int(os.environ.get("MENTORINAJA_TORTURE", "1000"))
SEED = int(os.environ.get("MENTORINAJA_SEED", "0")) or random.randrange(1, 10**6)
# A room takes 1,200 messages a minute from each side.
EACH = 500
CUT_EVERY_SECONDS = 2.0
DEAF_EVERY_SECONDS = 3.0
LOST_ANSWERS = 0.05


async def test_nothing_is_lost_doubled_or_reordered_however_often_lines_break(
    db: Database, tmp_path: Path
) -> None:
    rooms = max(2, MESSAGES // (2 * EACH))
    async with deployed(db.dsn, seed=SEED) as deployment:
        faults, told = await _torture(db, deployment, tmp_path, rooms, MESSAGES // (2 * rooms), patience=60)
    print(told)
    assert not faults, f"seed {SEED}, history in {tmp_path}: {faults}"


async def test_a_browser_that_forgets_its_cursor_is_caught(db: Database, tmp_path: Path) -> None:
    async with deployed(db.dsn, seed=SEED) as deployment:
        with history_in(tmp_path) as file:
            pair = user, expert = await meet(db, deployment.front.url, file, seed=SEED)
            user.forgetful = True
            first = await expert.say()
            for times in (1, 2):
                reading = asyncio.create_task(user.listen_once())
                await eventually(lambda times=times: user.opened == times and user.cursor == first)
                user.phone.cut()
                await asyncio.gather(reading, return_exceptions=True)
                await _talk(expert, 3)  # nobody hears it
            faults = await faults_of(pair)
    assert any("user's stream lost" in fault for fault in faults), faults
    assert not any("table" in fault or "page" in fault for fault in faults), faults


async def test_numbers_given_outside_the_rooms_lock_are_caught(
    unchecked_db: Database, tmp_path: Path
) -> None:
    await unchecked_db.execute(
        """CREATE SEQUENCE loose;
           CREATE FUNCTION loosen() RETURNS trigger LANGUAGE plpgsql AS
             $$ BEGIN NEW.seq := nextval('loose') + 1; RETURN NEW; END $$;
           CREATE TRIGGER loosen BEFORE INSERT ON chat_messages FOR EACH ROW EXECUTE FUNCTION loosen()"""
    )
    async with deployed(unchecked_db.dsn, seed=SEED) as deployment:
        faults, _ = await _torture(unchecked_db, deployment, tmp_path, 2, 50, patience=4)
    assert any("the table is not numbered" in fault for fault in faults), faults
    assert any("stream lost" in fault for fault in faults), faults


async def _torture(
    db: Database,
    deployment: Deployment,
    folder: Path,
    rooms: int,
    each: int,
    *,
    patience: float,
) -> tuple[list[str], str]:
    """Let so many rooms talk; what is wrong afterwards, and a line about what it went through."""
    front = deployment.front
    front.lost_answers = LOST_ANSWERS
    with history_in(folder) as file:
        pairs = [await meet(db, front.url, file, seed=SEED) for _ in range(rooms)]
        talkers = [talker for pair in pairs for talker in pair]
        for talker in talkers:
            talker.cut_every = CUT_EVERY_SECONDS
        async with listening(*talkers):
            began = time.monotonic()
            deafening = asyncio.create_task(_deafen(db))
            await asyncio.gather(*(_talk(talker, each) for talker in talkers))
            talked = time.monotonic() - began
            with suppress(AssertionError):
                await eventually(lambda: all_seen(db, *talkers), patience)
            deafening.cancel()
        faults = [fault for pair in pairs for fault in await faults_of(pair)]
    opened = sum(talker.opened for talker in talkers)
    return faults, (
        f"{rooms * 2 * each} messages in {talked:.1f} s, {front.lost} answers and "
        f"{opened - len(talkers)} streams cut, seed {SEED}"
    )


async def _talk(talker: Talker, count: int) -> None:
    for _ in range(count):
        await talker.say()


async def _deafen(db: Database) -> None:
    """The doorbell's line breaks, too."""
    while True:
        await asyncio.sleep(DEAF_EVERY_SECONDS)
        await db.execute(CUT)
