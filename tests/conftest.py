"""Fixtures for all tests. `db` is a database of the test's own; the invariants are checked when it ends."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from mentorinaja.db.migrate import migrate
from mentorinaja.db.pool import Database
from mentorinaja.local.postgres import RunningPostgres, start
from tests.support.database import TEMPLATE, _administer, address_of, assert_invariants, fresh_database
from tests.support.site import Site, running_site


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPostgres]:
    """One embedded server per test process."""
    server = start(Path(tmp_path_factory.mktemp("postgres")) / "data", fast=True)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def database_server(postgres: RunningPostgres) -> str:
    """The address of a server that has the migrated template."""

    async def prepare() -> None:
        await _administer(postgres.dsn, f'CREATE DATABASE "{TEMPLATE}"')
        await migrate(address_of(postgres.dsn, TEMPLATE))

    asyncio.run(prepare())
    return postgres.dsn


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
