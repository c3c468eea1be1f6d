"""Approved withdrawals, in files for the bank."""

from __future__ import annotations

from mentorinaja.admin.batch import Due, Transfers
from mentorinaja.admin.cases import Means
from mentorinaja.withdrawals import actions, queries
from mentorinaja.withdrawals.rules import is_late


async def _due(means: Means, most: int) -> list[Due]:
    waiting = await queries.to_send(means.db, most)
    lines = await queries.lines_of(means.db, [one.public_id for one in waiting])
    return [
        Due(
            subject=one.public_id,
            round=lines[one.public_id].round,
            to=one.expert_name,
            about="",
            account=f"{one.bank_name} {one.account}",
            tail=lines[one.public_id].tail,
            holder=one.account_holder,
            by=one.due,
            late=is_late(one.requested_at, means.now),
            amount=one.amount,
        )
        for one in waiting
    ]


async def _count(means: Means) -> tuple[int, int]:
    return await queries.count_to_send(means.db)


TRANSFERS = Transfers(
    source=actions.BY_BANK,
    due=_due,
    count=_count,
    whom="Mentor",
    told="Mentor diberi tahu lewat email.",
    example="WD-20261126-ABC234 TRF0012345",
)
