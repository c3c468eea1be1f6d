"""`verify` finds whatever somebody who owns the database changed in a conversation, and where."""

from hashlib import sha256
from uuid import UUID, uuid4

import pytest

from mentorinaja.db.invariants import broken
from mentorinaja.db.pool import Database
from mentorinaja.rooms import actions
from mentorinaja.transcripts import actions as transcripts
from mentorinaja.transcripts.checking import RoomCheck, check_rooms
from mentorinaja.transcripts.seals import first_seal
from tests.support.conversations import (
    a_talk,
    a_year_later,
    begin_talk,
    end_talk,
    note_end,
    note_start,
    put_attachment,
    put_message,
    tamper,
)
from tests.support.rooms import Meeting, meet_now

FILE = b"%PDF-1.7 isi berkas"


async def the_talk(db: Database) -> Meeting:
    """1 started, 2 to 5 said, 6 a file, 7 ended; there is another talk, which nobody touches."""
    await a_talk(db, "Percakapan lain", "yang tetap utuh")
    meeting = await begin_talk(db)
    for number, text in enumerate(["Halo Kak", "Halo", "Saya mau pindah karier", "Ke bidang apa?"]):
        await put_message(db, meeting.booking_id, text, side=("user", "expert")[number % 2])
    name = await put_attachment(db, meeting, digest=sha256(FILE).digest())
    await put_message(db, meeting.booking_id, "", attachment_id=name)
    await end_talk(meeting)
    return meeting


async def checks(
    db: Database, kept: bytes | None = None, files: dict[UUID | tuple[UUID, str], bytes] | None = None
) -> dict[UUID, RoomCheck]:
    async def digest(_room: UUID, name: UUID, /, *, small: bool = False) -> bytes | None:
        stored = (files or {}).get((name, "small") if small else name)
        return None if stored is None else sha256(stored).digest()

    found = check_rooms(db, kept=kept, read_digest=None if files is None else digest)
    return {check.booking_id: check async for check in found}


async def test_what_nobody_touched_fits(db: Database) -> None:
    meeting = await the_talk(db)
    found = await checks(db)
    assert [check.problem for check in found.values()] == [None, None]
    assert found[meeting.booking_id].items == 7
    only = [check async for check in check_rooms(db, meeting.booking_id)]
    assert only == [found[meeting.booking_id]]
    assert [check async for check in check_rooms(db, uuid4())] == []


async def test_what_a_room_writes_by_itself_fits(db: Database) -> None:
    meeting = await meet_now(db)
    await meeting.begin()
    for text in ("a|b|", "|", "dua\nbaris", "\u202ekanan ke kiri", "👩\u200d🔬 é \u00a0", "x" * 4000):
        await meeting.say(meeting.user, text)
        await meeting.say(meeting.expert, text)
    await actions.end(db, meeting.expert, meeting.booking_id)
    [check] = (await checks(db)).values()
    assert (check.items, check.problem) == (14, None)


WAYS = {
    "one byte of a text": ("UPDATE chat_messages SET text = 'Halo!' WHERE booking_id = $1 AND seq = 3", 3),
    "one letter's case": ("UPDATE chat_messages SET text = 'halo Kak' WHERE booking_id = $1 AND seq = 2", 2),
    "a line break at the end": (
        "UPDATE chat_messages SET text = text || E'\\n' WHERE booking_id = $1 AND seq = 5",
        5,
    ),
    "a time by a microsecond": (
        "UPDATE chat_messages SET created_at = created_at + interval '1 microsecond' WHERE booking_id = $1 AND seq = 4",
        4,
    ),
    "a notice's time": (
        "UPDATE session_events SET at = at - interval '1 s' WHERE booking_id = $1 AND seq = 1",
        1,
    ),
    "the side that wrote": (
        "UPDATE chat_messages SET sender_type = 'expert' WHERE booking_id = $1 AND seq = 4",
        4,
    ),
    "the person who wrote": (
        "UPDATE chat_messages SET sender_id = sender_id + 1000 WHERE booking_id = $1 AND seq = 4",
        4,
    ),
    "the id of a message": (
        "UPDATE chat_messages SET client_id = gen_random_uuid() WHERE booking_id = $1 AND seq = 2",
        2,
    ),
    "a cause": ("UPDATE session_events SET cause = 'expert' WHERE booking_id = $1 AND kind = 'ended'", 7),
    "the kind of a notice": (
        "UPDATE session_events SET kind = 'paused' WHERE booking_id = $1 AND kind = 'started'",
        1,
    ),
    "a seal": ("UPDATE chat_messages SET seal = sha256('x') WHERE booking_id = $1 AND seq = 3", 3),
    "a row gone": ("DELETE FROM chat_messages WHERE booking_id = $1 AND seq = 4", 4),
    "the first row gone": ("DELETE FROM session_events WHERE booking_id = $1 AND seq = 1", 1),
    "the last row gone": ("DELETE FROM session_events WHERE booking_id = $1 AND seq = 7", 7),
    "the tail gone and the count with it": (
        """WITH gone AS (DELETE FROM session_events WHERE booking_id = $1 AND seq = 7)
           UPDATE active_sessions SET last_seq = 6 WHERE booking_id = $1""",
        6,
    ),
    "everything gone": (
        """WITH gone AS (DELETE FROM session_events WHERE booking_id = $1)
           DELETE FROM chat_messages WHERE booking_id = $1""",
        1,
    ),
    "a row more": (
        """INSERT INTO chat_messages (booking_id, seq, sender_id, sender_type, client_id, text, seal)
           SELECT booking_id, 8, user_id, 'user', gen_random_uuid(), 'Belum pernah dikirim', last_seal
           FROM active_sessions WHERE booking_id = $1""",
        8,
    ),
    "a number given twice": (
        """INSERT INTO session_events (booking_id, seq, kind, cause, seal)
           SELECT booking_id, 3, 'paused', 'expert_gone', last_seal FROM active_sessions WHERE booking_id = $1""",
        3,
    ),
    "two rows in each other's place": (
        """UPDATE chat_messages m SET text = o.text, created_at = o.created_at FROM chat_messages o
           WHERE m.booking_id = $1 AND o.booking_id = $1 AND m.seq IN (2, 4) AND o.seq = 6 - m.seq""",
        2,
    ),
    "two numbers exchanged with their seals": (
        "UPDATE chat_messages SET seq = CASE seq WHEN 2 THEN 104 ELSE 102 END WHERE booking_id = $1 AND seq IN (2, 4)",
        2,
    ),
    "the room's last seal": (
        "UPDATE active_sessions SET last_seal = sha256('x') WHERE booking_id = $1",
        7,
    ),
    "the room's last number": ("UPDATE active_sessions SET last_seq = 9 WHERE booking_id = $1", 8),
    "the file of a message": (
        "UPDATE attachments SET sha256 = sha256('another file') WHERE booking_id = $1",
        6,
    ),
    "the name of a file": ("UPDATE attachments SET name = 'CV Ani.pdf' WHERE booking_id = $1", 6),
    "the size of a file": ("UPDATE attachments SET size_bytes = 2049 WHERE booking_id = $1", 6),
    "the kind of a file": (
        """UPDATE attachments SET media_type = 'image/png', width = 1, height = 1, small_width = 1,
             small_height = 1, small_sha256 = sha256('x') WHERE booking_id = $1""",
        6,
    ),
    "the start of the clock": (
        """UPDATE active_sessions SET started_at = started_at - interval '5 min', ends_at = ends_at - interval '5 min'
           WHERE booking_id = $1""",
        None,
    ),
    "the end of the clock": (
        "UPDATE active_sessions SET ends_at = ends_at + interval '5 min' WHERE booking_id = $1",
        None,
    ),
    "the end": (
        """UPDATE active_sessions SET ended_at = ended_at + interval '5 min',
             kept_until = twelve_months_after(ended_at + interval '5 min') WHERE booking_id = $1""",
        None,
    ),
    "the pauses": (
        """UPDATE active_sessions SET paused_for = '5 min', ends_at = ends_at + interval '5 min'
           WHERE booking_id = $1""",
        None,
    ),
    "the tail gone as if it had never been": (
        """WITH gone AS (DELETE FROM session_events WHERE booking_id = $1 AND seq = 7)
           UPDATE active_sessions s SET last_seq = 6, last_seal = m.seal FROM chat_messages m
           WHERE s.booking_id = $1 AND m.booking_id = $1 AND m.seq = 6""",
        None,
    ),
    "a message without its file": (
        "UPDATE chat_messages SET attachment_id = NULL, text = 'x' WHERE booking_id = $1 AND seq = 6",
        6,
    ),
    "the two people": (
        "UPDATE active_sessions SET user_id = user_id + 1000 WHERE booking_id = $1",
        None,
    ),
    "the room itself gone": ("DELETE FROM active_sessions WHERE booking_id = $1", 7),
}


@pytest.mark.parametrize("way", WAYS)
async def test_every_change_is_found_at_its_number(unchecked_db: Database, way: str) -> None:
    meeting = await the_talk(unchecked_db)
    sql, number = WAYS[way]
    await tamper(unchecked_db, sql, meeting.booking_id)
    found = await checks(unchecked_db)
    check = found.pop(meeting.booking_id)
    assert check.problem is not None
    assert check.number == number
    assert [other.problem for other in found.values()] == [None]


@pytest.mark.parametrize(
    "way",
    [
        way
        for way in WAYS
        if way not in ("the two people", "the room itself gone", "the start of the clock", "the end")
    ],
)
async def test_the_invariants_find_it_too(unchecked_db: Database, way: str) -> None:
    meeting = await the_talk(unchecked_db)
    assert not any((await broken(unchecked_db)).values())
    await tamper(unchecked_db, WAYS[way][0], meeting.booking_id)
    found = await broken(unchecked_db)
    assert any(rows for name, rows in found.items() if name.startswith(("C2_", "C3_", "C4_")))


async def test_only_the_files_themselves_show_that_a_file_was_swapped(db: Database) -> None:
    meeting = await the_talk(db)
    name = await db.fetchval("SELECT id FROM attachments")
    good = (await checks(db, files={name: FILE}))[meeting.booking_id]
    assert (good.files, good.problem) == (1, None)
    other = (await checks(db, files={name: FILE + b" "}))[meeting.booking_id]
    assert (other.number, other.problem) == (6, "changed: its file is another one")
    gone = (await checks(db, files={}))[meeting.booking_id]
    assert (gone.number, gone.problem) == (6, "without its file")


async def test_the_small_picture_is_looked_at_too(db: Database) -> None:
    meeting = await begin_talk(db)
    name = await put_attachment(
        db, meeting, digest=sha256(FILE).digest(), small_digest=sha256(b"small").digest()
    )
    await put_message(db, meeting.booking_id, "", attachment_id=name)
    await end_talk(meeting)
    cases: list[tuple[dict[UUID | tuple[UUID, str], bytes], str | None]] = [
        ({(name, "small"): b"small"}, None),
        ({(name, "small"): b"other"}, "changed: its small picture is another one"),
        ({}, "without its small picture"),
    ]
    for small, problem in cases:
        check = (await checks(db, files={name: FILE, **small}))[meeting.booking_id]
        assert (check.number, check.problem) == (2 if problem else None, problem)


async def test_what_was_deleted_before_its_time_is_found(unchecked_db: Database) -> None:
    meeting = await the_talk(unchecked_db)
    await a_year_later(meeting)
    await transcripts.forget(unchecked_db, meeting.booking_id)
    assert (await checks(unchecked_db))[meeting.booking_id].problem is None
    await tamper(
        unchecked_db,
        "UPDATE forgotten_rooms SET forgotten_at = forgotten_at - interval '1 s' WHERE booking_id = $1",
        meeting.booking_id,
    )
    assert "before its time" in str((await checks(unchecked_db))[meeting.booking_id].problem)


async def test_whoever_seals_everything_anew_is_found_by_a_seal_kept_elsewhere(
    unchecked_db: Database,
) -> None:
    meeting = await the_talk(unchecked_db)
    kept = (await checks(unchecked_db))[meeting.booking_id].last_seal
    assert (await checks(unchecked_db, kept))[meeting.booking_id].kept_at == 7

    rows = await unchecked_db.fetch(
        """SELECT seq, sender_type, text, attachment_id FROM chat_messages WHERE booking_id = $1 ORDER BY seq""",
        meeting.booking_id,
    )
    for table in ("chat_messages", "session_events"):
        await tamper(unchecked_db, f"DELETE FROM {table} WHERE booking_id = $1", meeting.booking_id)
    await tamper(
        unchecked_db,
        "UPDATE active_sessions SET last_seq = 0, last_seal = $2 WHERE booking_id = $1",
        meeting.booking_id,
        first_seal(meeting.booking_id),
    )
    await note_start(unchecked_db, meeting.booking_id)
    for row in rows:
        await put_message(
            unchecked_db, meeting.booking_id, row["text"].replace("pindah", "tetap"),
            side=row["sender_type"], attachment_id=row["attachment_id"],
        )  # fmt: skip
    await note_end(unchecked_db, meeting.booking_id)

    forged = (await checks(unchecked_db, kept))[meeting.booking_id]
    assert forged.problem is None, "nothing in the database itself shows it"
    assert forged.kept_at is None
    assert forged.last_seal != kept
