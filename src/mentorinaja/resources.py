"""What one process works with: opened once, passed on explicitly, closed at the end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from mentorinaja.clock import Clock, now
from mentorinaja.db.pool import Database
from mentorinaja.payments.midtrans import Gateway
from mentorinaja.settings import Settings
from mentorinaja.storage import Storage


@dataclass(frozen=True, slots=True)
class Resources:
    """Settings, database, clock, payment gateway and file store of this process."""

    settings: Settings
    db: Database
    clock: Clock
    gateway: Gateway
    storage: Storage


@asynccontextmanager
async def open_resources(settings: Settings, *, durable: bool = True) -> AsyncIterator[Resources]:
    """Connect to everything `settings` names (`durable`: see Database.connect); closes it again whatever happens."""
    storage = Storage.open(settings)
    db = await Database.connect(settings.database_url, settings.pool_size, durable=durable)
    gateway = Gateway(settings)
    try:
        clock = Clock()
        clock.set(await now(db))
        yield Resources(settings, db, clock, gateway, storage)
    finally:
        gateway.close()
        storage.close()
        await db.close()
