"""What a set of policies says, and which sets make sense: pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from mentorinaja import money
from mentorinaja.money import BPS, Price
from mentorinaja.typed import UNFIT

# From so many minutes before the start this share of the total (basis points) goes back.
Step = tuple[int, int]
# What is sold decides which rule of cancelling holds for it.
Sold = Literal["session", "now", "thread", "product"]

MOST_FEE = 5_000
# A plan lies at most so far ahead.
LONGEST_PLAN = timedelta(days=366)
REASON_LENGTH = (3, 500)
# A service at this price shows in forms and mails what a change does.
EXAMPLE = 150_000
# What an admin can change; the rest of a set is when, who and why.
CHANGEABLE = (
    "admin_fee_bps", "platform_fee_bps", "tax_bps", "cancel_steps", "now_bps", "thread_bps", "product_bps",
    "least_withdrawal", "downloads",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Policy:
    """The complete set that holds from `since` on. `…_bps` are basis points, `least_withdrawal` is rupiah.

    `now_bps`, `thread_bps` and `product_bps` go back until the expert is in the room, has written, or the file
    was downloaded. `downloads`: how often a product can be fetched. `planned_at`: when it was planned for `since`;
    None: it held when it was written.
    """

    id: int
    since: datetime
    admin_fee_bps: int
    platform_fee_bps: int
    tax_bps: int
    cancel_steps: tuple[Step, ...]
    now_bps: int
    thread_bps: int
    product_bps: int
    least_withdrawal: int
    downloads: int
    changed_by: int | None
    reason: str
    planned_at: datetime | None = None

    @property
    def made_at(self) -> datetime:
        """When it was written."""
        return self.planned_at or self.since

    def price(self, subtotal: int) -> Price:
        """What something at `subtotal` rupiah costs under these fees."""
        return money.price(subtotal, self.admin_fee_bps, self.platform_fee_bps)

    def cancel_rule(self, sold: Sold) -> dict[str, Any]:
        """The payer's rule of cancelling as it is copied onto an order.

        `steps`: from so many minutes before the start, this share of the total (basis points) goes back;
        `until_arrival_bps`: until the expert is in the room; `until_first_message_bps`: until the expert has
        written in a thread; `until_first_download_bps`: until the product was fetched.
        """
        if sold == "session":
            return {"steps": [list(step) for step in self.cancel_steps]}
        if sold == "now":
            return {"until_arrival_bps": self.now_bps}
        if sold == "thread":
            return {"until_first_message_bps": self.thread_bps}
        return {"until_first_download_bps": self.product_bps}


def changed(policy: Policy, changes: Mapping[str, Any]) -> Policy:
    """The set with some of `CHANGEABLE` changed; what is None stays. Raises KeyError for anything else."""
    wanted = {name: value for name, value in changes.items() if value is not None}
    if unknown := set(wanted) - set(CHANGEABLE):
        raise KeyError(*sorted(unknown))
    if "cancel_steps" in wanted:
        wanted["cancel_steps"] = tuple((minutes, bps) for minutes, bps in wanted["cancel_steps"])
    return dataclasses.replace(policy, **wanted)


def differences(before: Policy, after: Policy) -> list[tuple[str, Any, Any]]:
    """What of `CHANGEABLE` is not the same in two sets: (name, before, after)."""
    pairs = [(name, getattr(before, name), getattr(after, name)) for name in CHANGEABLE]
    return [pair for pair in pairs if pair[1] != pair[2]]


def touches_mentors(before: Policy, after: Policy) -> bool:
    """Whether what mentors earn of a price changes."""
    fees = ("admin_fee_bps", "platform_fee_bps")
    return any(name in fees for name, _, _ in differences(before, after))


def wrong_time(since: datetime, now: datetime) -> str | None:
    """Why a set cannot be planned for this time, or None."""
    if since <= now:
        return "Waktu ini sudah lewat. Pilih waktu yang akan datang, atau mulai sekarang."
    if since > now + LONGEST_PLAN:
        return "Rencanakan paling lama satu tahun ke depan."
    return None


def problems(policy: Policy) -> dict[str, str]:
    """What is wrong with a set, by field; empty when it can hold."""
    found = {
        name: f"Antara 0% dan {MOST_FEE // 100}%."
        for name in ("admin_fee_bps", "platform_fee_bps", "tax_bps")
        if not 0 <= getattr(policy, name) <= MOST_FEE
    }
    found |= {
        name: "Antara 0% dan 100%."
        for name in ("now_bps", "thread_bps", "product_bps")
        if not 0 <= getattr(policy, name) <= BPS
    }
    if wrong := _wrong_steps(policy.cancel_steps):
        found["cancel_steps"] = wrong
    if not 1 <= policy.least_withdrawal <= 1_000_000_000:
        found["least_withdrawal"] = "Antara Rp 1 dan Rp 1.000.000.000."
    if not 1 <= policy.downloads <= 1_000:
        found["downloads"] = "Antara 1 dan 1.000 kali."
    return found


def wrong_reason(reason: str) -> str | None:
    """Why this is no reason to keep on record, or None."""
    least, most = REASON_LENGTH
    if UNFIT.search(reason) or not least <= len(reason.strip()) <= most:
        return f"Tulis alasan perubahan, {least} sampai {most} karakter."
    return None


def _wrong_steps(steps: tuple[Step, ...]) -> str | None:
    """Whoever cancels earlier never gets less, and every moment before the start has its step."""
    if not steps or steps[-1][0] != 0:
        return "Langkah terakhir berlaku sampai sesi mulai: 0 jam."
    minutes, shares = [step[0] for step in steps], [step[1] for step in steps]
    if any(not 0 <= share <= BPS for share in shares):
        return "Bagian yang dikembalikan antara 0% dan 100%."
    if minutes != sorted(set(minutes), reverse=True) or minutes[0] > 525_600:
        return "Urutkan langkah dari yang paling jauh sebelum mulai."
    if shares != sorted(shares, reverse=True):
        return "Yang lebih awal membatalkan tidak boleh mendapat lebih sedikit."
    return None
