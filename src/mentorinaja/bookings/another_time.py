"""Choosing another time for a session: the form, what it offers, and how each page that has it answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from litestar import Response

from mentorinaja.bookings.choosing import Times, look_at_times, nearest, showable
from mentorinaja.bookings.forms import MoveForm
from mentorinaja.bookings.queries import OrderDetail
from mentorinaja.bookings.refusals import NotASlot, OwnOverlap, SlotTaken
from mentorinaja.db.pool import Database
from mentorinaja.errors import DomainError
from mentorinaja.web import html
from mentorinaja.web.bodies import posted
from mentorinaja.web.forms import read_form
from mentorinaja.web.limits import limit
from mentorinaja.web.viewer import WebRequest

# What htmx swaps when the date changes.
_PARTS = {
    "pick-date": "partials/bookings/pick_date.html",
    "pick-time": "partials/bookings/pick_time.html",
}

# What is done with the time chosen; refuses as moving a session does.
Act = Callable[[datetime], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class TimePage:
    """A page on which somebody chooses another time for `order`, first shown in `zone`; `more` is for its template."""

    template: str
    order: OrderDetail
    zone: str
    more: Mapping[str, Any] = field(default_factory=dict)

    async def show(self, request: WebRequest, db: Database, now: datetime) -> Response[Any]:
        """The times to choose from; the address may carry what is chosen already."""
        form = MoveForm(request.query_params)
        form.offer(await self._times(db, form, now), now)
        if html.wants_partial(request):
            form.select()
            return html.parts(request, _PARTS, form=form, choice=form.times)
        return self._page(request, form)

    async def send(
        self, request: WebRequest, db: Database, now: datetime, act: Act
    ) -> datetime | Response[Any]:
        """The time chosen, once `act` has done what it is for; or the page again with what is wrong.

        What `act` raises besides a time that cannot be had passes through.
        """
        assert request.user is not None, "the guard let nobody else in"
        form = await read_form(request, MoveForm)
        wanted = (await posted(request)).text("show")
        if wanted is not None:
            form.show(wanted)
        form.offer(await self._times(db, form, now), now)
        if wanted is not None or not form.validate():
            return self._page(request, form, status=200 if wanted is not None else 422)
        await limit(db, "book", str(request.user.id), most=60, seconds=3600)
        starts_at = form.chosen()
        try:
            await act(starts_at)
        except (SlotTaken, OwnOverlap, NotASlot) as refusal:
            return await self._refused(request, db, now, form, starts_at, refusal)
        return starts_at

    async def _refused(
        self,
        request: WebRequest,
        db: Database,
        now: datetime,
        form: MoveForm,
        starts_at: datetime,
        refusal: DomainError,
    ) -> Response[Any]:
        """The page with what was chosen, what is free now, and why it did not work."""
        form.offer(await self._times(db, form, now), now)
        if isinstance(refusal, NotASlot):
            form.time.errors = [*form.time.errors, refusal.text]
            return self._page(request, form, status=refusal.status)
        order = self.order
        slots = await nearest(db, order.expert_id, form.times, starts_at, order.user_id, order.booking_id)
        others = [(value, slot) for value, slot in slots if slot != order.starts_at]
        return self._page(request, form, status=refusal.status, notice=refusal, nearest=others)

    async def _times(self, db: Database, form: MoveForm, now: datetime) -> Times:
        """What is free for both, the session's own time aside: it has that already."""
        order, zone = self.order, form.known_zone or self.zone
        times = await look_at_times(
            db,
            order.expert_id,
            order.duration_minutes,
            zone=zone,
            day=showable(form.day, now, zone),
            user_id=order.user_id,
            besides=order.booking_id,
        )
        if order.status != "confirmed":
            return times
        return replace(times, slots=[slot for slot in times.slots if slot != order.starts_at])

    def _page(
        self,
        request: WebRequest,
        form: MoveForm,
        *,
        status: int = 200,
        notice: DomainError | None = None,
        nearest: list[tuple[str, datetime]] | None = None,
    ) -> Response[Any]:
        form.select()
        return html.page(
            request, self.template, status=status, order=self.order, form=form, choice=form.times, notice=notice,
            nearest=nearest or (), **self.more,
        )  # fmt: skip
