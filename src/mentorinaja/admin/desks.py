"""The desks there are, as the menu has them: each group with its name."""

from __future__ import annotations

from typing import Any

from mentorinaja.admin import audit, reviews
from mentorinaja.admin.desk import Desk
from mentorinaja.admin.experts import desk as experts
from mentorinaja.admin.gateway import differences, payments
from mentorinaja.admin.links import desk as links
from mentorinaja.admin.orders import desk as orders
from mentorinaja.admin.orders import unpaid
from mentorinaja.admin.refunds import desk as refunds
from mentorinaja.admin.reports import desk as reports
from mentorinaja.admin.settings import desk as settings
from mentorinaja.admin.upkeep import jobs, mails
from mentorinaja.admin.users import desk as users
from mentorinaja.admin.withdrawals import desk as withdrawals

MENU: tuple[tuple[str, tuple[Desk[Any], ...]], ...] = (
    ("Uang", (orders.DESK, refunds.DESK, withdrawals.DESK, payments.DESK, differences.DESK, unpaid.DESK)),
    ("Orang", (users.DESK, experts.DESK, reports.DESK, reviews.DESK)),
    ("Sistem", (links.DESK, mails.DESK, jobs.DESK, settings.DESK, audit.DESK)),
)
DESKS: tuple[Desk[Any], ...] = tuple(desk for _, desks in MENU for desk in desks)
BY_NAME = {desk.name: desk for desk in DESKS}
