"""The transcript of a session that is over: a page to read and print, and files to keep."""

from __future__ import annotations

from collections.abc import AsyncIterator

from litestar import Response, Router, get
from litestar.response import Stream

from mentorinaja.db.pool import Database
from mentorinaja.rooms import asking, rules
from mentorinaja.transcripts import downloads, queries
from mentorinaja.transcripts.queries import PAGE_ITEMS, Transcript
from mentorinaja.web.auth import requires_user
from mentorinaja.web.html import PRIVATE, page
from mentorinaja.web.viewer import WebRequest


@get("/session/{booking_id:str}/transcript", guards=[requires_user])
async def show_transcript(
    request: WebRequest, db: Database, booking_id: str, after: str = ""
) -> Response[bytes]:
    """The whole conversation; a very long one in pages."""
    found = await _transcript(request, db, booking_id)
    start = min(rules.number(after), found.last_seq)
    items = await queries.page_of(db, found.room.booking_id, start)
    end = start + len(items)
    return page(
        request, "templates/transcripts/show.html", transcript=found, items=items, start=start,
        before=max(0, start - PAGE_ITEMS) if start else None, after=end if end < found.last_seq else None,
    )  # fmt: skip


@get("/session/{booking_id:str}/transcript.txt", guards=[requires_user])
async def download_text(request: WebRequest, db: Database, booking_id: str) -> Stream:
    """The conversation as plain text."""
    found = await _transcript(request, db, booking_id)
    lines = queries.lines_of(db, found.room.booking_id)
    return _file(found, downloads.as_text(found, lines), "txt", "text/plain")


@get("/session/{booking_id:str}/transcript.json", guards=[requires_user])
async def download_json(request: WebRequest, db: Database, booking_id: str) -> Stream:
    """The conversation with everything its seals are made of."""
    found = await _transcript(request, db, booking_id)
    lines = queries.lines_of(db, found.room.booking_id)
    return _file(found, downloads.as_json(found, lines), "json", "application/json")


async def _transcript(request: WebRequest, db: Database, booking_id: str) -> Transcript:
    viewer = asking.viewer_of(request)
    room = await asking.advanced(db, viewer, asking.booking_of(booking_id))
    return await queries.transcript_of(db, room, asking.side_of(room, viewer))


def _file(found: Transcript, content: AsyncIterator[str], ending: str, media_type: str) -> Stream:
    name = f"transkrip-{found.room.order_id}.{ending}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": PRIVATE}
    return Stream(content, media_type=media_type, headers=headers)


router = Router(path="/", route_handlers=[show_transcript, download_text, download_json])
