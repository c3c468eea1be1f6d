"""A browser for the dialog."""

from tests.journeys.conftest import chromium

__all__ = ["chromium"]
