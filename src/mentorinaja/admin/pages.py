"""How the desk's pages begin: what every one of them is given."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from litestar import Response

from mentorinaja.admin.cases import Means
from mentorinaja.admin.desk import Desk
from mentorinaja.admin.desks import BY_NAME, MENU
from mentorinaja.errors import NotThere
from mentorinaja.transfers.actions import BankFile
from mentorinaja.web import html
from mentorinaja.web.auth import admin_of
from mentorinaja.web.bodies import Posted
from mentorinaja.web.viewer import WebRequest


def desk_called(name: str) -> Desk[Any]:
    """The desk of this name. Raises `NotThere`."""
    if name not in BY_NAME:
        raise NotThere
    return BY_NAME[name]


def means_of(request: WebRequest) -> Means:
    """What this request's admin works with."""
    state = request.app.state
    return Means(
        db=state.db,
        admin=admin_of(request),
        settings=state.settings,
        gateway=state.gateway,
        storage=state.storage,
        mails=state.mails,
        now=state.clock.now(),
    )


def desk_page(
    request: WebRequest, template: str, here: str, *, status: int = 200, **context: Any
) -> Response[bytes]:
    """A page in the desk's frame; `here` is the desk's name in the menu."""
    return html.page(request, template, status=status, menu=MENU, here=here, **context)


def query_sent(sent: Posted) -> dict[str, str]:
    """The list that a form was sent from, as its address narrowed it down (`query`)."""
    return dict(parse_qsl(sent.text("query") or ""))


def bank_file(file: BankFile) -> Response[Any]:
    """A file for the bank, to download; kept by nothing on the way."""
    return Response(
        file.content,
        status_code=200,
        media_type="text/csv",
        headers={
            "Content-Disposition": f'attachment; filename="{file.name}"',
            "Cache-Control": "no-store",
        },
    )
