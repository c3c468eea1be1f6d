"""Names of files as people see them: what a device sent, cleaned; what a browser is told. Pure."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote

MOST_CHARACTERS = 120

_EXTENSIONS = {
    "application/pdf": (".pdf",),
    "application/epub+zip": (".epub",),
    "application/zip": (".zip",),
    "image/jpeg": (".jpg", ".jpeg"),
    "image/png": (".png",),
    "image/webp": (".webp",),
}
_NAMELESS = {"application/pdf": "dokumen", "application/epub+zip": "buku", "application/zip": "berkas"}
_EXTENSION = re.compile(r"\.[A-Za-z0-9]{1,5}$")
# What Windows does not take in a name, and what ends a quoted one.
_AWKWARD = re.compile(r'[<>:"|?*;]')
# Control, direction and other invisible characters, lone surrogates, unassigned ones, line ends.
_INVISIBLE = {"Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp"}


def kept_name(given: str, media_type: str) -> str:
    """The name a file is kept under: no folders, nothing invisible, and the ending its content really has."""
    name = re.split(r"[/\\]", given)[-1]
    name = "".join(" " if one.isspace() else one for one in unicodedata.normalize("NFC", name))
    name = "".join(one for one in name if unicodedata.category(one) not in _INVISIBLE)
    name = " ".join(_AWKWARD.sub("_", name).split()).strip(". ")
    endings = _EXTENSIONS[media_type]
    ending = next((one for one in endings if name.lower().endswith(one)), None)
    stem = name[: -len(ending)] if ending else _EXTENSION.sub("", name)
    if not stem.strip(". _-"):
        stem = _NAMELESS.get(media_type, "gambar")
    ending = endings[0]
    return stem[: MOST_CHARACTERS - len(ending)].rstrip(". ") + ending


def as_download(name: str) -> str:
    """`Content-Disposition` of a download (RFC 6266): plain letters for old browsers, the whole name for others."""
    plain = (
        unicodedata.normalize("NFKD", name)
        .encode("ascii", "ignore")
        .decode()
        .replace("\\", "_")
        .replace('"', "_")
    )
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
