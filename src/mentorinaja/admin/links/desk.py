"""Meeting links on the desk: what the pool holds, which session has which, withdrawn and dated one by one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wtforms import DateField
from wtforms.validators import Optional

from mentorinaja.admin.cases import Case, Decision, Event, Means, Part, Plan, ReasonForm
from mentorinaja.admin.desk import Desk
from mentorinaja.admin.listing import Cell, Choice, Column, Filter, Listing, Row, Where
from mentorinaja.admin.words import inside, moment, order, time
from mentorinaja.formats import day, when
from mentorinaja.payments import actions, link_queries
from mentorinaja.payments.link_queries import Link, LinkUse
from mentorinaja.payments.link_rules import EXPIRING_DAYS, STATES, end_of, last_day
from mentorinaja.typed import whole_in
from mentorinaja.web.forms import BaseForm

_CHIPS = {
    "free": "ok",
    "reusable": "ok",
    "reserved": "plain",
    "used": "mute",
    "expired": "warn",
    "retired": "bad",
}
_ROW = """
  l.url, l.reusable, l.created_at, l.expires_at,
  (SELECT o.public_id FROM meeting_link_uses u JOIN bookings b ON b.id = u.booking_id JOIN orders o ON o.id = b.order_id
   WHERE u.link_id = l.id ORDER BY b.starts_at DESC LIMIT 1) AS public_id,
  (SELECT max(b.starts_at) FROM meeting_link_uses u JOIN bookings b ON b.id = u.booking_id
   WHERE u.link_id = l.id) AS starts_at
"""
_KINDS = (
    ("free", STATES["free"], f"NOT l.reusable AND {link_queries.GOOD}"),
    ("reusable", STATES["reusable"], f"l.reusable AND {link_queries.GOOD}"),
    ("reserved", STATES["reserved"], link_queries.RESERVED),
    ("used", "Terpakai (semua)", link_queries.USED),
    ("expiring", f"Habis dalam {EXPIRING_DAYS} hari", link_queries.EXPIRING),
    ("expired", STATES["expired"], link_queries.GONE),
    ("misfit", "Habis sebelum sesinya", link_queries.MISFITS),
    ("retired", STATES["retired"], "l.retired_at IS NOT NULL"),
)


def _search(words: str) -> Where:
    """Part of the address, or the order whose session has it."""
    return Where(
        """l.id = ANY (ARRAY(SELECT x.id FROM meeting_links_pool x WHERE x.url ILIKE {}
             UNION ALL SELECT u.link_id FROM orders o JOIN bookings b ON b.order_id = o.id
               JOIN meeting_link_uses u ON u.booking_id = b.id WHERE o.public_id = upper({})))""",
        (inside(words), words),
    )


def _link(row: Row) -> Cell:
    return Cell(row["url"], href=f"/admin/links/{row['key']}")


def _state(row: Row) -> Cell:
    return Cell(STATES[row["state"]], chip=_CHIPS[row["state"]])


def _session(row: Row) -> Cell:
    cell = order(row["public_id"])
    return Cell(cell.text, cell.href, note=when(row["starts_at"]) if row["starts_at"] else "")


LISTING = Listing(
    fields=f"{link_queries.STATE} AS state, {_ROW}",
    source="meeting_links_pool l",
    key="l.id",
    at="l.created_at",
    columns=(
        Column("Tautan", _link),
        Column("Keadaan", _state),
        Column("Sesi terakhir", _session),
        Column("Berlaku sampai", lambda row: Cell(day(row["expires_at"]) if row["expires_at"] else "–")),
        Column("Ditambahkan", lambda row: moment(row["created_at"])),
    ),
    exports=(
        ("tautan", lambda row: row["url"]),
        ("keadaan", lambda row: STATES[row["state"]]),
        ("dipakai_ulang", lambda row: "ya" if row["reusable"] else "tidak"),
        ("order", lambda row: row["public_id"]),
        ("mulai", lambda row: row["starts_at"]),
        ("berlaku_sampai", lambda row: row["expires_at"]),
        ("ditambahkan", lambda row: row["created_at"]),
    ),
    search=_search,
    search_hint="Bagian dari tautan, atau id order",
    filters=(
        Filter("state", "Keadaan", tuple(Choice(value, label, Where(sql)) for value, label, sql in _KINDS)),
    ),
)


async def load(means: Means, link_id: str) -> Case | None:
    """A link with the sessions that have it."""
    number = whole_in(link_id)
    link = await link_queries.link_by_id(means.db, number) if number is not None else None
    if link is None:
        return None
    return Case(
        subject=str(link.id),
        title=link.url.removeprefix("https://"),
        version=f"{link.state}:{link.expires_at}:{','.join(use.public_id for use in link.held)}",
        data=link,
        chips=(Cell(STATES[link.state], chip=_CHIPS[link.state]),),
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


def _of(case: Case) -> Link:
    assert isinstance(case.data, Link), "load made it"
    return case.data


def _named(use: LinkUse) -> str:
    return f"{use.public_id}, {when(use.starts_at)} ({use.payer_name} dengan {use.expert_name})"


async def _plan_retire(means: Means, case: Case) -> Plan:
    link = _of(case)
    held = [use for use in link.held if use.status == "confirmed"]
    if not held:
        return Plan(
            happens=("Tautan ini tidak diberikan kepada siapa pun lagi.",),
            undo=_back(link),
        )
    stock = await link_queries.link_stock(means.db)
    others = stock.left - (1 if link.state == "reusable" else 0)
    instead = (
        "mendapat tautan lain sekarang"
        if others >= len(held)
        else f"mendapat tautan lain bila cukup (sisa {others}); yang lain menunggu sampai ada"
    )
    return Plan(
        happens=(
            "Tautan ini tidak diberikan kepada siapa pun lagi.",
            *(f"{_named(use)}: {instead}." for use in held),
        ),
        tells=("Pengguna dan mentor tiap sesi diberi tahu lewat email, dengan tautan barunya.",),
        undo=_back(link),
    )


def _back(link: Link) -> str:
    if link.spent_at:
        return "Dapat dikembalikan, tetapi tidak akan diberikan lagi: tautan ini sudah diketahui sebuah sesi."
    return "Dapat dikembalikan ke persediaan kapan saja."


async def _retire(means: Means, case: Case, form: ReasonForm) -> str:
    done = await actions.retire_link(means.db, means.admin, _of(case).id, form.reason.data or "")
    said = ["Tautan ditarik."]
    if done.replaced:
        said.append(f"Mendapat tautan lain: {', '.join(done.replaced)}.")
    if done.waiting:
        said.append(f"Menunggu tautan: {', '.join(done.waiting)}. Tambahkan tautan baru.")
    return " ".join(said)


async def _plan_restore(means: Means, case: Case) -> Plan:
    link = _of(case)
    waits = not link.spent_at and (await link_queries.link_stock(means.db)).waiting
    again = (
        "Tautan ini tercatat terpakai lagi; tidak diberikan kepada sesi lain."
        if link.spent_at
        else "Tautan ini kembali ke persediaan dan dapat diberikan."
    )
    told = "Sesi yang menunggu tautan mendapatkannya lewat email."
    return Plan(happens=(again,), tells=(told,) if waits else (), undo="Dapat ditarik lagi.")


async def _restore(means: Means, case: Case, form: ReasonForm) -> str:
    state = await actions.restore_link(means.db, means.admin, _of(case).id, form.reason.data or "")
    return f"Tautan dikembalikan: {STATES[state].lower()}."


class ExpiryForm(BaseForm):
    """The last day of a link."""

    day = DateField("Berlaku sampai akhir tanggal", [Optional()])


async def _start_expiry(_means: Means, case: Case) -> Mapping[str, Any]:
    return {"day": last_day(_of(case).expires_at)}


async def _plan_expiry(_means: Means, case: Case) -> Plan:
    held = _of(case).held
    return Plan(
        happens=(
            "Tautan hanya diberikan kepada sesi yang selesai sebelum tanggal itu lewat.",
            *(
                f"{_named(use)}: bila selesai sesudahnya, mendapat tautan lain begitu ada."
                for use in held
                if use.status == "confirmed"
            ),
        ),
        tells=("Yang tautannya berganti diberi tahu lewat email.",) if held else (),
        undo="Dapat diubah lagi.",
    )


async def _set_expiry(means: Means, case: Case, form: ExpiryForm) -> str:
    late = await actions.set_link_expiry(means.db, means.admin, _of(case).id, end_of(form.day.data))
    until = f"Berlaku sampai {day(form.day.data)}." if form.day.data else "Berlaku tanpa batas."
    return f"{until} {late} sesi mendapat tautan lain." if late else until


async def _above(means: Means) -> Mapping[str, Any]:
    return {
        "stock": await link_queries.link_stock(means.db),
        "used": await link_queries.links_used(means.db),
    }


DESK = Desk(
    name="links",
    title="Tautan meeting",
    word="tautan",
    kind="link",
    about="Tautan untuk sesi video: satu sesi satu tautan, kecuali yang boleh dipakai ulang.",
    listing=LISTING,
    load=load,
    above="partials/admin/links/above.html",
    above_context=_above,
    decisions=(
        Decision(
            "retire",
            "Tarik tautan",
            lambda case: _of(case).retired_at is None,
            _plan_retire,
            _retire,
            bad=True,
        ),
        Decision(
            "restore",
            "Kembalikan ke persediaan",
            lambda case: _of(case).retired_at is not None,
            _plan_restore,
            _restore,
        ),
        Decision(
            "expiry",
            "Atur masa berlaku",
            lambda case: _of(case).retired_at is None,
            _plan_expiry,
            _set_expiry,
            form=ExpiryForm,
            hints={"day": "Kosongkan bila tanpa batas."},
            start=_start_expiry,
        ),
    ),
)
