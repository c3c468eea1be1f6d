"""A sheet as a PDF file; what it says is the sheet's."""

from __future__ import annotations

from mentorinaja.formats import rupiah
from mentorinaja.invoices.paper import BRAND, INK, SOFT, Paper
from mentorinaja.invoices.sheets import Sheet


def draw(sheet: Sheet) -> bytes:
    """The file, A4. The same sheet gives the same bytes. Takes some 50 ms of computing: call it in a thread."""
    paper = Paper(f"{sheet.heading} {sheet.number}", sheet.issued_at)
    _head(paper, sheet)
    _parties(paper, sheet)
    _item(paper, sheet)
    _sums(paper, sheet)
    if sheet.foot:
        paper.rule(5)
        paper.ink(SOFT, 9)
        for line in sheet.foot:
            paper.line_of(line, 5)
    return paper.bytes()


def _head(paper: Paper, sheet: Sheet) -> None:
    top = paper.get_y()
    paper.mark()
    paper.ink(INK, 20, bold=True)
    paper.line_of(sheet.heading, 10)
    paper.ink(INK, 11)
    paper.line_of(sheet.number)
    paper.ink(SOFT, 10)
    paper.line_of(sheet.date)
    if sheet.stamp is not None:
        below = paper.get_y()
        paper.ink(BRAND, 12, bold=True)
        width = paper.get_string_width(sheet.stamp) + 10
        paper.set_draw_color(*BRAND)
        paper.set_line_width(0.6)
        paper.set_xy(paper.l_margin + paper.epw - width, top + 2)
        paper.cell(width, 10, sheet.stamp, border=1, align="C")
        paper.set_xy(paper.l_margin, below)
    paper.ln(6)


def _parties(paper: Paper, sheet: Sheet) -> None:
    for title, name in sheet.parties:
        paper.ink(SOFT, 9)
        paper.line_of(title, 4.5)
        paper.ink(INK, 11, bold=True)
        paper.line_of(name)
        paper.ln(2)


def _item(paper: Paper, sheet: Sheet) -> None:
    name, note, amount = sheet.item
    paper.ln(2)
    paper.ink(SOFT, 9, bold=True)
    paper.row(*sheet.titles)
    paper.rule(1.5)
    paper.ink()
    paper.row(name, rupiah(amount))
    if note:
        paper.ink(SOFT, 9)
        paper.line_of(note, 5)
    paper.rule(1.5)


def _sums(paper: Paper, sheet: Sheet) -> None:
    paper.ink()
    for name, amount in sheet.sums:
        paper.row(name, minus(amount))
    paper.ink(size=12, bold=True)
    paper.row(sheet.total[0], rupiah(sheet.total[1]), 8)


def minus(amount: int) -> str:
    """An amount in a sum: `- Rp 31.500` for what is taken off."""
    return f"- {rupiah(-amount)}" if amount < 0 else rupiah(amount)
