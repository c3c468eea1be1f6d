"""The desks there are, as the menu has them: each group with its name."""

from __future__ import annotations

from mentorinaja.admin import (
    audit,
    differences,
    links,
    mentor_desk,
    orders,
    outbox,
    payments,
    people_desk,
    policies,
    queue,
    refunds,
    reports,
    reviews,
    unpaid,
    withdrawals,
)
from mentorinaja.admin.desk import Desk

# In this order: Uang: orders, refunds, withdrawals, payments, differences. Orang: users, experts, reports, reviews.
# Sistem: links, mails, jobs, settings, audit.
MENU: tuple[tuple[str, tuple[Desk, ...]], ...] = (
    ("Uang", (orders.DESK, refunds.DESK, withdrawals.DESK, payments.DESK, differences.DESK, unpaid.DESK)),
    ("Orang", (people_desk.DESK, mentor_desk.DESK, reports.DESK, reviews.DESK)),
    ("Sistem", (links.DESK, outbox.DESK, queue.DESK, policies.DESK, audit.DESK)),
)
DESKS: tuple[Desk, ...] = tuple(desk for _, desks in MENU for desk in desks)
BY_NAME = {desk.name: desk for desk in DESKS}
