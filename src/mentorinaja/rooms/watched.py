"""One room that somebody of this process looks at: its open streams, and when it changes by itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from mentorinaja.rooms import clock
from mentorinaja.rooms.room import SIDES, Room, Side
from mentorinaja.rooms.seats import Seat

# Near its end the clock is told each second.
_LAST_SECONDS = timedelta(seconds=10)


class LiveRoom:
    """One room with at least one open stream in this process; `seq` is how far its streams were fed."""

    def __init__(self, room: Room, beat: int) -> None:
        self.seq = room.last_seq
        self.beat = beat
        self.seats: set[Seat] = set()
        self.moving = False
        self.seconds_shown = -1
        self.show(room)

    def show(self, room: Room) -> None:
        """The room is this now; when it changes next by itself follows from it."""
        self.room = room
        self.steps_at = clock.next_step_at(room)
        self.looks_at = clock.next_look_at(room, room.read_at)
        runs = room.timed and room.status == "running"
        self.hurries_at = room.end_at - _LAST_SECONDS if runs and room.end_at else None

    def shows_another_second(self, now: datetime) -> bool:
        """Whether the clock shows another second than it did the last time this was asked."""
        before, self.seconds_shown = self.seconds_shown, self.room.whole_seconds(now)
        return before != self.seconds_shown

    def put(self, piece: bytes) -> None:
        """To everybody, without a number."""
        for seat in self.seats:
            seat.put(piece)

    def put_to(self, side: Side, piece: bytes) -> None:
        """To the streams of one side, without a number."""
        for seat in self.seats:
            if seat.side == side:
                seat.put(piece)

    def close(self) -> None:
        """Let every stream end once it has written what waits."""
        for seat in self.seats:
            seat.close()

    def sides(self) -> Iterator[tuple[Side, list[Seat]]]:
        """The open streams of each of the two, where there are any."""
        for side in SIDES:
            if seats := [seat for seat in self.seats if seat.side == side]:
                yield side, seats


def same(before: Room, after: Room) -> bool:
    """Whether nothing changed that the page shows; messages, read marks and typing come by themselves."""
    return before == replace(
        after,
        read_at=before.read_at,
        last_seq=before.last_seq,
        user_read=before.user_read,
        expert_read=before.expert_read,
        user_seen_at=before.user_seen_at,
        expert_seen_at=before.expert_seen_at,
    ) and all(before.present(side, before.read_at) == after.present(side, after.read_at) for side in SIDES)
