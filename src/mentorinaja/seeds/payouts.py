"""What experts of the demo have asked to be paid out: withdrawals in every state, decided by an admin."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import uuid4

from mentorinaja.accounts.queries import admin_by_email
from mentorinaja.banks.rules import BANKS
from mentorinaja.banks.vault import Vault
from mentorinaja.ledger import queries as ledger
from mentorinaja.payments.jobs import release_due
from mentorinaja.resources import Resources
from mentorinaja.seeds.cast import Actor, Cast
from mentorinaja.seeds.people import PASSWORD, User
from mentorinaja.seeds.timeline import Story, later
from mentorinaja.transfers.actions import make_file
from mentorinaja.withdrawals import actions
from mentorinaja.withdrawals.actions import Wish
from mentorinaja.withdrawals.rules import State

# Who decides about money; the admin everybody may sign in as comes when the world is complete.
CASHIER = User("keuangan", "Keuangan MentorinAja")
_REASONS = {
    "rejected": "Nama pemilik rekening berbeda dari nama akun. Periksa data rekening, lalu ajukan lagi.",
    "failed": "Bank tujuan menolak karena rekening sudah tidak aktif.",
}
_BANKS = tuple(BANKS)


class Payouts:
    """Withdrawals that end, or wait, in one particular way each. Sari has none open: whoever looks may ask."""

    def __init__(self, resources: Resources, cast: Cast) -> None:
        self._resources = resources
        self._db = resources.db
        self._cast = cast
        self._vault = Vault(resources.settings)

    def past(self, today: datetime) -> Iterator[Story]:
        """What is over by `today`, or waits."""
        payouts: tuple[tuple[str, int, State], ...] = (
            ("sari", 70, "paid"),
            ("sari", 28, "paid"),
            ("dimas", 45, "rejected"),
            ("dimas", 43, "paid"),
            ("dimas", 2, "processing"),
            ("kevin-tanuwijaya", 30, "failed"),
            ("kevin-tanuwijaya", 1, "requested"),
        )
        for slug, days, state in payouts:
            yield later(today - timedelta(days=days), self._payout(self._cast.experts[slug], state))

    async def _payout(self, actor: Actor, state: State) -> Story:
        await release_due(self._resources, {})
        public_id = await self._ask(actor)
        if state == "requested":
            return
        admin = await admin_by_email(self._db, CASHIER.email)
        yield self._in(hours=20)
        if state == "rejected":
            await actions.reject(self._db, admin, public_id, _REASONS[state])
            return
        await actions.approve(self._db, admin, public_id)
        if state == "processing":
            return
        await make_file(self._db, self._vault, admin, actions.BY_BANK, [public_id])
        yield self._in(hours=26)
        if state == "failed":
            await actions.mark_failed(self._db, admin, public_id, _REASONS[state])
        else:
            await actions.mark_sent(
                self._db, admin, public_id, f"TRF{self._resources.clock.now():%Y%m%d}0417"
            )

    async def _ask(self, actor: Actor) -> str:
        """Ask for about half of what is there, at least the usual minimum."""
        available = (await ledger.earnings(self._db, actor.expert_id)).available
        wish = Wish(
            form_key=uuid4(),
            amount=max(50_000, available // 20_000 * 10_000),
            bank=_BANKS[actor.expert_id % 4],
            account_number=f"7{actor.expert_id:03}{actor.viewer.id:06}",
            account_holder=actor.viewer.full_name,
        )
        return await actions.ask(self._db, self._vault, actor.viewer, wish, PASSWORD)

    def _in(self, *, hours: int) -> datetime:
        return self._resources.clock.now() + timedelta(hours=hours)
