"""Refunds on the command line: those that are not finished, and what an admin decides or has transferred."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from mentorinaja.accounts.queries import admin_by_email
from mentorinaja.banks.rules import BANKS
from mentorinaja.banks.vault import Unreadable, Vault
from mentorinaja.commands import Command, no_arguments, printable, who_and_why
from mentorinaja.db.pool import Database
from mentorinaja.formats import rupiah, when
from mentorinaja.refunds import actions, queries
from mentorinaja.refunds.queries import OpenRefund
from mentorinaja.refunds.rules import NEEDS_APPROVAL
from mentorinaja.settings import Settings


def _which(parser: ArgumentParser) -> None:
    parser.add_argument("id", type=int)
    who_and_why(parser)


def _transferred(parser: ArgumentParser) -> None:
    parser.add_argument("id", type=int)
    parser.add_argument("--admin", required=True, metavar="EMAIL", help="who transferred it")
    parser.add_argument("--reference", required=True, help="the transfer's number at the bank")
    parser.add_argument(
        "--account", required=True, metavar="1234", help="the last digits of the account it went to"
    )


async def _list(db: Database, settings: Settings, _given: Namespace) -> str:
    vault = Vault(settings)
    told = [_told(refund, vault) for refund in await queries.unfinished(db)]
    return "\n\n".join(told) or "No refund is open."


async def _approve(db: Database, _settings: Settings, given: Namespace) -> str:
    await actions.approve(db, await admin_by_email(db, given.admin), given.id, given.reason)
    return f"Refund {given.id} is approved."


async def _reject(db: Database, _settings: Settings, given: Namespace) -> str:
    await actions.reject(db, await admin_by_email(db, given.admin), given.id, given.reason)
    return f"Refund {given.id} is rejected."


async def _sent(db: Database, _settings: Settings, given: Namespace) -> str:
    admin = await admin_by_email(db, given.admin)
    await actions.mark_transferred(db, admin, given.id, given.reference, given.account.strip()[-4:])
    return f"Refund {given.id} is sent."


async def _failed(db: Database, _settings: Settings, given: Namespace) -> str:
    await actions.mark_bounced(db, await admin_by_email(db, given.admin), given.id, given.reason)
    return f"Refund {given.id} failed; its payer is asked for another account."


def _told(refund: OpenRefund, vault: Vault) -> str:
    lines = [
        f"#{refund.id} {refund.state}, {rupiah(refund.amount)}, {refund.reason}, since {when(refund.created_at)}",
        f"  {refund.public_id}  {refund.item_name}  {refund.payer_name} <{refund.payer_email}>",
        f"  paid by {refund.payment_type}, goes back by {refund.way or 'a way not known yet'}",
        f"  {_waits_for(refund)}",
    ]
    if refund.way == "bank" and refund.state != "sent" and refund.due < refund.amount:
        lines.append(f"  the payer's bank took part of it already: transfer only {rupiah(refund.due)}")
    if refund.way == "bank" and refund.number_sealed is not None:
        lines.append(f"  account: {_account(refund, vault)}")
    if refund.problem:
        lines.append(f"  last problem: {refund.problem} (tried {refund.tries} times)")
    return "\n".join(map(printable, lines))


def _waits_for(refund: OpenRefund) -> str:
    if refund.state == "requested":
        if refund.reason in NEEDS_APPROVAL:
            return "waits for: approve-refund"
        return (
            f"approved by itself, at {when(refund.not_before)}" if refund.not_before else "approved by itself"
        )
    if refund.way != "bank":
        return "waits for the gateway"
    if refund.state == "sent":
        return "transferred; done by itself unless it comes back: refund-failed"
    return (
        "waits for: a transfer, then refund-sent" if refund.number_sealed else "waits for its payer's account"
    )


def _account(refund: OpenRefund, vault: Vault) -> str:
    assert refund.number_sealed is not None and refund.bank is not None
    bank = BANKS[refund.bank]
    try:
        number = vault.open(refund.number_sealed)
    except Unreadable as locked:
        number = f"({locked})"
    return f"{bank.name} ({bank.code}) {number}, {refund.holder}"


COMMANDS = [
    Command("refunds", "list the refunds that are not finished", no_arguments, _list),
    Command("approve-refund", "let money go back that did not come as asked for", _which, _approve),
    Command("reject-refund", "stop a refund of a sale before it is sent", _which, _reject),
    Command("refund-sent", "a refund was transferred to its payer's account", _transferred, _sent),
    Command("refund-failed", "a transfer came back from the bank", _which, _failed),
]
