"""A browser for the pages that are edited in place."""

from tests.journeys.conftest import chromium

__all__ = ["chromium"]
