"""One reported session on the desk: what both sides say beside what was recorded; their conversation stays theirs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from mentorinaja.admin.cases import Case, Event, Means, Part
from mentorinaja.admin.listing import Cell
from mentorinaja.admin.orders.words import CATEGORIES, payment_chip
from mentorinaja.admin.reports.evidence import evidence_part
from mentorinaja.admin.words import money, person, time
from mentorinaja.bookings import queries as orders
from mentorinaja.bookings.queries import OrderDetail
from mentorinaja.bookings.rules import REPORT_WITHIN
from mentorinaja.formats import rupiah, when
from mentorinaja.ledger import queries as ledger
from mentorinaja.refunds import queries as refunds
from mentorinaja.refunds.queries import Looked
from mentorinaja.reports import queries
from mentorinaja.reports.queries import Decided, Said
from mentorinaja.typed import whole_in

DECISIONS = {"refunded": ("Dikembalikan", "ok"), "kept": ("Tidak ada yang kembali", "mute")}
KINDS = {"problem": "Masalah", "objection": "Keberatan"}
SIDES = {"user": "Pengguna", "expert": "Mentor"}


@dataclass(frozen=True, slots=True)
class ReportCase:
    """What a decision rests on: this report, all that was said of its session, and the order. `is_own`: the admin is
    one of its two people; `refund`: what it led to, if it did; `back`: whole rupiah that go back as it is typed, None as
    long as nothing is.
    """

    report: Said
    said: tuple[Said, ...]
    sale: OrderDetail
    refund: Looked | None
    is_own: bool
    back: int | None = None

    @property
    def is_open(self) -> bool:
        """Whether it waits for a decision."""
        return self.report.decided_at is None

    @property
    def to_stop(self) -> Looked | None:
        """The refund that has to be stopped before something else can be decided."""
        return self.refund if self.refund and self.refund.state != "rejected" else None

    @property
    def may_be_reopened(self) -> bool:
        """Whether another decision can still change something: the money has not left, and there is some."""
        if self.is_open or self.report.settled:
            return False
        if self.to_stop:
            return self.to_stop.may_be_stopped
        return self.sale.kept > 0

    @property
    def is_objection(self) -> bool:
        """Whether a thread's answer was not accepted: its decision also ends the thread."""
        return self.report.kind == "objection"


def chip(decision: str | None) -> Cell:
    """What became of a report, as a mark."""
    words, kind = DECISIONS[decision] if decision else ("Menunggu keputusan", "warn")
    return Cell(words, chip=kind)


async def load(means: Means, case_id: str) -> Case[ReportCase] | None:
    """The report of this id with everything that is known of its session."""
    report_id = whole_in(case_id)
    said = await queries.said_about(means.db, report_id) if report_id is not None else []
    if not said:
        return None
    report = next(one for one in said if one.id == report_id)
    sale = await orders.order_by_id(means.db, report.order_id)
    assert sale is not None, "orders are never deleted"
    own = means.admin.id in (sale.user_id, sale.expert_user_id)
    refund = await refunds.looked_at(means.db, report.refund_id) if report.refund_id else None
    earlier = await queries.taken_back(means.db, report.id)
    flow = await ledger.where_went(means.db, sale.id)
    return Case(
        subject=str(report.id),
        title=f"Laporan {report.id}: {sale.item_name}",
        version=_version(said, sale, refund, len(earlier)),
        data=ReportCase(report, tuple(said), sale, refund, own),
        chips=(chip(report.decision), Cell(KINDS[report.kind], chip="plain")),
        facts=_facts(report, sale, means.now),
        parts=(
            Part(
                "words", "Kata kedua pihak", "partials/admin/reports/words.html", {"said": _words(said, sale)}
            ),
            await evidence_part(means.db, sale),
            Part("flow", "Ke mana uang", "partials/admin/orders/flow.html", {"flow": flow}),
        ),
        events=tuple(sorted(_all_events(said, earlier), key=lambda event: event.at)),
    )


def _version(said: list[Said], sale: OrderDetail, refund: Looked | None, reopened: int) -> str:
    decided = [(one.id, one.decision) for one in said]
    return f"{decided}:{reopened}:{refund and refund.state}:{sale.kept}:{sale.status}"


def _facts(report: Said, sale: OrderDetail, now: datetime) -> tuple[tuple[str, Cell], ...]:
    facts = [
        ("Dilaporkan oleh", Cell(SIDES[report.side], note=when(report.at))),
        ("Order", Cell(sale.public_id, href=f"/admin/orders/{sale.public_id}", note=_kind(sale))),
        ("Pengguna", person(sale.payer_name, "", sale.user_id)),
        ("Mentor", person(sale.expert_name, "", sale.expert_user_id)),
        ("Uang", payment_chip(sale.payment_status)),
        ("Dibayar", money(sale.total)),
        ("Paling banyak dapat kembali", money(sale.kept)),
        ("Aturan batal", Cell(sale.terms.words)),
    ]
    until = sale.ends_at + REPORT_WITHIN
    if report.kind == "problem" and report.decision is None and now < until:
        facts.append(("Kedua pihak dapat menulis sampai", time(until)))
    if report.decision:
        back = rupiah(report.refund_amount) if report.refund_amount else "tidak ada"
        facts.append(("Yang kembali", Cell(back, href=_refund(report.refund_id))))
        facts.append(("Diputuskan oleh", Cell(report.decided_by or "", note=report.reason or "")))
    return tuple(facts)


def _kind(sale: OrderDetail) -> str:
    return "Tanya jawab tertulis" if sale.is_thread else CATEGORIES.get(sale.category or "", "")


def _words(said: list[Said], sale: OrderDetail) -> list[tuple[str, str, Said | None]]:
    """Each side with its name and what it wrote, if it did."""
    return [
        (SIDES[side], name, next((one for one in said if one.side == side), None))
        for side, name in (("user", sale.payer_name), ("expert", sale.expert_name))
    ]


def _refund(refund_id: int | None) -> str:
    return f"/admin/refunds/{refund_id}" if refund_id else ""


def _all_events(said: list[Said], earlier: list[Decided]) -> Iterator[Event]:
    for one in said:
        yield Event(one.at, f"{KINDS[one.kind]} dari {SIDES[one.side].lower()}")
        if one.decided_at and one.decision:
            told = _told(one.decision, one.refund_amount)
            yield Event(one.decided_at, told, one.decided_by or "", one.reason or "")
    for old in earlier:
        yield Event(old.decided_at, _told(old.decision, old.refund_amount), old.decided_by, old.reason)
        yield Event(old.reopened_at, "Dibuka lagi", old.reopened_by, old.why, kind="now")


def _told(decision: str, amount: int | None) -> str:
    """A decision in a line."""
    return f"{DECISIONS[decision][0]}{f': {rupiah(amount)}' if amount else ''}"
