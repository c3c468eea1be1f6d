"""Documents as files to keep: the name asked for, and the answer that carries one."""

from __future__ import annotations

from litestar import Response

from mentorinaja.errors import NotThere
from mentorinaja.web.html import PRIVATE

_TYPES = {"pdf": "application/pdf", "csv": "text/csv"}


def split(name: str, endings: tuple[str, ...]) -> tuple[str, str]:
    """What an address names and as which kind of file: `("BE-…", "pdf")`, or `""` for the page.

    Raises `NotThere` for any other ending.
    """
    thing, dot, ending = name.partition(".")
    if dot and ending not in endings:
        raise NotThere
    return thing, ending


def as_file(content: bytes, name: str) -> Response[bytes]:
    """The file as a download of this name, kept by nobody on the way."""
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": PRIVATE,
        "X-Content-Type-Options": "nosniff",
    }
    return Response(content, headers=headers, media_type=_TYPES[name.rpartition(".")[2]])
