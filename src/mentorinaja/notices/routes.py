"""Which mails somebody wants: the section of the profile, and the way out that stands in a mail itself."""

from __future__ import annotations

from typing import Any

from litestar import Response, Router, get, post

from mentorinaja.db.pool import Database
from mentorinaja.errors import NotThere
from mentorinaja.notices import actions, queries
from mentorinaja.notices.rules import OPTIONAL
from mentorinaja.notices.tokens import read_token
from mentorinaja.settings import Settings
from mentorinaja.web import html
from mentorinaja.web.auth import requires_user
from mentorinaja.web.bodies import posted
from mentorinaja.web.csrf import CSRF_EXEMPT
from mentorinaja.web.flash import put_flash
from mentorinaja.web.viewer import AnyRequest, WebRequest

_STOP = "templates/notices/stop.html"


@post("/user/profile/pemberitahuan", guards=[requires_user])
async def save_choices(request: WebRequest, db: Database) -> Response[Any]:
    """The kinds that are ticked are wanted, the others are not."""
    assert request.user is not None, "the guard let nobody else in"
    await actions.choose(db, request.user.id, (await posted(request)).getlist("kind"))
    answer = html.see_other(request, "/user/profile#pemberitahuan")
    put_flash(request, answer, "ok", "Pilihan pemberitahuan tersimpan.")
    return answer


@get("/berhenti/{token:str}", opt={"public": True})
async def ask_to_stop(request: AnyRequest, db: Database, settings: Settings, token: str) -> Response[bytes]:
    """What the link would switch off, or had switched off; opening it changes nothing."""
    user_id, kind = _of(settings, token)
    stopped = kind in await queries.unwanted_by(db, user_id)
    return html.page(request, _STOP, choice=OPTIONAL[kind], stopped=stopped)


# Mail programs post here by themselves (RFC 8058), without a page or a cookie: the signed address is the proof.
@post("/berhenti/{token:str}", opt={"public": True, CSRF_EXEMPT: True}, status_code=200)
async def stop(request: AnyRequest, db: Database, settings: Settings, token: str) -> Response[bytes]:
    """Switch the kind off, or on again with `on=1`; doing so twice is once."""
    user_id, kind = _of(settings, token)
    on = (await posted(request)).text("on") == "1"
    await actions.want(db, user_id, kind, on=on)
    return html.page(request, _STOP, choice=OPTIONAL[kind], stopped=not on)


def _of(settings: Settings, token: str) -> tuple[int, str]:
    found = read_token(settings, token)
    if found is None:
        raise NotThere
    return found


router = Router(path="/", route_handlers=[save_choices, ask_to_stop, stop])
