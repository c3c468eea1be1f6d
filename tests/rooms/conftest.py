"""The browser of the journeys, for the room's own tests."""

from tests.journeys.conftest import chromium

__all__ = ["chromium"]
