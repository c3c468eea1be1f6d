"""What changing a paid session costs: until when it can be cancelled or moved, and what then goes back. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from mentorinaja import money
from mentorinaja.bookings.rules import State, expert_is_late, may_move
from mentorinaja.formats import percent

# The payer moves a session once, and no later than this before it.
MOVE_BEFORE = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Terms:
    """What of a booking decides how it can be changed.

    `policy` is the rule copied onto its order, `most_back_bps` the cap of a session its payer has moved.
    `ends_at` is that of the booked time; a thread (`takes_time` false) starts and ends when it is due.
    """

    state: State
    policy: Mapping[str, Any]
    most_back_bps: int | None
    starts_at: datetime
    ends_at: datetime
    takes_time: bool
    is_chat: bool
    expert_came: bool
    expert_wrote: bool

    def back_bps(self, now: datetime) -> int | None:
        """The share of the total that goes back if the payer cancels at `now`; None when it is too late for that."""
        if self.state[0] != "confirmed" or self._begun(now):
            return None
        share: int = self.policy.get("until_arrival_bps", self.policy.get("until_first_message_bps", 0))
        if "steps" in self.policy:
            share = self._step(now)[1]
        return share if self.most_back_bps is None else min(share, self.most_back_bps)

    def back(self, now: datetime, total: int, kept: int) -> int | None:
        """Rupiah of `total` that go back if the payer cancels at `now`, never more than `kept`; None: too late."""
        share = self.back_bps(now)
        return None if share is None else min(kept, money.part(total, share, money.BPS))

    def same_until(self, now: datetime) -> datetime | None:
        """Until when cancelling gives what it gives at `now`; None where no time is set for that."""
        if "steps" not in self.policy:
            return None
        return self.starts_at - timedelta(minutes=self._step(now)[0])

    def expert_may_cancel(self, now: datetime) -> bool:
        """Whether the expert may still call it off, so that everything goes back."""
        return self.state[0] == "confirmed" and not self._begun(now)

    def payer_may_move(self, now: datetime) -> bool:
        """Whether the payer may take another time, without anybody having missed the session."""
        return (
            self._stands
            and self.takes_time
            and self.most_back_bps is None
            and self.starts_at - now > MOVE_BEFORE
        )

    def instead_of_absent(self, now: datetime) -> bool:
        """Whether the payer may take another time because the expert of a chat has not come."""
        timed = self.takes_time and self.is_chat
        late = timed and expert_is_late(self.starts_at, self.ends_at, now, came=self.expert_came)
        return may_move(self.state, expert_late=late)

    def expert_may_propose(self, now: datetime) -> bool:
        """Whether the expert may ask for another time: before the session."""
        return self._stands and self.takes_time and now < self.starts_at

    @property
    def words(self) -> str:
        """The rule of cancelling, as its payer reads it."""
        if "until_arrival_bps" in self.policy:
            rule = f"{percent(self.policy['until_arrival_bps'])} kembali selama mentor belum masuk ke ruang sesi."
        elif "until_first_message_bps" in self.policy:
            rule = f"{percent(self.policy['until_first_message_bps'])} kembali selama mentor belum menulis."
        else:
            rule = _steps_in_words(self.policy.get("steps", []))
        if self.most_back_bps is not None and self.most_back_bps < money.BPS:
            rule += f" Karena jadwalnya sudah Anda pindahkan, paling banyak {percent(self.most_back_bps)}."
        return rule

    @property
    def _stands(self) -> bool:
        return self.state in (("confirmed", "paid"), ("confirmed", "partially_refunded"))

    def _begun(self, now: datetime) -> bool:
        """Whether it is too late to call it off, whoever wants to."""
        if not self.takes_time:
            return self.expert_wrote
        if "until_arrival_bps" in self.policy:
            return self.expert_came
        return now >= self.starts_at

    def _step(self, now: datetime) -> tuple[int, int]:
        """The step that holds at `now`: (minutes before the start at which it ends, share).

        The first is for more than its minutes, every other one for its minutes, too.
        """
        left = self.starts_at - now
        for place, (minutes, share) in enumerate(self.policy["steps"]):
            limit = timedelta(minutes=minutes)
            if left > limit or (place and left == limit):
                return minutes, share
        return 0, 0


def _steps_in_words(steps: list[list[int]]) -> str:
    """`Lebih dari 24 jam sebelum sesi: 100%. Sampai 3 jam sebelumnya: 50%. Setelah itu: 0%.`"""
    parts = []
    for place, (minutes, share) in enumerate(steps):
        if place and place == len(steps) - 1:
            parts.append(f"Setelah itu: {percent(share)}.")
        elif place:
            parts.append(f"Sampai {_ahead(minutes)} sebelumnya: {percent(share)}.")
        else:
            parts.append(f"Lebih dari {_ahead(minutes)} sebelum sesi: {percent(share)} kembali.")
    return " ".join(parts)


def _ahead(minutes: int) -> str:
    return f"{minutes // 60} jam" if minutes % 60 == 0 else f"{minutes} menit"
