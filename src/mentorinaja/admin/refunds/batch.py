"""Refunds that go to payers' accounts, in files for the bank."""

from __future__ import annotations

from mentorinaja.admin.batch import Due, Transfers
from mentorinaja.admin.cases import Means
from mentorinaja.refunds import actions, queries


async def _due(means: Means, most: int) -> list[Due]:
    return [
        Due(
            subject=one.name,
            round=one.round,
            to=one.payer_name,
            about=one.order,
            account=one.account,
            tail=one.tail,
            holder=one.holder,
            by=one.promised,
            late=one.late,
            amount=one.due,
        )
        for one in await queries.ready(means.db, most)
    ]


async def _count(means: Means) -> tuple[int, int]:
    return await queries.count_ready(means.db)


TRANSFERS = Transfers(
    source=actions.BY_BANK,
    due=_due,
    count=_count,
    whom="Pembayar",
    told="Pembayar diberi tahu lewat email.",
    example="RF-12 FT2611260001",
)
