"""Policies on the command line: what held when and who changed it, and changing it."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, Namespace

from mentorinaja.accounts.queries import admin_by_email
from mentorinaja.commands import Command, no_arguments, printable, who_and_why
from mentorinaja.db.pool import Database
from mentorinaja.formats import percent, rupiah, when
from mentorinaja.policies import actions, queries
from mentorinaja.policies.queries import Change
from mentorinaja.policies.rules import CHANGEABLE, Step
from mentorinaja.settings import Settings


def _changes(parser: ArgumentParser) -> None:
    for name, text in (
        ("admin-fee-bps", "admin fee on the price, basis points"),
        ("platform-fee-bps", "platform fee on the total, basis points"),
        ("tax-bps", "tax in the platform's own part, basis points"),
    ):
        parser.add_argument(f"--{name}", type=int, metavar="BPS", help=text)
    parser.add_argument(
        "--cancel-steps",
        type=_steps,
        metavar="MINUTES:BPS,…",
        help="what goes back of a session, the farthest from its start first: 1440:10000,180:5000,0:0",
    )
    for name, text in (
        ("now-bps", "what goes back of a session for now until the expert is in the room"),
        ("thread-bps", "what goes back of a thread until the expert's first message"),
        ("product-bps", "what goes back of a product until its first download"),
    ):
        parser.add_argument(f"--{name}", type=int, metavar="BPS", help=text)
    parser.add_argument("--least-withdrawal", type=int, metavar="RUPIAH")
    parser.add_argument("--downloads", type=int, metavar="TIMES", help="how often a product can be fetched")
    who_and_why(parser)


async def _history(db: Database, _settings: Settings, _given: Namespace) -> str:
    return "\n\n".join(map(_told, await queries.history(db)))


async def _change(db: Database, _settings: Settings, given: Namespace) -> str:
    admin = await admin_by_email(db, given.admin)
    changes = {name: getattr(given, name) for name in CHANGEABLE}
    await actions.change(db, admin, given.reason, **changes)
    newest, *_ = await queries.history(db)
    return _told(newest)


def _told(change: Change) -> str:
    policy = change.policy
    steps = ", ".join(f"{minutes} minutes before {percent(bps)}" for minutes, bps in policy.cancel_steps)
    lines = [
        f"#{policy.id} since {when(policy.since)} by {change.by or 'nobody'}: {policy.reason}",
        f"  admin fee {percent(policy.admin_fee_bps)}, platform fee {percent(policy.platform_fee_bps)}, "
        f"tax {percent(policy.tax_bps)}",
        f"  back of a session: {steps}",
        f"  back for now {percent(policy.now_bps)}, of a thread {percent(policy.thread_bps)}, "
        f"of a product {percent(policy.product_bps)}",
        f"  least withdrawal {rupiah(policy.least_withdrawal)}, downloads {policy.downloads}",
    ]
    return "\n".join(map(printable, lines))


def _steps(text: str) -> list[Step]:
    try:
        pairs = [tuple(map(int, step.split(":"))) for step in text.split(",")]
        return [(minutes, bps) for minutes, bps in pairs]
    except ValueError:
        raise ArgumentTypeError("say 1440:10000,180:5000,0:0") from None


COMMANDS = [
    Command("policies", "fees, tax and rules: what holds and what held before", no_arguments, _history),
    Command("change-policy", "change fees, tax or rules from now on", _changes, _change),
]
