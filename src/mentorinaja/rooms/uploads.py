"""A message as its form brought it: words, a file, or both."""

from __future__ import annotations

from uuid import UUID

from mentorinaja.db.pool import Database
from mentorinaja.rooms import files, rules, sending
from mentorinaja.rooms.sending import Sent
from mentorinaja.storage import Storage
from mentorinaja.web.bodies import FILE_BYTES, Posted
from mentorinaja.web.viewer import Viewer

# What the handler of the form says of itself: `@post(…, opt=TAKES_A_FILE, request_max_body_size=None)`.
TAKES_A_FILE = {FILE_BYTES: files.MOST_BYTES}


async def send_posted(db: Database, storage: Storage, user: Viewer, booking_id: UUID, form: Posted) -> Sent:
    """Send what the form holds. Raises `NotThere`, or a `Refused` that keeps the text."""
    client_id = rules.sent_id(form.text("client_id"))
    file = form.file("attachment")
    if file is None:
        return await sending.send(db, user, booking_id, client_id, rules.message_text(form.text("text")))
    with file.content:
        text = rules.message_text(form.text("text"), alone=False)
        return await files.send(db, storage, user, booking_id, client_id, text, file)
