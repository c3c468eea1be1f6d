"""An embedded PostgreSQL for the demo and the tests: one server per folder of data, on 127.0.0.1 only."""

from mentorinaja.local.postgres.account import PostgresUnavailable
from mentorinaja.local.postgres.roles import make_app_role
from mentorinaja.local.postgres.server import RunningPostgres, start

__all__ = ["PostgresUnavailable", "RunningPostgres", "make_app_role", "start"]
