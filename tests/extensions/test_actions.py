"""+15 menit in the database: asking, answering, paying in time, late, twice, taken back, and what an end gives back."""

from datetime import timedelta

import pytest

from mentorinaja import clock
from mentorinaja.bookings import actions as bookings
from mentorinaja.bookings import queries as orders
from mentorinaja.db.pool import Database
from mentorinaja.errors import NotThere
from mentorinaja.extensions import actions as extensions
from mentorinaja.extensions.actions import NoAnswer, NotExtendable, NothingAsked, TimeTaken
from mentorinaja.ledger import queries as ledger
from mentorinaja.payments import actions as payments
from mentorinaja.payments import jobs as payment_jobs
from mentorinaja.payments.attempts import _check_payable
from mentorinaja.payments.refusals import NothingToPay, PayingClosed
from mentorinaja.rooms import actions
from mentorinaja.rooms.room import Notice
from tests.support.bookings import Seller, book, events_of, make_user, slot_in
from tests.support.extensions import (
    ROOM_STATE,
    agreed,
    answer,
    ask,
    leave,
    open_attempt,
    order_of,
    pay_extension,
    running,
)
from tests.support.payments import said
from tests.support.rooms import Meeting, meet_in_writing, meet_later

PRICE = 78_750
A_QUARTER = timedelta(minutes=15)


async def state(meeting: Meeting) -> tuple[str | None, str | None]:
    """The latest extension's state and its payment's."""
    row = await meeting.db.fetchrow(ROOM_STATE, meeting.booking_id)
    assert row is not None
    return row["state"], row["payment_status"]


async def held_until(meeting: Meeting) -> object:
    return await meeting.db.fetchval("SELECT upper(during) FROM bookings WHERE id = $1", meeting.booking_id)


async def refunds_of(db: Database, public_id: str) -> list[tuple[str, int]]:
    rows = await db.fetch(
        """SELECT r.reason, r.amount FROM refunds r JOIN orders o ON o.id = r.order_id
           WHERE o.public_id = $1 AND r.state <> 'rejected' ORDER BY r.id""",
        public_id,
    )
    return [(row["reason"], row["amount"]) for row in rows]


async def extended(meeting: Meeting) -> list[str]:
    return [
        item.cause for item in await meeting.items() if isinstance(item, Notice) and item.kind == "extended"
    ]


# ---- asking and answering


async def test_the_user_asks_and_asking_again_is_the_same_question(db: Database) -> None:
    meeting = await running(db)
    await ask(meeting)
    await ask(meeting)
    assert await db.fetchval("SELECT count(*) FROM session_extensions") == 1
    assert await state(meeting) == ("asked", None)


@pytest.mark.parametrize("left", [5.1, 1.9])
async def test_nobody_asks_outside_the_window(db: Database, left: float) -> None:
    meeting = await running(db, left=left)
    with pytest.raises(NotExtendable, match="dari lima sampai dua menit"):
        await ask(meeting)


async def test_before_the_start_in_other_sessions_and_for_others_there_is_nothing_to_ask(
    db: Database,
) -> None:
    video = await meet_later(db, category="online_video")
    await video.go_to((await video.room()).starts_at)
    await video.begin()
    with pytest.raises(NotExtendable, match="hanya ada di sesi chat yang berdurasi"):
        await ask(video)
    thread = await meet_in_writing(db)
    with pytest.raises(NotExtendable, match="hanya ada di sesi chat yang berdurasi"):
        await ask(thread)
    meeting = await running(db)
    with pytest.raises(NotThere):
        await extensions.extend(db, await make_user(db), meeting.booking_id, "yes")


async def test_what_is_too_cheap_to_pay_cannot_be_asked_for(db: Database) -> None:
    meeting = await running(db, minutes=480)
    with pytest.raises(
        NotExtendable, match=r"seharga Rp 4\.922, di bawah pembayaran paling kecil Rp 10\.000"
    ):
        await ask(meeting)


async def test_a_no_can_be_asked_about_once_more_and_then_not(db: Database) -> None:
    meeting = await running(db)
    for _ in range(2):
        await ask(meeting)
        await answer(meeting, "no")
        await answer(meeting, "no")
    assert await state(meeting) == ("declined", None)
    with pytest.raises(NotExtendable, match="sudah dua kali"):
        await ask(meeting)


async def test_only_an_open_question_can_be_answered_and_only_by_yes_or_no(db: Database) -> None:
    meeting = await running(db)
    with pytest.raises(NothingAsked):
        await answer(meeting)
    await ask(meeting)
    with pytest.raises(NoAnswer):
        await answer(meeting, "mungkin")
    await leave(meeting, 1.9)
    with pytest.raises(NothingAsked):
        await answer(meeting)


async def test_an_agreement_holds_the_time_and_makes_an_order_to_be_paid_by_the_end(db: Database) -> None:
    meeting = await running(db)
    before = await meeting.room()
    await ask(meeting)
    await answer(meeting)
    await answer(meeting)
    room = await meeting.room()
    assert room.ends_at == before.ends_at and room.ends_at is not None
    assert await held_until(meeting) == room.ends_at + A_QUARTER
    more = room.extension
    assert more is not None and more.order_id is not None and more.order_id.startswith("EX-")
    assert (more.state, more.total, more.payment_status, more.pay_deadline) == (
        "agreed",
        PRICE,
        "waiting",
        room.ends_at,
    )
    order = await orders.order_for(db, meeting.user, more.order_id)
    assert order is not None and order.is_extension
    assert (order.subtotal, order.admin_fee, order.platform_fee, order.expert_share) == (
        75_000,
        3_750,
        15_750,
        63_000,
    )
    assert (
        order.item_name == "+15 menit: Chat Konsultasi (30 menit)" and order.booking_id == meeting.booking_id
    )
    assert await events_of(db, more.order_id) == ["created"]


async def test_when_the_time_after_is_taken_the_answer_is_a_clear_no(db: Database) -> None:
    meeting = await running(db, left=4.9)
    await ask(meeting)
    room = await meeting.room()
    await take_time_after(meeting)
    with pytest.raises(TimeTaken, match=r"Waktu setelah sesi ini sudah terisi\."):
        await answer(meeting)
    assert await state(meeting) == ("declined", None)
    assert await held_until(meeting) != room.ends_at
    assert await db.fetchval("SELECT count(*) FROM orders WHERE kind = 'extension'") == 0


async def take_time_after(meeting: Meeting) -> None:
    """Somebody has booked the expert from soon after the session on."""
    db, room = meeting.db, await meeting.room()
    assert room.ends_at is not None
    service_id = await db.fetchval("SELECT service_id FROM bookings WHERE id = $1", meeting.booking_id)
    seller = Seller(meeting.expert.expert_id or 0, meeting.expert.id, "", service_id)
    other = await book(db, await make_user(db, "Ani Lestari"), seller, await slot_in(db, days=1))
    await db.execute(
        """UPDATE bookings SET starts_at = $2, during = tstzrange($2::timestamptz, $2::timestamptz + interval '30 minutes'),
             blocked = tstzrange($2::timestamptz, $2::timestamptz + interval '30 minutes')
           WHERE order_id = (SELECT id FROM orders WHERE public_id = $1)""",
        other,
        room.ends_at + timedelta(minutes=12),
    )


# ---- paying


async def test_paid_in_time_the_clock_moves_by_fifteen_minutes_once(db: Database) -> None:
    meeting, public_id = await agreed(db)
    before = (await meeting.room()).ends_at
    assert before is not None
    await pay_extension(db, public_id)
    assert await state(meeting) == ("agreed", "paid")
    for _ in range(2):
        await actions.advance(db, meeting.booking_id)
    room = await meeting.room()
    assert await state(meeting) == ("paid", "paid") and room.ends_at == before + A_QUARTER
    assert await extended(meeting) == ["paid"]
    assert await events_of(db, public_id) == ["created", "confirmed"]
    mails = await db.fetch("SELECT kind FROM outbox WHERE about = $1 ORDER BY kind", public_id)
    assert [row["kind"] for row in mails] == ["new_booking", "paid"]
    order = await orders.order_for(db, meeting.user, public_id)
    assert order is not None and order.invoice_name is not None and order.status == "confirmed"
    assert await db.fetchval("SELECT count(*) FROM pgqueuer WHERE entrypoint = $1", bookings.ROOMS_DUE) > 0


async def test_time_added_can_be_added_to(db: Database) -> None:
    meeting, first = await agreed(db)
    began = (await meeting.room()).ends_at
    assert began is not None
    await pay_extension(db, first)
    await actions.advance(db, meeting.booking_id)
    await leave(meeting, 4)
    await ask(meeting)
    await answer(meeting)
    second = await order_of(meeting)
    assert second != first
    await pay_extension(db, second)
    await actions.advance(db, meeting.booking_id)
    assert (await meeting.room()).ends_at == began + 2 * A_QUARTER


async def test_the_end_finds_money_that_came_before_it(db: Database) -> None:
    meeting, public_id = await agreed(db)
    await leave(meeting, 0.5)
    await pay_extension(db, public_id)
    await leave(meeting, -1)
    await actions.advance(db, meeting.booking_id)
    assert (await meeting.room()).status == "running" and await state(meeting) == ("paid", "paid")


async def test_unpaid_the_session_ends_on_time_and_the_hold_goes(db: Database) -> None:
    meeting, public_id = await agreed(db)
    ends_at = (await meeting.room()).ends_at
    await leave(meeting, -0.1)
    await actions.advance(db, meeting.booking_id)
    room = await meeting.room()
    assert room.ended_at == ends_at and await meeting.status() == "completed"
    assert await state(meeting) == ("lapsed", "waiting")
    expert = meeting.expert.expert_id
    assert await db.fetchval("SELECT ready_now($1, 30)", expert)
    async with db.transaction() as tx:
        assert await bookings.expire(tx, await orders.lock_order(tx, public_id))
    assert await state(meeting) == ("lapsed", "expired")


async def test_late_money_goes_back_and_the_session_stays_over(db: Database) -> None:
    meeting, public_id = await agreed(db)
    await leave(meeting, -0.1)
    await pay_extension(db, public_id)
    assert await state(meeting) == ("agreed", "paid_late")
    await actions.advance(db, meeting.booking_id)
    assert await state(meeting) == ("lapsed", "paid_late") and await meeting.status() == "completed"
    assert await refunds_of(db, public_id) == [("extension_unused", PRICE)]
    assert await extended(meeting) == []


async def test_money_after_an_early_end_goes_back_though_its_deadline_has_not_come(db: Database) -> None:
    meeting, public_id = await agreed(db)
    await actions.end(db, meeting.user, meeting.booking_id)
    assert await state(meeting) == ("lapsed", "waiting")
    await pay_extension(db, public_id)
    assert await state(meeting) == ("lapsed", "paid_late")
    assert await refunds_of(db, public_id) == [("extension_unused", PRICE)]


async def test_paying_twice_gives_the_second_back(db: Database) -> None:
    meeting, public_id = await agreed(db)
    await pay_extension(db, public_id)
    await pay_extension(db, public_id, 2)
    await actions.advance(db, meeting.booking_id)
    assert await state(meeting) == ("paid", "paid")
    assert await refunds_of(db, public_id) == [("paid_twice", PRICE)]


async def test_a_denied_payment_leaves_the_time_to_pay(db: Database) -> None:
    meeting, public_id = await agreed(db)
    attempt = await open_attempt(db, public_id)
    await payments.hear(db, attempt, said(attempt, "deny", amount=PRICE))
    assert await state(meeting) == ("agreed", "waiting")
    assert await db.fetchval("SELECT last_attempt_failed FROM orders WHERE public_id = $1", public_id)
    await payments.hear(db, attempt, said(attempt, amount=PRICE))
    await actions.advance(db, meeting.booking_id)
    assert await state(meeting) == ("paid", "paid")


async def test_a_reversal_marks_the_money_and_leaves_the_time(db: Database) -> None:
    meeting, public_id = await agreed(db)
    transaction_id = await pay_extension(db, public_id)
    await actions.advance(db, meeting.booking_id)
    ends_at = (await meeting.room()).ends_at
    await payments.hear(db, public_id, said(public_id, "cancel", amount=PRICE, transaction_id=transaction_id))
    await actions.advance(db, meeting.booking_id)
    assert await state(meeting) == ("paid", "reversed") and (await meeting.room()).ends_at == ends_at
    earned = await ledger.earnings(db, meeting.expert.expert_id or 0)
    assert earned.held == 126_000


async def test_what_is_given_up_before_paying_can_be_asked_for_anew(db: Database) -> None:
    meeting, public_id = await agreed(db)
    assert await bookings.cancel_unpaid(db, meeting.user, public_id) == "extension"
    assert await bookings.cancel_unpaid(db, meeting.user, public_id) == "extension"
    await ask(meeting)
    assert await state(meeting) == ("asked", None)
    assert await db.fetchval("SELECT state FROM session_extensions WHERE number = 1") == "lapsed"
    held = await held_until(meeting)
    await answer(meeting)
    assert await held_until(meeting) == held
    await pay_extension(db, public_id)
    assert await refunds_of(db, public_id) == [("extension_unused", PRICE)]


async def test_it_can_be_opened_until_two_minutes_before_the_end_and_by_its_payer_only(db: Database) -> None:
    meeting, public_id = await agreed(db)

    async def opening(person: object) -> None:
        async with db.transaction() as tx:
            _check_payable(await orders.lock_order(tx, public_id), person)  # type: ignore[arg-type]  # a Viewer

    await opening(meeting.user)
    with pytest.raises(NotThere):
        await opening(meeting.expert)
    await leave(meeting, 1.9)
    with pytest.raises(PayingClosed):
        await opening(meeting.user)
    await pay_extension(db, public_id)
    with pytest.raises(NothingToPay):
        await opening(meeting.user)


async def test_a_pause_moves_the_time_to_pay_with_the_end(db: Database) -> None:
    meeting, _ = await agreed(db)
    room = await meeting.room()
    await db.execute("UPDATE room_presence SET streaming = false WHERE side = 'expert'")
    await leave(meeting, 3.5)
    await actions.advance(db, meeting.booking_id)
    assert (await meeting.room()).status == "paused"
    await actions.enter(db, meeting.expert, meeting.booking_id)
    back = await meeting.room()
    assert back.status == "running" and back.ends_at is not None and room.ends_at is not None
    assert back.ends_at > room.ends_at
    assert back.extension is not None and back.extension.pay_deadline == back.ends_at


# ---- what it earns, and what goes back of it


async def test_it_is_earned_a_day_after_its_session(db: Database) -> None:
    meeting, public_id = await agreed(db)
    await pay_extension(db, public_id)
    await actions.advance(db, meeting.booking_id)
    await leave(meeting, -0.1)
    await actions.advance(db, meeting.booking_id)
    assert await meeting.status() == "completed"
    earned = await ledger.earnings(db, meeting.expert.expert_id or 0)
    assert (earned.held, earned.available) == (126_000 + 63_000, 0)
    await meeting.go_to(await clock.now(db) + timedelta(hours=24, seconds=1))
    for due in (meeting.order_id, public_id):
        await payment_jobs._release(db, due)
    earned = await ledger.earnings(db, meeting.expert.expert_id or 0)
    assert (earned.held, earned.available) == (0, 126_000 + 63_000)


async def test_unused_time_goes_back_from_the_added_time_first(db: Database) -> None:
    meeting, public_id = await agreed(db)
    await pay_extension(db, public_id)
    await actions.advance(db, meeting.booking_id)
    await leave(meeting, 18)
    await actions.end(db, meeting.expert, meeting.booking_id)
    assert await refunds_of(db, public_id) == [("ended_early", PRICE)]
    [(reason, amount)] = await refunds_of(db, meeting.order_id)
    assert reason == "ended_early" and 15_750 <= amount <= 15_750 + 200
    assert await state(meeting) == ("paid", "refund_pending")
