"""The log on the desk: who did what, to what, why, from where and when. It is only read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any

from mentorinaja.admin.cases import Case, Means, Part
from mentorinaja.admin.desk import Desk
from mentorinaja.admin.listing import Cell, Choice, Column, Filter, Listing, Row, Where
from mentorinaja.admin.orders.words import PAYMENT
from mentorinaja.admin.settings.words import LABELS, said
from mentorinaja.admin.words import inside, moment, money, person, time
from mentorinaja.audit import queries
from mentorinaja.audit.queries import Whole, lines_of
from mentorinaja.audit.rules import ACTIONS, KINDS
from mentorinaja.refunds.rules import id_in, name_of
from mentorinaja.typed import whole_in

# Whoever ever stands in the log: few, and found without reading it.
_ACTORS = """SELECT w.id FROM audit_actors() x(id) JOIN users w ON w.id = x.id
  WHERE w.full_name ILIKE {} OR w.email::text ILIKE {}"""
# Each has an index; what is rare is found by them, what is common by walking back from the newest. By the ids of what
# somebody did, not by who: of ids the planner knows that few are meant.
_FOUND = f"""a.reason ILIKE {{}} OR a.subject IN ({{}}, upper({{}}))
  OR a.id = ANY (ARRAY(SELECT f.id FROM audit_log f WHERE f.actor_id IN ({_ACTORS})))"""
# "oleh:sari@… kata": only what this admin did, and in it the words.
_BY = re.compile(r"oleh:(\S+)\s*(.*)", re.IGNORECASE)


def _search(words: str) -> Where:
    if by := _BY.fullmatch(words):
        who = inside(by[1])
        acted = Where(f"a.actor_id = ANY (ARRAY({_ACTORS}))", (who, who))
        if not by[2]:
            return acted
        rest = _search(by[2])
        return Where(f"{acted.sql} AND ({rest.sql})", (*acted.values, *rest.values))
    if _is_address(words):
        return Where("a.address = {}::inet", (words,))
    if (refund_id := id_in(words)) is not None and not words.isdecimal():
        return Where("a.kind = 'refund' AND a.subject = {}", (str(refund_id),))
    anywhere = inside(words)
    return Where(_FOUND, (anywhere, words, words, anywhere, anywhere))


def _is_address(words: str) -> bool:
    try:
        ip_address(words)
    except ValueError:
        return False
    return True


def _subject(kind: str, subject: str) -> Cell:
    """What it was done to, leading to its page where a desk has one."""
    # The desks know each other by this list, which this desk is a part of.
    from mentorinaja.admin.desks import BY_NAME, DESKS

    called = KINDS.get(kind, kind)
    if kind == "list":
        desk = BY_NAME.get(subject)
        return Cell(desk.title if desk else subject, href=f"/admin/{subject}" if desk else "", note=called)
    desk = next((desk for desk in DESKS if desk.kind == kind), None)
    href = f"/admin/{desk.name}/{subject}" if desk else ""
    if kind == "refund":
        return Cell(name_of(int(subject)), href=href, note=called)
    # A number alone says nothing: it stands with what it numbers.
    return (
        Cell(f"{called} {subject}", href=href) if subject.isdigit() else Cell(subject, href=href, note=called)
    )


def _from_where(address: object, session_id: int) -> str:
    if not session_id:
        return "Baris perintah"
    return str(address) if address else "Alamat tidak dikenal"


def _actor(row: Row) -> Cell:
    return Cell(row["actor"], href=f"/admin/audit?q=oleh:{row['actor_email']}", note=row["actor_email"])


LISTING = Listing(
    fields="""a.at, a.actor_id, a.session_id, a.address, a.action, a.kind, a.subject, a.amount, a.reason,
              (SELECT full_name FROM users WHERE id = a.actor_id) AS actor,
              (SELECT email::text FROM users WHERE id = a.actor_id) AS actor_email""",
    source="audit_log a",
    key="a.id",
    at="a.at",
    columns=(
        Column(
            "Tindakan",
            lambda row: Cell(ACTIONS.get(row["action"], row["action"]), href=f"/admin/audit/{row['key']}"),
        ),
        Column("Tentang", lambda row: _subject(row["kind"], row["subject"])),
        Column("Oleh", _actor),
        Column("Alasan", lambda row: Cell(row["reason"]), long=True),
        Column("Waktu", lambda row: moment(row["at"])),
        Column("Dari", lambda row: Cell(_from_where(row["address"], row["session_id"]))),
        Column("Jumlah", lambda row: money(row["amount"]), number=True),
    ),
    exports=(
        ("id", lambda row: row["key"]),
        ("waktu", lambda row: row["at"]),
        ("admin", lambda row: row["actor"]),
        ("email", lambda row: row["actor_email"]),
        ("tindakan", lambda row: row["action"]),
        ("jenis", lambda row: row["kind"]),
        ("tentang", lambda row: row["subject"]),
        ("jumlah", lambda row: row["amount"]),
        ("alasan", lambda row: row["reason"]),
        ("dari", lambda row: _from_where(row["address"], row["session_id"])),
    ),
    search=_search,
    search_hint="Kata dalam alasan, id, nama atau email admin (hanya dia: oleh:email), alamat IP",
    filters=(
        Filter(
            "kind",
            "Tentang",
            tuple(Choice(kind, words, Where("a.kind = {}", (kind,))) for kind, words in KINDS.items()),
        ),
        Filter(
            "action",
            "Tindakan",
            tuple(
                Choice(action, words, Where("a.action = {}", (action,)))
                for action, words in sorted(ACTIONS.items(), key=lambda item: item[1])
            ),
        ),
        Filter(
            "from",
            "Lewat",
            (
                Choice("desk", "Halaman admin", Where("a.session_id <> 0")),
                Choice("console", "Baris perintah", Where("a.session_id = 0")),
            ),
        ),
    ),
)


async def load(means: Means, entry_id: str) -> Case[Whole] | None:
    """One entry with its detail, and what else was done to the same."""
    number = whole_in(entry_id)
    one = await queries.entry(means.db, number) if number is not None else None
    if one is None:
        return None
    parts = [
        Part(
            "about",
            "Yang lain tentang ini",
            "partials/admin/audit/others.html",
            {"entries": await _others(means, one)},
        )
    ]
    if lines := [*_lines(one)]:
        parts.insert(0, Part("detail", "Rincian", "partials/admin/audit/detail.html", {"lines": lines}))
    return Case(
        subject=str(one.id),
        title=one.words,
        version=str(one.id),
        data=one,
        facts=(
            ("Tentang", _subject(one.kind, one.subject)),
            ("Oleh", person(one.actor, one.actor_email, one.actor_id)),
            ("Waktu", time(one.at)),
            ("Alasan", Cell(one.reason or "–")),
            ("Jumlah", money(one.amount) if one.amount is not None else Cell("–")),
            ("Dari", Cell(_from_where(one.address, one.session_id), note=one.user_agent)),
        ),
        parts=tuple(parts),
    )


def _lines(one: Whole) -> Iterator[tuple[str, str]]:
    """What the detail says; fees, rules and states of orders as their own desks call them."""
    rest: dict[str, Any] = {}
    for name, value in one.detail.items():
        if name in LABELS and isinstance(value, list):
            yield LABELS[name], " → ".join(said(name, each) for each in value)
        else:
            rest[name] = PAYMENT[value][0] if isinstance(value, str) and value in PAYMENT else value
    yield from lines_of(rest)


async def _others(means: Means, one: Whole) -> list[queries.Entry]:
    return [
        entry
        for entry in await queries.entries_about(means.db, one.kind, one.subject)
        if (entry.at, entry.action) != (one.at, one.action)
    ]


DESK = Desk(
    name="audit",
    title="Catatan",
    word="catatan",
    kind="entry",
    about="Semua yang dilakukan admin: siapa, apa, mengapa, kapan, dan dari mana. Tidak ada yang dapat mengubahnya.",
    listing=LISTING,
    load=load,
)
