"""PDF files that somebody sent: whether they are what they say, can be opened, and do nothing by themselves."""

from __future__ import annotations

import io

import pikepdf
from pikepdf.settings import set_qpdf_limits

from mentorinaja.contents.kinds import Unacceptable

MOST_PAGES = 2_000
_HEADER_WITHIN = 1024
_TRAILER_WITHIN = 2048
# A book of a thousand pages has fewer objects; a document made to keep us busy has millions.
MOST_OBJECTS = 20_000
# Entries of arrays and dictionaries together, and how deep they may stand in each other.
MOST_ENTRIES = 500_000
MOST_DEPTH = 50
# What runs script, opens programs or other files, sends something away, plays, or carries files. Plain links to
# addresses (/URI) and to other pages (/GoTo), bookmarks and forms without script are none of it.
_ACTIVE = frozenset(
    {
        "/AF", "/EF", "/EmbeddedFile", "/EmbeddedFiles", "/GoToE", "/GoToR", "/ImportData", "/JS", "/JavaScript",
        "/Launch", "/Movie", "/Rendition", "/RichMedia", "/RichMediaExecute", "/Sound", "/SubmitForm", "/XFA",
    }
)  # fmt: skip

set_qpdf_limits(
    flate_max_memory=32 * 1024 * 1024,
    run_length_max_memory=32 * 1024 * 1024,
    png_max_memory=32 * 1024 * 1024,
    tiff_max_memory=32 * 1024 * 1024,
    max_stream_filters=4,
    doc_max_warnings=100,
)


def check(data: bytes) -> None:
    """Raises `Unacceptable`; says nothing about a PDF that may be kept as it is."""
    if b"%PDF-" not in data[:_HEADER_WITHIN] or b"%%EOF" not in data[-_TRAILER_WITHIN:]:
        raise Unacceptable("broken")
    try:
        with pikepdf.open(io.BytesIO(data), suppress_warnings=True) as pdf:
            # Said by the file itself, so it may be a lie: what is really there is counted, too.
            if int(pdf.trailer.get("/Size", 0)) > MOST_OBJECTS or len(pdf.objects) > MOST_OBJECTS:
                raise Unacceptable("heavy")
            if not 1 <= len(pdf.pages) <= MOST_PAGES:
                raise Unacceptable("broken")
            # One that opens without a password but does not let itself be printed is fine.
            _Walk().through([pdf.trailer, *pdf.objects])
            # What its reader left out was not looked at, and another reader may not leave it out.
            if any("limits error" in warning for warning in pdf.get_warnings()):
                raise Unacceptable("heavy")
    except pikepdf.PasswordError as problem:
        raise Unacceptable("locked") from problem
    except (pikepdf.PdfError, ValueError, TypeError, RuntimeError, MemoryError, OverflowError) as problem:
        raise Unacceptable("broken") from problem


class _Walk:
    """Looks at every object and at what stands directly inside it, so far as one document may hold."""

    def __init__(self) -> None:
        self._left = MOST_ENTRIES

    def through(self, objects: list[pikepdf.Object]) -> None:
        """Raises `Unacceptable` for something active, and for more than is looked at."""
        for item in objects:
            waiting = [(item, 0)]
            while waiting:
                part, depth = waiting.pop()
                inner = [value for value in self._inside(part) if not _elsewhere(value)]
                if inner and depth >= MOST_DEPTH:
                    raise Unacceptable("heavy")
                waiting += [(value, depth + 1) for value in inner]

    def _inside(self, part: object) -> list[pikepdf.Object]:
        """The arrays and dictionaries that an array or a dictionary holds."""
        if isinstance(part, pikepdf.Array):
            self._count(len(part))
            return [value for value in part.as_list() if _holds(value)]
        if not isinstance(part, pikepdf.Dictionary | pikepdf.Stream):
            return []
        entries = dict(part.items())
        self._count(len(entries))
        for name, value in entries.items():
            if name in _ACTIVE or (isinstance(value, pikepdf.Name) and str(value) in _ACTIVE):
                raise Unacceptable("active")
        return [value for value in entries.values() if _holds(value)]

    def _count(self, entries: int) -> None:
        self._left -= entries
        if self._left < 0:
            raise Unacceptable("heavy")


def _holds(value: object) -> bool:
    return isinstance(value, pikepdf.Array | pikepdf.Dictionary | pikepdf.Stream)


def _elsewhere(value: pikepdf.Object) -> bool:
    """An object of its own is looked at in its own turn."""
    return value.is_indirect
