"""Writing and changing a review: who, when, what is kept, and the expert's mean."""

import asyncio
from datetime import timedelta

import pytest

from mentorinaja.db.pool import Connection, Database, atomic
from mentorinaja.errors import NotThere
from mentorinaja.reviews import actions, queries
from mentorinaja.reviews.rules import NotReviewable, shown_name
from mentorinaja.rooms import actions as rooms
from tests.support.bookings import make_user
from tests.support.races import Meet
from tests.support.rooms import Meeting, known_browser, meet_now
from tests.support.site import Site

GOOD = {"rating": "5", "comment": "Sangat membantu, terima kasih.", "display_name": "first"}


async def finished(db: Database) -> Meeting:
    """A session that is over."""
    meeting = await meet_now(db)
    await meeting.begin()
    await rooms.end(db, meeting.user, meeting.booking_id)
    return meeting


async def rating_of(meeting: Meeting) -> tuple[int, int]:
    """(number of reviews, sum of stars) kept on the expert."""
    row = await meeting.db.fetchrow(
        "SELECT rating_count, rating_sum FROM experts WHERE id = $1", meeting.expert.expert_id
    )
    assert row is not None
    return row["rating_count"], row["rating_sum"]


async def write(meeting: Meeting, rating: int = 5, comment: str = "", *, anonymous: bool = False) -> bool:
    return await actions.write(
        meeting.db, meeting.user, meeting.order_id, rating=rating, comment=comment, anonymous=anonymous
    )


def test_the_shown_name_is_the_first_one_or_none() -> None:
    assert shown_name("Budi Santoso", False) == "Budi"
    assert shown_name("Budi Santoso", True) == "Anonim"


async def test_a_review_counts_and_a_change_of_it_counts_once(db: Database) -> None:
    meeting = await finished(db)
    assert await write(meeting, 5, "Sangat membantu sekali.")
    assert await rating_of(meeting) == (1, 5)
    assert not await write(meeting, 2, "", anonymous=True)
    assert await rating_of(meeting) == (1, 2)
    row = await db.fetchrow("SELECT * FROM reviews")
    assert row is not None
    assert (row["rating"], row["comment"], row["display_name"], row["anonymous"]) == (2, "", "Anonim", True)
    assert row["edited_at"] is not None


async def test_twenty_forms_at_once_are_one_review(db: Database) -> None:
    meeting = await finished(db)
    answers = await asyncio.gather(*(write(meeting, 1 + n % 5) for n in range(20)))
    assert answers.count(True) == 1
    count, total = await rating_of(meeting)
    assert count == 1 and total == await db.fetchval("SELECT rating FROM reviews")


async def test_without_the_lock_the_same_race_breaks(unchecked_db: Database) -> None:
    """The twin: whoever looks before the first one has written tries to write a second review."""
    meeting = await finished(unchecked_db)
    all_looked = Meet(4)

    @atomic
    async def write_without_lock(tx: Connection) -> None:
        order = await queries.review_for(tx, meeting.user, meeting.order_id)
        assert order is not None and order.review is None
        await all_looked.wait()
        await actions._insert(tx, order, meeting.user, 5, "", False)

    results = await asyncio.gather(
        *(write_without_lock(unchecked_db) for _ in range(4)), return_exceptions=True
    )
    assert any(isinstance(result, Exception) for result in results)


async def test_only_the_payer_and_only_after_the_session(db: Database) -> None:
    meeting, stranger = await meet_now(db), await make_user(db)
    await meeting.begin()
    with pytest.raises(NotReviewable):
        await write(meeting)
    for person in (stranger, meeting.expert):
        with pytest.raises(NotThere):
            await actions.write(db, person, meeting.order_id, rating=5, comment="", anonymous=False)


async def test_thirty_days_to_write_and_fourteen_to_change(db: Database) -> None:
    late, early = await finished(db), await finished(db)
    over = (await late.room()).ended_at
    assert over is not None
    await write(early, 4)
    await early.go_to(over + timedelta(days=14, minutes=-5))
    await write(early, 3)
    await early.go_to(over + timedelta(days=14, hours=1))
    with pytest.raises(NotReviewable):
        await write(early, 2)
    await late.go_to(over + timedelta(days=30, minutes=-5))
    await write(late, 5)
    other = await finished(db)
    await other.go_to((await other.room()).read_at + timedelta(days=30, hours=1))
    with pytest.raises(NotReviewable):
        await write(other)


async def test_the_form_leads_back_with_a_word_of_thanks(site: Site) -> None:
    meeting = await finished(site.db)
    browser = await known_browser(site, meeting.user)
    path = f"/user/transactions/{meeting.order_id}/review"
    await browser.get(path)
    answer = await browser.submit("main form", GOOD, follow=False)
    assert answer.status_code == 303 and answer.headers["location"].startswith("/user/transactions")
    await browser.get(answer.headers["location"])
    assert "Terima kasih, ulasan Anda tersimpan." in browser.text
    await browser.get(path)
    assert "Ubah ulasan" in browser.text
    assert browser.page.css_first("textarea[name=comment]").text() == GOOD["comment"]
    assert browser.page.css_first("input[name=rating][checked]").attributes["value"] == "5"


@pytest.mark.parametrize(
    "wrong",
    [
        {"rating": ""}, {"rating": "0"}, {"rating": "6"}, {"rating": "lima"}, {"comment": "pendek"},
        {"comment": "a" * 1001}, {"comment": "nol\x00 di tengah kalimat"}, {"display_name": ""}, {"display_name": "x"},
    ],
)  # fmt: skip
async def test_what_is_wrong_comes_back_with_what_was_typed(site: Site, wrong: dict[str, str]) -> None:
    meeting = await finished(site.db)
    browser = await known_browser(site, meeting.user)
    await browser.get(f"/user/transactions/{meeting.order_id}/review")
    answer = await browser.submit("main form", GOOD | wrong)
    assert answer.status_code == 422 and browser.page.css_first(".error")
    kept = (GOOD | wrong)["comment"].replace("\x00", "")
    assert browser.page.css_first("textarea[name=comment]").text() == kept
    assert await rating_of(meeting) == (0, 0)


async def test_three_people_ask_for_the_form(site: Site) -> None:
    meeting, open_one = await finished(site.db), await meet_now(site.db)
    path = f"/user/transactions/{meeting.order_id}/review"
    assert (await (await known_browser(site, meeting.user)).get(path)).status_code == 200
    for person in (meeting.expert, await make_user(site.db)):
        assert (await (await known_browser(site, person)).get(path)).status_code == 404
    nobody = await (await site.browser()).get(path, follow=False)
    assert nobody.status_code == 303 and "/login" in nobody.headers["location"]
    early = await known_browser(site, open_one.user)
    answer = await early.get(f"/user/transactions/{open_one.order_id}/review")
    assert answer.status_code == 409 and "setelah sesi selesai" in early.text
