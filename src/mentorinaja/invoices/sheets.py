"""What stands on a sheet of paper, the same for the page and the file: made here once, drawn by each. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mentorinaja.bookings.queries import OrderDetail
from mentorinaja.formats import WIB, day, percent, when
from mentorinaja.invoices.documents import CreditNote, Invoice


@dataclass(frozen=True, slots=True)
class Sheet:
    """One document. Amounts are whole rupiah, negative where they are taken off; `issued_at` dates the file.

    `stamp` is the word across its corner; `parties` are (title, name); `item` is (name, small print, amount) under
    `titles`; `sums` are (name, amount) above `total`; `foot` are its last lines, one by one.
    """

    heading: str
    number: str
    file_name: str
    issued_at: datetime
    parties: tuple[tuple[str, str], ...]
    titles: tuple[str, str]
    item: tuple[str, str, int]
    sums: tuple[tuple[str, int], ...]
    total: tuple[str, int]
    foot: tuple[str, ...]
    stamp: str | None = None

    @property
    def date(self) -> str:
        """The day it was issued, in WIB."""
        return day(self.issued_at)


def invoice_sheet(invoice: Invoice) -> Sheet:
    """The payer's invoice."""
    fee = f"Admin Fee ({percent(invoice.admin_fee_bps)})"
    paid = (f"Dibayar {when(invoice.paid_at, invoice.zone)}",) if invoice.paid_at else ()
    tax = ("Pajak adalah bagian dari biaya platform di dalam total.",) if invoice.tax_bps else ()
    return Sheet(
        heading="Invoice",
        number=invoice.name,
        file_name=invoice.name,
        issued_at=invoice.issued_at,
        stamp="LUNAS",
        parties=(
            ("Ditagihkan kepada", invoice.payer),
            ("Mentor", invoice.expert),
            ("Metode pembayaran", invoice.paid_with),
        ),
        titles=(_sold(invoice.order), "Harga"),
        item=(invoice.item, _time(invoice.starts_at, invoice.zone, thread=invoice.thread), invoice.subtotal),
        sums=(
            ("Subtotal", invoice.subtotal),
            (fee, invoice.admin_fee),
            (f"Termasuk pajak ({percent(invoice.tax_bps)})", invoice.tax),
        ),
        total=("Total", invoice.total),
        foot=(f"Order ID: #{invoice.order}", *paid, *tax),
    )


def note_sheet(note: CreditNote) -> Sheet:
    """A credit note: what of an invoice went back to its payer."""
    if note.invoice is None:
        about = ("Uang ini diterima di luar invoice, jadi tidak mengubah invoice mana pun.",)
    else:
        about = (f"Nota ini mengurangi invoice {note.invoice}.",)
    return Sheet(
        heading="Nota Kredit",
        number=note.name,
        file_name=note.name,
        issued_at=note.issued_at,
        stamp="DIKEMBALIKAN",
        parties=(
            ("Dikembalikan kepada", note.payer),
            ("Mentor", note.expert),
            ("Untuk invoice", note.invoice or "Tanpa invoice"),
        ),
        titles=(_sold(note.order), "Dikembalikan"),
        item=(note.item, note.why, note.amount),
        sums=(),
        total=("Total dikembalikan", note.amount),
        foot=(f"Order ID: #{note.order}", *about),
    )


def sale_sheet(order: OrderDetail, now: datetime) -> Sheet:
    """What an expert earns with an order, as it stands at `now`."""
    returned = (("Dikembalikan", order.kept - order.total),) if order.kept < order.total else ()
    fee = f"Platform Fee ({percent(order.platform_fee_bps)})"
    changed = order.payment_status != "paid"
    return Sheet(
        heading="Rincian Pendapatan",
        number=f"#{order.public_id}",
        file_name=f"pendapatan-{order.public_id}",
        issued_at=now,
        parties=(("Mentor", order.expert_name), ("Pengguna", order.payer_name)),
        titles=(_sold(order.public_id), "Total Bayar"),
        item=(
            order.item_name,
            _time(order.starts_at, order.expert_zone, thread=order.is_thread),
            order.total,
        ),
        sums=(("Total Bayar", order.total), *returned, (fee, order.earned - order.kept)),
        total=("Pendapatan", order.earned),
        foot=(
            "Pembayaran untuk order ini berubah setelah dibayar. Saldo Anda di Transaksi sudah menghitungnya.",
        )
        if changed
        else (),
    )


def _sold(public_id: str) -> str:
    """What kind of thing an order is about: its number says it."""
    return "Produk" if public_id.startswith("PD-") else "Layanan"


def _time(at: datetime | None, zone: str, *, thread: bool) -> str:
    if at is None:
        return ""
    return f"{'Jawaban paling lambat ' if thread else ''}{when(at, zone or WIB)}"
