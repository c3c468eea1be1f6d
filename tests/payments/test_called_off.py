"""What the pages and mails say of a session that does not take place, whoever or whatever ended it."""

import email
from email import policy
from email.message import EmailMessage

from mentorinaja import clock
from mentorinaja.payments import actions
from tests.payments.test_cancelling import TOTAL, sell
from tests.payments.test_pages import ordered, settle
from tests.support.bookings import browser_of, seller_browser
from tests.support.payments import pay
from tests.support.site import Site


async def test_who_cancels_too_late_reads_everywhere_that_nothing_goes_back(site: Site) -> None:
    sale = await sell(site.db)
    await sale.at(hours=1)
    site.resources.clock.set(await clock.now(site.db))
    assert await sale.cancel() == 0
    browser = await browser_of(site, sale.user)
    await browser.get(f"/payment/success?orderId={sale.public_id}")
    assert browser.page.css_matches('#payment[data-phase="called_off"]')
    assert "Rp 157.500 tidak kembali" in browser.text and "Berhasil" not in browser.text
    assert "Join Session" not in browser.text
    await browser.get("/user/transactions?status=cancelled")
    assert "Sesuai aturan pembatalannya, Rp 157.500 tidak kembali." in browser.text
    mentor = await seller_browser(site, sale.seller)
    await mentor.get("/expert/dashboard/transaksi?status=cancelled")
    assert "Dibatalkan oleh pengguna." in mentor.text and "tidak kembali" not in mentor.text


async def test_a_bank_that_takes_the_money_back_is_named_to_both(site: Site) -> None:
    for word, says in (
        ("deny", "Bank menarik kembali pembayarannya"),
        ("chargeback", "Bank penerbit kartu menarik kembali pembayarannya"),
    ):
        sale = await sell(site.db)
        if word == "deny":  # no time is left to pay anew
            await sale.at(minutes=50)
        await sale.hear(word, returned=TOTAL if word == "chargeback" else 0)
        browser = await browser_of(site, sale.user)
        await browser.get("/user/transactions?status=cancelled")
        assert f"{says}, jadi sesi ini dibatalkan." in browser.text
        mentor = await seller_browser(site, sale.seller)
        await mentor.get("/expert/dashboard/transaksi?status=cancelled")
        assert f"{says}, jadi sesi ini dibatalkan." in mentor.text


async def test_cancelling_while_a_payment_is_looked_at_says_what_becomes_of_it(site: Site) -> None:
    user, public_id, browser = await ordered(site)
    await actions.open_payment(site.db, site.resources.gateway, site.settings, user, public_id)
    await settle(site, public_id, "challenge", notify=False)
    await actions.reconcile(site.db, site.resources.gateway, public_id)
    await browser.get(f"/user/transactions/{public_id}/cancel")
    assert "masih diperiksa" in browser.text and "belum dibayar" not in browser.text
    assert (await browser.submit("#cancel form")).url.path == "/user/transactions"


async def test_a_session_whose_money_the_bank_took_back_leaves_both_calendars_until_it_is_paid_anew(
    site: Site,
) -> None:
    sale = await sell(site.db)
    await site.sweep()
    told = mails(site)
    await sale.hear("deny")
    await site.sweep()
    news = mails(site)[len(told) :]
    assert sorted(message["Subject"] for message in news) == [
        "Pembayaran ditarik kembali oleh bank: sesi dengan Budi Santoso",
        "Pembayaran ditarik kembali oleh bank: sesi dengan Sari Wulandari",
    ]
    for message in news:
        text = calendar_of(message)
        assert "METHOD:CANCEL" in text and "STATUS:CANCELLED" in text and "SEQUENCE:1" in text
        for kind in ("plain", "html"):
            body = message.get_body((kind,))
            assert body is not None and "{" not in body.get_content().split("</style>")[-1]
            to_payer = "Sari" in message["Subject"]
            assert (f"/payment/{sale.public_id}" in body.get_content()) is to_payer
    browser = await browser_of(site, sale.user)
    await browser.get("/user/transactions")
    assert "Bank menarik kembali pembayaran Anda. Silakan bayar lagi." in browser.text
    await browser.get(f"/payment/{sale.public_id}")
    assert (
        "Bank menarik kembali pembayaran Anda" in browser.text
        and "belum ada yang ditagih" not in browser.text
    )
    await pay(site.db, sale.public_id, 2)
    await site.sweep()
    again = [message for message in mails(site)[len(told) + len(news) :] if message["Subject"]]
    assert len(again) == 2
    for message in again:
        text = calendar_of(message)
        assert "METHOD:REQUEST" in text and "STATUS:CONFIRMED" in text and "SEQUENCE:2" in text


async def test_who_had_paid_twice_hears_nothing_of_the_reversal_of_one(site: Site) -> None:
    sale = await sell(site.db)
    await pay(site.db, sale.public_id, 2)
    await sale.hear("deny")
    await site.sweep()
    assert not [message for message in mails(site) if "ditarik kembali" in message["Subject"]]


def mails(site: Site) -> list[EmailMessage]:
    return [
        email.message_from_bytes(message.raw, _class=EmailMessage, policy=policy.default)
        for message in site.mailbox.messages
    ]


def calendar_of(message: EmailMessage) -> str:
    part = next(part for part in message.walk() if part.get_content_type() == "text/calendar")
    text = part.get_content()
    return (text if isinstance(text, str) else text.decode()).replace("\r\n ", "").replace("\n ", "")
