"""The password once more, on pages of the desk that do what is sensitive."""

from __future__ import annotations

from mentorinaja.accounts import actions as accounts
from mentorinaja.accounts import queries as people
from mentorinaja.admin.cases import Means
from mentorinaja.errors import DomainError


class NoPassword(DomainError):
    """The ten minutes were over after the form was shown, or its field was left empty."""

    status = 422
    title = "Tulis password Anda."


async def is_asked(means: Means) -> bool:
    """Whether the form has to ask for it: it was not given lately."""
    return not await people.confirmed_lately(means.db, means.admin.session_id)


async def problem_with(means: Means, password: str) -> DomainError | None:
    """Why what is sensitive has to wait for the password, or None when it was given lately or just now."""
    if not await is_asked(means):
        return None
    if not password:
        return NoPassword()
    try:
        await accounts.confirm(means.db, means.admin, password)
    except DomainError as problem:
        return problem
    return None
