"""One refund on the desk: the order and its session, what rules say, every step, the payer's account."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

from mentorinaja.admin.cases import Case, Event, Means, Part
from mentorinaja.admin.listing import Cell
from mentorinaja.admin.orders.words import METHODS, booking_chip
from mentorinaja.admin.refunds.words import LATE, STATES, state, way
from mentorinaja.admin.reports.evidence import evidence_part
from mentorinaja.admin.words import money, order, person, time
from mentorinaja.bookings import queries as orders
from mentorinaja.bookings.queries import OrderDetail, why_refunded
from mentorinaja.formats import day, percent, rupiah, when
from mentorinaja.ledger import queries as ledger
from mentorinaja.refunds import queries
from mentorinaja.refunds.queries import Looked, Step
from mentorinaja.refunds.rules import id_in
from mentorinaja.transfers import queries as batches
from mentorinaja.transfers.queries import Batched

Facts = list[tuple[str, Cell]]


@dataclass(frozen=True, slots=True)
class RefundCase:
    """What decisions on a refund rest on; `is_own`: the admin is one of its order's two people. `file`: the bank's.

    `due_again`: whole rupiah that are owed again once its transfer comes back, less what the payer's bank took since.
    """

    refund: Looked
    sale: OrderDetail
    file: Batched | None
    due_again: int
    is_own: bool


async def load(means: Means, case_id: str) -> Case[RefundCase] | None:
    """The refund of this id with everything about it."""
    refund_id = id_in(case_id)
    refund = await queries.looked_at(means.db, refund_id) if refund_id is not None else None
    if refund is None:
        return None
    sale = await orders.order_by_id(means.db, refund.order_id)
    assert sale is not None, "orders are never deleted"
    file = await batches.file_of(means.db, "refund", refund.name, refund.bounces + 1)
    again = (
        await ledger.due_if_bounced(means.db, refund.transaction_id, refund.transferred)
        if refund.may_bounce and refund.transferred
        else 0
    )
    steps = await queries.steps_of(means.db, refund.id)
    own = means.admin.id in (refund.user_id, refund.expert_user_id)
    mark = state(refund.state, refund.reason, refund.way, has_account=refund.tail is not None)
    return Case(
        subject=str(refund.id),
        title=f"Pengembalian dana {refund.name}",
        version=sha256(repr((refund, file, again)).encode()).hexdigest()[:16],
        data=RefundCase(refund, sale, file, again, own),
        chips=(mark, *((LATE,) if refund.late else ())),
        facts=(*_about(refund, sale), *_on_its_way(refund, file)),
        parts=await _parts(means, refund, sale),
        events=tuple(_event(step) for step in steps),
    )


def _about(refund: Looked, sale: OrderDetail) -> Facts:
    facts = [("Jumlah", money(refund.amount))]
    if refund.due < refund.amount:
        facts.append(
            ("Masih harus kembali", Cell(rupiah(refund.due), note="sisanya sudah diambil bank pembayar"))
        )
    facts += [
        ("Alasan", Cell(why_refunded(refund.reason), note=refund.explained)),
        ("Order", Cell(sale.public_id, href=order(sale.public_id).href, note=sale.item_name)),
        ("Pembayar", person(sale.payer_name, "", sale.user_id)),
        ("Mentor", person(sale.expert_name, "", sale.expert_user_id)),
        ("Dibayar", _paid(refund, sale)),
    ]
    if sale.booking_id:
        facts.append(("Sesi", booking_chip(sale.status)))
    if sale.kind == "booking":
        facts.append(("Aturan batal", Cell(sale.terms.words)))
    share = refund.amount * 10_000 // sale.total
    facts.append(("Bagian dari total", Cell(percent(share))))
    return facts


def _paid(refund: Looked, sale: OrderDetail) -> Cell:
    """What came: all that was asked for, or a wrong sum, which is just what goes back."""
    by = METHODS.get(refund.payment_type, refund.payment_type)
    if refund.reason == "quarantined":
        return Cell(rupiah(refund.amount), note=f"{by}, diminta {rupiah(sale.total)}")
    at = when(sale.paid_at) if sale.paid_at else "lewat batas waktunya"
    return Cell(rupiah(sale.total), note=f"{by}, {at}")


def _on_its_way(refund: Looked, file: Batched | None) -> Facts:
    facts: Facts = [("Lewat", Cell(way(refund.way)))]
    if refund.account:
        given = f"{refund.holder}, diisi {time(refund.given_at).text}"
        facts.append(("Rekening", Cell(refund.account, note=given)))
    if file:
        told = f"{when(file.made_at)} oleh {file.made_by}: {rupiah(file.amount)} ke •••• {file.tail}"
        facts.append(("Berkas bank", Cell(f"Berkas {file.batch_id}", href="/admin/refunds/batch", note=told)))
    if refund.reference:
        facts.append(("Referensi bank", Cell(refund.reference)))
    if refund.promised:
        facts.append(("Paling lambat", Cell(day(refund.promised))))
    if refund.not_before:
        facts.append(("Tidak dikirim sebelum", time(refund.not_before)))
    if refund.problem:
        facts.append(("Kendala terakhir", Cell(refund.problem, note=f"{refund.tries} kali dicoba")))
    if refund.hangs and refund.next_try_at:
        facts.append(("Dicoba lagi", time(refund.next_try_at)))
    if refund.decided_by:
        facts.append(("Diputuskan oleh", Cell(refund.decided_by, note=refund.decision or "")))
    return facts


async def _parts(means: Means, refund: Looked, sale: OrderDetail) -> tuple[Part, ...]:
    others = [one for one in sale.refunds if one.id != refund.id]
    flow = await ledger.where_went(means.db, sale.id)
    parts = []
    if sale.booking_id:
        parts.append(await evidence_part(means.db, sale))
    if others:
        shown = [(one, Cell(*_mark(one.state))) for one in others]
        parts.append(
            Part(
                "others",
                "Pengembalian lain dari order ini",
                "partials/admin/refunds/others.html",
                {"others": shown},
            )
        )
    return (*parts, Part("flow", "Ke mana uang", "partials/admin/orders/flow.html", {"flow": flow}))


def _mark(name: str) -> tuple[str, str, str, str]:
    words, kind = STATES[name]
    return words, "", "", kind


def _event(step: Step) -> Event:
    if step.what == "given":
        return Event(step.at, "Rekening diisi pembayar", note=step.text)
    if step.what == "unusable":
        return Event(step.at, "Rekening tidak dipakai lagi", note=step.text, kind="bad")
    if step.what == "gateway":
        return Event(step.at, "Jawaban Midtrans", note=step.text, raw=step.raw)
    words, kind = STATES[step.text]
    return Event(step.at, words, kind="bad" if kind == "bad" else "")
