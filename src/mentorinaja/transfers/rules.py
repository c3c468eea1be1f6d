"""What stands in a file for the bank, and how what the bank answers is read: pure."""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from mentorinaja.banks.rules import BANKS
from mentorinaja.errors import DomainError
from mentorinaja.typed import UNFIT, harmless

Kind = Literal["refund", "withdrawal"]

# So many lines are put into one file, and read at once.
MOST = 500
# Characters of a bank's reference.
SHORTEST_REFERENCE, LONGEST_REFERENCE = 4, 60
COLUMNS = ("id", "bank_code", "bank_name", "account_number", "account_holder", "amount")
_BETWEEN = re.compile(r"[\t;,]| +")


@dataclass
class Unbatchable(DomainError):
    """These transfers cannot be put into a file like this: `problems` says why, by subject, where it is about some."""

    problems: Mapping[str, str] = field(default_factory=dict)

    title = "Berkas bank tidak dibuat"


class AlreadyInBatch(Unbatchable):
    """Some of it stands in a file already, and nobody said that it is to stand in one more."""


class Unmarkable(DomainError):
    """This transfer cannot be marked as sent under this reference."""

    title = "Belum bisa ditandai terkirim"


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
    """A line of what somebody pasted, as `text`: the bank's `reference` for `subject`; `place` counts from 1."""

    place: int
    subject: str
    reference: str
    text: str


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


def checked_reference(text: str) -> str:
    """A bank's reference as it is kept. Raises `Unmarkable`."""
    reference = text.strip()
    if not (SHORTEST_REFERENCE <= len(reference) <= LONGEST_REFERENCE and reference.isprintable()):
        raise Unmarkable(
            f"Tulis nomor referensi bank, {SHORTEST_REFERENCE} sampai {LONGEST_REFERENCE} karakter."
        )
    return reference


def contradicted(lines: Sequence[Reference]) -> set[str]:
    """The subjects that have more than one reference in these lines: nobody knows which is right."""
    told: defaultdict[str, set[str]] = defaultdict(set)
    for line in lines:
        if line.reference:
            told[line.subject].add(line.reference)
    return {subject for subject, references in told.items() if len(references) > 1}


def _reference(place: int, line: str) -> Reference:
    subject, *rest = _BETWEEN.split(line, maxsplit=1)
    reference = rest[0].strip(' "\t;,') if rest else ""
    return Reference(place, subject.strip(' "').lstrip("#").upper(), reference, line)
