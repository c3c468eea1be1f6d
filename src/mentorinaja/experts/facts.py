"""What recorded sessions say of an expert, in words with the number each is drawn from: pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# Fewer sessions say nothing of anybody.
LEAST = 5


@dataclass(frozen=True, slots=True)
class Facts:
    """Counts over the last twelve months; medians in seconds, None without any.

    `sold` sessions should have taken place: `held` did, `cancelled` were called off by the expert, the rest missed.
    """

    on_time: int
    on_time_of: int
    chat_reply_seconds: int | None
    chat_reply_of: int
    thread_reply_seconds: int | None
    thread_reply_of: int
    held: int
    cancelled: int
    sold: int

    @classmethod
    def of(cls, row: Mapping[str, Any] | None) -> Facts | None:
        """From what the database keeps of an expert; None when that is nothing."""
        return cls(**row) if row else None

    @property
    def shown(self) -> list[tuple[str, str]]:
        """(what it is about, what was found of how many) for each fact that is drawn from enough sessions."""
        facts = (
            (
                self.on_time_of,
                "Tepat waktu",
                f"{_share(self.on_time, self.on_time_of)} dari {self.on_time_of} sesi",
            ),
            (
                self.chat_reply_of,
                "Balasan pertama",
                f"{about(self.chat_reply_seconds or 0)}, nilai tengah {self.chat_reply_of} chat",
            ),
            (
                self.thread_reply_of,
                "Jawaban pertama",
                f"{about(self.thread_reply_seconds or 0)}, nilai tengah {self.thread_reply_of} permintaan",
            ),
            (self.sold, "Terlaksana", f"{_share(self.held, self.sold)} dari {self.sold} sesi"),
            (self.sold, "Dibatalkan mentor", f"{self.cancelled} dari {self.sold} sesi"),
        )
        return [(name, found) for of, name, found in facts if of >= LEAST]


def about(seconds: int) -> str:
    """`± 2 menit`, in the largest unit that fits: minutes up to two hours, hours up to two days."""
    if seconds < 60:
        return "< 1 menit"
    for size, most, unit in ((60, 7_200, "menit"), (3_600, 172_800, "jam")):
        if seconds < most:
            return f"± {round(seconds / size)} {unit}"
    return f"± {round(seconds / 86_400)} hari"


def _share(part: int, of: int) -> str:
    """Whole percent, rounded down: only all of them are 100%."""
    return f"{100 * part // of}%" if of else "0%"
