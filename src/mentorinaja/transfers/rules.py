"""What stands in a file for the bank, and how what the bank answers is read: pure."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from mentorinaja.banks.rules import BANKS
from mentorinaja.errors import DomainError
from mentorinaja.typed import UNFIT, harmless

Kind = Literal["refund", "withdrawal"]

# So many lines are put into one file, and read at once.
MOST = 500
COLUMNS = ("id", "bank_code", "bank_name", "account_number", "account_holder", "amount")
_BETWEEN = re.compile(r"[\t;,]| +")


class Unbatchable(DomainError):
    """These transfers cannot be put into a file like this."""

    title = "Berkas bank tidak dibuat"


@dataclass
class AlreadyInBatch(Unbatchable):
    """Some of it stands in a file already, and nobody said that it is to stand in one more: `subjects` says which."""

    subjects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """A transfer to be made: whole rupiah of `subject`, for the `round`th time, to a bank's account.

    `subject` is the id that people and the bank know it by; `round` is 1 unless an earlier transfer came back.
    """

    subject: str
    round: int
    amount: int
    bank: str
    number_sealed: bytes
    tail: str
    holder: str


@dataclass(frozen=True, slots=True)
class Reference:
    """A line of what somebody pasted: the bank's `reference` for `subject`; `place` counts from 1."""

    place: int
    subject: str
    reference: str


def bank_csv(lines: Iterable[tuple[Line, str]]) -> str:
    """Transfers with their full account numbers as the bank reads them, lines ended by CRLF; nothing in it is a formula."""
    file = io.StringIO()
    write = csv.writer(file, lineterminator="\r\n").writerow
    write(COLUMNS)
    for line, number in lines:
        bank = BANKS[line.bank].name
        write((line.subject, line.bank, bank, number, harmless(line.holder), line.amount))
    return file.getvalue()


def references_in(text: str) -> list[Reference]:
    """What was pasted: an id and its reference a line, between them a tab, comma, semicolon or space.

    Empty lines are left out; one without a reference has "". Raises `Unbatchable` for more than `MOST` lines.
    """
    lines = [(place, UNFIT.sub("", line).strip()) for place, line in enumerate(text.splitlines(), start=1)]
    told = [(place, line) for place, line in lines if line]
    if len(told) > MOST:
        raise Unbatchable(f"Tempel paling banyak {MOST} baris sekaligus.")
    return [_reference(place, line) for place, line in told]


def _reference(place: int, line: str) -> Reference:
    subject, *rest = _BETWEEN.split(line, maxsplit=1)
    return Reference(place, subject.strip(' "').lstrip("#").upper(), rest[0].strip(' "\t;,') if rest else "")
