"""Where templates, static files and migrations lie: beside the package when installed, else in the checkout."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_INSTALLED = _PACKAGE / "_site"
_ROOT = _INSTALLED if _INSTALLED.is_dir() else _PACKAGE.parent.parent

TEMPLATES = _ROOT / "templates"
PARTIALS = _ROOT / "partials"
STATIC = _ROOT / "static"
MIGRATIONS = _ROOT / "migrations"
