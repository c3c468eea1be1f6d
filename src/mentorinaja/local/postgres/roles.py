"""The role the app works as in the embedded server: it owns nothing, as it should be in production."""

import hashlib
from urllib.parse import urlsplit, urlunsplit

import asyncpg

APP = "mentorinaja_app"


async def make_app_role(owner_dsn: str) -> str:
    """Make the app's login role where it is missing; answers its address of the owner's database."""
    owner = urlsplit(owner_dsn)
    # Follows from the owner's, which it does not give away: a second process that asks gets the same address.
    password = hashlib.sha256(f"{APP} {owner.password}".encode()).hexdigest()
    link = await asyncpg.connect(owner_dsn)
    try:
        if not await link.fetchval("SELECT true FROM pg_roles WHERE rolname = $1", APP):
            await link.execute(f"CREATE ROLE {APP} LOGIN PASSWORD '{password}'")
        else:
            await link.execute(f"ALTER ROLE {APP} PASSWORD '{password}'")
    finally:
        await link.close()
    return urlunsplit(owner._replace(netloc=f"{APP}:{password}@{owner.hostname}:{owner.port}"))
