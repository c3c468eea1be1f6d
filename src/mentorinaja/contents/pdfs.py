"""PDF files that somebody sent: whether they are what they say, can be opened, and do nothing by themselves."""

from __future__ import annotations

import io

import pikepdf
from pikepdf.settings import set_qpdf_limits

from mentorinaja.contents.kinds import Unacceptable

MOST_PAGES = 2_000
_HEADER_WITHIN = 1024
_TRAILER_WITHIN = 2048
# What opens programs, runs script or carries other files when the document is read.
_ACTIVE = ("/JS", "/JavaScript", "/Launch", "/EmbeddedFile", "/RichMedia", "/XFA")

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
            if not 1 <= len(pdf.pages) <= MOST_PAGES:
                raise Unacceptable("broken")
            # One that opens without a password but does not let itself be printed is fine.
            if any(_active(item) for item in pdf.objects):
                raise Unacceptable("active")
    except pikepdf.PasswordError as problem:
        raise Unacceptable("locked") from problem
    except (pikepdf.PdfError, ValueError, TypeError, RuntimeError, MemoryError, OverflowError) as problem:
        raise Unacceptable("broken") from problem


def _active(item: object) -> bool:
    """Whether an object, or what stands directly inside it, is or starts something active."""
    waiting = [item]
    while waiting:
        part = waiting.pop()
        if isinstance(part, pikepdf.Array):
            waiting += [inner for inner in part.as_list() if not _elsewhere(inner)]
        elif isinstance(part, pikepdf.Dictionary | pikepdf.Stream):
            for name, value in part.items():
                if name in _ACTIVE or (isinstance(value, pikepdf.Name) and str(value) in _ACTIVE):
                    return True
                if not _elsewhere(value):
                    waiting.append(value)
    return False


def _elsewhere(value: object) -> bool:
    """An object of its own is looked at in its own turn."""
    return isinstance(value, pikepdf.Object) and value.is_indirect
