"""What comes out of looking at bytes: a document, a picture, or why neither is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

PictureType = Literal["image/png", "image/jpeg", "image/webp"]
MediaType = Literal["application/pdf", "image/png", "image/jpeg", "image/webp"]
PDF: Literal["application/pdf"] = "application/pdf"
EPUB: Literal["application/epub+zip"] = "application/epub+zip"
ZIP: Literal["application/zip"] = "application/zip"
DocumentType = Literal["application/pdf", "application/epub+zip", "application/zip"]

# unknown: of no kind we take; broken: not what it says; pixels: too many; bytes: too many once drawn anew;
# locked: asks for a password; active: runs something by itself; heavy: too much to look at;
# busy: too much to do, may be tried again; of photos only: small: too few pixels, animated: moves,
# heic: the format of iPhones
Reason = Literal[
    "unknown", "broken", "pixels", "bytes", "locked", "active", "heavy", "busy", "small", "animated", "heic"
]


class Unacceptable(Exception):
    """These bytes are not kept; `reason` says why."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason: Reason = reason


@dataclass(frozen=True, slots=True)
class Picture:
    """An encoded picture and its size in pixels."""

    data: bytes
    media_type: PictureType
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Drawn:
    """A picture drawn anew, and the same one small."""

    large: Picture
    small: Picture


@dataclass(frozen=True, slots=True)
class Document:
    """A PDF, or an EPUB or ZIP where those are taken, kept as it came."""

    data: bytes
    media_type: DocumentType = PDF


Contents = Document | Drawn
