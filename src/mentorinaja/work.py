"""What runs without a page: the jobs and mails of all features, collected."""

from __future__ import annotations

from mentorinaja.accounts.jobs import JOBS as ACCOUNTS
from mentorinaja.accounts.mails import MAILS as ACCOUNT_MAILS
from mentorinaja.accounts.standing_mails import MAILS as STANDING_MAILS
from mentorinaja.admin.jobs import JOBS as ADMIN
from mentorinaja.admin.mails import MAILS as ADMIN_MAILS
from mentorinaja.applications.mails import MAILS as APPLICATION_MAILS
from mentorinaja.bookings.jobs import JOBS as BOOKINGS
from mentorinaja.bookings.mails import MAILS as BOOKING_MAILS
from mentorinaja.calendars.jobs import JOBS as CALENDARS
from mentorinaja.calendars.mails import MAILS as CALENDAR_MAILS
from mentorinaja.experts.jobs import JOBS as EXPERTS
from mentorinaja.favourites.jobs import JOBS as FAVOURITES
from mentorinaja.favourites.mails import MAILS as FAVOURITE_MAILS
from mentorinaja.invoices.jobs import JOBS as INVOICES
from mentorinaja.jobs.queue import Job
from mentorinaja.notices.jobs import make_jobs
from mentorinaja.notices.kinds import Mail
from mentorinaja.payments.jobs import JOBS as PAYMENTS
from mentorinaja.payments.mails import MAILS as PAYMENT_MAILS
from mentorinaja.policies.mails import MAILS as POLICY_MAILS
from mentorinaja.products.jobs import JOBS as PRODUCTS
from mentorinaja.products.mails import MAILS as PRODUCT_MAILS
from mentorinaja.refunds.jobs import JOBS as REFUNDS
from mentorinaja.refunds.mails import MAILS as REFUND_MAILS
from mentorinaja.reports.mails import MAILS as REPORT_MAILS
from mentorinaja.reviews.mails import MAILS as REVIEW_MAILS
from mentorinaja.rooms.jobs import JOBS as ROOMS
from mentorinaja.rooms.mails import MAILS as ROOM_MAILS
from mentorinaja.threads.mails import MAILS as THREAD_MAILS
from mentorinaja.transcripts.jobs import JOBS as TRANSCRIPTS
from mentorinaja.trust.jobs import JOBS as TRUST
from mentorinaja.trust.mails import MAILS as TRUST_MAILS
from mentorinaja.withdrawals.mails import MAILS as WITHDRAWAL_MAILS

MAILS: list[Mail] = [
    *ACCOUNT_MAILS,
    *POLICY_MAILS,
    *STANDING_MAILS,
    *BOOKING_MAILS,
    *PRODUCT_MAILS,
    *PAYMENT_MAILS,
    *REFUND_MAILS,
    *WITHDRAWAL_MAILS,
    *ROOM_MAILS,
    *REPORT_MAILS,
    *THREAD_MAILS,
    *CALENDAR_MAILS,
    *FAVOURITE_MAILS,
    *REVIEW_MAILS,
    *TRUST_MAILS,
    *APPLICATION_MAILS,
    *ADMIN_MAILS,
]


def all_jobs() -> list[Job]:
    """Every kind of background work there is."""
    return [
        *make_jobs(MAILS),
        *ACCOUNTS,
        *EXPERTS,
        *BOOKINGS,
        *INVOICES,
        *PRODUCTS,
        *PAYMENTS,
        *REFUNDS,
        *ROOMS,
        *TRANSCRIPTS,
        *CALENDARS,
        *FAVOURITES,
        *TRUST,
        *ADMIN,
    ]
