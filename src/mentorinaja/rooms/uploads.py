"""A message as its form brought it: words, a file, or both; and who may bring files at all."""

from __future__ import annotations

from uuid import UUID

from litestar.handlers import BaseRouteHandler

from mentorinaja.db.pool import Database
from mentorinaja.errors import NotThere
from mentorinaja.rooms import files, rules, sending
from mentorinaja.rooms.asking import booking_of
from mentorinaja.rooms.sending import Sent
from mentorinaja.storage import Storage
from mentorinaja.web.auth import Guarded
from mentorinaja.web.bodies import FILE_FIELD, Posted, is_multipart
from mentorinaja.web.parts import FileField
from mentorinaja.web.viewer import Viewer

# What the handler of the form says of itself: `@post(…, opt=TAKES_A_FILE, request_max_body_size=None)`.
TAKES_A_FILE = {FILE_FIELD: FileField("attachment", files.MOST_BYTES)}


async def requires_one_of_the_two(connection: Guarded, _handler: BaseRouteHandler) -> None:
    """Guard: a form that may hold a file is not even read for anybody else; after `requires_user`."""
    if is_multipart(connection):
        db: Database = connection.app.state.db
        booking_id = booking_of(connection.path_params["booking_id"])
        if not await files.belongs_to(db, connection.user.id, booking_id):
            raise NotThere


async def send_posted(db: Database, storage: Storage, user: Viewer, booking_id: UUID, form: Posted) -> Sent:
    """Send what the form holds. Raises `NotThere`, or a `Refused` that keeps the text."""
    client_id = rules.sent_id(form.text("client_id"))
    file = form.file("attachment")
    if file is None:
        return await sending.send(db, user, booking_id, client_id, rules.message_text(form.text("text")))
    text = rules.message_text(form.text("text"), alone=False)
    return await files.send(db, storage, user, booking_id, client_id, text, file)
