"""A browser for admins who sign in."""

from tests.journeys.conftest import chromium

__all__ = ["chromium"]
