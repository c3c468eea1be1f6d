"""The seals of a conversation, recomputed without the database: one changed byte changes every seal after it.

Every message and every notice of a room has a number (1, 2, 3…) and a seal of 32 bytes:

    seal(0) = SHA-256( ROOM )
    seal(n) = SHA-256( seal(n-1) LINE(n) )          the 32 bytes of the seal before, directly followed by the line
    LINE(n) = ROOM|NUMBER|KIND|WHO|ID|MICROSECONDS|DIGEST|WORDS        in UTF-8, without anything before or after

    ROOM          the booking's UUID in lower case with hyphens
    NUMBER        n in decimal digits
    KIND          message or notice
    WHO           of a message its side: user or expert; of a notice what happened: started, paused, resumed, ended…
    ID            of a message the UUID its sender's page gave it, written as ROOM; of a notice nothing
    MICROSECONDS  when, as whole microseconds since 1970-01-01T00:00:00Z, in decimal digits
    DIGEST        of the message's file, see below; without a file nothing
    WORDS         the message's text exactly as it was stored, or the notice's cause; all that is left of the line

Only WORDS may hold a `|`, and it stands last, so no two different items have the same line. A file is sealed with
all that the room tells of it:

    DIGEST        SHA-256( FILE|SMALL|MEDIA TYPE|SIZE|NAME )        in UTF-8, NAME last
    FILE, SMALL   the SHA-256 of the file and of its small picture; a file that is no picture has no SMALL: nothing
    SIZE          of the file in bytes, in decimal digits

Every digest is written as 64 lower-case hexadecimal digits.

The last seal stands for the whole conversation. What it cannot prove by itself: whoever can write the database
with its triggers switched off can also compute every seal anew. That is found only by comparing with a seal kept
elsewhere, which is why both people get the last seal by mail and in the file they download.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Literal
from uuid import UUID

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Sealed:
    """An item of a conversation in the words of its seal; `at` is aware, `digest` hexadecimal or empty."""

    seq: int
    kind: Literal["message", "notice"]
    who: str
    id: str
    at: datetime
    digest: str
    words: str


def microseconds(at: datetime) -> int:
    """Whole microseconds since 1970 in UTC; `at` is aware."""
    return (at - _EPOCH) // _MICROSECOND


def first_seal(room: UUID) -> bytes:
    """What the chain of a room starts from, before its first item."""
    return sha256(str(room).encode()).digest()


def file_digest(file: bytes, small: bytes | None, media_type: str, size: int, name: str) -> str:
    """What a file is sealed with; `file` and `small` are SHA-256 digests, `size` is in bytes."""
    parts = (file.hex(), small.hex() if small else "", media_type, size, name)
    return sha256("|".join(map(str, parts)).encode()).hexdigest()


def next_seal(before: bytes, room: UUID, item: Sealed) -> bytes:
    """The seal of `item`, which follows the item whose seal is `before`."""
    parts = (room, item.seq, item.kind, item.who, item.id, microseconds(item.at), item.digest, item.words)
    return sha256(before + "|".join(map(str, parts)).encode()).digest()


class Chain:
    """Follows a conversation from its beginning and says where it stops fitting."""

    def __init__(self, room: UUID) -> None:
        self.room = room
        self.seq = 0
        self.seal = first_seal(room)

    def follow(self, item: Sealed, seal: bytes) -> str | None:
        """Take the next item with the seal it carries: None when both fit, else what is wrong with it."""
        if item.seq > self.seq + 1:
            return f"missing; the next one is {item.seq}"
        if item.seq <= self.seq:
            return "there twice"
        self.seq, self.seal = item.seq, next_seal(self.seal, self.room, item)
        return None if self.seal == seal else "changed: it does not fit its seal"

    def end(self, last_seq: int, last_seal: bytes) -> str | None:
        """After the last item: None when the room knows the same end, else what is wrong."""
        if self.seq < last_seq:
            return f"missing; the room had {last_seq}"
        if self.seq > last_seq or self.seal != last_seal:
            return "not what the room remembers as its end"
        return None
