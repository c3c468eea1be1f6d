"""The desks there are, in the order of the menu."""

from __future__ import annotations

from mentorinaja.admin import withdrawals
from mentorinaja.admin.desk import Desk

DESKS: tuple[Desk, ...] = (withdrawals.DESK,)
BY_NAME = {desk.name: desk for desk in DESKS}
