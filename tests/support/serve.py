"""Serving an ASGI application over real HTTP inside a test: a bound socket first, so that its address is known."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn

from mentorinaja.local.prompt import PromptServer


def free_socket() -> tuple[socket.socket, str]:
    """A listening socket on a free loopback port, and its address as `http://127.0.0.1:PORT`."""
    # Named TCP: asyncio turns the 40 ms of Nagle's algorithm off only for sockets that say so.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", 0))
    return listening, f"http://127.0.0.1:{listening.getsockname()[1]}"


@asynccontextmanager
async def serving(app: Any, listening: socket.socket) -> AsyncIterator[None]:
    """`app` served by uvicorn on this loop until the block ends. Raises when it does not start."""
    config = uvicorn.Config(app, log_level="error", lifespan="on", access_log=False)
    server = PromptServer(config)
    task = asyncio.create_task(server.serve(sockets=[listening]))
    ready = asyncio.create_task(server.ready.wait())
    await asyncio.wait((task, ready), return_when=asyncio.FIRST_COMPLETED)
    if not server.started:
        ready.cancel()
        await task
        raise RuntimeError("the application did not start")
    try:
        yield
    finally:
        server.stop()
        await task
