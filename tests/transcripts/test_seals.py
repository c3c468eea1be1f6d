"""The chain of seals: what it says, that the database and Python say the same, and that nothing slips through."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mentorinaja.db.pool import Database
from mentorinaja.transcripts.seals import Chain, Sealed, first_seal, microseconds, next_seal

ROOM = UUID("0b9e9f5e-4b0e-4a55-9d2c-6f5a3c1f7d11")
# What a message can hold: everything but NUL and lone surrogates, with what is most likely to mislead.
words = st.text(
    st.sampled_from("|\n\r\t\u202e\u2066\u200b\u200d\u00a0é👩")
    | st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
    max_size=60,
)
moments = st.integers(-(10**15), 7 * 10**15).map(
    lambda n: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=n)
)


@st.composite
def items(draw: st.DrawFn, seq: int = 1) -> Sealed:
    """A message with or without a file, or a notice."""
    at, said = draw(moments), draw(words)
    if draw(st.booleans()):
        return Sealed(seq, "notice", draw(st.sampled_from(["started", "paused", "ended"])), "", at, "", said)
    digest = draw(st.just("") | st.binary(min_size=32, max_size=32).map(bytes.hex))
    side, name = draw(st.sampled_from(["user", "expert"])), str(draw(st.uuids()))
    return Sealed(seq, "message", side, name, at, digest, said)


@st.composite
def talks(draw: st.DrawFn) -> list[Sealed]:
    """Items numbered from one."""
    return [draw(items(seq)) for seq in range(1, draw(st.integers(1, 8)) + 1)]


def sealed(talk: list[Sealed]) -> list[bytes]:
    seals, before = [], first_seal(ROOM)
    for item in talk:
        before = next_seal(before, ROOM, item)
        seals.append(before)
    return seals


def first_misfit(talk: list[Sealed], seals: list[bytes], last_seq: int, last_seal: bytes) -> int | None:
    chain = Chain(ROOM)
    for place, (item, seal) in enumerate(zip(talk, seals, strict=True), 1):
        if chain.follow(item, seal):
            return place
    return len(talk) + 1 if chain.end(last_seq, last_seal) else None


def test_a_seal_is_made_of_the_one_before_and_the_line_byte_by_byte() -> None:
    said = Sealed(
        1, "message", "user", "1f0f6d52-8e0a-4c0e-a6d0-0d7a1f5f2f10",
        datetime(2026, 11, 26, 7, 0, 0, 123456, UTC), "ab" * 32, "Halo | Kak\nSari é",
    )  # fmt: skip
    line = (
        b"0b9e9f5e-4b0e-4a55-9d2c-6f5a3c1f7d11|1|message|user|1f0f6d52-8e0a-4c0e-a6d0-0d7a1f5f2f10|1795676400123456|"
        + b"ab" * 32
        + b"|Halo | Kak\nSari \xc3\xa9"
    )
    first = sha256(b"0b9e9f5e-4b0e-4a55-9d2c-6f5a3c1f7d11").digest()
    assert first_seal(ROOM) == first
    assert next_seal(first, ROOM, said) == sha256(first + line).digest()
    ended = Sealed(2, "notice", "ended", "", datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC), "", "timeout")
    line = b"0b9e9f5e-4b0e-4a55-9d2c-6f5a3c1f7d11|2|notice|ended||-1000000||timeout"
    assert next_seal(first, ROOM, ended) == sha256(first + line).digest()


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(item=items(), before=st.binary(min_size=32, max_size=32), room=st.uuids(), seq=st.integers(1, 2**62))
async def test_the_database_seals_as_python_does(
    unchecked_db: Database, item: Sealed, before: bytes, room: UUID, seq: int
) -> None:
    item = replace(item, seq=seq)
    there = await unchecked_db.fetchval(
        "SELECT sha256($1::bytea || seal_line($2, $3, $4, $5, $6, $7, $8, $9))",
        before, room, seq, item.kind, item.who, item.id, item.at, item.digest, item.words,
    )  # fmt: skip
    assert there == next_seal(before, room, item)


def test_microseconds_are_exact_in_far_years() -> None:
    at = datetime(2199, 12, 31, 23, 59, 59, 999999, UTC)
    assert microseconds(at) % 1_000_000 == 999_999
    assert microseconds(at + timedelta(microseconds=1)) == microseconds(at) + 1


@given(talks())
def test_a_conversation_nobody_touched_fits(talk: list[Sealed]) -> None:
    seals = sealed(talk)
    assert first_misfit(talk, seals, len(talk), seals[-1]) is None


@given(talks(), st.data())
def test_one_changed_character_is_found_where_it_is(talk: list[Sealed], data: st.DataObject) -> None:
    seals = sealed(talk)
    place = data.draw(st.integers(0, len(talk) - 1))
    old = talk[place]
    raw = bytearray(old.words.encode() or b" ")
    at, bit = data.draw(st.integers(0, len(raw) - 1)), data.draw(st.integers(0, 6))
    raw[at] ^= 1 << bit
    new = replace(old, words=raw.decode(errors="replace"))
    changed = [*talk[:place], new, *talk[place + 1 :]]
    if new != old:
        assert first_misfit(changed, seals, len(talk), seals[-1]) == place + 1


@given(talks(), st.data())
def test_any_other_change_is_found_where_it_is(talk: list[Sealed], data: st.DataObject) -> None:
    seals = sealed(talk)
    place = data.draw(st.integers(0, len(talk) - 1))
    old = talk[place]
    new = replace(data.draw(items()), seq=old.seq)
    if new != old:
        changed = [*talk[:place], new, *talk[place + 1 :]]
        assert first_misfit(changed, seals, len(talk), seals[-1]) == place + 1


@given(talks(), st.data())
def test_a_missing_item_and_one_too_many_are_found(talk: list[Sealed], data: st.DataObject) -> None:
    seals = sealed(talk)
    place = data.draw(st.integers(0, len(talk) - 1))
    without, fewer = [*talk[:place], *talk[place + 1 :]], [*seals[:place], *seals[place + 1 :]]
    assert first_misfit(without, fewer, len(talk), seals[-1]) == place + 1
    twice, more = [*talk[: place + 1], *talk[place:]], [*seals[: place + 1], *seals[place:]]
    assert first_misfit(twice, more, len(talk), seals[-1]) == place + 2


@given(items(), items())
def test_different_items_never_share_a_seal(one: Sealed, other: Sealed) -> None:
    before = first_seal(ROOM)
    assert (next_seal(before, ROOM, one) == next_seal(before, ROOM, other)) == (one == other)
