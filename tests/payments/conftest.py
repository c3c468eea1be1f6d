"""The payment simulator over real HTTP beside a database, and the gateway that talks to it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest_asyncio

from mentorinaja import clock
from mentorinaja.db.pool import Database
from mentorinaja.local.midtrans import SimulatorConfig, create_simulator
from mentorinaja.payments.midtrans import Gateway
from mentorinaja.settings import Settings
from tests.support.config import NOWHERE, make_settings
from tests.support.serve import free_socket, serving


@dataclass
class Counter:
    """A cash desk: the simulator, its control address, and our gateway to it."""

    db: Database
    settings: Settings
    gateway: Gateway
    client: httpx.AsyncClient

    async def control(self, path: str, **body: Any) -> Any:
        """Pull a lever, such as `transactions/BE-…/settle`."""
        answer = await self.client.post(f"/_control/{path}", json=body)
        answer.raise_for_status()
        return answer.json()

    async def faults(self, **faults: Any) -> None:
        """Replace the faults in force; without any all is well."""
        (await self.client.put("/_control/faults", json=faults)).raise_for_status()

    async def attempts(self) -> list[dict[str, Any]]:
        """Every attempt the simulator knows, newest first."""
        attempts: list[dict[str, Any]] = (await self.client.get("/_control/transactions")).json()
        return attempts


@pytest_asyncio.fixture
async def counter(db: Database) -> AsyncIterator[Counter]:
    """A simulator that notifies nobody: what is known comes from asking it."""
    async with simulating(db) as running:
        yield running


@asynccontextmanager
async def simulating(db: Database) -> AsyncIterator[Counter]:
    """The simulator beside a database, notifying nobody, until the block ends."""
    listening, url = free_socket()
    settings = make_settings(db.dsn, midtrans_app_url=url, midtrans_api_url=url)
    simulator = create_simulator(
        SimulatorConfig(
            server_key=settings.midtrans_server_key,
            client_key=settings.midtrans_client_key,
            notification_url=f"{NOWHERE}/payment/midtrans/notification",
            public_url=url,
            state_file=None,
            retry_scale=0.001,
            clock=lambda: clock.now(db),
        )
    )
    gateway = Gateway(settings)
    async with serving(simulator, listening), httpx.AsyncClient(base_url=url, timeout=20) as client:
        yield Counter(db, settings, gateway, client)
    gateway.close()
