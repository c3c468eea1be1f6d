"""Forms with a file, read as they arrive: it goes to disk while it comes, never more than its form may hold.

The framework's own reader takes a whole body or none; here what came before a file that is too large is kept, so
that a page can give back the words that were sent along. A form has one file, in the field that is made for it.
"""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import IO, TypeAlias

from litestar.exceptions import ClientException
from litestar.exceptions.http_exceptions import RequestEntityTooLarge
from multipart import MultipartError, MultipartSegment, PushMultipartParser  # type: ignore[import-untyped]  # has none

_MOST_PARTS = 400
# Of all words of a form together.
MOST_TEXT_BYTES = 128 * 1024
# A file that is larger waits on disk.
_IN_MEMORY_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class FileField:
    """The one field of a form that takes a file, and how many bytes it may have."""

    name: str
    most_bytes: int


@dataclass(slots=True)
class SentFile:
    """A file of a form: the name its sender's device gave it, and its content, empty when it was too large."""

    name: str
    content: IO[bytes]
    size: int = 0
    too_large: bool = False


Pair: TypeAlias = tuple[str, str | SentFile]


@dataclass(slots=True)
class _Text:
    words: bytearray = field(default_factory=bytearray)


class _Reader:
    """Puts the pieces of a form together."""

    def __init__(self, boundary: bytes, takes: FileField | None) -> None:
        self.pairs: list[Pair] = []
        self.over = False
        self._parser = PushMultipartParser(boundary, max_segment_count=_MOST_PARTS)
        self._takes = takes
        self._most_bytes = MOST_TEXT_BYTES + (takes.most_bytes if takes else 0)
        self._bytes = self._text_bytes = 0
        self._file: SentFile | None = None
        self._name = ""
        self._part: _Text | SentFile = _Text()

    def finish(self) -> None:
        """There is no more. Raises the parser's error when the form has no end."""
        self._parser.close()

    def take(self, chunk: bytes) -> None:
        """Read on. Raises the parser's error, UnicodeDecodeError, and 413 for more than the form may hold."""
        for event in self._parser.parse(chunk):
            if isinstance(event, MultipartSegment):
                self._begin(event)
            elif event:
                self._add(event)
                if self.over:
                    return
            else:
                self._end()
        self._bytes += len(chunk)
        if self._bytes > self._most_bytes:
            raise RequestEntityTooLarge

    def close(self) -> None:
        """Let go of the file that came so far."""
        if self._file:
            self._file.content.close()

    def _begin(self, segment: MultipartSegment) -> None:
        self._name = segment.name
        # A file input without a file sends an empty name: that is no file.
        self._part = self._new_file(segment) if segment.filename else _Text()

    def _new_file(self, segment: MultipartSegment) -> SentFile:
        if self._takes is None or self._takes.name != segment.name or self._file:
            raise RequestEntityTooLarge
        content = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES)  # noqa: SIM115 closed with the form
        self._file = SentFile(segment.filename, content)
        return self._file

    def _add(self, data: bytes) -> None:
        part = self._part
        if isinstance(part, SentFile):
            part.size += len(data)
            if self._takes and part.size > self._takes.most_bytes:
                part.too_large = self.over = True
                part.content.truncate(0)
                self._end()
            else:
                part.content.write(data)
            return
        self._text_bytes += len(data)
        if self._text_bytes > MOST_TEXT_BYTES:
            raise RequestEntityTooLarge
        part.words += data

    def _end(self) -> None:
        part = self._part
        self.pairs.append((self._name, part if isinstance(part, SentFile) else part.words.decode()))


async def read_parts(chunks: AsyncIterator[bytes], boundary: str, takes: FileField | None) -> list[Pair]:
    """The fields of a multipart form, in order; ends early, with the file marked, when it is too large.

    Raises 400 for what is no form and 413 for too many words, for a second file and for one in another field,
    as HTTP exceptions; then nothing is kept. Else the file is open, and whoever reads the form closes it.
    """
    reader = _Reader(boundary.encode(), takes)
    try:
        async for chunk in chunks:
            if chunk:
                reader.take(chunk)
            if reader.over:
                return reader.pairs
        reader.finish()
    except BaseException as problem:
        reader.close()
        if isinstance(problem, MultipartError | UnicodeError):
            raise ClientException("not a form") from problem
        raise
    return reader.pairs
