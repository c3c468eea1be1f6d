"""What an admin decides about orders and their money: who gets how much, what both are told, and how it is undone."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from mentorinaja import clock
from mentorinaja.bookings import actions as bookings
from mentorinaja.bookings import moving
from mentorinaja.bookings import queries as orders
from mentorinaja.bookings.actions import AlreadyPaid, CannotCancel, CannotMove, NotASlot, OwnCase, SlotTaken
from mentorinaja.bookings.queries import OrderDetail
from mentorinaja.db.pool import Connection, Database
from mentorinaja.errors import NotThere
from mentorinaja.ledger import queries as ledger
from mentorinaja.payments import actions, jobs, queries
from mentorinaja.payments.cancelling import CannotReturn
from mentorinaja.payments.deciding import CannotRefund, SumChanged
from mentorinaja.refunds import actions as refunds
from mentorinaja.rooms import actions as rooms
from mentorinaja.web.viewer import Viewer
from tests.support.bookings import Seller, book, events_of, make_seller, make_user, slot_in, state_of
from tests.support.desk import make_admin
from tests.support.payments import open_attempt, pay, said
from tests.support.products import make_product, purchase
from tests.support.rooms import meet_now
from tests.support.site import Site

TOTAL, HALF = 157_500, 78_750
WHY = "Mentor mengabari kami lewat telepon."


async def sell(db: Database, days: float = 3) -> tuple[Viewer, Seller, str]:
    seller, user = await make_seller(db), await make_user(db)
    public_id = await book(db, user, seller, await slot_in(db, days=days))
    await pay(db, public_id)
    return user, seller, public_id


async def sale_of(db: Database, public_id: str) -> OrderDetail:
    sale = await orders.order_called(db, public_id)
    assert sale is not None
    return sale


async def audited(db: Database, public_id: str) -> list[tuple[str, str, int | None]]:
    rows = await db.fetch(
        "SELECT action, reason, amount FROM audit_log WHERE kind = 'order' AND subject = $1 ORDER BY id",
        public_id,
    )
    return [tuple(row) for row in rows]


async def mails(db: Database, public_id: str, kind: str) -> int:
    count: int = await db.fetchval(
        "SELECT count(*) FROM outbox m JOIN orders o ON o.id = m.order_id WHERE o.public_id = $1 AND m.kind = $2",
        public_id,
        kind,
    )
    return count


async def later(db: Database, **by: float) -> None:
    await clock.shift(db, timedelta(**by))


async def test_only_admins_decide_and_nobody_about_themselves(db: Database) -> None:
    user, seller, public_id = await sell(db)
    at = await slot_in(db, days=5)
    for stranger in (user, await make_user(db)):
        with pytest.raises(NotThere):
            await actions.cancel_by_admin(db, stranger, public_id, 0, TOTAL, "own", WHY)
        with pytest.raises(NotThere):
            await bookings.move_by_admin(db, stranger, public_id, at, WHY)
        with pytest.raises(NotThere):
            await refunds.restore(db, stranger, public_id, WHY)
    for own in (user.id, seller.user_id):
        await db.execute("UPDATE users SET role = 'admin' WHERE id = $1", own)
        me = Viewer(own, "", "", "admin", "Asia/Jakarta", 0)
        with pytest.raises(OwnCase):
            await actions.refund_by_admin(db, me, public_id, 1, TOTAL, WHY)
        with pytest.raises(OwnCase):
            await bookings.cancel_unpaid_by_admin(db, me, public_id, WHY)
    assert await audited(db, public_id) == []
    assert await state_of(db, public_id) == ("confirmed", "paid")


@pytest.mark.parametrize(("back", "earned"), [(TOTAL, 0), (HALF, 63_000), (0, 126_000), (1, 125_999)])
async def test_a_paid_session_is_called_off_for_what_the_admin_says_and_stands_again(
    db: Database, back: int, earned: int
) -> None:
    _, _, public_id = await sell(db)
    admin = await make_admin(db)
    assert await actions.cancel_by_admin(db, admin, public_id, back, TOTAL, "own", WHY) == back
    sale = await sale_of(db, public_id)
    assert (sale.status, sale.cancel_reason, sale.kept, sale.earned) == (
        "cancelled",
        "cancelled_by_admin",
        TOTAL - back,
        earned,
    )
    assert sale.payment_status == ("refund_pending" if back else "paid")
    assert [(refund.reason, refund.amount, refund.explained) for refund in sale.refunds] == (
        [("cancelled_by_admin", back, WHY)] if back else []
    )
    assert await mails(db, public_id, "cancelled") == 2
    # The second admin finds it decided; the money is not on its way for ten minutes.
    with pytest.raises(CannotCancel):
        await actions.cancel_by_admin(db, admin, public_id, back, TOTAL, "own", WHY)
    await refunds.restore(db, admin, public_id, "Salah order, sesinya tetap berlangsung.")
    sale = await sale_of(db, public_id)
    assert (sale.status, sale.payment_status, sale.cancel_reason) == ("confirmed", "paid", None)
    assert (sale.kept, sale.earned) == (TOTAL, 126_000)
    assert await mails(db, public_id, "restored") == 2
    # And once more, which is a decision of its own.
    await actions.cancel_by_admin(db, admin, public_id, TOTAL, TOTAL, "all", WHY)
    assert await mails(db, public_id, "cancelled") == 4
    assert [action for action, _, _ in await audited(db, public_id)] == [
        "order.cancelled",
        "order.restored",
        "order.cancelled",
    ]
    assert (await audited(db, public_id))[0] == ("order.cancelled", WHY, back)


async def test_what_is_kept_after_an_admins_cancellation_is_earned_a_day_after_the_end(db: Database) -> None:
    _, seller, public_id = await sell(db, days=1)
    await actions.cancel_by_admin(db, await make_admin(db), public_id, HALF, TOTAL, "policy", WHY)
    for hours, available in ((47, 0), (2, 63_000)):
        await later(db, hours=hours)
        for due in await queries.earnings_due(db):
            await jobs._release(db, due)
        assert (await ledger.earnings(db, seller.id)).available == available


async def test_what_has_begun_or_changed_is_not_called_off(db: Database) -> None:
    _, _, public_id = await sell(db)
    admin = await make_admin(db)
    with pytest.raises(SumChanged):
        await actions.cancel_by_admin(db, admin, public_id, 1, TOTAL - 1, "own", WHY)
    with pytest.raises(CannotRefund):
        await actions.cancel_by_admin(db, admin, public_id, TOTAL + 1, TOTAL, "own", WHY)
    with pytest.raises(CannotRefund, match="belum mulai"):
        await actions.refund_by_admin(db, admin, public_id, 1, TOTAL, WHY)
    await later(db, days=4)
    with pytest.raises(CannotCancel):
        await actions.cancel_by_admin(db, admin, public_id, 0, TOTAL, "own", WHY)
    with pytest.raises(CannotMove):
        await bookings.move_by_admin(db, admin, public_id, await slot_in(db, days=5), WHY)
    assert await state_of(db, public_id) == ("confirmed", "paid")


async def test_a_session_that_is_called_off_stands_again_only_as_long_as_nothing_went(db: Database) -> None:
    admin = await make_admin(db)
    user, seller, public_id = await sell(db)
    starts = (await sale_of(db, public_id)).begins_at
    await actions.cancel_by_admin(db, admin, public_id, TOTAL, TOTAL, "all", WHY)
    other = await book(db, await make_user(db), seller, starts)
    with pytest.raises(SlotTaken):
        await refunds.restore(db, admin, public_id, WHY)
    assert await state_of(db, public_id) == ("cancelled", "refund_pending")
    await bookings.cancel_unpaid_by_admin(db, admin, other, WHY)
    await refunds.restore(db, admin, public_id, WHY)
    # The user's own cancellation is nobody's to take back, and neither is one whose time has come.
    await actions.cancel_paid(db, user, public_id, 0)
    with pytest.raises(bookings.CannotStandAgain):
        await refunds.restore(db, admin, public_id, WHY)
    _, _, late = await sell(db)
    await actions.cancel_by_admin(db, admin, late, 0, TOTAL, "policy", WHY)
    await later(db, days=4)
    with pytest.raises(bookings.CannotStandAgain):
        await refunds.restore(db, admin, late, WHY)


async def test_an_unpaid_order_is_given_up_and_money_that_comes_all_the_same_goes_back(site: Site) -> None:
    db = site.db
    seller, user, admin = await make_seller(db), await make_user(db), await make_admin(db)
    starts = await slot_in(db, days=3)
    public_id = await book(db, user, seller, starts)
    gateway_order_id = await open_attempt(db, public_id)
    await bookings.cancel_unpaid_by_admin(db, admin, public_id, WHY)
    with pytest.raises(AlreadyPaid):
        await bookings.cancel_unpaid_by_admin(db, admin, public_id, WHY)
    assert await state_of(db, public_id) == ("cancelled", "cancelled")
    await book(db, await make_user(db), seller, starts)
    await actions.hear(db, gateway_order_id, said(gateway_order_id))
    assert await state_of(db, public_id) == ("cancelled", "paid_late")
    # It waits for its payer's choice; the payer called and wants it now.
    await actions.send_late_back(db, admin, public_id, WHY)
    with pytest.raises(CannotRefund):
        await actions.send_late_back(db, admin, public_id, WHY)
    product = (await make_product(db, seller), await make_user(db))
    unpaid = await book(db, product[1], seller, await slot_in(db, days=6))
    await bookings.cancel_unpaid_by_admin(db, admin, unpaid, WHY)
    await site.sweep()
    told = [mail for mail in site.mailbox.messages if b"sebelum dibayar" in mail.raw]
    assert len(told) >= 1
    assert [action for action, _, _ in await audited(db, public_id)] == ["order.given_up", "order.late_sent"]


async def test_an_admin_moves_a_session_by_the_rules_of_every_booking_and_uses_up_nothing(site: Site) -> None:
    db = site.db
    user, seller, public_id = await sell(db)
    admin = await make_admin(db)
    taken, free = await slot_in(db, days=5), await slot_in(db, days=6)
    await book(db, await make_user(db), seller, taken)
    with pytest.raises(SlotTaken):
        await bookings.move_by_admin(db, admin, public_id, taken, WHY)
    for no_slot in (free + timedelta(minutes=7), await slot_in(db, days=300), await slot_in(db, minutes=5)):
        with pytest.raises(NotASlot):
            await bookings.move_by_admin(db, admin, public_id, no_slot, WHY)
    await bookings.move_by_admin(db, admin, public_id, free, WHY)
    with pytest.raises(NotASlot, match="jadwalnya sekarang"):
        await bookings.move_by_admin(db, admin, public_id, free, WHY)
    sale = await sale_of(db, public_id)
    assert (sale.begins_at, sale.most_back_bps, sale.moves) == (free, None, 1)
    await bookings.move(db, user, public_id, await slot_in(db, days=7))
    await site.sweep()
    assert (await events_of(db, public_id)).count("moved") == 2
    assert [reason for _, reason, _ in await audited(db, public_id)] == [WHY]


async def test_money_of_a_session_that_took_place_goes_back_part_by_part_and_never_undoes_it(
    db: Database,
) -> None:
    meeting = await meet_now(db)
    admin = await make_admin(db)
    await meeting.begin()
    public_id = meeting.order_id
    kept = (await sale_of(db, public_id)).kept
    with pytest.raises(CannotRefund, match="sedang berlangsung"):
        await actions.refund_by_admin(db, admin, public_id, 57_500, kept, WHY)
    await rooms.end(db, meeting.user, meeting.booking_id)
    assert await actions.refund_by_admin(db, admin, public_id, 57_500, kept, WHY) == 57_500
    with pytest.raises(SumChanged):  # sent twice, or by two admins
        await actions.refund_by_admin(db, admin, public_id, 57_500, kept, WHY)
    sale = await sale_of(db, public_id)
    assert (sale.status, sale.payment_status, sale.kept, sale.earned) == (
        "completed",
        "refund_pending",
        kept - 57_500,
        (kept - 57_500) * 8 // 10,
    )
    # Released and asked back: what the expert has is taken, and nothing falls below zero.
    await later(db, hours=25)
    for due in await queries.earnings_due(db):
        await jobs._release(db, due)
    await actions.refund_by_admin(db, admin, public_id, sale.kept, sale.kept, WHY)
    sale = await sale_of(db, public_id)
    assert (sale.kept, sale.earned, sale.status) == (0, 0, "completed")
    assert [refund.amount for refund in sale.refunds] == [57_500, kept - 57_500]
    with pytest.raises(CannotRefund):
        await actions.refund_by_admin(db, admin, public_id, 0, 0, WHY)
    # Until it is sent it can be stopped, and is the expert's again.
    await refunds.reject(db, admin, sale.refunds[0].id, "Sudah diselesaikan langsung dengan mentor.")
    assert (await sale_of(db, public_id)).kept == 57_500


async def test_money_of_a_product_goes_back_and_the_product_with_all_of_it(db: Database) -> None:
    seller, buyer, admin = await make_seller(db), await make_user(db), await make_admin(db)
    public_id = await purchase(db, buyer, await make_product(db, seller))
    await actions.refund_by_admin(db, admin, public_id, 7_500, TOTAL, WHY)
    sale = await sale_of(db, public_id)
    assert (sale.status, sale.payment_status, sale.kept) == ("completed", "refund_pending", 150_000)
    await actions.refund_by_admin(db, admin, public_id, 150_000, 150_000, WHY)
    assert (await sale_of(db, public_id)).kept == 0
    with pytest.raises(CannotReturn):  # never fetched, but all of it goes back already
        await actions.return_product(db, buyer, public_id)


async def arrive_and_cancel(db: Database) -> tuple[str, str]:
    """The expert comes and an admin cancels at the same moment: room and booking after it."""
    meeting, admin = await meet_now(db), await make_admin(db)
    await rooms.enter(db, meeting.user, meeting.booking_id)
    await asyncio.gather(
        rooms.enter(db, meeting.expert, meeting.booking_id),
        actions.cancel_by_admin(db, admin, meeting.order_id, TOTAL, TOTAL, "all", WHY),
        return_exceptions=True,
    )
    return str((await meeting.room()).status), await meeting.status()


async def test_an_admin_calls_nothing_off_that_has_just_begun(db: Database) -> None:
    for _ in range(4):
        assert await arrive_and_cancel(db) in {("running", "confirmed"), ("ended", "cancelled")}


async def test_without_the_rooms_lock_an_admin_calls_off_what_runs(
    unchecked_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    db = unchecked_db
    meeting, admin = await meet_now(db), await make_admin(db)
    await rooms.enter(db, meeting.user, meeting.booking_id)
    call_off = bookings.call_off

    async def no_lock(_tx: Connection, _public_id: str) -> None:
        return None

    async def expert_comes_between(*args: Any, **kwargs: Any) -> bool:
        await rooms.enter(db, meeting.expert, meeting.booking_id)
        return await call_off(*args, **kwargs)

    monkeypatch.setattr(moving, "_lock_room", no_lock)
    monkeypatch.setattr(bookings, "call_off", expert_comes_between)
    await actions.cancel_by_admin(db, admin, meeting.order_id, TOTAL, TOTAL, "all", WHY)
    assert (await meeting.room()).started_at is not None, "it ran, and was called off with everything back"
