"""Background work of accounts: answering forgotten passwords, clearing away what is long over."""

from __future__ import annotations

from mentorinaja import clock
from mentorinaja.accounts import actions, emails, sessions
from mentorinaja.jobs.queue import Job, Payload
from mentorinaja.resources import Resources
from mentorinaja.web.limits import forget_old_hits


async def answer_reset(resources: Resources, payload: Payload) -> None:
    """Somebody asked for a new password; done here so that the page answers alike with or without an account."""
    await actions.send_reset(resources.db, str(payload["email"]), await clock.now(resources.db))


async def tidy(resources: Resources, _payload: Payload) -> None:
    """Forget old counters, and sign-ins and addresses of long ago."""
    await forget_old_hits(resources.db)
    await sessions.forget_old_sessions(resources.db)
    await emails.forget_old(resources.db)


JOBS = [Job(actions.RESET_ASKED, answer_reset), Job("accounts.tidy", tidy, sweep=True)]
