"""One meeting link on the desk: which sessions have it, or had it, and until when it can be given."""

from __future__ import annotations

from dataclasses import dataclass

from mentorinaja.admin.cases import Case, Event, Means, Part
from mentorinaja.admin.listing import Cell
from mentorinaja.admin.words import time
from mentorinaja.formats import day, when
from mentorinaja.payments import link_queries
from mentorinaja.payments.link_queries import Link
from mentorinaja.payments.link_rules import STATES
from mentorinaja.typed import whole_in

CHIPS = {
    "free": "ok",
    "reusable": "ok",
    "reserved": "plain",
    "used": "mute",
    "expired": "warn",
    "retired": "bad",
}


@dataclass(frozen=True, slots=True)
class LinkCase:
    """What decisions about a link rest on.

    `others`: how many links could be given instead, `waiting`: how many sessions have none; asked only where it is told.
    """

    link: Link
    others: int = 0
    waiting: int = 0


async def load(means: Means, link_id: str) -> Case[LinkCase] | None:
    """A link with the sessions that have it."""
    number = whole_in(link_id)
    link = await link_queries.link_by_id(means.db, number) if number is not None else None
    if link is None:
        return None
    return Case(
        subject=str(link.id),
        title=link.url.removeprefix("https://"),
        version=f"{link.state}:{link.expires_at}:{','.join(use.public_id for use in link.held)}",
        data=LinkCase(link),
        chips=(Cell(STATES[link.state], chip=CHIPS[link.state]),),
        facts=(
            ("Tautan", Cell(link.url)),
            ("Dipakai", Cell("berulang, selang dua jam" if link.reusable else "untuk satu sesi")),
            ("Berlaku sampai", Cell(day(link.expires_at) if link.expires_at else "tanpa batas")),
            ("Ditambahkan", Cell(when(link.created_at), note=link.added_by or "")),
            *((("Ditarik", time(link.retired_at)),) if link.retired_at else ()),
        ),
        parts=(Part("sesi", "Sesi", "partials/admin/links/sessions.html", {"uses": link.uses}),),
        events=_history(link),
    )


def _history(link: Link) -> tuple[Event, ...]:
    given = [Event(use.given_at, f"Diberikan kepada {use.public_id}") for use in reversed(link.uses)]
    if link.spent_at and not given:
        # The session has another link now; who had this one stands in what admins did.
        given = [Event(link.spent_at, "Diberikan kepada sebuah sesi yang kini memakai tautan lain")]
    return (Event(link.created_at, "Ditambahkan ke persediaan"), *given)
