"""Deciding on applications from the command line, until admins have a page for it."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from mentorinaja.accounts.queries import admin_by_email
from mentorinaja.applications import actions, queries
from mentorinaja.applications.queries import Waiting
from mentorinaja.commands import Command, no_arguments, printable, who_and_why
from mentorinaja.db.pool import Database
from mentorinaja.formats import duration, rupiah, when
from mentorinaja.settings import Settings


def _whom(parser: ArgumentParser) -> None:
    parser.add_argument("slug", help="the address of the expert's page, as `applications` prints it")


def _verification(parser: ArgumentParser) -> None:
    _whom(parser)
    parser.add_argument("--admin", required=True, metavar="EMAIL", help="who decides")
    parser.add_argument("--reason", default="", help="kept with the decision")


def _rejection(parser: ArgumentParser) -> None:
    _whom(parser)
    who_and_why(parser)


async def _list(db: Database, _settings: Settings, _given: Namespace) -> str:
    return "\n\n".join(map(_told, await queries.waiting(db))) or "No application waits for a decision."


async def _verify(db: Database, _settings: Settings, given: Namespace) -> str:
    await actions.verify(db, await admin_by_email(db, given.admin), given.slug, given.reason)
    return f"{given.slug} is published."


async def _reject(db: Database, _settings: Settings, given: Namespace) -> str:
    await actions.reject(db, await admin_by_email(db, given.admin), given.slug, given.reason)
    return f"{given.slug} is rejected and told why."


def _told(one: Waiting) -> str:
    mail = "confirmed" if one.email_verified else "not confirmed"
    place = f" @ {one.company}" if one.company else ""
    lines = [
        f"{one.slug}  since {when(one.submitted_at)}" + f"  rejected before: {one.rejected_before}",
        f"  {one.full_name} <{one.email}> ({mail})",
        f"  {one.position_title}{place}, {one.years_experience} years, {one.city or 'no city'}",
        f"  expertise: {', '.join(one.expertise)}",
        f"  skills: {', '.join(one.skills) or 'none told'}",
        *(f"  studied: {line}" for line in one.education),
        *(f"  worked: {line}" for line in one.work),
        *(
            f"  sells: {each['name']} ({each['category']}, {duration(each['minutes'])}, {rupiah(each['price'])})"
            for each in one.services
        ),
        *(f"  | {line}" for line in one.bio.splitlines()),
    ]
    return "\n".join(map(printable, lines))


COMMANDS = [
    Command("applications", "list the applications that wait for a decision", no_arguments, _list),
    Command("verify-expert", "publish an expert who applied", _verification, _verify),
    Command("reject-expert", "send an application back with a reason", _rejection, _reject),
]
