"""The addresses of experts' photos: the same for everybody, and kept by browsers for ever."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, get
from litestar.response import Stream

from mentorinaja.db.pool import Database
from mentorinaja.errors import NotThere
from mentorinaja.experts.photos import MEDIA_TYPES, read_photo
from mentorinaja.storage import Storage
from mentorinaja.web.viewer import AnyRequest

# A new photo has a new address.
_FOR_EVER = "public, max-age=31536000, immutable"
_HARMLESS = "sandbox; default-src 'none'; frame-ancestors 'none'"


@get("/foto/{photo_id:uuid}/{name:str}", opt={"public": True, "exclude_from_auth": True})
async def show_photo(
    request: AnyRequest, db: Database, storage: Storage, photo_id: UUID, name: str
) -> Response[Any]:
    """A photo that an expert shows, in one of its sizes: `160.webp`."""
    reading = await read_photo(db, storage, photo_id, name)
    if reading is None:
        raise NotThere
    headers = {"Cache-Control": _FOR_EVER, "Content-Security-Policy": _HARMLESS}
    headers |= {"Content-Length": str(reading.size), "Content-Disposition": "inline"}
    return Stream(reading.pieces, media_type=MEDIA_TYPES[name.rpartition(".")[2]], headers=headers)


HANDLERS = [show_photo]
