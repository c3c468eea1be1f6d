"""Moves of the money machine: sessions take place, are called off, get another time, are complained about."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from mentorinaja.bookings import actions as bookings
from mentorinaja.bookings import proposing
from mentorinaja.payments import actions as payments
from mentorinaja.reports import actions as reports
from mentorinaja.rooms import actions as rooms
from mentorinaja.rooms.room import SIDES
from mentorinaja.rooms.sending import send
from mentorinaja.threads import actions as threads
from mentorinaja.web.viewer import Viewer
from tests.money.game import HOURS, Game, pick
from tests.money.world import Sale

_has_sessions = precondition(lambda self: self.sessions())


class Meeting(Game):
    """What happens around sessions."""

    letters = 0

    @_has_sessions
    @rule(which=pick, shown=st.sampled_from((0, 0, 1, 78_750, 157_500)))
    def cancel(self, which: int, shown: int) -> None:
        sale = self.session(which)
        self.act("cancel", payments.cancel_paid, sale.user, sale.public_id, shown)

    @_has_sessions
    @rule(which=pick)
    def the_expert_cancels(self, which: int) -> None:
        sale = self.session(which)
        self.act("cancel by expert", payments.cancel_by_expert, sale.expert, sale.public_id)

    @_has_sessions
    @rule(which=pick, hours=st.sampled_from(HOURS[1:]))
    def move(self, which: int, hours: int) -> None:
        sale = self.session(which)
        self.act("move", bookings.move, sale.user, sale.public_id, self.do(self.world.slot(hours)))

    @_has_sessions
    @rule(which=pick, hours=st.sampled_from(HOURS[1:]))
    def propose(self, which: int, hours: int) -> None:
        sale = self.session(which)
        self.act("propose", proposing.propose, sale.expert, sale.public_id, self.do(self.world.slot(hours)))

    @_has_sessions
    @rule(which=pick, how=st.sampled_from(("accept", "accept", "decline", "withdraw")))
    def answer_a_proposal(self, which: int, how: str) -> None:
        sale = self.session(which)
        if how == "withdraw":
            self.act("withdraw proposal", proposing.withdraw, sale.expert, sale.public_id)
        elif starts := self.do(
            self.world.db.fetchval(
                "SELECT starts_at FROM proposals WHERE booking_id = $1 ORDER BY id DESC LIMIT 1",
                sale.booking_id,
            )
        ):
            self.act(f"{how} proposal", getattr(proposing, how), sale.user, sale.public_id, starts)

    @_has_sessions
    @rule(which=pick, side=st.sampled_from(SIDES))
    def come_into_the_room(self, which: int, side: str) -> None:
        sale = self.session(which)
        self.act(f"enter as {side}", rooms.enter, _person(sale, side), sale.booking_id)

    @_has_sessions
    @rule(which=pick, days=st.sampled_from((0, 2, 4)))
    def take_place(self, which: int, days: int) -> None:
        """Both come, the expert answers, it ends; some days later its money is earned."""
        sale = self.session(which)
        self.do(self.world.go_to_start(sale))
        for side in SIDES:
            self.come_into_the_room(which=which, side=side)
        self.write(which=which, side="expert")
        self.end(which=which, side="user")
        self.answer_in_writing(which=which, how="finish")
        self.do(self.world.pass_time(timedelta(days=days)))
        self.do(self.world.sweep())

    @_has_sessions
    @rule(which=pick, side=st.sampled_from(SIDES))
    def write(self, which: int, side: str) -> None:
        sale = self.session(which)
        self.letters += 1
        self.act(
            f"write as {side}", send, _person(sale, side), sale.booking_id, UUID(int=self.letters), "Halo"
        )

    @_has_sessions
    @rule(which=pick, side=st.sampled_from(SIDES))
    def end(self, which: int, side: str) -> None:
        sale = self.session(which)
        self.act(f"end as {side}", rooms.end, _person(sale, side), sale.booking_id)

    @_has_sessions
    @rule(which=pick, how=st.sampled_from(("finish", "finish", "accept", "object")))
    def answer_in_writing(self, which: int, how: str) -> None:
        sale = self.session(which)
        if how == "finish":
            self.act("finish thread", threads.finish, sale.expert, sale.booking_id)
        elif how == "accept":
            self.act("accept thread", threads.accept, sale.user, sale.booking_id)
        else:
            words = "Jawabannya belum sesuai pertanyaan saya."
            self.act("object to thread", threads.object_to, sale.user, sale.booking_id, words)

    @_has_sessions
    @rule(which=pick, side=st.sampled_from(SIDES))
    def complain(self, which: int, side: str) -> None:
        sale = self.session(which)
        words = "Sesi tidak berjalan semestinya."
        self.act("report", reports.report, _person(sale, side), sale.booking_id, words)

    @rule(amount=st.sampled_from((None, 0, 1, 50_000, 78_750, 157_500)))
    def decide_a_report(self, amount: int | None) -> None:
        number = self.do(
            self.world.db.fetchval(
                "SELECT id FROM session_reports WHERE decided_at IS NULL ORDER BY id LIMIT 1"
            )
        )
        if number is not None:
            reason = "Diputuskan dari catatan sesi."
            self.act("decide report", reports.decide, self.world.admin, number, amount, reason)

    @rule(which=pick)
    def reopen_a_report(self, which: int) -> None:
        rows = self.do(self.world.db.fetch("SELECT id FROM session_reports ORDER BY id"))
        if rows:
            number = rows[which % len(rows)]["id"]
            self.act("reopen report", reports.reopen, self.world.admin, number, "Ada catatan yang terlewat.")


def _person(sale: Sale, side: str) -> Viewer:
    return sale.user if side == "user" else sale.expert
