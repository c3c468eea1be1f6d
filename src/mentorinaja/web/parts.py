"""Forms with files, read as they arrive: a file goes to disk while it comes, never more than its form may hold.

The framework's own reader takes a whole body or none; here what came before a file that is too large is kept, so
that a page can give back the words that were sent along.
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

    def __init__(self, boundary: bytes, most_file_bytes: int) -> None:
        self.pairs: list[Pair] = []
        self.over = False
        self._parser = PushMultipartParser(boundary, max_segment_count=_MOST_PARTS)
        self._most_file_bytes = most_file_bytes
        self._text_bytes = 0
        self._name = ""
        self._part: _Text | SentFile = _Text()

    def finish(self) -> None:
        """There is no more. Raises the parser's error when the form has no end."""
        self._parser.close()

    def take(self, chunk: bytes) -> None:
        """Read on. Raises the parser's error, UnicodeDecodeError, and 413 when the words are too many."""
        for event in self._parser.parse(chunk):
            if isinstance(event, MultipartSegment):
                self._begin(event)
            elif event:
                self._add(event)
                if self.over:
                    return
            else:
                self._end()

    def _begin(self, segment: MultipartSegment) -> None:
        self._name = segment.name
        # A file input without a file sends an empty name: that is no file.
        if segment.filename:
            content = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES)  # noqa: SIM115 its reader closes it
            self._part = SentFile(segment.filename, content)
        else:
            self._part = _Text()

    def _add(self, data: bytes) -> None:
        part = self._part
        if isinstance(part, SentFile):
            part.size += len(data)
            if part.size > self._most_file_bytes:
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


async def read_parts(chunks: AsyncIterator[bytes], boundary: str, most_file_bytes: int) -> list[Pair]:
    """The fields of a multipart form, in order; ends early, with the file marked, when one is too large.

    Raises 400 for what is no form and 413 for too many words, as HTTP exceptions.
    """
    try:
        reader = _Reader(boundary.encode(), most_file_bytes)
        async for chunk in chunks:
            if chunk:
                reader.take(chunk)
            if reader.over:
                return reader.pairs
        reader.finish()
    except (MultipartError, UnicodeError) as problem:
        raise ClientException("not a form") from problem
    return reader.pairs
