"""Piccolo's configuration: the engine its queries are written for and its migrations run on."""

from __future__ import annotations

from piccolo.conf.apps import AppRegistry
from piccolo.engine.postgres import PostgresEngine

from mentorinaja.settings import database_url_from_environment


class OfflineEngine(PostgresEngine):
    """Piccolo's engine without its start-up questions: importing a table must not open a connection."""

    async def check_version(self) -> None:
        """Versions are the deployment's matter."""

    async def prep_database(self) -> None:
        """Extensions are the migrations' matter."""


# The app runs Piccolo's queries on its own connections (db/pool.py); only migrations connect through this.
DB = OfflineEngine(config={"dsn": database_url_from_environment()}, extensions=())
APP_REGISTRY = AppRegistry(apps=["mentorinaja.piccolo_app"])
