"""What a feature's `desk.py` offers on the command line: decisions of an admin, until they have pages of their own."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from mentorinaja.db.pool import Database
from mentorinaja.errors import DomainError
from mentorinaja.settings import Settings

Run = Callable[[Database, Settings, Namespace], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class Command:
    """A command: `arguments` declares what it takes, `run` does it and answers what is printed.

    `run` may raise a `DomainError`: its sentence is printed and the command fails.
    """

    name: str
    text: str
    arguments: Callable[[ArgumentParser], None]
    run: Run


class NotAnAdmin(DomainError):
    """The address belongs to no admin."""

    status = 403
    title = "Bukan admin"


def no_arguments(_parser: ArgumentParser) -> None:
    """For a command that takes none."""


def who_and_why(parser: ArgumentParser) -> None:
    """`--admin` and `--reason`, which every decision takes: both stay on record."""
    parser.add_argument("--admin", required=True, metavar="EMAIL", help="who decides")
    parser.add_argument("--reason", required=True, help="read by those it concerns")


def printable(line: str) -> str:
    """Without what a terminal would obey: people wrote some of what is printed."""
    return "".join(
        character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in line
    )
