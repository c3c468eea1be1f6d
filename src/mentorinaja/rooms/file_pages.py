"""The addresses of files: downloaded by the two only, and never shown as a page of ours."""

from __future__ import annotations

from typing import Any

import structlog
from litestar import Response, get
from litestar.response import Stream

from mentorinaja.db.pool import Database
from mentorinaja.errors import NotThere
from mentorinaja.rooms import files
from mentorinaja.rooms.asking import booking_of, viewer_of
from mentorinaja.rooms.files import Kept
from mentorinaja.storage import Storage
from mentorinaja.web.auth import requires_user
from mentorinaja.web.file_names import as_download
from mentorinaja.web.html import PRIVATE
from mentorinaja.web.viewer import WebRequest

log = structlog.get_logger(__name__)

# Whatever it is, it runs nothing, loads nothing, and is nobody's frame.
_HARMLESS = "sandbox; default-src 'none'; frame-ancestors 'none'"
# A small picture may wait in the browser, which asks each time whether it may still show it.
_ASK_AGAIN = "private, no-cache"


@get("/session/{booking_id:str}/files/{attachment_id:str}", guards=[requires_user])
async def read_file(
    request: WebRequest,
    db: Database,
    storage: Storage,
    booking_id: str,
    attachment_id: str,
    small: str | None = None,
) -> Response[Any]:
    """A file as a download; with `?small` the small picture of it."""
    kept = await files.kept_for(db, viewer_of(request), booking_of(booking_id), booking_of(attachment_id))
    if kept is None or (small is not None and not kept.has_small):
        raise NotThere
    return await _small(request, storage, kept) if small is not None else await _whole(storage, kept)


async def _whole(storage: Storage, kept: Kept) -> Response[Any]:
    headers = {"Content-Disposition": as_download(kept.name), "Cache-Control": PRIVATE}
    return await _answer(storage, kept, kept.media_type, headers)


async def _small(request: WebRequest, storage: Storage, kept: Kept) -> Response[Any]:
    tag = f'"{kept.digest.hex()[:32]}"'
    headers = {"Content-Disposition": "inline", "Cache-Control": _ASK_AGAIN, "ETag": tag}
    if request.headers.get("if-none-match") == tag:
        return Response(b"", status_code=304, headers=headers)
    return await _answer(storage, kept, "image/webp", headers, small=True)


async def _answer(
    storage: Storage, kept: Kept, media_type: str, headers: dict[str, str], *, small: bool = False
) -> Response[Any]:
    reading = await files.read(storage, kept.booking_id, kept.id, small=small)
    if reading is None:
        log.error("files.lost", attachment_id=str(kept.id), small=small)
        raise NotThere
    headers |= {"Content-Security-Policy": _HARMLESS, "Content-Length": str(reading.size)}
    return Stream(reading.pieces, media_type=media_type, headers=headers)


HANDLERS = [read_file]
