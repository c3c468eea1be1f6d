"""Runs a simulator on a port: binds first, so that the public address is known before anything starts."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import socket
from datetime import datetime
from pathlib import Path

import uvicorn

from mentorinaja import clock
from mentorinaja.db.pool import Database
from mentorinaja.local.midtrans.app import create_simulator
from mentorinaja.local.midtrans.config import SIMULATOR_CLIENT_KEY, SIMULATOR_SERVER_KEY, SimulatorConfig


def run_simulator(
    *,
    notification_url: str,
    port: int = 0,
    host: str = "127.0.0.1",
    public_url: str | None = None,
    server_key: str = SIMULATOR_SERVER_KEY,
    client_key: str = SIMULATOR_CLIENT_KEY,
    state_file: Path | None = None,
    retry_scale: float = 1.0,
    control: bool = True,
    database_url: str | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT; port 0 takes a free one, `database_url` lends its movable clock.

    Prints one line of JSON, `{"url": "http://127.0.0.1:PORT"}`, as soon as the simulator answers.
    """
    for stop in (signal.SIGTERM, signal.SIGINT):
        # uvicorn raises the signal again once it has stopped: by then it means nothing more.
        signal.signal(stop, lambda *_: None)
    with socket.create_server((host, port)) as listener:
        database_clock = _DatabaseClock(database_url) if database_url else None
        config = SimulatorConfig(
            server_key=server_key,
            client_key=client_key,
            notification_url=notification_url,
            public_url=(public_url or f"http://{host}:{listener.getsockname()[1]}").rstrip("/"),
            state_file=state_file,
            retry_scale=retry_scale,
            control=control,
            clock=database_clock.now if database_clock else None,
        )
        asyncio.run(_serve(config, listener, database_clock))


async def _serve(
    config: SimulatorConfig, listener: socket.socket, database_clock: _DatabaseClock | None
) -> None:
    app = create_simulator(config)
    settings = uvicorn.Config(app, log_level="warning", access_log=False, timeout_graceful_shutdown=3)
    try:
        await _AnnouncingServer(settings, config.public_url).serve(sockets=[listener])
    finally:
        if database_clock is not None:
            await database_clock.close()


class _AnnouncingServer(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, url: str) -> None:
        super().__init__(config)
        self._url = url

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            with contextlib.suppress(BrokenPipeError):
                print(json.dumps({"url": self._url}), flush=True)


class _DatabaseClock:
    """The app's clock, asked over a connection that is opened when it is first needed."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._database: Database | None = None

    async def now(self) -> datetime:
        if self._database is None:
            self._database = await Database.connect(self._url, 1)
        return await clock.now(self._database)

    async def close(self) -> None:
        if self._database is not None:
            await self._database.close()
