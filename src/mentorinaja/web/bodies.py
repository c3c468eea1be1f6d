"""What a form sent: read once per request, bounded, and forgotten with it."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qsl

from litestar.datastructures import UploadFile
from litestar.exceptions import ClientException

from mentorinaja.web.viewer import AnyRequest

_MOST_FIELDS = 400


class Posted:
    """The fields of a form by name, in the shape wtforms reads."""

    def __init__(self, pairs: list[tuple[str, str | UploadFile]]) -> None:
        self._values: dict[str, list[str | UploadFile]] = {}
        for name, value in pairs:
            self._values.setdefault(name, []).append(value)

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def getlist(self, name: str) -> list[str | UploadFile]:
        """Every value sent under this name."""
        return self._values.get(name, [])

    def text(self, name: str) -> str | None:
        """The first text sent under this name, or None."""
        return next((value for value in self.getlist(name) if isinstance(value, str)), None)

    def without_files(self) -> Posted:
        """Only the texts: a file sent where words are wanted counts as nothing."""
        return Posted([(n, v) for n, values in self._values.items() for v in values if isinstance(v, str)])


async def posted(request: AnyRequest) -> Posted:
    """The form in the request's body; empty when it carries none. Raises 400 and 413 as HTTP exceptions.

    The framework's own reader keeps the last thousand bodies in memory, passwords and all, so simple forms
    are read here.
    """
    known = getattr(request.state, "posted", None)
    if isinstance(known, Posted):
        return known
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind == "application/x-www-form-urlencoded":
        form = Posted(_pairs(await request.body()))
    elif kind == "multipart/form-data":
        form = Posted(await _parts(request))
    else:
        form = Posted([])
    request.state.posted = form
    return form


async def _parts(request: AnyRequest) -> list[tuple[str, str | UploadFile]]:
    try:
        return [*(await request.form()).multi_items()]
    except UnicodeDecodeError as problem:
        raise ClientException("text that is not UTF-8") from problem


def _pairs(body: bytes) -> list[tuple[str, str | UploadFile]]:
    try:
        return [
            *parse_qsl(
                body.decode("utf-8", "replace"),
                keep_blank_values=True,
                max_num_fields=_MOST_FIELDS,
                errors="replace",
            )
        ]
    except ValueError as problem:
        raise ClientException("too many fields") from problem
