"""One thing on the desk: what is known of it, and what an admin may decide about it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

from mentorinaja.admin.forms import ReasonForm
from mentorinaja.admin.listing import Cell
from mentorinaja.db.pool import Database
from mentorinaja.notices.kinds import Mail
from mentorinaja.payments.midtrans import Gateway
from mentorinaja.settings import Settings
from mentorinaja.storage import Storage
from mentorinaja.web.forms import BaseForm
from mentorinaja.web.viewer import Viewer

# What the decisions about a case rest on: each desk has its own.
Data = TypeVar("Data")
Id = TypeVar("Id")


@dataclass(frozen=True, slots=True)
class Means:
    """What the desk's pages and decisions work with: who decides, and what the process has."""

    db: Database
    admin: Viewer
    settings: Settings
    gateway: Gateway
    storage: Storage
    mails: Mapping[str, Mail]
    now: datetime


@dataclass(frozen=True, slots=True)
class Event:
    """A line of a case's history; `raw` is shown as it came, folded away; `kind` is "", "now" or "bad"."""

    at: datetime
    text: str
    actor: str = ""
    note: str = ""
    raw: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """A section of a case: a partial and what it takes."""

    id: str
    title: str
    partial: str
    context: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Case(Generic[Data]):
    """What a case's page shows. `subject` is the id that the audit log knows it by.

    `version` changes with everything that a decision rests on: a decision begun with another one is told so (409).
    `data` is what its decisions rest on.
    """

    subject: str
    title: str
    version: str
    data: Data
    chips: tuple[Cell, ...] = ()
    facts: tuple[tuple[str, Cell], ...] = ()
    parts: tuple[Part, ...] = ()
    events: tuple[Event, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """What a decision will do, told before it is taken.

    `happens`: sentences; `money`: a name and whole rupiah each; `tells`: who hears of it and how; `undo`: how it can be
    taken back, or that it cannot; `links`: what else to look at first, a name and an address each.
    """

    happens: tuple[str, ...]
    money: tuple[tuple[str, int], ...] = ()
    tells: tuple[str, ...] = ()
    undo: str = ""
    links: tuple[tuple[str, str], ...] = ()


def _nothing_to_fill(_data: Any) -> Mapping[str, Any]:
    return {}


@dataclass(frozen=True)
class Decision(Generic[Data]):
    """What can be decided about a case, at `/admin/{desk}/{id}/{name}`.

    `allowed` says whether it can be offered now; `plan` what it will do; `run` does it and answers what is said then.
    `run` may raise a `DomainError`: it is shown with the form. `sensitive`: the password is asked again unless it was
    given lately. `bad`: it takes something away. `start` gives the form's fields their first values. `look` reads what
    only this plan has to know. Where what will happen depends on what is typed, `preview` puts it into the data
    (also from a form with errors), and the plan is told anew: while it is being typed, and without script by a
    button of its own.
    """

    name: str
    label: str
    allowed: Callable[[Data], bool]
    plan: Callable[[Data], Plan]
    run: Callable[[Means, Data, Any], Awaitable[str]]
    form: type[BaseForm] = ReasonForm
    bad: bool = False
    sensitive: bool = False
    hints: Mapping[str, str] = field(default_factory=dict)
    start: Callable[[Data], Mapping[str, Any]] = _nothing_to_fill
    look: Callable[[Means, Data], Awaitable[Data]] | None = None
    preview: Callable[[Data, Any], Data] | None = None

    async def told(self, means: Means, data: Data, form: BaseForm) -> Plan:
        """What it will do, as far as the form says it."""
        if self.look:
            data = await self.look(means, data)
        return self.plan(self.preview(data, form) if self.preview else data)


def at_once(
    action: Callable[[Database, Viewer, Id], Awaitable[object]],
    subject: Callable[[Data], Id],
    said: Callable[[Data], str],
) -> Callable[[Means, Data, BaseForm], Awaitable[str]]:
    """A `run` for an action that needs nothing but the id of its `subject`; `said` is what is told then."""

    async def run(means: Means, data: Data, _form: BaseForm) -> str:
        await action(means.db, means.admin, subject(data))
        return said(data)

    return run


def with_reason(
    action: Callable[[Database, Viewer, Id, str], Awaitable[object]],
    subject: Callable[[Data], Id],
    said: Callable[[Data], str],
) -> Callable[[Means, Data, ReasonForm], Awaitable[str]]:
    """A `run` for an action that takes the reason besides; the rest as `at_once`."""

    async def run(means: Means, data: Data, form: ReasonForm) -> str:
        await action(means.db, means.admin, subject(data), form.why)
        return said(data)

    return run
