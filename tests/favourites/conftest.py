"""A browser for hearts and bells."""

from tests.journeys.conftest import chromium

__all__ = ["chromium"]
