"""Runs a simulator on a port: binds first, so that the public address is known before anything starts."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import socket
from collections.abc import Callable

import uvicorn

from mentorinaja.local.midtrans.app import create_simulator
from mentorinaja.local.midtrans.config import SimulatorConfig


def run_simulator(
    configure: Callable[[str], SimulatorConfig], port: int = 0, host: str = "127.0.0.1"
) -> None:
    """Serve until SIGTERM or SIGINT. `configure` gets the public address; port 0 takes a free one.

    Prints one line of JSON, `{"url": "http://127.0.0.1:PORT"}`, as soon as the simulator answers.
    """
    for stop in (signal.SIGTERM, signal.SIGINT):
        # uvicorn raises the signal again once it has stopped: by then it means nothing more.
        signal.signal(stop, lambda *_: None)
    asyncio.run(_serve(configure, port, host))


async def _serve(configure: Callable[[str], SimulatorConfig], port: int, host: str) -> None:
    # Named TCP: asyncio turns the 40 ms of Nagle's algorithm off only for sockets that say so.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        url = f"http://{host}:{listener.getsockname()[1]}"
        app = create_simulator(configure(url))
        config = uvicorn.Config(app, log_level="warning", access_log=False, timeout_graceful_shutdown=3)
        await _AnnouncingServer(config, url).serve(sockets=[listener])


class _AnnouncingServer(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, url: str) -> None:
        super().__init__(config)
        self._url = url

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            with contextlib.suppress(BrokenPipeError):
                print(json.dumps({"url": self._url}), flush=True)
