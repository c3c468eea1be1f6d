"""The desks there are, as the menu has them: each group with its name."""

from __future__ import annotations

from mentorinaja.admin import audit, reviews
from mentorinaja.admin.desk import Desk
from mentorinaja.admin.gateway import differences
from mentorinaja.admin.gateway import log as payments
from mentorinaja.admin.links import desk as links
from mentorinaja.admin.orders import desk as orders
from mentorinaja.admin.orders import unpaid
from mentorinaja.admin.people import mentor_desk
from mentorinaja.admin.people import user_desk as people_desk
from mentorinaja.admin.refunds import desk as refunds
from mentorinaja.admin.reports import desk as reports
from mentorinaja.admin.settings import desk as policies
from mentorinaja.admin.upkeep import jobs as queue
from mentorinaja.admin.upkeep import mails as outbox
from mentorinaja.admin.withdrawals import desk as withdrawals

# In this order: Uang: orders, refunds, withdrawals, payments, differences. Orang: users, experts, reports, reviews.
# Sistem: links, mails, jobs, settings, audit.
MENU: tuple[tuple[str, tuple[Desk, ...]], ...] = (
    ("Uang", (orders.DESK, refunds.DESK, withdrawals.DESK, payments.DESK, differences.DESK, unpaid.DESK)),
    ("Orang", (people_desk.DESK, mentor_desk.DESK, reports.DESK, reviews.DESK)),
    ("Sistem", (links.DESK, outbox.DESK, queue.DESK, policies.DESK, audit.DESK)),
)
DESKS: tuple[Desk, ...] = tuple(desk for _, desks in MENU for desk in desks)
BY_NAME = {desk.name: desk for desk in DESKS}
