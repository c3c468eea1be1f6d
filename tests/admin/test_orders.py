"""Orders on the desk: found by whatever is at hand, told whole, and decided about over real pages."""

import csv
import io
from datetime import timedelta
from typing import Any

from mentorinaja.bookings import queries as orders
from mentorinaja.db.pool import Database
from mentorinaja.payments import actions as payments
from mentorinaja.reports import actions as reports
from mentorinaja.rooms import actions as rooms
from mentorinaja.web.viewer import Viewer
from tests.support.bookings import Seller, book, make_seller, make_user, slot_in, state_of
from tests.support.desk import decide, desk_of, first_column, make_admin, offered
from tests.support.payments import pay, said
from tests.support.products import make_product, purchase
from tests.support.rooms import meet_now
from tests.support.site import Site

HERE = "/admin/orders"
WHY = "Mentor mengabari kami lewat telepon."


async def sell(db: Database, seller: Seller | None = None, **said_: Any) -> tuple[Viewer, str, str]:
    seller, user = seller or await make_seller(db), await make_user(db)
    public_id = await book(db, user, seller, await slot_in(db, days=3))
    return user, public_id, await pay(db, public_id, **said_)


async def test_an_order_is_found_by_whatever_is_at_hand(site: Site) -> None:
    db = site.db
    seller = await make_seller(db, "Sari Wulandari")
    tono = await make_user(db, "Tono 100%_Cepat")
    mine = await book(db, tono, seller, await slot_in(db, days=3))
    transaction = await pay(db, mine)
    other_seller = await make_seller(db, "Dimas Prakoso")
    product = await purchase(db, await make_user(db, "Ani Lestari"), await make_product(db, other_seller))
    row = await db.fetchrow(
        """SELECT u.phone, b.id::text AS booking, 'INV-' || i.year || '-' || lpad(i.number::text, 6, '0') AS invoice
           FROM orders o JOIN users u ON u.id = o.user_id JOIN bookings b ON b.order_id = o.id
             JOIN invoices i ON i.order_id = o.id WHERE o.public_id = $1""",
        mine,
    )
    assert row is not None
    browser = await desk_of(site)
    found = (
        mine, f"#{mine}", mine.lower(), f"{mine}-2", mine[-6:], transaction, transaction.upper(), tono.email.upper(),
        tono.email[:9], row["phone"], "0" + row["phone"][3:], row["phone"][3:],
        f"({row['phone'][:6].replace('+62', '0')}) {row['phone'][6:]}", row["phone"][:9], "tono", "100%_", "Wulandari",
        row["booking"], row["invoice"],
    )  # fmt: skip
    for words in found:
        await browser.get(HERE, params={"q": words})
        wanted = {mine} if words not in (row["phone"][:9], tono.email[:9]) else {mine, product}
        assert {mine} <= set(first_column(browser)) <= wanted, words
    for words in (
        "ab",
        "Tidak Ada",
        "100%%",
        "%",
        "BE-20200101-AAAAAA",
        "x' OR true --",
        "+6299999",
        "INV-2026-999999",
    ):
        await browser.get(HERE, params={"q": words})
        assert first_column(browser) == [], words
    for filters, wanted in (
        ("kind=product", [product]),
        ("category=online_chat", [mine]),
        ("status=confirmed&money=paid", [mine]),
        ("status=completed", []),
        ("see=unpaid", []),
        ("see=disputed", []),
        ("", [product, mine]),
    ):
        await browser.get(f"{HERE}?{filters}")
        assert first_column(browser) == wanted, filters
    assert "2 order" in browser.text and "Total Rp 315.000" in browser.text
    answer = await browser.submit("form[action$='/export']", {})
    lines = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [(line["order"], line["total"]) for line in lines] == [(product, "157500"), (mine, "157500")]


async def test_what_should_be_looked_at_is_in_its_list(site: Site) -> None:
    db = site.db
    seller = await make_seller(db, category="online_video")
    _, back, _ = await sell(db, seller)
    admin = await make_admin(db)
    await payments.cancel_by_admin(db, admin, back, 157_500, 157_500, "all", WHY)
    user, held, _ = await sell(db, seller)
    await site.move_clock(timedelta(days=3, minutes=65))
    booking_id = (await orders.order_called(db, held)).booking_id  # type: ignore[union-attr]  # it is there
    assert booking_id is not None
    await reports.report(db, user, booking_id, "Mentor tidak pernah datang.")
    unpaid = await book(db, await make_user(db), seller, await slot_in(db, days=4))
    await db.execute(
        "UPDATE orders SET pay_deadline = app_now() - interval '1 hour' WHERE public_id = $1", unpaid
    )
    browser = await desk_of(site, admin)
    for see, wanted in (
        ("refund", [back]),
        ("disputed", [held]),
        ("unpaid", [unpaid]),
        ("late", []),
        ("taken", []),
    ):
        await browser.get(f"{HERE}?see={see}")
        assert first_column(browser) == wanted, see
    # A report decides about its session's money, and one past its deadline is closed once Midtrans was asked.
    await browser.get(f"{HERE}/{held}")
    assert offered(browser) == {"Tanya Midtrans lagi"}
    assert "Mentor tidak pernah datang." in browser.text
    await browser.get(f"{HERE}/{unpaid}")
    assert offered(browser) == {"Batalkan sebelum dibayar"}
    assert (
        await decide(browser, f"{HERE}/{unpaid}", "give-up", reason="Tidak dibayar, slotnya dibutuhkan.")
        == 200
    )
    assert await state_of(db, unpaid) == ("cancelled", "cancelled")


async def test_the_history_tells_everything_but_the_conversation(site: Site) -> None:
    db = site.db
    meeting = await meet_now(db)
    await meeting.begin()
    await meeting.say(meeting.user, "kata-kata-rahasia")
    await rooms.end(db, meeting.user, meeting.booking_id)
    await site.sweep()
    admin = await make_admin(db)
    kept = (await orders.order_called(db, meeting.order_id)).kept  # type: ignore[union-attr]  # it is there
    await payments.refund_by_admin(db, admin, meeting.order_id, 10_000, kept, WHY)
    browser = await desk_of(site, admin)
    await browser.get(f"{HERE}/{meeting.order_id}")
    for told in (
        "Order dibuat", f"Pembayaran {meeting.order_id} dibuka", "Jawaban status: dibayar", "settlement",
        "Transaksi", "Pembayaran dibukukan", "Di Midtrans", "Mentor, tertahan", "Terkonfirmasi",
        "Email “Pembayaran diterima” untuk", "Mentor masuk ke ruang sesi", "Sesi mulai", "Sesi berakhir",
        "Invoice INV-", "Pengembalian Rp 10.000 diajukan",
        "Catatan admin: Mengembalikan dana, Rp 10.000", WHY, "Yang dibaca pembayar", "Yang dibaca mentor",
    ):  # fmt: skip
        assert told in browser.text, told
    assert "kata-kata-rahasia" not in browser.text
    for table in browser.page.css("table.entries"):
        sums = [0, 0]
        for line in table.css("tbody tr"):
            for side, cell in enumerate(line.css("td")[1:]):
                sums[side] += int(cell.text().replace("Rp", "").replace(".", "").strip() or 0)
        assert sums[0] == sums[1] > 0
    times = [node.attributes["datetime"] or "" for node in browser.page.css("#history time")]
    assert times == sorted(times) and len(times) > 20
    assert (await browser.get(f"{HERE}/history?order={meeting.order_id}")).status_code == 200, browser.text
    assert len(browser.page.css(".timeline time")) == len(times)
    assert (await browser.get(f"{HERE}/history?order=BE")).status_code == 404
    assert (await browser.get(f"{HERE}/BE-20200101-AAAAAA")).status_code == 404


async def test_a_paid_session_is_moved_called_off_and_restored_at_the_desk(site: Site) -> None:
    db = site.db
    _, public_id, _ = await sell(db)
    case = f"{HERE}/{public_id}"
    browser, second = await desk_of(site), await desk_of(site)
    await browser.get(case)
    assert offered(browser) == {"Tanya Midtrans lagi", "Pindahkan", "Batalkan sesi"}
    for wrong in ({"date": "2026-02-30"}, {"time": "25:00"}, {"zone": "UTC"}, {"reason": "pendek"}):
        at = await slot_in(db, days=5)
        fields = {"date": f"{at:%Y-%m-%d}", "time": f"{at:%H:%M}", "zone": "Asia/Jakarta", "reason": WHY}
        assert await decide(browser, case, "move", **fields | wrong) == 422, wrong
    taken = f"{(await slot_in(db, days=2)):%Y-%m-%d}"
    assert (
        await decide(browser, case, "move", date=taken, time="10:07", zone="Asia/Jakarta", reason=WHY) == 422
    )
    assert "tidak kosong di jadwal mentor" in browser.text
    assert (
        await decide(browser, case, "move", date=taken, time="10:00", zone="Asia/Makassar", reason=WHY) == 200
    )
    assert "dipindah ke" in browser.text and "09:00 WIB" in browser.text
    # The plan says who gets what under each share, and follows what is typed.
    await browser.get(f"{HERE}/{public_id}/cancel")
    for told in (
        "Semua: seluruhnya kembali kepada pembayar Rp 157.500",
        "bagian mentor Rp 0",
        "dapat dipulihkan selama 10 menit",
    ):
        assert told in browser.text, told
    await second.get(f"{HERE}/{public_id}/cancel")
    await browser.submit("#question", {"share": "own", "amount": "separuh", "count": "1"})
    assert browser.page.css_first("#amount-error") is not None, "it cannot be counted"
    assert browser.page.css_first("#reason-error") is None, "that is still being written"
    await browser.submit("#question", {"share": "own", "amount": "57.500", "count": "1"})
    assert "Bagian mentor Rp 80.000" in browser.text
    assert await decide(browser, case, "cancel", share="own", amount="", reason=WHY) == 422
    assert await decide(browser, case, "cancel", share="own", amount="157.501", reason=WHY) == 409
    assert await decide(browser, case, "cancel", share="own", amount="57.500", reason=WHY) == 200
    assert offered(browser) == {"Tanya Midtrans lagi", "Pulihkan sesi", "Kembalikan dana"}
    # The other admin decided on what is not true any more, and is told so.
    await second.submit("#question", {"share": "all", "reason": WHY})
    assert second.answer is not None and second.answer.status_code == 409
    assert await state_of(db, public_id) == ("cancelled", "refund_pending")
    assert await decide(browser, case, "restore", reason="Salah order, sesinya jadi.") == 200
    assert await state_of(db, public_id) == ("confirmed", "paid")
    await site.sweep()
    subjects = " ".join(message.subject for message in site.mailbox.messages)
    assert subjects.count("Tetap berlangsung") == 2 and subjects.count("Jadwal baru") == 2


async def test_midtrans_is_asked_again_and_nothing_is_lost_when_it_is_away(site: Site) -> None:
    db, gateway = site.db, site.resources.gateway
    user, seller = await make_user(db), await make_seller(db)
    public_id = await book(db, user, seller, await slot_in(db, days=3))
    case = f"{HERE}/{public_id}"
    attempt = await payments.open_payment(db, gateway, site.settings, user, public_id)
    browser = await desk_of(site)
    assert await decide(browser, case, "ask") == 200
    assert "Tidak ada yang berubah" in browser.text
    await site.control("PUT", "/_control/faults", {"notify": {"drop": True}})
    await site.control("POST", f"/_control/transactions/{attempt.gateway_order_id}/settle")
    assert await state_of(db, public_id) == ("pending", "waiting")
    await site.control("PUT", "/_control/faults", {"status": {"error_before": 500}, "notify": {"drop": True}})
    assert await decide(browser, case, "ask") == 503
    assert "tidak ada yang hilang" in browser.text
    await site.control("PUT", "/_control/faults", {})
    assert await decide(browser, case, "ask") == 200
    assert "Belum dibayar → Dibayar" in browser.text
    assert await state_of(db, public_id) == ("confirmed", "paid")
    asked = await db.fetch("SELECT detail FROM audit_log WHERE action = 'order.asked' ORDER BY id")
    assert [row["detail"]["answered"] for row in asked] == [True, False, True]


async def test_what_the_bank_took_is_told_and_nothing_of_it_can_go_back(site: Site) -> None:
    db = site.db
    _, public_id, transaction = await sell(db)
    await site.move_clock(timedelta(days=4))
    await payments.hear(db, public_id, said(public_id, "deny", transaction_id=transaction))
    browser = await desk_of(site)
    await browser.get(f"{HERE}/{public_id}")
    assert offered(browser) == {"Tanya Midtrans lagi"}
    assert "Ditarik bank" in browser.text and "Perlu dilihat: Ditarik kembali oleh bank" in browser.text
