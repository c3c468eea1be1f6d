"""A review of the demo that an admin hid, so that the desk has one to look at."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from mentorinaja.accounts.queries import admin_by_email
from mentorinaja.resources import Resources
from mentorinaja.reviews import actions
from mentorinaja.seeds.payouts import CASHIER
from mentorinaja.seeds.timeline import Story

_REASON = "Penulis dan mentor ternyata satu keluarga. Ulasan di sini hanya dari klien yang tidak terikat."
# Of a mentor with others enough, and none of the two that people look at first.
_CHOSEN = """
    SELECT o.public_id FROM reviews r JOIN orders o ON o.id = r.order_id JOIN experts e ON e.id = r.expert_id
    WHERE r.comment <> '' AND r.hidden_at IS NULL AND e.rating_count >= 5 AND e.slug NOT IN ('sari', 'dimas')
    ORDER BY r.created_at DESC LIMIT 1"""


class Moderation:
    """What became of a review in the last days."""

    def __init__(self, resources: Resources) -> None:
        self._db = resources.db

    def past(self, today: datetime) -> Iterator[Story]:
        """What was decided by `today`."""
        yield self._hide(today - timedelta(days=4))

    async def _hide(self, when: datetime) -> Story:
        yield when
        admin = await admin_by_email(self._db, CASHIER.email)
        public_id = await self._db.fetchval(_CHOSEN)
        if public_id is not None:
            await actions.hide(self._db, admin, public_id, _REASON)
