"""ZIP and EPUB files that somebody sent: whether they unpack, to how much, and to nothing that starts by itself."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib

from mentorinaja.contents.kinds import EPUB, ZIP, DocumentType, Unacceptable

MOST_ENTRIES = 2_000
# All that comes out of it, with what is packed inside: documents of office programs are archives, too.
MOST_UNPACKED = 300 * 1024 * 1024
MOST_DEPTH = 2
_MOST_INNER = 64 * 1024 * 1024
_PIECE = 256 * 1024
_PACKED = b"PK\x03\x04"
# Programs of Windows, Linux and macOS by their first bytes, and what those systems run by its name.
_PROGRAMS = (
    b"MZ",
    b"\x7fELF",
    b"\xca\xfe\xba\xbe",
    b"\xcf\xfa\xed\xfe",
    b"\xce\xfa\xed\xfe",
    b"\xfe\xed\xfa",
)
_RUN_BY_NAME = (
    ".apk", ".app", ".bat", ".cmd", ".com", ".exe", ".hta", ".jar", ".lnk", ".msi", ".pif", ".ps1", ".reg",
    ".scr", ".vbe", ".vbs", ".wsf",
)  # fmt: skip
_EPUB_FIRST, _EPUB_CONTAINER = "mimetype", "META-INF/container.xml"
_UNREADABLE = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, ValueError, KeyError, IndexError,
    RuntimeError, NotImplementedError, MemoryError, OverflowError,
)  # fmt: skip


def kind_of(data: bytes) -> DocumentType:
    """Whether this is an EPUB or another ZIP, unpacked once to be sure. Raises `Unacceptable`."""
    return _Look().through(data, 1)


class _Look:
    """Unpacks an archive and the archives in it, and counts what comes out."""

    def __init__(self) -> None:
        self._entries = self._bytes = 0

    def through(self, data: bytes, depth: int) -> DocumentType:
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                entries = archive.infolist()
                self._entries += len(entries)
                if self._entries > MOST_ENTRIES:
                    raise Unacceptable("heavy")
                if not any(not entry.is_dir() for entry in entries):
                    raise Unacceptable("broken")
                for entry in entries:
                    self._entry(archive, entry, depth)
                return _kind(archive, entries)
        except _UNREADABLE as problem:
            raise Unacceptable("broken") from problem

    def _entry(self, archive: zipfile.ZipFile, entry: zipfile.ZipInfo, depth: int) -> None:
        _check_name(entry)
        if entry.is_dir():
            return
        first, inner = b"", bytearray()
        # To its end: only there its checksum is compared, and only what really comes out is counted.
        with archive.open(entry) as content:
            while piece := content.read(_PIECE):
                self._bytes += len(piece)
                if self._bytes > MOST_UNPACKED:
                    raise Unacceptable("heavy")
                first = first or piece[:4]
                if first.startswith(_PACKED):
                    inner += piece
                    if len(inner) > _MOST_INNER:
                        raise Unacceptable("heavy")
        if first.startswith(_PROGRAMS):
            raise Unacceptable("active")
        if inner:
            if depth >= MOST_DEPTH:
                raise Unacceptable("heavy")
            self.through(bytes(inner), depth + 1)


def _check_name(entry: zipfile.ZipInfo) -> None:
    """Nothing that a careless program would unpack beside its folder, run, or ask a password for."""
    if entry.flag_bits & 0x1:
        raise Unacceptable("locked")
    name = entry.filename.replace("\\", "/")
    outside = name.startswith("/") or ".." in name.split("/") or name[1:2] == ":"
    if outside or stat.S_ISLNK(entry.external_attr >> 16):
        raise Unacceptable("active")
    if name.rstrip("/. ").lower().endswith(_RUN_BY_NAME):
        raise Unacceptable("active")


def _kind(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> DocumentType:
    """An EPUB names itself in its first entry, which is not compressed."""
    first = entries[0]
    if first.filename != _EPUB_FIRST or archive.read(first).strip() != EPUB.encode():
        return ZIP
    if _EPUB_CONTAINER not in archive.namelist():
        raise Unacceptable("broken")
    return EPUB
