"""What a form sent: read once per request, bounded, and forgotten with it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass
from urllib.parse import parse_qsl

from litestar.exceptions import ClientException, InternalServerException
from litestar.exceptions.http_exceptions import RequestEntityTooLarge
from litestar.types import Scope

from mentorinaja.errors import DomainError, TooMany
from mentorinaja.web.auth import Guarded
from mentorinaja.web.parts import MOST_TEXT_BYTES, FileField, Pair, SentFile, read_parts
from mentorinaja.web.viewer import AnyRequest

# The field of its form that takes a file, on a handler that takes one: `opt={FILE_FIELD: FileField(…)}`, with
# `request_max_body_size=None`, since the form is read only so far as it may hold.
FILE_FIELD = "file_field"
_MOST_FIELDS = 400
# 5 MB over a line of 50 kbit/s.
_UPLOAD_SECONDS = 900.0
_SILENCE_SECONDS = 30.0
_MOST_UPLOADS = 3

# How many files each person is sending to this process now.
_uploading: Counter[int] = Counter()


@dataclass
class TooSlow(DomainError):
    """A file did not come to its end in reasonable time."""

    text: str = "Sambungan Anda terputus atau terlalu lambat. Kembali ke halaman sebelumnya, lalu kirim lagi."

    status = 408
    title = "Kiriman terputus"


class Posted:
    """The fields of a form by name, in the shape wtforms reads."""

    def __init__(self, pairs: list[Pair]) -> None:
        self._values: dict[str, list[str | SentFile]] = {}
        for name, value in pairs:
            self._values.setdefault(name, []).append(value)

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def getlist(self, name: str) -> list[str | SentFile]:
        """Every value sent under this name."""
        return self._values.get(name, [])

    def text(self, name: str) -> str | None:
        """The first text sent under this name, or None."""
        return next((value for value in self.getlist(name) if isinstance(value, str)), None)

    def file(self, name: str) -> SentFile | None:
        """The first file sent under this name, or None."""
        return next((value for value in self.getlist(name) if isinstance(value, SentFile)), None)

    def close(self) -> None:
        """Let go of the files; again is fine."""
        for values in self._values.values():
            for value in values:
                if isinstance(value, SentFile):
                    value.content.close()


async def posted(request: AnyRequest) -> Posted:
    """The form in the request's body; empty when it carries none. Raises 400 and 413 as HTTP exceptions.

    The framework's own reader keeps the last thousand bodies in memory, passwords and all, so simple forms
    are read here.
    """
    known = getattr(request.state, "posted", None)
    if isinstance(known, Posted):
        return known
    kind = _kind(request)
    if kind == "application/x-www-form-urlencoded":
        form = Posted(_pairs(await _body(request)))
    elif kind == "multipart/form-data":
        form = Posted(await _parts(request))
    else:
        form = Posted([])
    request.state.posted = form
    return form


def let_go(scope: Scope) -> None:
    """A request is over, however it ended: nothing of its form stays open."""
    form = scope.get("state", {}).get("posted")
    if isinstance(form, Posted):
        form.close()


def is_multipart(connection: Guarded) -> bool:
    """Whether a request carries a form that may hold files."""
    return _kind(connection) == "multipart/form-data"


def _kind(connection: Guarded) -> str:
    return connection.headers.get("content-type", "").split(";")[0].strip().lower()


async def _body(request: AnyRequest) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_TEXT_BYTES:
            raise RequestEntityTooLarge
    return bytes(body)


async def _parts(request: AnyRequest) -> list[Pair]:
    boundary = request.content_type[1].get("boundary")
    if not boundary:
        raise ClientException("a form without a boundary")
    takes: FileField | None = request.route_handler.opt.get(FILE_FIELD)
    if takes is None:
        return await read_parts(request.stream(), boundary, None)
    person = request.user.id if request.user else 0
    if _uploading[person] >= _MOST_UPLOADS:
        raise TooMany("Tunggu sampai kiriman Anda yang sebelumnya selesai, lalu coba lagi.", wait_seconds=10)
    _uploading[person] += 1
    try:
        async with asyncio.timeout(_UPLOAD_SECONDS):
            return await read_parts(_without_long_silence(request), boundary, takes)
    except TimeoutError as problem:
        raise TooSlow from problem
    finally:
        _uploading[person] -= 1
        if not _uploading[person]:
            del _uploading[person]


async def _without_long_silence(request: AnyRequest) -> AsyncGenerator[bytes, None]:
    """What arrives. Raises TimeoutError when nothing does for a while, 400 when the sender went away."""
    chunks = request.stream()
    try:
        while True:
            async with asyncio.timeout(_SILENCE_SECONDS):
                chunk = await anext(chunks, None)
            if chunk is None:
                return
            yield chunk
    except InternalServerException as problem:  # how the framework says it
        raise ClientException("the sender went away") from problem


def _pairs(body: bytes) -> list[Pair]:
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
