"""The pages to read mails, the same as JSON, and the control over faults."""

import logging
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Litestar, MediaType, Request, Response, delete, get, post, put
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency, Provide
from litestar.exceptions import HTTPException, NotFoundException, PermissionDeniedException
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.response import Redirect
from litestar.types import Scope

from mentorinaja.local.mailbox.diary import diary
from mentorinaja.local.mailbox.message import Message
from mentorinaja.local.mailbox.smtp import Faults
from mentorinaja.local.mailbox.store import Store

_LOGGER = logging.getLogger(__name__)
_HERE = Path(__file__).parent
_ZONE = ZoneInfo("Asia/Jakarta")
_PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; img-src data:; frame-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
# A mail may bring its own styles and pictures and open links in a new tab; no scripts, forms or requests.
_MAIL_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; "
    "img-src 'self' data:; frame-ancestors 'self'"
)
_HEADERS = {
    "Content-Security-Policy": _PAGE_POLICY,
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",  # with no-referrer a form of our own would send "Origin: null"
    "X-Content-Type-Options": "nosniff",
}
T = TypeVar("T", str, bytes)
Mails = NamedDependency[Store]
Failures = NamedDependency[Faults]


def create_web(store: Store, faults: Faults) -> Litestar:
    """The web application over these mails and faults."""
    return Litestar(
        [
            show_list,
            show_message,
            show_html,
            show_attachment,
            show_source,
            show_styles,
            show_diary,
            clear_from_page,
            list_messages,
            clear_messages,
            read_faults,
            change_faults,
        ],
        dependencies={
            "store": Provide(lambda: store, sync_to_thread=False),
            "faults": Provide(lambda: faults, sync_to_thread=False),
        },
        guards=[_own_pages_only],
        exception_handlers={NotFoundException: _not_found},
        after_exception=[_log],
        logging_config=None,
        openapi_config=None,
    )


@get("/kalender.ics")
async def show_diary() -> Response[str]:
    """A calendar to connect: mail accounts have one."""
    return Response(diary(), media_type="text/calendar")


@get("/", media_type=MediaType.HTML)
async def show_list(store: Mails, to: FromQuery[str] = "") -> Response[str]:
    """Every mail, newest first."""
    return _page("list.html", messages=store.messages(to)[::-1], to=to)


@get("/messages/{message_id:str}", media_type=MediaType.HTML)
async def show_message(store: Mails, message_id: FromPath[str]) -> Response[str]:
    """One mail; its HTML stands in a frame of its own address."""
    return _page("message.html", message=_found(store, message_id))


@get("/messages/{message_id:str}/html", media_type=MediaType.HTML)
async def show_html(store: Mails, message_id: FromPath[str]) -> Response[str]:
    """The HTML part alone, locked in by its policy."""
    message = _found(store, message_id)
    return _response(_framed(message), MediaType.HTML, {"Content-Security-Policy": _MAIL_POLICY})


@get("/messages/{message_id:str}/attachments/{number:int}")
async def show_attachment(store: Mails, message_id: FromPath[str], number: FromPath[int]) -> Response[bytes]:
    """One attachment to download, counted from 0."""
    attachments = _found(store, message_id).attachments
    if number >= len(attachments):
        raise NotFoundException
    attachment = attachments[number]
    disposition = f"attachment; filename*=UTF-8''{quote(attachment.filename, safe='')}"
    headers = {"Content-Security-Policy": "sandbox", "Content-Disposition": disposition}
    return _response(attachment.content, attachment.content_type, headers)


@get("/messages/{message_id:str}/source")
async def show_source(store: Mails, message_id: FromPath[str]) -> Response[bytes]:
    """The mail as it came."""
    return _response(_found(store, message_id).raw, MediaType.TEXT)


@get("/mailbox.css")
async def show_styles() -> Response[bytes]:
    """The pages' styles."""
    return _response((_HERE / "mailbox.css").read_bytes(), MediaType.CSS)


@post("/clear")
async def clear_from_page(store: Mails) -> Redirect:
    """Delete every mail and show the empty list."""
    store.clear()
    return Redirect("/", status_code=303)


@get("/messages.json")
async def list_messages(store: Mails, to: FromQuery[str] = "") -> Response[list[dict[str, object]]]:
    """Every mail, newest last; `?to=` gives those to one address."""
    return Response([message.as_json() for message in store.messages(to)], headers=_HEADERS)


@delete("/messages.json")
async def clear_messages(store: Mails) -> None:
    """Delete every mail."""
    store.clear()


@get("/_control/faults")
async def read_faults(faults: Failures) -> Faults:
    """What is still to fail."""
    return faults


@put("/_control/faults")
async def change_faults(faults: Failures, data: JSONBody[Faults]) -> Faults:
    """Set what is to fail; what is not named shall not."""
    faults.refuse, faults.die_after_data = data.refuse, data.die_after_data
    return faults


def _own_pages_only(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Other sites open in the same browser may not clear the mails."""
    origin = connection.headers.get("origin")
    if origin and urlsplit(origin).netloc != connection.headers.get("host"):
        raise PermissionDeniedException


async def _log(error: Exception, _: Scope) -> None:
    if not isinstance(error, HTTPException):
        _LOGGER.error("a page of the mailbox failed", exc_info=error)


def _not_found(_: Request[Any, Any, Any], __: NotFoundException) -> Response[str]:
    return _page("missing.html", status_code=404)


def _found(store: Store, message_id: str) -> Message:
    message = store.find(message_id)
    if message is None:
        raise NotFoundException
    return message


def _framed(message: Message) -> str:
    """The HTML part with links that leave the frame, and its embedded pictures at their addresses."""
    html = message.html
    for number, attachment in enumerate(message.attachments):
        if attachment.content_id:
            html = html.replace(
                f"cid:{attachment.content_id}", f"/messages/{message.id}/attachments/{number}"
            )
    base = '<base target="_blank">'
    framed, found = re.subn(r"<head\b[^>]*>", lambda head: head.group() + base, html, count=1, flags=re.I)
    return framed if found else f"<!doctype html>{base}{html}"


def _page(template: str, *, status_code: int = 200, **values: object) -> Response[str]:
    return _response(_TEMPLATES.get_template(template).render(values), MediaType.HTML, status=status_code)


def _response(
    content: T, media_type: str, headers: Mapping[str, str] | None = None, status: int = 200
) -> Response[T]:
    return Response(
        content, status_code=status, media_type=media_type, headers={**_HEADERS, **(headers or {})}
    )


def _moment(instant: datetime) -> str:
    return f"{format_datetime(instant, 'd MMM y, HH:mm', tzinfo=_ZONE, locale='id_ID')} WIB"


def _size(count: int) -> str:
    return f"{count} B" if count < 1000 else f"{count / 1000:.1f} kB".replace(".", ",")


_TEMPLATES = Environment(
    loader=FileSystemLoader(_HERE / "templates"), autoescape=True, undefined=StrictUndefined
)
_TEMPLATES.filters.update(moment=_moment, size=_size)
