"""What the worker does: the jobs and mails of all features, collected; the only wiring of the worker process."""

from __future__ import annotations

from mentorinaja.accounts.jobs import JOBS as ACCOUNT_JOBS
from mentorinaja.accounts.mails import MAILS as ACCOUNT_MAILS
from mentorinaja.jobs.queue import Job
from mentorinaja.notices.jobs import make_jobs
from mentorinaja.notices.kinds import Mail

MAILS: list[Mail] = [*ACCOUNT_MAILS]


def all_jobs() -> list[Job]:
    """Every kind of background work there is."""
    return [*make_jobs(MAILS), *ACCOUNT_JOBS]
