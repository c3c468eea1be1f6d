"""Pages and partials: one environment, and one call that answers htmx with the part and a browser with the whole."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, PrefixLoader, StrictUndefined
from litestar import Response
from litestar.response import Redirect
from litestar.status_codes import HTTP_303_SEE_OTHER

from mentorinaja.formats import FILTERS
from mentorinaja.links import linkify
from mentorinaja.paths import PARTIALS, TEMPLATES
from mentorinaja.web import csrf
from mentorinaja.web.flash import take_flash
from mentorinaja.web.static import Assets, compress
from mentorinaja.web.viewer import AnyRequest

PRIVATE = "no-store"


def make_environment(assets: Assets, *, reload: bool = False) -> Environment:
    """The one template environment: names are paths in the repository, unknown variables are errors."""
    environment = Environment(
        loader=PrefixLoader(
            {"templates": FileSystemLoader(TEMPLATES), "partials": FileSystemLoader(PARTIALS)}
        ),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=reload,
        cache_size=-1,
    )
    environment.filters.update(FILTERS, linkify=linkify)
    environment.globals["asset"] = assets.url
    return environment


def page(request: AnyRequest, template: str, *, status: int = 200, **context: Any) -> Response[bytes]:
    """A whole page from `templates/`, for the person who asked."""
    return respond(request, render(request, template, **context), status=status)


def answer(
    request: AnyRequest, template: str, partial: str, *, status: int = 200, **context: Any
) -> Response[bytes]:
    """The partial when htmx swaps a part, the whole page otherwise; both from the same context."""
    return page(request, partial if wants_partial(request) else template, status=status, **context)


def parts(request: AnyRequest, partials: Mapping[str, str], **context: Any) -> Response[bytes]:
    """Several parts of a page for htmx to swap at once: id → partial. Morphing keeps focus where it is."""
    pieces = [
        f'<hx-partial hx-target="#{id_}" hx-swap="outerMorph">{render(request, name, **context)}</hx-partial>'
        for id_, name in partials.items()
    ]
    return respond(request, "".join(pieces))


def render(request: AnyRequest, template: str, **context: Any) -> str:
    """The HTML of a template with what every page has: viewer, path, flash, CSRF field.

    Only a whole page takes the flash: a part that is swapped in has no place for it.
    """
    state = request.app.state
    flash = take_flash(request) if template.startswith("templates/") else None
    return str(
        state.templates.get_template(template).render(
            viewer=request.scope.get("user"),
            viewer_known="user" in request.scope,
            path=request.url.path,
            simulator=state.settings.simulator,
            flash=flash,
            csrf_field=cache(lambda: csrf.field(request)),
            csrf_token=lambda: csrf.token(request),
            **context,
        )
    )


def respond(
    request: AnyRequest, html: str, *, status: int = 200, headers: dict[str, str] | None = None
) -> Response[bytes]:
    """HTML as an answer: compressed, private, with the cookies rendering asked for."""
    body, encoding = compress(html.encode(errors="replace"), request.headers.get("accept-encoding", ""))
    sent = {
        "Cache-Control": PRIVATE,
        "Vary": "Accept-Encoding, HX-Request, HX-Request-Type",
        **(headers or {}),
    }
    if encoding:
        sent["Content-Encoding"] = encoding
    response = Response(body, status_code=status, headers=sent, media_type="text/html")
    if cookie := csrf.visit_cookie(request):
        response.cookies.append(cookie)
    if getattr(request.state, "flash_taken", False):
        response.delete_cookie("flash")
    return response


def wants_partial(request: AnyRequest) -> bool:
    """Whether htmx asked for a part of the page (and not for all of its body)."""
    return (
        request.headers.get("hx-request") == "true"
        and request.headers.get("hx-request-type") != "full"
        and request.headers.get("hx-history-restore-request") != "true"
    )


def see_other(request: AnyRequest, path: str) -> Response[Any]:
    """On to the next page: 303 for a browser's form, `HX-Redirect` where htmx sent it."""
    if request.headers.get("hx-request") == "true":
        return Response(b"", status_code=200, headers={"HX-Redirect": path, "Cache-Control": PRIVATE})
    return Redirect(path, status_code=HTTP_303_SEE_OTHER, headers={"Cache-Control": PRIVATE})
