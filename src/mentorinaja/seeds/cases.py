"""Cases of the demo's past that need an admin: money that goes back by bank, a wrong sum, a report that was decided."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from mentorinaja.accounts.queries import admin_by_email
from mentorinaja.arrivals import actions as arrivals
from mentorinaja.banks.vault import Vault
from mentorinaja.bookings import actions as bookings
from mentorinaja.bookings.actions import Wish
from mentorinaja.payments import actions as payments
from mentorinaja.refunds import actions as refunds
from mentorinaja.reports import actions as reports
from mentorinaja.resources import Resources
from mentorinaja.rooms import actions as rooms
from mentorinaja.schedule.queries import nearest_slots
from mentorinaja.seeds.cast import Actor, Cast
from mentorinaja.seeds.payouts import CASHIER
from mentorinaja.seeds.till import Till
from mentorinaja.seeds.timeline import Story, later
from mentorinaja.web.viewer import Viewer

_BCA, _TOPIC = "014", "Persiapan langkah saya berikutnya"
_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
_PROBLEM = "Suaranya sering putus, jadi setengah sesi habis untuk menyambung ulang."
_DECISION = (
    "Keduanya tercatat membuka rapat dari awal sampai selesai, dan mentor memberi catatan lengkap sesudahnya."
)


class Cases:
    """Sessions of people nobody looks at first, each at its own step of the desk."""

    def __init__(self, resources: Resources, cast: Cast, till: Till) -> None:
        self._db = resources.db
        self._clock = resources.clock
        self._vault = Vault(resources.settings)
        self._cast = cast
        self._till = till

    def past(self, today: datetime) -> Iterator[Story]:
        """What was decided by `today`, or waits for it."""
        users = list(self._cast.users.values())
        for days, user, slug, case in (
            (25.0, users[-3], "reza-firmansyah", self._reported),
            (14.0, users[-4], "putu-maharani", self._transferred),
            (2.5, users[-5], "maria-tefa", self._to_transfer),
            (1.0, users[-6], "bambang-suryanto", self._wrong_sum),
        ):
            yield later(today - timedelta(days=days), case(user, self._cast.experts[slug]))

    async def _to_transfer(self, user: Viewer, actor: Actor, *, transferred: bool = False) -> Story:
        """Called off in time; the bank transfer it was paid with takes nothing back, so its payer gave an account."""
        public_id = await self._booked(user, actor, "online_chat", 7, "bank_transfer")
        await self._till.pay(user, public_id)
        yield self._clock.now() + 20 * _HOUR
        await payments.cancel_paid(self._db, user, public_id, 0)
        refund_id = await self._till.give_back(public_id)
        yield self._clock.now() + 5 * _HOUR
        number = f"88{user.id:08}"
        await refunds.give_account(self._db, self._vault, user, public_id, _BCA, number, user.full_name)
        if transferred:
            yield self._clock.now() + 18 * _HOUR
            admin, today = await admin_by_email(self._db, CASHIER.email), self._clock.now()
            await refunds.mark_transferred(self._db, admin, refund_id, f"TRF{today:%Y%m%d}0932")
            yield today + 5 * _DAY + _MINUTE
            await refunds.arrive(self._db, refund_id)

    def _transferred(self, user: Viewer, actor: Actor) -> Story:
        return self._to_transfer(user, actor, transferred=True)

    async def _wrong_sum(self, user: Viewer, actor: Actor) -> Story:
        """Less came than was asked for: it goes back once an admin has looked at it."""
        public_id = await self._booked(user, actor, "online_chat", 6, "qris")
        attempt = await self._till.open(user, public_id)
        yield self._clock.now() + _HOUR
        await self._till.say(public_id, "settlement", attempt=attempt, short=10_000)

    async def _reported(self, user: Viewer, actor: Actor) -> Story:
        """Both were there, so it was decided that nothing goes back."""
        public_id = await self._booked(user, actor, "online_video", 3, "card")
        await self._till.pay(user, public_id)
        row = await self._db.fetchrow(
            """SELECT b.id, lower(b.during) AS starts, upper(b.during) AS ends
               FROM bookings b JOIN orders o ON o.id = b.order_id WHERE o.public_id = $1""",
            public_id,
        )
        assert row is not None, "it was booked before"
        for person, minutes in ((actor.viewer, 3), (user, 2)):
            yield row["starts"] - minutes * _MINUTE
            await rooms.enter(self._db, person, row["id"])
            await arrivals.open_link(self._db, person, row["id"])
        yield row["ends"] + _MINUTE
        await rooms.advance(self._db, row["id"])
        yield row["ends"] + 2 * _HOUR
        report_id = await reports.report(self._db, user, row["id"], _PROBLEM)
        yield row["ends"] + 20 * _HOUR
        admin = await admin_by_email(self._db, CASHIER.email)
        await reports.decide(self._db, admin, report_id, None, _DECISION)

    async def _booked(self, user: Viewer, actor: Actor, category: str, days: int, method: str) -> str:
        """A session in about so many days; its order, which nobody has paid yet."""
        service = next(each for each in actor.services if each.category == category)
        minutes, around = service.duration_minutes, self._clock.now() + days * _DAY
        starts_at = (await nearest_slots(self._db, actor.expert_id, minutes, around, user.id, 1))[0]
        return await bookings.book(self._db, Wish(user.id, service.id, starts_at, _TOPIC, "", method))
