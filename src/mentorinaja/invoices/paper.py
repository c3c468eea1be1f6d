"""An A4 page in our look for files: fonts that know most names, the mark, a foot with page numbers."""

from __future__ import annotations

import unicodedata
from datetime import datetime
from functools import cache
from pathlib import Path

from fontTools.ttLib import TTFont  # type: ignore[import-untyped]  # has no types; comes with fpdf2
from fpdf import FPDF
from fpdf.enums import XPos, YPos

INK, SOFT, LINE, BRAND = (28, 33, 38), (90, 98, 106), (205, 210, 214), (0, 94, 90)
_FONTS = Path(__file__).parent / "fonts"
_LEFT_MM = 20


class Paper(FPDF):
    """A file that is begun: one page with its head, as dated as it says. Lengths are millimetres."""

    def __init__(self, title: str, at: datetime) -> None:
        super().__init__(format="A4")
        self.add_font("sans", "", _FONTS / "DejaVuSans.ttf")
        self.add_font("sans", "B", _FONTS / "DejaVuSans-Bold.ttf")
        self.set_title(title)
        self.set_author("MentorinAja")
        self.set_lang("id-ID")
        self.set_creation_date(at)  # the same document is the same file, byte by byte
        self.set_margins(_LEFT_MM, 18, _LEFT_MM)
        self.set_auto_page_break(True, margin=22)
        self.alias_nb_pages()
        self._title = title
        self.add_page()

    def footer(self) -> None:
        """The title and which page of how many, under each page."""
        self.set_y(-15)
        self.ink(SOFT, 8)
        self.cell(self.epw / 2, 5, shown(self._title))
        self.cell(self.epw / 2, 5, f"Halaman {self.page_no()} dari {{nb}}", align="R")

    def ink(self, colour: tuple[int, int, int] = INK, size: float = 10, *, bold: bool = False) -> None:
        """Write on in this colour and size (points)."""
        self.set_text_color(*colour)
        self.set_font("sans", "B" if bold else "", size)

    def line_of(self, text: str, height: float = 5.5, width: float = 0, align: str = "L") -> None:
        """Text on lines of its own, broken where it is too long."""
        self.multi_cell(width, height, shown(text), align=align, new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def row(self, left: str, right: str, height: float = 6) -> None:
        """Two texts at the two edges of one line; the left one is broken where it is too long."""
        top = self.get_y()
        self.multi_cell(self.epw - 48, height, shown(left), align="L", new_x=XPos.RIGHT, new_y=YPos.NEXT)
        below = self.get_y()
        page = self.page_no()
        self.set_xy(self.l_margin + self.epw - 46, top if top < below else self.t_margin)
        self.multi_cell(46, height, shown(right), align="R", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        if self.page_no() == page:
            self.set_y(max(below, self.get_y()))

    def amounts(self, name: str, *amounts: str, height: float = 6) -> None:
        """A short name and the amounts that belong to it, each in a column of its own at the right."""
        self.cell(self.epw - 46 * len(amounts), height, shown(name))
        for amount in amounts:
            self.cell(46, height, shown(amount), align="R")
        self.ln(height)

    def rule(self, gap: float = 3) -> None:
        """A thin line from edge to edge, with a gap above and below."""
        self.set_draw_color(*LINE)
        self.set_line_width(0.2)
        y = self.get_y() + gap
        self.line(self.l_margin, y, self.l_margin + self.epw, y)
        self.set_y(y + gap)

    def mark(self) -> None:
        """Our name at the head."""
        self.ink(BRAND, 14, bold=True)
        self.line_of("MentorinAja", 8)

    def bytes(self) -> bytes:
        """The whole file."""
        return bytes(self.output())


def shown(text: str) -> str:
    """The text in letters that our fonts have: others are written as an empty box, never left out unseen."""
    composed = unicodedata.normalize("NFC", " ".join(text.split()))
    return "".join(letter if ord(letter) in _letters() else "□" for letter in composed)


@cache
def _letters() -> frozenset[int]:
    with TTFont(_FONTS / "DejaVuSans.ttf", lazy=True) as font:
        return frozenset(font.getBestCmap())
