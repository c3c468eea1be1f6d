"""An expert's month as files: for paper, and for a spreadsheet that must not run what people wrote. Pure."""

from __future__ import annotations

import csv
import io
from zoneinfo import ZoneInfo

from mentorinaja.formats import WIB, clock_time, day, month_name, rupiah, when
from mentorinaja.invoices.months import BALANCES, Month, Movement
from mentorinaja.invoices.paper import INK, SOFT, Paper
from mentorinaja.typed import harmless

_TEXTS = ("Tanggal", "Waktu (WIB)", "Keterangan", "Nomor", "Layanan", "Pengguna")


def as_pdf(month: Month) -> bytes:
    """The statement on paper, A4. Takes some computing: call it in a thread."""
    paper = Paper(f"Laporan {month_name(month.first)}", month.now)
    paper.mark()
    paper.ink(INK, 20, bold=True)
    paper.line_of("Laporan Bulanan", 10)
    paper.ink(INK, 11)
    paper.line_of(f"{month_name(month.first)}, {month.expert}")
    paper.ink(SOFT, 9)
    paper.line_of(f"Dibuat {when(month.now)}. Semua waktu dalam WIB.")
    paper.ln(4)
    _balances(paper, month)
    paper.ln(6)
    paper.ink(INK, 12, bold=True)
    paper.line_of("Pergerakan saldo", 8)
    if not month.movements:
        paper.ink(SOFT, 10)
        paper.line_of("Tidak ada pergerakan di bulan ini.")
    for movement in month.movements:
        _movement(paper, movement)
    return paper.bytes()


def as_csv(month: Month) -> bytes:
    """The statement for a spreadsheet: UTF-8 with its mark, amounts as bare numbers, texts never a formula."""
    out = io.StringIO()
    write = csv.writer(out, lineterminator="\r\n").writerow
    write([*_TEXTS, *BALANCES.values()])
    write([month.first.isoformat(), "", "Saldo awal", "", "", "", *(month.before[kind] for kind in BALANCES)])
    for movement in month.movements:
        local = movement.at.astimezone(ZoneInfo(WIB))
        texts = (movement.words, movement.reference, movement.item or "", movement.payer or "")
        write(
            [f"{local:%Y-%m-%d}", f"{local:%H:%M}", *map(harmless, texts)]
            + [movement.changes.get(kind, 0) for kind in BALANCES]
        )
    after = month.after
    write([month.last.isoformat(), "", "Saldo akhir", "", "", "", *(after[kind] for kind in BALANCES)])
    return out.getvalue().encode("utf-8-sig")


def signed(amount: int) -> str:
    """A change of a balance: `+ Rp 126.000` or `- Rp 126.000`."""
    return f"{'-' if amount < 0 else '+'} {rupiah(abs(amount))}"


def _balances(paper: Paper, month: Month) -> None:
    paper.ink(SOFT, 9, bold=True)
    paper.amounts("Saldo", "Awal", "Akhir")
    paper.rule(1.5)
    for name, before, after in month.rows:
        paper.ink(INK, 10)
        paper.amounts(name, rupiah(before), rupiah(after))


def _movement(paper: Paper, movement: Movement) -> None:
    # What belongs together stays on one page.
    if paper.will_page_break(12.5 + 4.5 * len(movement.shown)):
        paper.add_page()
    paper.rule(1.5)
    paper.ink(INK, 10)
    about = " · ".join(filter(None, (movement.reference, movement.item, movement.payer)))
    paper.row(movement.words, f"{day(movement.at)}, {clock_time(movement.at)}", 5)
    paper.ink(SOFT, 9)
    paper.line_of(about, 4.5)
    for name, amount in movement.shown:
        paper.row(name, signed(amount), 4.5)
