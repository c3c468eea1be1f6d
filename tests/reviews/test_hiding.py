"""An admin hides a review: it counts nowhere, its two people are told why, and it can be shown again."""

import asyncio
from dataclasses import replace

import asyncpg
import pytest

from mentorinaja.db.pool import Connection, Database, atomic
from mentorinaja.errors import NotThere
from mentorinaja.experts import queries as experts
from mentorinaja.reviews import actions
from mentorinaja.reviews.rules import AlreadyDecided, NotReplyable, NotReviewable, OwnReview, UnfitReason
from tests.reviews.test_replies import reply, reviewed
from tests.support.desk import desk_of, make_admin
from tests.support.races import Meet
from tests.support.rooms import Meeting, known_browser
from tests.support.site import Site

WHY = "Memuat nomor telepon orang lain."
AGAIN = "Nomornya ternyata contoh saja."


async def figures(db: Database) -> tuple[int, int]:
    """How many reviews count for the expert, and their stars."""
    row = await db.fetchrow("SELECT rating_count, rating_sum FROM experts")
    assert row is not None
    return row["rating_count"], row["rating_sum"]


async def edit(meeting: Meeting, rating: int) -> bool:
    """The author changes the stars."""
    return await actions.write(
        meeting.db, meeting.user, meeting.order_id, rating=rating, comment="", anonymous=False
    )


async def test_it_is_out_of_sight_and_out_of_the_figures_until_it_is_shown_again(db: Database) -> None:
    meeting, admin, other = await reviewed(db), await make_admin(db), await make_admin(db, "Admin Lain")
    expert_id = meeting.expert.expert_id
    assert expert_id is not None
    await reply(meeting)
    assert await figures(db) == (1, 4)
    for reason in ("", "pendek", "a" * 1001):
        with pytest.raises(UnfitReason):
            await actions.hide(db, admin, meeting.order_id, reason)
    for nobody in (meeting.user, meeting.expert):
        with pytest.raises(NotThere):
            await actions.hide(db, nobody, meeting.order_id, WHY)
    with pytest.raises(NotThere):
        await actions.hide(db, admin, "BE-20260101-AAAAAA", WHY)
    await actions.hide(db, admin, meeting.order_id, WHY)
    assert await figures(db) == (0, 0) and await experts.reviews_of(db, expert_id, 1) == []
    with pytest.raises(AlreadyDecided, match=admin.full_name):
        await actions.hide(db, other, meeting.order_id, WHY)
    # Neither of the two writes it back into view.
    with pytest.raises(NotReviewable, match=WHY):
        await edit(meeting, 5)
    with pytest.raises(NotReplyable):
        await reply(meeting, "Balasan saya yang baru.")
    await actions.show(db, other, meeting.order_id, AGAIN)
    with pytest.raises(AlreadyDecided):
        await actions.show(db, admin, meeting.order_id, AGAIN)
    [shown] = await experts.reviews_of(db, expert_id, 1)
    assert shown.reply is not None and await figures(db) == (1, 4)
    await edit(meeting, 5)
    assert await figures(db) == (1, 5)
    rows = await db.fetch("SELECT actor_id, action, reason FROM audit_log WHERE kind = 'review' ORDER BY id")
    assert [tuple(row) for row in rows] == [
        (admin.id, "review.hidden", WHY),
        (other.id, "review.shown", AGAIN),
    ]
    # Who became an admin does not decide about what was said of them, or what they said.
    await db.execute("UPDATE users SET role = 'admin' WHERE id = $1", meeting.user.id)
    with pytest.raises(OwnReview):
        await actions.hide(db, replace(meeting.user, role="admin"), meeting.order_id, WHY)


async def test_both_are_told_and_keep_seeing_it_with_the_reason(site: Site) -> None:
    db = site.db
    meeting, admin = await reviewed(db), await make_admin(db)
    await reply(meeting)
    slug = await db.fetchval("SELECT slug FROM experts WHERE id = $1", meeting.expert.expert_id)
    visitor = await site.browser()
    await visitor.get(f"/expert/{slug}")
    assert "Sangat membantu saya." in visitor.text
    await actions.hide(db, admin, meeting.order_id, WHY)
    user, mentor = await known_browser(site, meeting.user), await known_browser(site, meeting.expert)
    for browser, path in (
        (user, "/user/transactions"),
        (mentor, "/expert/dashboard/transaksi?status=completed"),
    ):
        await browser.get(path)
        assert f"Disembunyikan: {WHY}" in browser.text and "Sangat membantu saya." in browser.text
    assert "Lihat Review" not in mentor.text and "Ubah Balasan" not in mentor.text
    assert (await user.get(f"/user/transactions/{meeting.order_id}/review")).status_code == 409
    async with asyncio.timeout(20):
        while "Sangat membantu saya." in visitor.text:
            await visitor.get(f"/expert/{slug}")
    assert "Belum ada ulasan" in visitor.text
    await site.sweep()
    for person in (meeting.user, meeting.expert):
        [mail] = [m for m in site.mailbox.messages_to(person.email) if "disembunyikan" in m.subject]
        assert WHY in mail.text and WHY in mail.html
    # What is not true any more when it would be sent is not told.
    await actions.show(db, admin, meeting.order_id, AGAIN)
    await actions.hide(db, admin, meeting.order_id, WHY)
    await actions.show(db, admin, meeting.order_id, AGAIN)
    await site.sweep()
    for person in (meeting.user, meeting.expert):
        subjects = [
            m.subject for m in site.mailbox.messages_to(person.email) if "ulasan" in m.subject.lower()
        ]
        assert sum("disembunyikan" in subject for subject in subjects) == 1
        assert sum("ditampilkan lagi" in subject for subject in subjects) == 1


async def test_a_reply_is_hidden_alone_and_shown_again(site: Site) -> None:
    db, word = site.db, "Terima kasih atas ulasannya"
    meeting, desk, other = await reviewed(db), await make_admin(db), await make_admin(db, "Admin Lain")
    case = f"/admin/reviews/{meeting.order_id}"
    with pytest.raises(AlreadyDecided):  # there is none yet
        await actions.hide_reply(db, desk, meeting.order_id, WHY)
    await reply(meeting, f"{word}, Bu.")
    slug = await db.fetchval("SELECT slug FROM experts WHERE id = $1", meeting.expert.expert_id)
    visitor, first, second = await site.browser(), await desk_of(site, desk), await desk_of(site, other)
    await visitor.get(f"/expert/{slug}")
    assert word in visitor.text
    for admin in (first, second):
        await admin.get(f"{case}/hide-reply")
        assert "Ulasan dan nilainya tetap." in admin.text
    await first.submit("#question", {"reason": WHY})
    assert "Balasan disembunyikan; keduanya diberi tahu." in first.text and word in first.text
    assert (await second.submit("#question", {"reason": WHY})).status_code == 409
    await second.get("/admin/reviews?reply=hidden")
    assert "Balasan disembunyikan" in second.text and meeting.order_id in second.text
    async with asyncio.timeout(20):
        while word in visitor.text:
            await visitor.get(f"/expert/{slug}")
    assert "Sangat membantu saya." in visitor.text and await figures(db) == (1, 4)
    user, mentor = await known_browser(site, meeting.user), await known_browser(site, meeting.expert)
    await user.get("/user/transactions")
    assert f"Balasan mentor disembunyikan: {WHY}" in user.text and word not in user.text
    await mentor.get("/expert/dashboard/transaksi?status=completed")
    assert f"Balasan Anda disembunyikan: {WHY}" in mentor.text and word in mentor.text
    assert "Ubah Balasan" not in mentor.text and "Lihat Review" in mentor.text
    with pytest.raises(NotReplyable, match=WHY):
        await reply(meeting, "Balasan saya yang baru.")
    await site.sweep()
    for person in (meeting.user, meeting.expert):
        [mail] = [m for m in site.mailbox.messages_to(person.email) if "disembunyikan" in m.subject]
        assert WHY in mail.text and WHY in mail.html
        assert (word in mail.text) == (word in mail.html) == (person is meeting.expert)
    # A review that is hidden whole takes its reply along, and gives it back as it was.
    await actions.hide(db, desk, meeting.order_id, WHY)
    with pytest.raises(AlreadyDecided):
        await actions.show_reply(db, desk, meeting.order_id, AGAIN)
    await actions.show(db, desk, meeting.order_id, AGAIN)
    await visitor.get(f"/expert/{slug}")
    assert word not in visitor.text
    await second.get(f"{case}/show-reply")
    await second.submit("#question", {"reason": AGAIN})
    assert "Balasan tampil lagi" in second.text
    async with asyncio.timeout(20):
        while word not in visitor.text:
            await visitor.get(f"/expert/{slug}")
    await site.sweep()
    for person in (meeting.user, meeting.expert):
        [mail] = [
            m
            for m in site.mailbox.messages_to(person.email)
            if m.subject.startswith("Balasan") and "lagi" in m.subject
        ]
        assert AGAIN in mail.text and word in mail.text
    log = await db.fetch("SELECT action FROM audit_log WHERE action LIKE 'review.reply%' ORDER BY id")
    assert [row["action"] for row in log] == ["review.reply_hidden", "review.reply_shown"]


async def test_hiding_and_the_authors_edit_come_one_after_the_other(db: Database) -> None:
    meeting, admin = await reviewed(db), await make_admin(db)
    for rating in (5, 3, 1, 2):
        hidden, edited = await asyncio.gather(
            actions.hide(db, admin, meeting.order_id, WHY), edit(meeting, rating), return_exceptions=True
        )
        assert hidden is None and (edited is False or isinstance(edited, NotReviewable))
        assert await figures(db) == (0, 0)
        await actions.show(db, admin, meeting.order_id, AGAIN)


async def test_without_the_lock_the_figures_do_not_add_up(unchecked_db: Database) -> None:
    """The twin: both look before either writes."""
    db = unchecked_db
    await reviewed(db)
    both_looked = Meet(2)

    @atomic
    async def hide_or_edit(tx: Connection, hide: bool) -> None:
        row = await tx.fetchrow("SELECT order_id, expert_id, rating, hidden_at FROM reviews")
        assert row is not None and row["hidden_at"] is None
        await both_looked.wait()
        change = (
            "hidden_at = app_now(), hidden_because = 'Alasan.', hidden_by = user_id" if hide else "rating = 5"
        )
        await tx.execute(f"UPDATE reviews SET {change} WHERE order_id = $1", row["order_id"])
        await tx.execute(
            "UPDATE experts SET rating_count = rating_count + $2, rating_sum = rating_sum + $3 WHERE id = $1",
            row["expert_id"],
            *((-1, -row["rating"]) if hide else (0, 5 - row["rating"])),
        )

    with pytest.raises(asyncpg.CheckViolationError):  # stars without a review
        await asyncio.gather(hide_or_edit(db, True), hide_or_edit(db, False))
