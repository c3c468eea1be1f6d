"""A real browser, as the journeys have it."""

from tests.journeys.conftest import chromium

__all__ = ["chromium"]
