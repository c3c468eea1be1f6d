"""The expert proposes another time: nothing is held, the user decides, and everything else stays as it was."""

import email
from datetime import datetime, timedelta
from email import policy

import pytest

from mentorinaja import clock
from mentorinaja.bookings import actions, proposing, queries
from mentorinaja.bookings.queries import OrderDetail
from mentorinaja.bookings.refusals import CannotPropose, NotASlot, ProposalGone, SlotTaken
from mentorinaja.db.pool import Database
from mentorinaja.errors import NotThere
from mentorinaja.payments import actions as payments
from mentorinaja.web.viewer import Viewer
from tests.support.bookings import (
    Seller,
    book,
    browser_of,
    due_in,
    events_of,
    make_seller,
    make_user,
    seller_browser,
    slot_in,
)
from tests.support.payments import pay
from tests.support.site import Site


class Sold:
    """A paid session in two days, and the time proposed instead."""

    def __init__(self, db: Database, public_id: str, user: Viewer, seller: Seller, instead: datetime) -> None:
        self.db, self.public_id, self.user, self.seller = db, public_id, user, seller
        self.instead = instead
        self.expert = Viewer(seller.user_id, "", "", "expert", "Asia/Jakarta", 0, seller.id)

    async def order(self) -> OrderDetail:
        order = await queries.order_for(self.db, self.user, self.public_id)
        assert order is not None
        return order

    async def propose(self, starts_at: datetime | None = None) -> None:
        await actions.propose(self.db, self.expert, self.public_id, starts_at or self.instead)

    async def accept(self) -> None:
        await actions.accept(self.db, self.user, self.public_id, self.instead)

    async def decline(self) -> None:
        await actions.decline(self.db, self.user, self.public_id, self.instead)

    async def open_at(self) -> datetime | None:
        return (await self.order()).proposal(await clock.now(self.db))

    async def states(self) -> list[str]:
        rows = await self.db.fetch("SELECT state FROM proposals ORDER BY id")
        return [row["state"] for row in rows]


async def sold(db: Database, **ahead: float) -> Sold:
    seller, user = await make_seller(db), await make_user(db)
    public_id = await book(db, user, seller, await slot_in(db, **(ahead or {"days": 2})))
    await pay(db, public_id)
    return Sold(db, public_id, user, seller, await slot_in(db, days=4))


async def test_accepting_moves_the_session_and_uses_up_no_move_of_the_user(db: Database) -> None:
    sale = await sold(db)
    await sale.propose()
    await sale.propose()  # sent twice: once
    assert await sale.open_at() == sale.instead and (await sale.order()).starts_at != sale.instead
    await sale.accept()
    await sale.accept()
    order = await sale.order()
    assert (order.starts_at, order.most_back_bps, order.moves) == (sale.instead, None, 1)
    assert await sale.states() == ["accepted"] and await sale.open_at() is None
    assert await events_of(db, sale.public_id) == ["created", "confirmed", "proposed", "moved"]
    assert order.terms.payer_may_move(await clock.now(db))
    assert await payments.cancel_paid(db, sale.user, sale.public_id, 0) == 157_500


async def test_declining_keeps_the_time_and_tells_the_expert(db: Database) -> None:
    sale = await sold(db)
    before = (await sale.order()).starts_at
    await sale.propose()
    await sale.decline()
    await sale.decline()
    assert (await sale.order()).starts_at == before and await sale.states() == ["declined"]
    with pytest.raises(ProposalGone):
        await sale.accept()
    told = await db.fetch("SELECT kind, user_id FROM outbox WHERE kind LIKE 'propos%' ORDER BY id")
    assert [tuple(row) for row in told] == [
        ("proposed", sale.user.id),
        ("proposal_declined", sale.seller.user_id),
    ]


async def test_a_proposal_holds_nothing_and_whoever_accepts_too_late_keeps_the_old_time(db: Database) -> None:
    sale = await sold(db)
    await sale.propose()
    await book(db, await make_user(db), sale.seller, sale.instead)
    with pytest.raises(SlotTaken):
        await sale.accept()
    assert await sale.open_at() == sale.instead, "perhaps the other one does not pay"
    assert (await sale.order()).moves == 0


async def test_a_new_proposal_replaces_the_old_one_and_the_expert_can_take_it_back(db: Database) -> None:
    sale = await sold(db)
    await sale.propose(await slot_in(db, days=5))
    await sale.propose()
    assert await sale.states() == ["withdrawn", "open"]
    await actions.withdraw(db, sale.expert, sale.public_id)
    await actions.withdraw(db, sale.expert, sale.public_id)
    assert await sale.states() == ["withdrawn", "withdrawn"]
    with pytest.raises(ProposalGone):
        await sale.accept()


async def test_it_lapses_with_the_start_a_move_and_a_cancel(db: Database) -> None:
    lapsed = await sold(db)
    await lapsed.propose()
    await clock.shift(db, timedelta(days=2, hours=1))
    assert await lapsed.open_at() is None
    with pytest.raises(ProposalGone):
        await lapsed.accept()
    await proposing.lapse(db)
    moved = await sold(db)
    await moved.propose()
    await actions.move(db, moved.user, moved.public_id, await slot_in(db, days=6))
    cancelled = await sold(db)
    await cancelled.propose()
    await payments.cancel_by_expert(db, cancelled.expert, cancelled.public_id)
    assert await moved.states() == ["lapsed", "lapsed", "lapsed"]
    with pytest.raises(ProposalGone):
        await cancelled.accept()


async def test_only_free_times_of_standing_sessions_are_proposed_by_their_expert(db: Database) -> None:
    sale = await sold(db)
    taken = await slot_in(db, days=3)
    await book(db, await make_user(db), sale.seller, taken)
    for starts in (taken, (await sale.order()).begins_at, sale.instead + timedelta(minutes=7)):
        with pytest.raises(NotASlot):
            await sale.propose(starts)
    other = await sold(db)
    for person in (other.expert, sale.user):
        with pytest.raises(NotThere):
            await actions.propose(db, person, sale.public_id, sale.instead)
    with pytest.raises(ProposalGone):
        await sale.accept()
    await sale.propose()
    with pytest.raises(NotThere):
        await actions.accept(db, other.user, sale.public_id, sale.instead)
    thread = await make_seller(db, minutes=None)
    public_id = await book(db, sale.user, thread, await due_in(db, days=3))
    await pay(db, public_id)
    with pytest.raises(CannotPropose):
        await actions.propose(
            db,
            Viewer(thread.user_id, "", "", "expert", "Asia/Jakarta", 0, thread.id),
            public_id,
            sale.instead,
        )


async def test_the_pages_of_both_sides_lead_through_it(site: Site) -> None:
    sale = await sold(site.db)
    expert, payer = await seller_browser(site, sale.seller), await browser_of(site, sale.user)
    address = f"/expert/dashboard/transaksi/{sale.public_id}/propose"
    await expert.get("/expert/dashboard/transaksi")
    assert expert.page.css_matches(f'a[href="{address}"]')
    await expert.get(address)
    local = sale.instead + timedelta(hours=7)
    await expert.submit("#move", {"date": f"{local:%Y-%m-%d}", "time": f"{local:%H:%M}"})
    assert "dikirim kepada Budi Santoso" in expert.text and "menunggu jawaban" in expert.text
    answer = await expert.get(address)
    assert "Tarik usulan" in expert.text and answer.status_code == 200
    await payer.get("/user/transactions")
    assert "Mentor mengusulkan jadwal" in payer.text
    await payer.get(f"/user/transactions/{sale.public_id}/proposal")
    assert "Terima jadwal baru" in payer.text
    await payer.submit("#proposal form", {"answer": "accept"})
    assert "Jadwal dipindahkan ke" in payer.text and (await sale.order()).starts_at == sale.instead
    assert (await payer.get(f"/user/transactions/{sale.public_id}/proposal")).status_code == 409
    bad = await payer.post(
        f"/user/transactions/{sale.public_id}/proposal", {"answer": "accept", "starts_at": "x"}
    )
    assert bad.status_code == 409
    await site.sweep()
    parsed = [email.message_from_bytes(m.raw, policy=policy.default) for m in site.mailbox.messages]
    changed = [message for message in parsed if message["Subject"].startswith("Jadwal baru")]
    assert len(changed) == 2
    bodies = [part.get_content() for part in (m.get_body(("plain",)) for m in changed) if part is not None]
    assert any("menerima jadwal yang Anda usulkan" in body for body in bodies)


async def test_the_mail_of_a_proposal_is_sent_only_while_it_can_be_answered(site: Site) -> None:
    kept, gone = await sold(site.db), await sold(site.db)
    await kept.propose()
    await gone.propose()
    await gone.decline()
    await site.sweep()
    parsed = [email.message_from_bytes(m.raw, policy=policy.default) for m in site.mailbox.messages]
    subjects = [message["Subject"] for message in parsed]
    assert subjects.count("Sari Wulandari mengusulkan jadwal lain") == 1
    assert subjects.count("Budi Santoso tetap pada jadwal semula") == 1
