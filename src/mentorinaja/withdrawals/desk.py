"""Withdrawals from the command line: those that wait, the file for the bank, and each decision."""

from __future__ import annotations

import csv
import io
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence

from mentorinaja import clock
from mentorinaja.accounts.queries import admin_by_email
from mentorinaja.banks.vault import Unreadable, Vault
from mentorinaja.commands import Command, printable, who_and_why
from mentorinaja.db.pool import Database
from mentorinaja.formats import WIB, day, rupiah, when
from mentorinaja.ledger import queries as ledger
from mentorinaja.settings import Settings
from mentorinaja.typed import harmless
from mentorinaja.withdrawals import actions, queries
from mentorinaja.withdrawals.queries import Withdrawal
from mentorinaja.withdrawals.rules import Undecidable, is_late

_COLUMNS = ("id", "bank_code", "bank_name", "account_number", "account_holder", "amount")


async def bank_file(db: Database, vault: Vault) -> str:
    """All approved withdrawals as CSV with their account numbers, for the bank. Raises `Undecidable`."""
    withdrawals = await queries.all_withdrawals(db, "processing")
    sealed = await queries.sealed_accounts(db, [one.public_id for one in withdrawals])
    try:
        numbers = {public_id: vault.open(account) for public_id, account in sealed.items()}
    except Unreadable as problem:
        raise Undecidable(f"{problem}.") from problem
    file = io.StringIO()
    write = csv.writer(file, lineterminator="\n").writerow
    write(_COLUMNS)
    for one in withdrawals:
        bank = (one.bank, one.bank_name, numbers[one.public_id])
        write((one.public_id, *bank, harmless(one.account_holder), one.amount))
    return file.getvalue().rstrip("\n")


async def told(db: Database, withdrawals: Sequence[Withdrawal]) -> str:
    """Each withdrawal as a block of lines to read, with what its expert has and owes."""
    today = await clock.now(db)
    blocks = []
    for one in withdrawals:
        earned = await ledger.earnings(db, one.expert_id)
        owed = f", owes {rupiah(earned.owed)}" if earned.owed else ""
        late = ", LATE" if one.is_open and is_late(one.requested_at, today) else ""
        lines = [
            f"{one.public_id}  {one.words}  {rupiah(one.amount)}  {one.expert_name}",
            f"  {one.bank_name} ({one.bank}) {one.account}, {one.account_holder}",
            f"  due {day(one.due)}{late}; available {rupiah(earned.available)}, "
            f"earned {rupiah(earned.total)}{owed}",
            *(f"  {step.words} {when(step.at, WIB)} {step.note}".rstrip() for step in one.steps),
        ]
        blocks.append("\n".join(map(printable, lines)))
    return "\n\n".join(blocks)


def _list_arguments(parser: ArgumentParser) -> None:
    shown = parser.add_mutually_exclusive_group()
    shown.add_argument("--all", action="store_true", help="those that are over, too")
    shown.add_argument(
        "--csv", action="store_true", help="the approved ones with account numbers, for the bank"
    )


async def _list(db: Database, settings: Settings, given: Namespace) -> str:
    if given.csv:
        return await bank_file(db, Vault(settings))
    withdrawals = await queries.all_withdrawals(db, "all" if given.all else "open")
    return await told(db, withdrawals) or "No withdrawal waits."


def _which(parser: ArgumentParser) -> None:
    parser.add_argument("id", help="such as WD-20261126-ABC123")


def _approve_arguments(parser: ArgumentParser) -> None:
    _which(parser)
    parser.add_argument("--admin", required=True, metavar="EMAIL", help="who decides")


def _sent_arguments(parser: ArgumentParser) -> None:
    _approve_arguments(parser)
    parser.add_argument(
        "--reference", required=True, help="the transfer's number at the bank; the expert reads it"
    )


def _reason_arguments(parser: ArgumentParser) -> None:
    _which(parser)
    who_and_why(parser)


async def _approve(db: Database, _settings: Settings, given: Namespace) -> str:
    await actions.approve(db, await admin_by_email(db, given.admin), given.id)
    return f"{given.id} goes to the bank."


async def _sent(db: Database, _settings: Settings, given: Namespace) -> str:
    await actions.mark_sent(db, await admin_by_email(db, given.admin), given.id, given.reference)
    return f"{given.id} is paid."


async def _reject(db: Database, _settings: Settings, given: Namespace) -> str:
    await actions.reject(db, await admin_by_email(db, given.admin), given.id, given.reason)
    return f"{given.id} is rejected; the money is the expert's again."


async def _failed(db: Database, _settings: Settings, given: Namespace) -> str:
    await actions.mark_failed(db, await admin_by_email(db, given.admin), given.id, given.reason)
    return f"{given.id} has failed; the money is the expert's again."


COMMANDS = [
    Command("withdrawals", "the withdrawals that wait, or the file for the bank", _list_arguments, _list),
    Command("approve-withdrawal", "let a requested withdrawal go to the bank", _approve_arguments, _approve),
    Command("withdrawal-sent", "the bank has transferred a withdrawal", _sent_arguments, _sent),
    Command(
        "reject-withdrawal",
        "do not pay a requested withdrawal; the money goes back",
        _reason_arguments,
        _reject,
    ),
    Command(
        "withdrawal-failed",
        "the bank could not pay a withdrawal, or sent it back",
        _reason_arguments,
        _failed,
    ),
]
