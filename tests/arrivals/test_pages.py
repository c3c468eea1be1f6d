"""Pages of sessions that take place elsewhere: the link and the code, as both sides and others see them."""

import pytest

from tests.support.bookings import make_user
from tests.support.places import (
    LINK,
    both,
    code_of,
    meet_by_video,
    meet_in_person,
    open_doors,
    path,
    wrong_code_of,
)
from tests.support.rooms import enter_site, known_browser, room_path
from tests.support.site import Site

HTMX = {"hx-request": "true", "hx-request-type": "partial"}


async def test_the_room_leads_to_the_meeting_through_us(site: Site) -> None:
    meeting = await meet_by_video(site.db)
    await open_doors(meeting)
    user, expert = await both(site, meeting)
    button = user.page.css_first(f"#panel a.btn[href='{path(meeting, 'link')}']")
    assert button.text() == "Buka tautan rapat" and button.attributes["rel"] == "noopener"
    assert user.page.css_first("#meeting-link").text().startswith(LINK)
    assert user.page.css_first(f"a[href^='{LINK}']") is None, "nothing leads around us"
    assert user.page.css_first("#panel [data-copy]")
    answer = await user.get(path(meeting, "link"), follow=False)
    assert answer.status_code == 303 and answer.headers["location"].startswith(LINK)
    assert (
        answer.headers["cache-control"] == "no-store" and answer.headers["referrer-policy"] == "same-origin"
    )
    await expert.get(room_path(meeting))
    assert "Budi Santoso membuka tautan rapat" in expert.text


async def test_a_link_that_follows_appears_in_the_room(site: Site) -> None:
    meeting = await meet_by_video(site.db, link=None)
    await open_doors(meeting)
    user = await enter_site(site, meeting, meeting.user)
    assert "Tautan rapat menyusul" in user.page.css_first("#panel").text()
    answer = await user.get(path(meeting, "link"))
    assert answer.status_code == 409 and "Tautan rapat menyusul" in user.text


@pytest.mark.parametrize(
    ("headers", "status"), [({"sec-purpose": "prefetch"}, 204), ({"sec-fetch-site": "cross-site"}, 303)]
)
async def test_what_nobody_clicked_here_is_no_arrival(
    site: Site, headers: dict[str, str], status: int
) -> None:
    meeting = await meet_by_video(site.db)
    await open_doors(meeting)
    user = await known_browser(site, meeting.user)
    answer = await user.get(path(meeting, "link"), follow=False, headers=headers)
    assert answer.status_code == status and LINK not in answer.headers.get("location", "")
    assert await site.db.fetchval("SELECT count(*) FROM session_arrivals") == 0


async def test_too_early_for_the_meeting_is_said_with_its_time(site: Site) -> None:
    meeting = await meet_by_video(site.db)
    user = await known_browser(site, meeting.user)
    answer = await user.get(path(meeting, "link"))
    assert answer.status_code == 409 and "10 menit sebelum mulai" in user.text


async def test_the_user_is_told_the_code_and_the_expert_types_it(site: Site) -> None:
    meeting = await meet_in_person(site.db)
    code = await code_of(meeting)
    await open_doors(meeting)
    user, expert = await both(site, meeting)
    assert code in user.page.css_first("#place").text() and "Jl. Melati 1" in user.text
    assert not user.page.css_first("#arrival") and code not in (expert.answer.text if expert.answer else "")
    answer = await expert.submit("#arrival form", {"code": code}, follow=False)
    assert answer.status_code == 303 and answer.headers["location"] == room_path(meeting)
    for browser in (user, expert):
        await browser.get(room_path(meeting))
        assert "Kehadiran Anda berdua tercatat" in browser.page.css_first("#place").text()
        assert "Anda berdua bertemu" in browser.page.css_first("#messages").text()


async def test_a_wrong_code_stays_in_its_field_with_words_beside_it(site: Site) -> None:
    meeting = await meet_in_person(site.db)
    wrong = await wrong_code_of(meeting)
    await open_doors(meeting)
    expert = await enter_site(site, meeting, meeting.expert)
    answer = await expert.submit("#arrival form", {"code": wrong})
    field = expert.page.css_first("#arrival-code")
    assert answer.status_code == 422 and field.attributes["value"] == wrong
    assert "arrival-code-error" in (field.attributes["aria-describedby"] or "")
    assert "tidak cocok" in expert.page.css_first("#arrival-code-error").text()
    assert expert.page.css_first(f"a[href='{room_path(meeting)}']")
    part = await expert.post(path(meeting, "arrival"), {"code": "12"}, headers=HTMX)
    assert part.status_code == 422 and part.text.startswith('<div id="arrival"') and 'value="12"' in part.text


async def test_after_five_wrong_codes_the_page_says_when_to_come_back(site: Site) -> None:
    meeting = await meet_in_person(site.db)
    await open_doors(meeting)
    expert = await enter_site(site, meeting, meeting.expert)
    wrong = await wrong_code_of(meeting)
    for _ in range(11):  # at most twice five, should a window end meanwhile
        answer = await expert.post(path(meeting, "arrival"), {"code": wrong})
        if answer.status_code == 429:
            break
    assert answer.status_code == 429 and int(answer.headers["retry-after"]) <= 600
    assert "Coba lagi dalam" in expert.page.css_first("#arrival-code-error").text()
    assert expert.page.css_first("#arrival-code").attributes["value"] == wrong


async def test_with_script_the_right_code_changes_only_its_place(site: Site) -> None:
    meeting = await meet_in_person(site.db)
    await open_doors(meeting)
    expert = await enter_site(site, meeting, meeting.expert)
    answer = await expert.post(path(meeting, "arrival"), {"code": await code_of(meeting)}, headers=HTMX)
    assert answer.status_code == 200 and "Kode cocok" in answer.text and "<form" not in answer.text


async def test_the_code_is_shown_to_nobody_but_the_user(site: Site) -> None:
    meeting = await meet_in_person(site.db)
    code = await code_of(meeting)
    expert = await known_browser(site, meeting.expert)
    user = await known_browser(site, meeting.user)
    await user.get("/user/transactions")
    assert code in user.text
    pages = [
        "/expert/dashboard", "/expert/dashboard/transaksi", f"/invoice/{meeting.order_id}", room_path(meeting),
        path(meeting, "arrival"), path(meeting, "thread"),
    ]  # fmt: skip
    for address in pages:
        assert code not in (await expert.get(address)).text, address
    await open_doors(meeting)
    for address in pages:
        assert code not in (await expert.get(address)).text, address
    async with expert.client.stream("GET", path(meeting, "events") + "?after=0") as stream:
        async for chunk in stream.aiter_text():
            assert code not in chunk
            if "panel" in chunk:
                break
    await site.sweep()
    mails = site.mailbox.messages_to(meeting.user.email)
    assert any(code in mail.text and code in mail.html for mail in mails)
    assert not any(code in mail.text + mail.html for mail in site.mailbox.messages_to(meeting.expert.email))


async def test_strangers_find_nothing(site: Site) -> None:
    video, person = await meet_by_video(site.db), await meet_in_person(site.db)
    await open_doors(video)
    await open_doors(person)
    stranger = await known_browser(site, await make_user(site.db))
    for address in (
        path(video, "link"),
        path(person, "arrival"),
        path(person, "link"),
    ):
        assert (await stranger.get(address)).status_code == 404
    user = await known_browser(site, person.user)
    assert (await user.get(path(person, "arrival"))).status_code == 404
