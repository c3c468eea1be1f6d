"""What admins did at their desk in the demo's past: fees and rules that changed, a plan withdrawn, meeting links kept."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from mentorinaja.accounts.queries import admin_by_email
from mentorinaja.payments import actions as payments
from mentorinaja.policies import actions as policies
from mentorinaja.policies import queries
from mentorinaja.resources import Resources
from mentorinaja.seeds.payouts import CASHIER
from mentorinaja.seeds.timeline import Story, later

_FEWER = "Tautan unduhan banyak dibagikan ulang. Kami batasi dulu."
_AS_BEFORE = "Pembeli yang berganti ponsel kehabisan unduhan, dan yang membagikan ulang ternyata sedikit."
_CHEAPER = "Percobaan biaya lebih ringan supaya lebih banyak mentor bergabung."
_NOT_YET = "Dihitung ulang: biaya Midtrans naik bulan ini. Rencananya kami tunda."
_ROOMS = ["https://meet.mentorinaja.test/ruang-tetap-1", "https://meet.mentorinaja.test/ruang-tetap-2"]
_OWN_ROOM = "Ruang ini dipakai tim sendiri untuk rapat mingguan."


class Desk:
    """Decisions that are about nobody's order. At the end the fees and rules are those of the beginning."""

    def __init__(self, resources: Resources) -> None:
        self._db = resources.db

    def past(self, today: datetime) -> Iterator[Story]:
        """What was done by `today`."""
        yield later(today - timedelta(days=110), self._downloads())
        yield later(today - timedelta(days=20), self._fee_that_never_held())
        yield later(today - timedelta(days=2), self._links())

    async def _downloads(self) -> Story:
        admin, before = await admin_by_email(self._db, CASHIER.email), await queries.current(self._db)
        made = await policies.change(self._db, admin, _FEWER, downloads=before.downloads // 2)
        yield made.since + timedelta(days=45)
        await policies.change(self._db, admin, _AS_BEFORE, downloads=before.downloads)

    async def _fee_that_never_held(self) -> Story:
        admin, now = await admin_by_email(self._db, CASHIER.email), await queries.current(self._db)
        at: datetime = await self._db.fetchval("SELECT app_now()")
        plan = await policies.change(
            self._db,
            admin,
            _CHEAPER,
            since=at + timedelta(days=30),
            platform_fee_bps=now.platform_fee_bps - 200,
        )
        yield at + timedelta(days=2)
        await policies.withdraw(self._db, admin, plan.id, _NOT_YET)

    async def _links(self) -> Story:
        """Two rooms for many sessions, for two months; and one link that is nobody's any more."""
        admin = await admin_by_email(self._db, CASHIER.email)
        at: datetime = await self._db.fetchval("SELECT app_now()")
        await payments.add_pasted(self._db, admin, _ROOMS, reusable=True, expires_at=at + timedelta(days=60))
        yield at + timedelta(hours=1)
        last: int = await self._db.fetchval(
            "SELECT max(id) FROM meeting_links_pool WHERE NOT reusable AND spent_at IS NULL"
        )
        await payments.retire_link(self._db, admin, last, _OWN_ROOM)
