"""The expert's one public reply: who, until when, who is told, where it stands."""

import asyncio
from datetime import timedelta

import pytest

from mentorinaja import clock
from mentorinaja.db.pool import Connection, Database, atomic
from mentorinaja.errors import NotThere
from mentorinaja.reviews import actions, queries
from mentorinaja.reviews.rules import NotReplyable
from mentorinaja.rooms import actions as rooms
from tests.support.bookings import make_seller, make_user
from tests.support.races import Meet
from tests.support.rooms import Meeting, known_browser, meet_now
from tests.support.site import Site

WORDS = "Terima kasih, sukses untuk wawancaranya!"


async def reviewed(db: Database) -> Meeting:
    """A session that is over and has a review."""
    meeting = await meet_now(db)
    await meeting.begin()
    await rooms.end(db, meeting.user, meeting.booking_id)
    await actions.write(
        db, meeting.user, meeting.order_id, rating=4, comment="Sangat membantu saya.", anonymous=False
    )
    return meeting


async def reply(meeting: Meeting, words: str = WORDS, expert_id: int | None = None) -> bool:
    """Reply as the expert of the session, or as another one."""
    own = meeting.expert.expert_id
    assert own is not None
    return await actions.reply(meeting.db, expert_id or own, meeting.order_id, words)


async def test_one_reply_that_can_be_changed_for_fourteen_days_and_is_told_once(db: Database) -> None:
    meeting = await reviewed(db)
    answers = await asyncio.gather(*(reply(meeting, f"{WORDS} {n}") for n in range(8)))
    assert answers.count(True) == 1
    assert await db.fetchval("SELECT count(*) FROM outbox WHERE kind = 'review_reply'") == 1
    await clock.shift(db, timedelta(days=13, hours=23))
    assert not await reply(meeting, "Terima kasih banyak, Budi.")
    assert await db.fetchval("SELECT reply FROM reviews") == "Terima kasih banyak, Budi."
    await clock.shift(db, timedelta(hours=2))
    with pytest.raises(NotReplyable):
        await reply(meeting, "Satu kata lagi dari saya.")
    assert not await reply(meeting, "Terima kasih banyak, Budi."), "the same again is the same"
    assert await db.fetchval("SELECT count(*) FROM outbox WHERE kind = 'review_reply'") == 1


async def test_without_the_lock_both_believe_to_be_the_first(unchecked_db: Database) -> None:
    """The twin: whoever looks before the first one has written takes its own reply for the first."""
    meeting = await reviewed(unchecked_db)
    all_looked = Meet(2)

    @atomic
    async def reply_without_lock(tx: Connection, words: str) -> bool:
        review = await queries.review_received(tx, meeting.order_id)
        assert review is not None
        await all_looked.wait()
        await tx.execute(
            "UPDATE reviews SET reply = $2, replied_at = app_now() WHERE order_id = $1",
            review.order_pk,
            words,
        )
        return review.reply is None

    assert await asyncio.gather(*(reply_without_lock(unchecked_db, f"{WORDS} {n}") for n in (1, 2))) == [
        True,
        True,
    ]


async def test_only_the_expert_of_a_reviewed_session(db: Database) -> None:
    meeting, other = await reviewed(db), await make_seller(db)
    with pytest.raises(NotThere):
        await reply(meeting, expert_id=other.id)
    silent = await meet_now(db)
    await silent.begin()
    await rooms.end(db, silent.user, silent.booking_id)
    with pytest.raises(NotThere):
        await reply(silent)


async def test_the_form_its_errors_and_where_the_reply_stands(site: Site) -> None:
    meeting = await reviewed(site.db)
    path = f"/expert/dashboard/transaksi/{meeting.order_id}/balas"
    mentor = await known_browser(site, meeting.expert)
    await mentor.get("/expert/dashboard/transaksi")
    assert mentor.page.css_first(f'a[href="{path}"]') is not None
    await mentor.get(path)
    assert "Sangat membantu saya." in mentor.text
    for wrong in ("", "pendek", "a" * 1001, "nol\x00 di tengah kalimat"):
        answer = await mentor.submit("main form", {"reply": wrong})
        assert answer.status_code == 422 and mentor.page.css_first(".error")
        assert mentor.page.css_first("textarea").text() == wrong.replace("\x00", "")
    await mentor.submit("main form", {"reply": "<b>Terima kasih</b> & sukses 🙏"})
    assert "Balasan Anda tampil di bawah ulasan." in mentor.text and "Ubah Balasan" in mentor.text

    slug = await site.db.fetchval("SELECT slug FROM experts WHERE id = $1", meeting.expert.expert_id)
    visitor = await site.browser()
    await visitor.get(f"/expert/{slug}")
    assert "<b>Terima kasih</b> & sukses 🙏" in visitor.text, "what was typed is text"
    await site.sweep()
    [mail] = [m for m in site.mailbox.messages_to(meeting.user.email) if "membalas" in m.subject]
    assert "sukses 🙏" in mail.text and "&lt;b&gt;" in mail.html

    user = await known_browser(site, meeting.user)
    await user.get("/user/transactions")
    assert "Balasan mentor: <b>Terima kasih</b> & sukses 🙏" in user.text

    for person in (meeting.user, await make_user(site.db)):
        assert (await (await known_browser(site, person)).get(path)).status_code == 404
    nobody = await (await site.browser()).get(path, follow=False)
    assert nobody.status_code == 303
    await site.move_clock(timedelta(days=15))
    assert (await mentor.get(path)).status_code == 409
