"""Error pages: what happened and what to do next, never what went on inside."""

from __future__ import annotations

from typing import Any

import asyncpg
import structlog
from litestar import Litestar, Response
from litestar.exceptions import HTTPException
from litestar.types import Receive, Scope, Send

from mentorinaja.errors import DomainError, NotThere, SignInNeeded, TooMany
from mentorinaja.web.addresses import came_from
from mentorinaja.web.auth import sign_in_address, who_asks
from mentorinaja.web.html import page, see_other
from mentorinaja.web.viewer import AnyRequest

log = structlog.get_logger(__name__)

# status: (title, sentence)
_SENTENCES = {
    400: ("Permintaan tidak dimengerti", "Periksa kembali alamat atau isian Anda, lalu coba lagi."),
    403: ("Formulir sudah kedaluwarsa", "Muat ulang halaman, lalu kirim formulirnya sekali lagi."),
    404: ("Halaman tidak ditemukan", "Alamat ini tidak ada, atau bukan untuk akun Anda."),
    409: ("Belum bisa dilakukan", "Keadaannya sudah berubah. Muat ulang halaman untuk melihat yang terbaru."),
    413: ("Kiriman terlalu besar", "Kurangi ukuran berkas atau teksnya, lalu kirim lagi."),
    422: ("Isian belum lengkap", "Periksa isian yang ditandai, lalu kirim lagi."),
    429: ("Terlalu sering", "Tunggu sebentar, lalu coba lagi."),
    500: ("Ada gangguan di pihak kami", "Tidak ada yang hilang. Coba lagi sebentar lagi."),
    503: ("Layanan sedang terganggu", "Tidak ada yang hilang. Coba lagi dalam beberapa saat."),
}
# The database is away, restarting, full, or too busy: it passes.
_PASSING = (
    OSError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.LockNotAvailableError,
)
_HOME = ("Kembali ke Home", "/")
_SIGNED_OUT = "Alamat ini tidak ada, atau Anda perlu login lagi."


def on_domain_error(request: AnyRequest, error: DomainError) -> Response[Any]:
    """A rule of the product said no: its own title, sentence and next steps."""
    if isinstance(error, SignInNeeded):
        return see_other(request, error.actions[0][1])
    _, sentence = _SENTENCES.get(error.status, _SENTENCES[409])
    ways = [*error.actions, _HOME]
    if type(error) is NotThere and (back := _sign_in(request)):
        sentence = _SIGNED_OUT
        # A note has room for one way: whose session ended over a form signs in and sends it again.
        ways = [*back, _HOME] if _asks_part(request) else [_HOME, *back]
    return with_wait(problem(request, error.status, error.title, error.text or sentence, ways), error)


def with_wait(response: Response[Any], error: Exception) -> Response[Any]:
    """The answer to a refusal; where somebody asked too often it says after how many seconds to come back."""
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.wait_seconds)
    return response


def on_http_exception(request: AnyRequest, error: HTTPException) -> Response[Any]:
    """What the framework refused: wrong address, wrong method, too large, malformed."""
    if error.status_code in (404, 405):
        return _NoAddress(None)
    status = error.status_code
    sentences = _SENTENCES.get(status, _SENTENCES[400 if status < 500 else 500])
    return problem(request, status, *sentences, [_HOME])


def on_unsayable_text(request: AnyRequest, error: Exception) -> Response[Any]:
    """A value PostgreSQL cannot hold (NUL, a number beyond all ids) in a place no form checks: an address.

    Nothing can be there, so a page is not found; for a form the request makes no sense.
    """
    log.warning("request.unsayable", problem=type(error).__name__)
    status = 404 if request.method == "GET" else 400
    return problem(request, status, *_SENTENCES[status], [_HOME])


def on_fault(request: AnyRequest, error: Exception) -> Response[Any]:
    """Our own fault: logged with the request's id; the person sees no detail. Without database: 503."""
    status = 503 if isinstance(error, _PASSING) else 500
    log.error("request.failed", exc_info=error)
    again = request.url.path if request.method == "GET" else came_from(request)
    return problem(request, status, *_SENTENCES[status], [("Coba lagi", again), _HOME])


def problem(
    request: AnyRequest, status: int, title: str, text: str, actions: list[tuple[str, str]]
) -> Response[Any]:
    """The error page; for htmx a note on top of the page that asked, which stays as it is."""
    if _asks_part(request):
        response = page(
            request, "partials/ui/problem.html", status=status, title=title, text=text, actions=actions
        )
        response.headers.update({"HX-Retarget": "#problems", "HX-Reswap": "innerHTML"})
        return response
    return page(
        request,
        "templates/errors/problem.html",
        status=status,
        code=status,
        title=title,
        text=text,
        actions=actions,
    )


class _NoAddress(Response[None]):
    """The page of an address, or a way to ask for it, that no handler has.

    No handler, so nobody has asked yet who it is. It is asked now, before the page is drawn: the same as the page of
    what is there and not for this person, to the letter.
    """

    def to_asgi_response(self, app: Litestar | None, request: AnyRequest, **_: Any) -> Any:
        """What sends the page."""

        async def send_page(scope: Scope, receive: Receive, send: Send) -> None:
            try:
                request.scope["user"], request.scope["auth"] = await who_asks(request)
            except _PASSING as error:
                page = on_fault(request, error)
            else:
                page = on_domain_error(request, NotThere())
            await page.to_asgi_response(app, request)(scope, receive, send)

        return send_page


def _sign_in(request: AnyRequest) -> list[tuple[str, str]]:
    """What is not there for who is signed out may be there for who signs in: whose session just ended gets back."""
    # Of static files and the like nobody asks who it is: there nobody is told to sign in.
    signed_out = "user" in request.scope and request.scope["user"] is None
    return [("Login", sign_in_address(request))] if signed_out else []


def _asks_part(request: AnyRequest) -> bool:
    return request.headers.get("hx-request") == "true"
