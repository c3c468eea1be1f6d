"""Streams of somebody signed in: counted among theirs, and over when the sign-in is or means something else."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import cast

from litestar.types import ASGIApp

from mentorinaja.live.stream import PersonalStream
from mentorinaja.web.auth import token_hash
from mentorinaja.web.networks import network_of
from mentorinaja.web.viewer import WebRequest

_LONGEST_TAB = 64


def personal_stream(request: WebRequest, frames: AsyncGenerator[bytes, None]) -> ASGIApp:
    """The answer that sends `frames` to the person who asked; 429 when too many are open.

    The page names itself in the query (`tab`), so that its next stream takes the place of its last one.
    """
    viewer, token = request.user, token_hash(request.auth or "")
    assert viewer is not None, "the guard let somebody in"
    address = network_of(request.client.host if request.client else "")
    tab = request.query_params.get("tab", "")[:_LONGEST_TAB]
    watch = request.app.state.watch
    # An admin who looks on takes none of the places of who is looked at.
    stream = PersonalStream(
        frames, viewer.seen_by or viewer.id, address, tab, lambda end: watch(token, viewer, end)
    )
    # starlette and the framework type the same protocol differently
    return cast(ASGIApp, stream)
