"""The process that looks at bytes from outside: reads them from its input, answers on its output, ends.

The answer is a line of JSON, then the encoded pictures one after the other. The readers are imported only when
their kind of file is there: the child starts for every file.
"""

from __future__ import annotations

import contextlib
import json
import resource
import sys
from collections.abc import Callable

from mentorinaja.contents.kinds import PDF, Picture, Unacceptable
from mentorinaja.contents.limits import limit

_MOST_MEMORY = 1536 * 1024 * 1024
_MOST_CPU_SECONDS = 20
# A document is only looked at, a picture drawn anew.
_MOST_PDF_CPU_SECONDS = 3
# Everything in an archive is unpacked once, and thrown away.
_MOST_ARCHIVE_CPU_SECONDS = 10
_PDF_WITHIN = 1024
_ARCHIVE = b"PK\x03\x04"
_PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF")


def main(small: int, archives: bool = False) -> None:
    """Look at what comes in, with small pictures of at most `small` pixels a side; `archives` are taken, too."""
    _answer(lambda data: _seen(data, small, archives))


def main_portrait(sides: list[int]) -> None:
    """Draw the photo that comes in as squares of so many pixels a side."""
    _answer(lambda data: _squares(data, sides))


def _answer(look: Callable[[bytes], tuple[str, list[Picture]]]) -> None:
    limit(memory_bytes=_MOST_MEMORY, cpu_seconds=_MOST_CPU_SECONDS)
    data = sys.stdin.buffer.read()
    try:
        media_type, pictures = look(data)
    except Unacceptable as refusal:
        _say({"refused": refusal.reason})
        return
    sizes = [(one.media_type, one.width, one.height, len(one.data)) for one in pictures]
    _say({"kind": media_type, "pictures": sizes}, *(one.data for one in pictures))


def _seen(data: bytes, small: int, archives: bool) -> tuple[str, list[Picture]]:
    if data.startswith(_PICTURES):
        from mentorinaja.contents.pictures import Drawing

        drawing = Drawing.read(data)
        again = drawing.again()
        return again.media_type, [again, drawing.small(small)]
    if b"%PDF-" in data[:_PDF_WITHIN]:
        _limit_cpu(_MOST_PDF_CPU_SECONDS)
        from mentorinaja.contents import pdfs

        pdfs.check(data)
        return PDF, []
    if archives and data.startswith(_ARCHIVE):
        _limit_cpu(_MOST_ARCHIVE_CPU_SECONDS)
        from mentorinaja.contents.archives import kind_of

        return kind_of(data), []
    raise Unacceptable("unknown")


def _squares(data: bytes, sides: list[int]) -> tuple[str, list[Picture]]:
    from mentorinaja.contents.portraits import squares, what_else

    if not data.startswith(_PICTURES):
        raise what_else(data)
    return "image/webp", squares(data, sides)


def _limit_cpu(seconds: int) -> None:
    """Processor time from the start of this process; the system ends it then."""
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, _MOST_CPU_SECONDS))


def _say(head: dict[str, object], *bodies: bytes) -> None:
    out = sys.stdout.buffer
    out.write(json.dumps(head).encode() + b"\n")
    for body in bodies:
        out.write(body)
    out.flush()


if __name__ == "__main__":
    if sys.argv[1] == "portrait":
        main_portrait([int(side) for side in sys.argv[2:]])
    else:
        main(int(sys.argv[1]), "archives" in sys.argv[2:])
