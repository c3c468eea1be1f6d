"""The desks there are, as the menu has them: each group with its name."""

from __future__ import annotations

from mentorinaja.admin import links, mentor_desk, orders, payments, people_desk, withdrawals
from mentorinaja.admin.desk import Desk

# In this order: Uang: orders, refunds, withdrawals, payments, differences. Orang: users, experts, reports, reviews.
# Sistem: links, mails, jobs, settings, audit.
MENU: tuple[tuple[str, tuple[Desk, ...]], ...] = (
    ("Uang", (orders.DESK, withdrawals.DESK, payments.DESK)),
    ("Orang", (people_desk.DESK, mentor_desk.DESK)),
    ("Sistem", (links.DESK,)),
)
DESKS: tuple[Desk, ...] = tuple(desk for _, desks in MENU for desk in desks)
BY_NAME = {desk.name: desk for desk in DESKS}
