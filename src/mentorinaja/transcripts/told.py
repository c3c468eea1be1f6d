"""What the notices of a conversation tell of its session's times, and whether the room says the same."""

from __future__ import annotations

from datetime import datetime, timedelta

import asyncpg

from mentorinaja.transcripts.seals import Sealed


class Told:
    """Listens to a conversation from its first item to its last."""

    def __init__(self) -> None:
        self._last = ""
        self._started_at: datetime | None = None
        self._ended_at: datetime | None = None
        self._paused_at: datetime | None = None
        self._paused_for = timedelta()

    def hear(self, item: Sealed) -> None:
        """Take the next item."""
        self._last = item.who if item.kind == "notice" else ""
        if self._last == "started":
            self._started_at = item.at
        elif self._last == "ended":
            self._ended_at = item.at
        elif self._last == "paused":
            self._paused_at = item.at
        elif self._last == "resumed" and self._paused_at is not None:
            self._paused_for += item.at - self._paused_at

    def unlike(self, room: asyncpg.Record) -> str | None:
        """How the room's own row differs from what was told; None when both say the same.

        `room` has `status`, `started_at`, `ended_at`, `ends_at`, `paused_for` and `should_end_at`, which is when
        its clock ends by its start, its length, its pauses and the time that was bought; None without a clock.
        """
        if (room["status"] == "ended") != (self._last == "ended"):
            return "its end and its last notice do not belong together"
        if room["started_at"] != self._started_at:
            return "its start is not when its notice says"
        if room["ended_at"] != self._ended_at:
            return "its end is not when its notice says"
        if room["paused_for"] != self._paused_for:
            return "its pauses are not as long as its notices say"
        if room["ends_at"] is not None and room["ends_at"] != room["should_end_at"]:
            return "its clock does not end when its start, pauses and added time say"
        return None
