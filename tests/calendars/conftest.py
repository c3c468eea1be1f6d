"""A server of calendars on this machine, a site that may read it, and the browser of the journeys."""

from collections.abc import AsyncIterator

import pytest_asyncio

from mentorinaja.db.pool import Database
from tests.journeys.conftest import chromium
from tests.support.calendars import Host, calendar_host
from tests.support.site import Site, running_site

__all__ = ["chromium"]


@pytest_asyncio.fixture
async def host() -> AsyncIterator[Host]:
    """Answers what the test puts there."""
    async with calendar_host() as running:
        yield running


@pytest_asyncio.fixture
async def site(db: Database, host: Host) -> AsyncIterator[Site]:
    """The whole web application, which takes calendars from `host` besides those of the internet."""
    async with running_site(db, calendar_local_origin=host.origin) as running:
        yield running
