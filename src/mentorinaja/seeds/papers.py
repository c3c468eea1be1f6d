"""Files that people of the demo send each other or sell: a CV as PDF, a photographed note, a booklet and its cover."""

from __future__ import annotations

import io
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

_PAGE = (1240, 1754)  # A4 at 150 dots an inch
_INK, _PAPER, _NOTE = (34, 40, 49), (255, 255, 255), (255, 244, 189)
_CV = (
    (
        "Staf Operasional, PT Lintas Nusantara",
        ("2021 sampai kini, Bandung", "Menjaga 40 mitra pengiriman tepat waktu."),
    ),
    (
        "Asisten Gudang, Toko Serba Ada",
        ("2018 sampai 2021, Bandung", "Mencatat stok dan menyusun jadwal kirim."),
    ),
    ("S1 Manajemen, Universitas Pasundan", ("Lulus 2018",)),
    ("Keahlian", ("Excel, SQL dasar, Google Data Studio", "Bahasa Indonesia dan Inggris")),
)
_WISHES = (
    "Yang ingin saya tanyakan:",
    "1. Urutan pengalaman",
    "2. Angka hasil kerja",
    "3. Satu halaman cukup?",
)


def cv(name: str) -> bytes:
    """A page about somebody's work, as PDF."""
    page = Image.new("RGB", _PAGE, _PAPER)
    pen = ImageDraw.Draw(page)
    pen.text((110, 110), name, _INK, ImageFont.load_default(64))
    height = 260
    for title, lines in _CV:
        pen.text((110, height), title, _INK, ImageFont.load_default(36))
        pen.line((110, height + 56, _PAGE[0] - 110, height + 56), fill=_INK, width=2)
        for place, line in enumerate(lines):
            pen.text((110, height + 76 + 46 * place), line, _INK, ImageFont.load_default(30))
        height += 300
    out = io.BytesIO()
    page.save(out, "PDF", resolution=150)
    return out.getvalue()


def note() -> bytes:
    """A yellow note with questions, as JPEG."""
    paper = Image.new("RGB", (1000, 720), _NOTE)
    pen = ImageDraw.Draw(paper)
    for place, line in enumerate(_WISHES):
        pen.text((90, 110 + 130 * place), line, _INK, ImageFont.load_default(52))
    out = io.BytesIO()
    paper.save(out, "JPEG", quality=85)
    return out.getvalue()


def booklet(title: str, lines: Sequence[str]) -> bytes:
    """A PDF of one page: a title, and lines below it."""
    page = Image.new("RGB", _PAGE, _PAPER)
    pen = ImageDraw.Draw(page)
    pen.text((120, 160), title, _INK, ImageFont.load_default(64))
    for place, line in enumerate(lines):
        pen.text((120, 320 + 90 * place), line, _INK, ImageFont.load_default(36))
    out = io.BytesIO()
    page.save(out, "PDF", resolution=150.0)
    return out.getvalue()


def cover(title: str) -> bytes:
    """A square picture with the first words of a title."""
    image = Image.new("RGB", (480, 480), _INK)
    pen = ImageDraw.Draw(image)
    for place, word in enumerate(title.split()[:4]):
        pen.text((48, 80 + 84 * place), word, _NOTE, ImageFont.load_default(64))
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()
