"""HTML answers of the simulator: one Jinja environment and the headers every page carries."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import jinja2
from litestar import Response

from mentorinaja.formats import rupiah, when

HERE = Path(__file__).parent
_environment = jinja2.Environment(
    loader=jinja2.FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


_environment.filters.update(rupiah=rupiah, when=when)


def html_page(
    template: str, *, status: int = 200, forms_to: Iterable[str] = (), **context: Any
) -> Response[str]:
    """A rendered page. It may be framed by any merchant; its forms may lead to the origins in `forms_to`."""
    policy = (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; base-uri 'none'; "
        f"frame-ancestors *; form-action 'self' {' '.join(forms_to)}".rstrip()
    )
    headers = {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cache-Control": "no-store",
    }
    body = _environment.get_template(template).render(context)
    return Response(body, status_code=status, headers=headers, media_type="text/html; charset=utf-8")
