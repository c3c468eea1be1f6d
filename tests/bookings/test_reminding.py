"""Mails that wait for their time: pay soon, and the session is near; asked again when they are sent."""

from datetime import UTC, datetime, timedelta

import pytest

from mentorinaja import clock
from mentorinaja.bookings import actions, rules
from mentorinaja.bookings.mails import MAILS
from mentorinaja.db.pool import Database
from mentorinaja.notices import actions as notices
from mentorinaja.notices.letters import compose
from mentorinaja.settings import Settings
from mentorinaja.threads import actions as threads
from tests.support.bookings import (
    Seller,
    book,
    browser_of,
    due_in,
    make_seller,
    make_user,
    pay,
    settings_of,
    slot_in,
)
from tests.support.payments import call_off
from tests.support.rooms import meet_in_writing
from tests.support.site import Site

HOUR = timedelta(hours=1)
WIB_NOON = datetime(2026, 11, 26, 5, tzinfo=UTC)  # noon on the wall clocks of WIB
LOAD = {mail.kind: mail.load for mail in MAILS}


@pytest.mark.parametrize(
    ("made", "deadline", "says"),
    [
        # Three days: six hours before; shorter: a quarter of the time, an hour at least; too short: not at all.
        (WIB_NOON, WIB_NOON + 75 * HOUR, WIB_NOON + 69 * HOUR),
        (WIB_NOON, WIB_NOON + 8 * HOUR, WIB_NOON + 6 * HOUR),
        (WIB_NOON, WIB_NOON + 2.5 * HOUR, WIB_NOON + 1.5 * HOUR),
        (WIB_NOON, WIB_NOON + 1.9 * HOUR, None),
        (WIB_NOON, WIB_NOON + timedelta(minutes=15), None),
        # Half past two at night becomes seven when there is time left, else nine the evening before, else nothing.
        (WIB_NOON, WIB_NOON + 20.5 * HOUR, WIB_NOON + 19 * HOUR),
        (WIB_NOON, WIB_NOON + 19.5 * HOUR, WIB_NOON + 9 * HOUR),
        (WIB_NOON + 13 * HOUR, WIB_NOON + 17 * HOUR, None),
    ],
)
def test_when_to_pay_soon(made: datetime, deadline: datetime, says: datetime | None) -> None:
    assert rules.pay_soon_at(made, deadline, "Asia/Jakarta") == says


def test_a_reminder_is_sent_until_the_next_one_is_due() -> None:
    until = [WIB_NOON - rules.reminder_until(kind, WIB_NOON) for kind in rules.REMINDERS]
    assert until == [HOUR, timedelta(minutes=10), timedelta()]


async def waiting(db: Database, public_id: str) -> dict[tuple[str, int], timedelta]:
    """Every mail of the order that waits for its time: kind and reader, with how long it waits."""
    rows = await db.fetch(
        """SELECT m.kind, m.user_id, due_at - app_now() AS wait FROM outbox m JOIN orders o ON o.id = m.order_id
           WHERE o.public_id = $1 AND due_at > app_now() ORDER BY m.id""",
        public_id,
    )
    return {(row["kind"], row["user_id"]): row["wait"] for row in rows}


async def would_say(db: Database, kind: str, user_id: int) -> str | None:
    """The subject of the last mail of a kind if it is sent at its time, or now; None when nothing would be sent."""
    row = await db.fetchrow(
        "SELECT id, due_at FROM outbox WHERE kind = $1 AND user_id = $2 ORDER BY id DESC LIMIT 1",
        kind,
        user_id,
    )
    assert row is not None
    await clock.shift(db, max(row["due_at"] - await clock.now(db), timedelta()))
    taken = await notices.take(db, row["id"])
    assert taken is not None
    content = await LOAD[kind](db, settings_of(db), taken)
    return content.subject if content else None


async def sold(db: Database, **ahead: float) -> tuple[Seller, str, int]:
    """A paid session in so much time: its seller, its order and its user."""
    seller, user = await make_seller(db), await make_user(db)
    public_id = await book(db, user, seller, await slot_in(db, **ahead))
    await pay(db, public_id)
    return seller, public_id, user.id


async def test_both_are_reminded_of_a_session_and_of_nothing_else(db: Database) -> None:
    seller, public_id, user_id = await sold(db, days=3)
    found = await waiting(db, public_id)
    reminders = {key for key in found if key[0] != "pay_soon"}
    assert reminders == {(kind, who) for kind in rules.REMINDERS for who in (user_id, seller.user_id)}
    assert await would_say(db, "pay_soon", user_id) is None, "it is paid"
    said = await would_say(db, "reminder_24h", user_id)
    assert said is not None and said.endswith(" WIB: sesi dengan Sari Wulandari")
    said = await would_say(db, "reminder_1h", seller.user_id)
    assert said is not None and said.endswith("sesi dengan Budi Santoso")
    assert await would_say(db, "reminder_24h", seller.user_id) is None, "the nearer one says it now"
    assert (await would_say(db, "reminder_10m", user_id) or "").startswith("Sebentar lagi")
    await clock.shift(db, timedelta(minutes=10))
    assert await would_say(db, "reminder_10m", seller.user_id) is None, "it has begun"


async def test_what_is_booked_late_is_reminded_of_what_is_still_ahead(db: Database) -> None:
    _, public_id, user_id = await sold(db, hours=3)
    kinds = {kind for kind, who in await waiting(db, public_id) if who == user_id}
    assert kinds - {"pay_soon"} == {"reminder_1h", "reminder_10m"}
    ready = await make_seller(db, "Dimas", ready=True)
    now = await book(db, await make_user(db), ready, None)
    await pay(db, now)
    assert await waiting(db, now) == {}


async def test_a_session_that_moved_reminds_of_its_new_time_only_and_one_called_off_of_none(
    db: Database,
) -> None:
    seller, user = await make_seller(db), await make_user(db)
    public_id = await book(db, user, seller, await slot_in(db, days=4))
    await pay(db, public_id)
    old = await db.fetchval("SELECT id FROM outbox WHERE kind = 'reminder_24h' AND user_id = $1", user.id)
    await actions.move(db, user, public_id, await slot_in(db, days=6))
    await clock.shift(db, timedelta(days=3, minutes=30))
    row = await notices.take(db, old)
    assert row is not None and await LOAD["reminder_24h"](db, settings_of(db), row) is None
    assert (await would_say(db, "reminder_24h", user.id) or "").startswith("Besok ")
    async with db.transaction() as tx:
        booking_id = await tx.fetchval("SELECT id FROM bookings")
        await call_off(tx, booking_id, 157_500)
    assert await would_say(db, "reminder_1h", user.id) is None


async def test_of_an_answer_that_is_due_only_its_expert_is_reminded_until_it_is_complete(
    db: Database,
) -> None:
    meeting = await meet_in_writing(db)
    room = await meeting.room()
    assert room.starts_at > await clock.now(db)
    rows = await db.fetch("SELECT DISTINCT user_id FROM outbox WHERE kind LIKE 'reminder%'")
    assert [row["user_id"] for row in rows] == [meeting.expert.id]
    assert await db.fetchval("SELECT count(*) FROM outbox WHERE kind = 'reminder_10m'") == 0
    await meeting.say(meeting.expert, "Ini jawaban saya.")
    said = await would_say(db, "reminder_1h", meeting.expert.id)
    assert said is not None and "batas jawaban" in said
    await threads.finish(db, meeting.expert, meeting.booking_id)
    await db.execute("UPDATE outbox SET status = 'waiting'")
    assert await would_say(db, "reminder_1h", meeting.expert.id) is None


async def test_every_mail_can_be_written_of_every_kind_of_session(db: Database) -> None:
    settings = settings_of(db)
    wrote: dict[str, list[str]] = {}
    for category, minutes, ready in (
        ("online_chat", 30, True), ("online_video", 60, False), ("offline_event", 60, False), ("online_chat", None, False),
    ):  # fmt: skip
        user, seller = (
            await make_user(db),
            await make_seller(db, category=category, minutes=minutes, ready=ready),
        )
        starts = None if ready else await (slot_in if minutes else due_in)(db, days=2)
        public_id = await book(db, user, seller, starts)
        for row in await db.fetch("SELECT id FROM outbox WHERE about = $1 ORDER BY id", public_id):
            await _write(db, settings, row["id"], wrote)
        await pay(db, public_id)
        for row in await db.fetch(
            "SELECT id FROM outbox WHERE about = $1 AND kind LIKE 'reminder%'", public_id
        ):
            await _write(db, settings, row["id"], wrote)
    assert {kind: len(texts) for kind, texts in wrote.items()} == {
        "booked": 4, "pay_soon": 3, "reminder_24h": 5, "reminder_1h": 5, "reminder_10m": 4,
    }  # fmt: skip
    assert sum("Sekarang, setelah dibayar" in text for text in wrote["booked"]) == 1
    told = "".join(wrote["reminder_1h"])
    assert told.count("Tempat: Jl. Melati 1") == 2 and told.count("Meeting Link: menyusul") == 2
    assert told.count("Kode kedatangan") == 1, "for its user alone"
    assert told.count("Jawaban Anda ditunggu") == 1


async def _write(db: Database, settings: Settings, outbox_id: int, wrote: dict[str, list[str]]) -> None:
    """Add the text of a mail as it would be sent now to those of its kind."""
    await db.execute("UPDATE outbox SET next_try_at = app_now() WHERE id = $1", outbox_id)
    row = await notices.take(db, outbox_id)
    assert row is not None
    content = await LOAD[row.kind](db, settings, row)
    assert content is not None, row.kind
    body = compose(settings, row, content, row.created_at).get_body(("plain",))
    assert body is not None
    wrote.setdefault(row.kind, []).append(body.get_content())


async def test_from_booking_to_session_by_mail_each_once_and_only_what_is_wanted(site: Site) -> None:
    seller, user = await make_seller(site.db), await make_user(site.db, zone="Asia/Jayapura")
    browser = await browser_of(site, user)
    starts = await slot_in(site.db, days=5)
    public_id = await book(site.db, user, seller, starts)
    deadline = await site.db.fetchval("SELECT pay_deadline FROM orders WHERE public_id = $1", public_id)

    async def came(to: str) -> list[str]:
        """The subjects that came since it was asked last."""
        await site.sweep()
        subjects = [mail.subject for mail in site.mailbox.messages_to(to)]
        fresh = subjects[seen.get(to, 0) :]
        seen[to] = len(subjects)
        return fresh

    async def go_to(at: datetime) -> None:
        await site.move_clock(at - await clock.now(site.db))

    seen: dict[str, int] = {}
    seller_email = await site.db.fetchval("SELECT email::text FROM users WHERE id = $1", seller.user_id)
    [booked] = await came(user.email)
    assert booked.startswith("Booking dibuat: bayar sebelum") and booked.endswith("WIT")
    mail = site.mailbox.messages_to(user.email)[-1]
    assert f"{site.url}/payment/{public_id}" in mail.text and f"#{public_id}" in mail.text
    await go_to(deadline - HOUR)
    [soon] = await came(user.email)
    assert soon.startswith("Segera bayar")
    await pay(site.db, public_id)
    assert len(await came(user.email)) == 1 and len(await came(seller_email)) == 1

    # Mail programs and people switch a kind off from the mail itself, without signing in.
    await go_to(starts - 24 * HOUR)
    assert len(await came(user.email)) == len(await came(seller_email)) == 1
    mail = site.mailbox.messages_to(user.email)[-1]
    headers = dict(
        line.split(b": ", 1) for line in mail.raw.split(b"\r\n\r\n")[0].replace(b"\r\n ", b"").split(b"\r\n")
    )
    assert headers[b"List-Unsubscribe-Post"] == b"List-Unsubscribe=One-Click"
    way_out = headers[b"List-Unsubscribe"].decode().strip("<> ")
    assert way_out.startswith(f"{site.url}/berhenti/") and way_out in mail.text
    stranger = await site.browser()
    await stranger.get(way_out)
    assert "24 jam sebelum sesi" in stranger.text and stranger.page.css_first("main button") is not None
    assert await site.db.fetchval("SELECT count(*) FROM unwanted_notices") == 0, "opening it changes nothing"
    for _ in range(2):
        answer = await stranger.client.post(way_out, data={"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200 and "tidak lagi menerima" in answer.text
    assert (await stranger.client.post(way_out[:-2] + "xx", data={})).status_code == 404
    assert (await stranger.get(f"{site.url}/berhenti/x.y")).status_code == 404

    await browser.get("/user/profile")
    boxes = {
        box.attributes["value"]: "checked" in box.attributes for box in browser.page.css("input[name=kind]")
    }
    assert not boxes.pop("reminder_24h") and all(boxes.values()) and "paid" not in boxes
    wanted = [kind for kind in boxes if kind != "reminder_1h"] + ["paid", "<script>", "reminder_1h\x00"]
    token = browser.page.css_first("input[name=_csrf]").attributes["value"]  # type: ignore[union-attr]  # it is there
    answer = await browser.client.post("/user/profile/pemberitahuan", data={"_csrf": token, "kind": wanted})
    assert (answer.status_code, answer.headers["location"]) == (303, "/user/profile#pemberitahuan")
    rows = await site.db.fetch("SELECT kind FROM unwanted_notices WHERE user_id = $1 ORDER BY 1", user.id)
    assert [row["kind"] for row in rows] == ["reminder_1h", "reminder_24h"]

    await go_to(starts - HOUR)
    assert await came(user.email) == [] and len(await came(seller_email)) == 1
    await go_to(starts - timedelta(minutes=10))
    assert [subject[:13] for subject in await came(user.email)] == ["Sebentar lagi"]
    assert len(await came(seller_email)) == 1
    assert await site.db.fetchval(
        "SELECT problem FROM outbox WHERE kind = 'reminder_1h' AND user_id = $1", user.id
    ) == ("not wanted")
