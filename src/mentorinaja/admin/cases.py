"""One thing on the desk: what is known of it, and what an admin may decide about it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from wtforms.widgets import TextArea

from mentorinaja.admin.listing import Cell
from mentorinaja.db.pool import Database
from mentorinaja.notices.kinds import Mail
from mentorinaja.payments.midtrans import Gateway
from mentorinaja.settings import Settings
from mentorinaja.storage import Storage
from mentorinaja.web.forms import BaseForm, TextField, length, required, seen
from mentorinaja.web.viewer import Viewer


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
class Case:
    """What a case's page shows. `subject` is the id that the audit log knows it by.

    `version` changes with everything that a decision rests on: a decision begun with another one is told so (409).
    `data` is the desk's own, for its decisions.
    """

    subject: str
    title: str
    version: str
    data: Any
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


class PlainForm(BaseForm):
    """A decision that asks for nothing more."""


class ReasonForm(BaseForm):
    """A decision with its reason, which stays in the log and which those it concerns read."""

    reason = TextField(
        "Alasan",
        [
            required("Tulis alasannya."),
            length("Tulis alasan, 10 sampai 1000 karakter.", 10, 1000),
            seen,
        ],
        widget=TextArea(),
        render_kw={"rows": 3},
    )


async def _nothing_to_fill(_means: Means, _case: Case) -> Mapping[str, Any]:
    return {}


@dataclass(frozen=True)
class Decision:
    """What can be decided about a case, at `/admin/{desk}/{id}/{name}`.

    `allowed` says whether it can be offered now; `plan` what it will do; `run` does it and answers what is said then.
    `run` may raise a `DomainError`: it is shown with the form. `sensitive`: the password is asked again unless it was
    given lately. `bad`: it takes something away. `start` gives the form's fields their first values. Where what will
    happen depends on what is typed, `preview` tells it from the form (also one with errors) instead of `plan`: while
    it is being typed, and without script by a button of its own.
    """

    name: str
    label: str
    allowed: Callable[[Case], bool]
    plan: Callable[[Means, Case], Awaitable[Plan]]
    run: Callable[[Means, Case, Any], Awaitable[str]]
    form: type[BaseForm] = ReasonForm
    bad: bool = False
    sensitive: bool = False
    hints: Mapping[str, str] = field(default_factory=dict)
    start: Callable[[Means, Case], Awaitable[Mapping[str, Any]]] = _nothing_to_fill
    preview: Callable[[Means, Case, Any], Awaitable[Plan]] | None = None
