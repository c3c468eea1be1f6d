"""What may be asked for, how a withdrawal moves on, when it is to be there, and why not: pure."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from mentorinaja.errors import DomainError
from mentorinaja.formats import WIB, rupiah

State = Literal["requested", "checked", "processing", "paid", "rejected", "failed"]
# "take_back" an approval; "unsend": it had been marked as sent by mistake; "restore" what was rejected, or failed.
Move = Literal["approve", "reject", "send", "fail", "take_back", "unsend", "restore"]

# More rupiah than this are approved by two admins, one after the other; the database holds it, too.
ALONE_UP_TO = 10_000_000

OPEN: tuple[State, ...] = ("requested", "checked", "processing")
WORDS: dict[State, str] = {
    "requested": "Diajukan",
    "checked": "Menunggu admin kedua",
    "processing": "Diproses",
    "paid": "Berhasil",
    "rejected": "Ditolak",
    "failed": "Gagal",
}
# Once a request is with the bank it is no longer ours to reject. A bank can send back what it had paid.
_MOVES: dict[tuple[State, Move], State] = {
    ("requested", "approve"): "processing",
    ("requested", "reject"): "rejected",
    ("checked", "approve"): "processing",
    ("checked", "reject"): "rejected",
    ("checked", "take_back"): "requested",
    ("processing", "take_back"): "requested",
    ("processing", "send"): "paid",
    ("processing", "fail"): "failed",
    ("paid", "fail"): "failed",
    ("paid", "unsend"): "processing",
    ("rejected", "restore"): "requested",
    ("failed", "restore"): "requested",
}
# Where each move leads in the end: whoever repeats a decision is told nothing new.
TARGETS: dict[Move, State] = {
    "approve": "processing",
    "reject": "rejected",
    "send": "paid",
    "fail": "failed",
    "take_back": "requested",
    "unsend": "processing",
    "restore": "requested",
}
# What a step is called that leads back to a state, by the states before and after it.
_BACK: dict[tuple[State, State], str] = {
    ("checked", "requested"): "Diperiksa lagi",
    ("processing", "requested"): "Diperiksa lagi",
    ("paid", "processing"): "Ternyata belum terkirim",
    ("rejected", "requested"): "Dibuka lagi",
    ("failed", "requested"): "Dibuka lagi",
}

# Characters of a reason, which the expert reads.
SHORTEST_REASON, LONGEST_REASON = 10, 1000
WORKING_DAYS = 3


class CannotWithdraw(DomainError):
    """Nothing can be asked for now."""

    title = "Penarikan belum bisa diajukan"


class StillOpen(CannotWithdraw):
    """One request at a time."""

    title = "Masih ada penarikan yang diproses"


class EmailUnconfirmed(CannotWithdraw):
    """Money goes only to people whose address is known to be theirs."""

    title = "Konfirmasi email Anda dulu"


class AlreadySent(CannotWithdraw):
    """This form was sent before, with something else in it."""

    title = "Formulir ini sudah pernah dikirim"


class WrongAmount(DomainError):
    """Less than the minimum, or more than there is."""

    status = 422
    title = "Periksa jumlahnya"


class WrongPassword(DomainError):
    """Whoever asks does not know the account's password."""

    status = 422
    title = "Password salah"


class Undecidable(DomainError):
    """The decision cannot be taken like this."""

    title = "Belum bisa diputuskan"


def after(state: State, move: Move, amount: int) -> State | None:
    """The state a move of so many rupiah leads to; None where there is no such move."""
    if (state, move) == ("requested", "approve") and needs_two(amount):
        return "checked"
    return _MOVES.get((state, move))


def needs_two(amount: int) -> bool:
    """Whether so many rupiah are approved by two admins."""
    return amount > ALONE_UP_TO


def is_back(before: State | None, state: State) -> bool:
    """Whether a step took an earlier decision back."""
    return before is not None and (before, state) in _BACK


def step_words(before: State | None, state: State) -> str:
    """What a step from one state (None: the first step) to another is called on the screen."""
    return WORDS[state] if before is None else _BACK.get((before, state), WORDS[state])


def check_amount(amount: int, available: int, least: int) -> None:
    """Raises `WrongAmount` for less than `least` or more than `available` rupiah."""
    if amount < least:
        raise WrongAmount(f"Penarikan paling sedikit {rupiah(least)}.")
    if amount > available:
        raise WrongAmount(f"Saldo tersedia Anda {rupiah(available)}. Tulis jumlah yang tidak lebih dari itu.")


def due_day(requested: datetime) -> date:
    """The day, in WIB, on which the money should be there at the latest: three working days later.

    Public holidays are working days here: nobody publishes them far ahead.
    """
    day, left = requested.astimezone(ZoneInfo(WIB)).date(), WORKING_DAYS
    while left:
        day += timedelta(days=1)
        left -= day.weekday() < 5
    return day


def is_late(requested: datetime, now: datetime) -> bool:
    """Whether the money should have been there by now."""
    return now.astimezone(ZoneInfo(WIB)).date() > due_day(requested)
