"""The desk of people: the list, the cases, and what waits for a second admin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from litestar import Response, post

from mentorinaja.accounts import people as accounts
from mentorinaja.accounts import standing
from mentorinaja.admin.cases import Means
from mentorinaja.admin.desk import Desk
from mentorinaja.admin.people import user_case as people_case
from mentorinaja.admin.people import users as people
from mentorinaja.admin.people.user_decisions import DECISIONS
from mentorinaja.db.pool import Database
from mentorinaja.errors import NotThere
from mentorinaja.typed import whole_in
from mentorinaja.web.auth import admin_of, requires_admin
from mentorinaja.web.bodies import posted
from mentorinaja.web.flash import put_flash
from mentorinaja.web.html import see_other
from mentorinaja.web.viewer import WebRequest


async def _waiting(means: Means) -> Mapping[str, Any]:
    return {"requests": await accounts.waiting_role_requests(means.db), "me": means.admin.id}


DESK = Desk(
    name="users",
    title="Pengguna",
    word="akun",
    kind="user",
    about="Semua orang yang punya akun.",
    listing=people.LISTING,
    load=people_case.load,
    decisions=DECISIONS,
    above="partials/admin/role_requests.html",
    above_context=_waiting,
)


@post("/admin/users/perangkat", guards=[requires_admin])
async def end_device(request: WebRequest, db: Database) -> Response[Any]:
    """Sign somebody (`person`) out on one device (`device`)."""
    sent = await posted(request)
    user_id, session_id = whole_in(sent.text("person")), whole_in(sent.text("device"))
    if user_id is None or session_id is None:
        raise NotThere
    answer = see_other(request, f"/admin/users/{user_id}#devices")
    try:
        await standing.end_device(db, admin_of(request), user_id, session_id)
        put_flash(request, answer, "ok", "Perangkat dikeluarkan.")
    except standing.NotForThisAccount as refusal:
        put_flash(request, answer, "warn", str(refusal))
    return answer


handlers = [end_device]
