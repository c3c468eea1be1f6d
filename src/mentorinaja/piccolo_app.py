"""Piccolo's view of the project: its name and where the migrations lie."""

from __future__ import annotations

from piccolo.conf.apps import AppConfig

from mentorinaja.paths import MIGRATIONS

APP_CONFIG = AppConfig(app_name="mentorinaja", migrations_folder_path=str(MIGRATIONS), table_classes=[])
