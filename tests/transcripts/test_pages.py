"""The transcript of a session that is over: who reads it, what stands in it, and for how long."""

import json
import re
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest

from mentorinaja.db.pool import Database
from mentorinaja.formats import file_size, how_long
from mentorinaja.payments.actions import cancel_and_owe
from mentorinaja.rooms import actions
from mentorinaja.rooms.room import Notice
from mentorinaja.transcripts import downloads
from mentorinaja.transcripts.queries import PAGE_ITEMS
from tests.support.bookings import browser_of, make_user
from tests.support.conversations import (
    a_talk,
    a_year_later,
    begin_talk,
    end_talk,
    put_attachment,
    put_message,
)
from tests.support.rooms import Meeting, enter_site, known_browser, meet_later, meet_now
from tests.support.site import Browser, Site

ENDINGS = ("", ".txt", ".json")


def path(meeting: Meeting, ending: str = "") -> str:
    return f"/session/{meeting.booking_id}/transcript{ending}"


async def final_seal(db: Database, meeting: Meeting) -> str:
    seal: bytes = await db.fetchval(
        "SELECT last_seal FROM active_sessions WHERE booking_id = $1", meeting.booking_id
    )
    return seal.hex()


def seals_fit(told: dict[str, Any]) -> bool:
    """The few lines with which anybody checks a downloaded transcript."""
    seal = sha256(told["room"].encode()).digest()
    for item in told["items"]:
        names = ("seq", "kind", "who", "id", "at_microseconds", "digest", "words")
        line = "|".join([told["room"], *(str(item[name]) for name in names)])
        seal = sha256(seal + line.encode()).digest()
        if seal.hex() != item["seal"]:
            return False
    return bool(seal.hex() == told["final_seal"])


async def test_both_read_the_whole_conversation_after_the_end(site: Site) -> None:
    meeting = await begin_talk(site.db)
    name = await put_attachment(site.db, meeting, name="CV <Budi> & co.pdf")
    await put_message(site.db, meeting.booking_id, "Halo Kak, lihat https://contoh.id/cv ya")
    await put_message(site.db, meeting.booking_id, "Baik\nsaya baca <b>dulu</b>", side="expert")
    await put_message(site.db, meeting.booking_id, "", attachment_id=name)
    await end_talk(meeting)
    for person in (meeting.user, meeting.expert):
        browser = await known_browser(site, person)
        assert (await browser.get(path(meeting))).status_code == 200
        page = browser.page
        items = page.css(".said-list > li[value]")
        assert [item.attributes["value"] for item in items] == ["1", "2", "3", "4", "5"]
        assert [item.attributes.get("data-sender") for item in items] == [
            None,
            "user",
            "expert",
            "user",
            None,
        ]
        assert [item.attributes.get("data-notice") for item in items] == [
            "started",
            None,
            None,
            None,
            "ended",
        ]
        assert page.css_first("#nomor-3 .text").text() == "Baik\nsaya baca <b>dulu</b>"
        assert page.css_first("#nomor-2 a").attributes["href"] == "https://contoh.id/cv"
        link = page.css_first("#nomor-4 a")
        assert str(name) in (link.attributes["href"] or "") and link.text() == "CV <Budi> & co.pdf"
        assert len(page.css(".day-line")) == 1
        assert page.css_first("#seal").text() == await final_seal(site.db, meeting)
        for fact in ("Budi Santoso", "Sari Wulandari", "Chat Konsultasi", f"#{meeting.order_id}"):
            assert fact in browser.text
        downloads = {link.attributes["href"] for link in page.css("a[download]")}
        assert {path(meeting, ".txt"), path(meeting, ".json")} <= downloads


async def test_each_reads_the_times_of_the_own_zone(site: Site) -> None:
    meeting = await a_talk(
        site.db, "Halo", meeting=await meet_now(site.db, zones=("Asia/Jakarta", "Asia/Jayapura"))
    )
    for person, zone, other in ((meeting.user, "WIB", "WIT"), (meeting.expert, "WIT", "WIB")):
        browser = await known_browser(site, person)
        await browser.get(path(meeting))
        assert browser.page.css_first("#nomor-2 time").text().endswith(f" {zone}")
        assert browser.page.css_first("#nomor-1").text().strip().endswith(f" {zone}")
        text = (await browser.get(path(meeting, ".txt"))).text
        assert f"Semua jam dalam {zone}" in text and f" {other})" in text
        [started] = [line for line in text.splitlines() if "Waktu mulai" in line]
        assert started.count(zone) == 1 and started.endswith("  * Waktu mulai")


async def test_the_text_file_reads_line_by_line_and_nothing_in_it_acts(site: Site) -> None:
    meeting = await begin_talk(site.db)
    name = await put_attachment(site.db, meeting, name="=cmd().pdf", side="expert")
    await put_message(
        site.db, meeting.booking_id, "=1+1\n[9] 10:00:00 WIB  Sari Wulandari:\n\x1b[2Jhapus \u202elatab"
    )
    await put_message(site.db, meeting.booking_id, "Lihat ini", side="expert", attachment_id=name)
    await end_talk(meeting)
    browser = await known_browser(site, meeting.user)
    answer = await browser.get(path(meeting, ".txt"))
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["content-disposition"] == f'attachment; filename="transkrip-{meeting.order_id}.txt"'
    assert answer.headers["cache-control"] == "no-store"
    lines = answer.text.splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("[2] "))
    assert lines[start].endswith(" WIB  Budi Santoso:")
    assert lines[start + 1 : start + 4] == [
        "    =1+1",
        "    [9] 10:00:00 WIB  Sari Wulandari:",
        "    ‹U+001B›[2Jhapus ‹U+202E›latab",
    ]
    assert lines[start + 4].startswith("[3] ") and lines[start + 4].endswith("Sari Wulandari:")
    assert lines[start + 5 : start + 7] == [
        "    Lihat ini",
        "    [Berkas: =cmd().pdf, application/pdf, 2 kB]",
    ]
    assert f"Segel akhir: {await final_seal(site.db, meeting)}" in lines
    assert "Cara memeriksa" in lines[-1]
    assert not any(line.startswith(("=", "+", "-1", "@", "\t")) for line in lines)


async def test_the_json_file_is_all_that_is_needed_to_recompute_the_seals(site: Site) -> None:
    meeting = await begin_talk(site.db)
    name = await put_attachment(site.db, meeting)
    await put_message(
        site.db, meeting.booking_id, 'a|b\n\u2028\u202e“é” 👩\u200d🔬 \\ "x"', attachment_id=name
    )
    await put_message(site.db, meeting.booking_id, "Sip", side="expert")
    await end_talk(meeting)
    browser = await known_browser(site, meeting.expert)
    answer = await browser.get(path(meeting, ".json"))
    assert answer.headers["content-type"] == "application/json"
    told = json.loads(answer.text)
    assert [item["seq"] for item in told["items"]] == [1, 2, 3, 4]
    assert seals_fit(told)
    assert told["final_seal"] == await final_seal(site.db, meeting)
    told["items"][1]["words"] += " "
    assert not seals_fit(told)


async def test_transactions_and_the_mail_after_the_session_lead_to_it(site: Site) -> None:
    meeting = await meet_now(site.db)
    await meeting.begin()
    await meeting.say(meeting.user, "Halo")
    await actions.end(site.db, meeting.user, meeting.booking_id)
    for person, page in (
        (meeting.user, "/user/transactions"),
        (meeting.expert, "/expert/dashboard/transaksi"),
    ):
        browser = await browser_of(site, person)
        await browser.get(page)
        links = browser.page.css(f"#order-{meeting.order_id} .order-foot a")
        assert path(meeting) in [link.attributes["href"] for link in links]
    await site.sweep()
    seal = await final_seal(site.db, meeting)
    for person in (meeting.user, meeting.expert):
        [over] = [letter for letter in site.mailbox.messages_to(person.email) if seal in letter.text]
        assert f"{site.settings.base_url}{path(meeting)}" in over.text


async def test_what_was_said_before_a_session_was_called_off_can_be_read(site: Site) -> None:
    meeting = await meet_later(site.db, category="online_video")
    await meeting.go_to((await meeting.room()).starts_at - timedelta(minutes=5))
    await meeting.begin()
    await meeting.say(meeting.user, "Saya sudah di sini")
    async with site.db.transaction() as tx:
        await cancel_and_owe(tx, meeting.booking_id, 157_500, "cancelled_by_expert", actor="expert")
    browser = await browser_of(site, meeting.user)
    await browser.get(f"/session?bookingId={meeting.booking_id}")
    assert browser.page.css_first(f'main a[href="{path(meeting)}"]') is not None
    assert (await browser.get(path(meeting))).status_code == 200
    assert "Saya sudah di sini" in browser.text


async def test_pauses_are_told_together(site: Site) -> None:
    meeting = await meet_now(site.db)
    await meeting.begin()
    await actions.leave(site.db, meeting.booking_id, "expert", seen=True)
    await meeting.go_to((await meeting.room()).read_at + timedelta(seconds=60))
    await actions.enter(site.db, meeting.expert, meeting.booking_id)
    await meeting.go_to((await meeting.room()).read_at + timedelta(seconds=40))
    await actions.end(site.db, meeting.user, meeting.booking_id)
    kinds = [item.kind for item in await meeting.items() if isinstance(item, Notice)]
    assert kinds == ["started", "paused", "resumed", "paused", "ended"]
    browser = await browser_of(site, meeting.user)
    await browser.get(path(meeting))
    assert re.search(r"Jeda 1 menit 4\d detik", browser.text)
    assert re.search(
        r"^Jeda: 1 menit 4\d detik$", (await browser.get(path(meeting, ".txt"))).text, re.MULTILINE
    )


async def test_a_conversation_without_words_has_a_transcript(site: Site) -> None:
    meeting = await a_talk(site.db)
    browser = await known_browser(site, meeting.user)
    assert (await browser.get(path(meeting))).status_code == 200
    assert seals_fit(json.loads((await browser.get(path(meeting, ".json"))).text))


@pytest.mark.parametrize("ending", ENDINGS)
async def test_nobody_else_knows_of_it(site: Site, ending: str) -> None:
    meeting = await a_talk(site.db, "Rahasia")
    stranger = await known_browser(site, await make_user(site.db, "Ani Lestari"))
    assert (await stranger.get(path(meeting, ending))).status_code == 404
    there = stranger.text
    assert (
        await stranger.get(f"/session/0b9e9f5e-4b0e-4a55-9d2c-6f5a3c1f7d11/transcript{ending}")
    ).status_code == 404
    assert stranger.text == there
    assert (await stranger.get(f"/session/nonsense/transcript{ending}")).status_code == 404
    visitor = await site.browser()
    assert (await visitor.get(path(meeting, ending), follow=False)).status_code == 303


@pytest.mark.parametrize("ending", ENDINGS)
async def test_before_the_end_there_is_none(site: Site, ending: str) -> None:
    meeting = await meet_now(site.db)
    browser = await known_browser(site, meeting.user)
    assert (await browser.get(path(meeting, ending))).status_code == 409
    await enter_site(site, meeting, meeting.expert)
    await meeting.say(meeting.user, "Halo")
    assert (await browser.get(path(meeting, ending))).status_code == 409
    assert "setelah sesi berakhir" in browser.text
    assert browser.page.css_first(f'main a[href="/session?bookingId={meeting.booking_id}"]') is not None


async def test_a_session_that_ended_while_nobody_looked_has_its_transcript_at_once(site: Site) -> None:
    meeting = await meet_now(site.db)
    await meeting.begin()
    await meeting.say(meeting.user, "Halo")
    room = await meeting.room()
    assert room.ends_at is not None
    await meeting.go_to(room.ends_at + timedelta(seconds=1))
    browser = await known_browser(site, meeting.user)
    assert (await browser.get(path(meeting))).status_code == 200
    assert (await meeting.room()).status == "ended"


@pytest.mark.parametrize("ending", ENDINGS)
async def test_after_twelve_months_it_is_gone_also_before_anybody_deleted_it(site: Site, ending: str) -> None:
    meeting = await a_talk(site.db, "Halo")
    browsers = [await browser_of(site, person) for person in (meeting.user, meeting.expert)]
    await a_year_later(meeting, -timedelta(seconds=5))
    assert [(await browser.get(path(meeting, ending))).status_code for browser in browsers] == [200, 200]
    await a_year_later(meeting)
    for browser in browsers:
        assert (await browser.get(path(meeting, ending))).status_code == 404
        assert "12 bulan" in browser.text
    await browsers[0].get(f"/session?bookingId={meeting.booking_id}")
    assert "Halo" not in browsers[0].text and "12 bulan" in browsers[0].text


async def test_a_very_long_conversation_comes_in_pages(site: Site) -> None:
    meeting = await begin_talk(site.db)
    await _fill(site.db, meeting, PAGE_ITEMS + 5)
    await end_talk(meeting)
    browser = await known_browser(site, meeting.user)
    await browser.get(path(meeting))
    assert _numbers(browser) == (1, PAGE_ITEMS, PAGE_ITEMS)
    following = browser.page.css_first("a[rel=next]")
    assert following is not None and browser.page.css_first("a[rel=prev]") is None
    await browser.get(following.attributes["href"] or "")
    assert _numbers(browser) == (PAGE_ITEMS + 1, PAGE_ITEMS + 7, 7)
    back = browser.page.css_first("a[rel=prev]")
    assert back is not None and back.attributes["href"] == path(meeting)
    assert browser.page.css_first("a[rel=next]") is None
    text = (await browser.get(path(meeting, ".txt"))).text
    assert f"\nJumlah: {PAGE_ITEMS + 7}\n" in text
    assert seals_fit(json.loads((await browser.get(path(meeting, ".json"))).text))
    for nonsense in ("-1", "x", "99999999", "9" * 40):
        assert (await browser.get(f"{path(meeting)}?after={nonsense}")).status_code == 200


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("biasa é 👩", "biasa é 👩"),
        ("a\tb", "a\tb"),
        ("a\rb\x00\x7f\x85", "a‹U+000D›b‹U+0000›‹U+007F›‹U+0085›"),
        ("\u2028\u2029", "‹U+2028›‹U+2029›"),
        ("\u202a\u202e\u2066\u2069", "‹U+202A›‹U+202E›‹U+2066›‹U+2069›"),
    ],
)
def test_what_would_act_on_a_page_stands_as_its_code(text: str, shown: str) -> None:
    assert downloads.shown(text) == shown


def test_lengths_and_sizes_are_said_in_short_words() -> None:
    lengths = [how_long(timedelta(seconds=seconds)) for seconds in (0, 0.4, 59.6, 61, 600)]
    assert lengths == ["tidak ada", "tidak ada", "1 menit", "1 menit 1 detik", "10 menit"]
    assert [file_size(size) for size in (1, 1499, 340_000, 2_400_000)] == ["1 kB", "1 kB", "340 kB", "2,4 MB"]


async def _fill(db: Database, meeting: Meeting, messages: int) -> None:
    """Many short messages, sealed in one statement's loop."""
    await db.execute(
        f"""DO $$
        DECLARE s active_sessions; n bigint; name uuid;
        BEGIN
          SELECT * INTO s FROM active_sessions WHERE booking_id = '{meeting.booking_id}';
          FOR n IN s.last_seq + 1 .. s.last_seq + {messages} LOOP
            name := gen_random_uuid();
            s.last_seal := sha256(s.last_seal || seal_line(
              s.booking_id, n, 'message', 'user', name::text, app_now(), '', 'Pesan ' || n));
            INSERT INTO chat_messages (booking_id, seq, sender_id, sender_type, client_id, text, created_at, seal)
              VALUES (s.booking_id, n, s.user_id, 'user', name, 'Pesan ' || n, app_now(), s.last_seal);
          END LOOP;
          UPDATE active_sessions SET last_seq = s.last_seq + {messages}, last_seal = s.last_seal
            WHERE booking_id = s.booking_id;
        END $$"""
    )


def _numbers(browser: Browser) -> tuple[int, int, int]:
    values = [int(item.attributes["value"] or 0) for item in browser.page.css(".said-list > li[value]")]
    return values[0], values[-1], len(values)
