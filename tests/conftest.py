"""Fixtures for all tests. `db` is a database of the test's own; the invariants are checked when it ends."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from xdist.scheduler.loadscope import LoadScopeScheduling

from mentorinaja.db.migrate import migrate
from mentorinaja.db.pool import Database
from mentorinaja.local.postgres import RunningPostgres, start
from tests.support.database import (
    TEMPLATE,
    address_of,
    administer,
    assert_invariants,
    close_stock,
    fresh_database,
    open_stock,
)
from tests.support.site import Site, running_site


class _Apart(LoadScopeScheduling):
    """Tests go out one by one, but for the journeys: they share a demo, which takes longer to start than most of them."""

    def _split_scope(self, nodeid: str) -> str:
        return "journeys" if nodeid.startswith("tests/journeys/") else nodeid


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> _Apart:
    """Who of the test processes runs what."""
    return _Apart(config, log)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPostgres]:
    """One embedded server per test process."""
    server = start(Path(tmp_path_factory.mktemp("postgres")) / "data", fast=True)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def database_server(postgres: RunningPostgres) -> Iterator[str]:
    """The address of a server that has the migrated template."""

    async def prepare() -> None:
        await administer(postgres.dsn, f'CREATE DATABASE "{TEMPLATE}"')
        await migrate(address_of(postgres.dsn, TEMPLATE))

    asyncio.run(prepare())
    open_stock(postgres.dsn)
    yield postgres.dsn
    close_stock(postgres.dsn)


@pytest_asyncio.fixture
async def unchecked_db(database_server: str) -> AsyncIterator[Database]:
    """A database whose invariants the test breaks on purpose (negative controls)."""
    async with fresh_database(database_server) as db:
        yield db


@pytest_asyncio.fixture
async def db(unchecked_db: Database) -> AsyncIterator[Database]:
    """A database of the test's own, with the invariants checked at the end."""
    yield unchecked_db
    await assert_invariants(unchecked_db)


@pytest_asyncio.fixture
async def site(db: Database) -> AsyncIterator[Site]:
    """The whole web application over real HTTP, with the payment simulator, a mailbox and the worker's jobs."""
    async with running_site(db) as running:
        yield running
