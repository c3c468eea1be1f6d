"""What both sides see of a refund: the cards, the payer's account form, the mails; and the desk's commands."""

import re
from typing import Any

from mentorinaja.db.pool import Database
from mentorinaja.refunds import actions
from mentorinaja.refunds.mails import MAILS
from tests.refunds.sales import Sale, sell
from tests.refunds.test_bank import NUMBER, WHY, give, to_bank
from tests.support.bookings import browser_of, seller_browser
from tests.support.desk import make_admin
from tests.support.site import Browser, Site

FILLED = {"bank": "014", "account_number": "123-456 7890", "account_holder": "Budi Santoso"}


async def waiting(db: Database) -> tuple[Sale, int]:
    sale = await sell(db)
    refund_id = await sale.owe(100_000)
    await to_bank(db, refund_id)
    return sale, refund_id


async def test_the_payer_gives_an_account_and_both_follow_the_money(site: Site) -> None:
    sale, refund_id = await waiting(site.db)
    admin = await make_admin(site.db)
    payer, expert = await browser_of(site, sale.user), await seller_browser(site, sale.seller)
    await payer.get("/user/transactions")
    assert "Pengembalian dana Rp 100.000" in payer.text and "begitu nomornya terisi" in payer.text
    link = payer.page.css_first(f"#refunds-{sale.public_id} a.btn")
    assert link is not None
    await payer.get(link.attributes["href"] or "")
    assert payer.page.css_first("h1").text() == "Rekening pengembalian dana"
    await _refuses_bad_input(payer)
    await payer.submit(values=FILLED)
    assert "Rekening tersimpan" in payer.text and "Ditransfer ke BCA •••• 7890" in payer.text
    await payer.get(f"/user/transactions/{sale.public_id}/refund-account")
    assert "Rekening sekarang: BCA •••• 7890" in payer.text
    assert NUMBER not in payer.page.html  # type: ignore[operator]  # a page has markup
    await actions.mark_transferred(site.db, admin, refund_id, "TRX-77")
    await payer.get("/user/transactions")
    assert "Ditransfer ke BCA •••• 7890, nomor referensi TRX-77" in payer.text
    answer = await payer.get(f"/user/transactions/{sale.public_id}/refund-account")
    assert answer.status_code == 409 and "menunggu nomor rekening" in payer.text
    await expert.get("/expert/dashboard/transaksi")
    assert "Pengembalian dana Rp 100.000" in expert.text and "Dikirim" in expert.text
    assert "7890" not in expert.text and "TRX-77" not in expert.text and "Isi Rekening" not in expert.text


async def _refuses_bad_input(payer: Browser) -> None:
    for field, typed, told in (
        ("bank", "999", "Pilih"),
        ("bank", "", "Pilih bank"),
        ("account_number", "", "Isi nomor rekening"),
        ("account_number", "12345", "6 sampai 20 angka"),
        ("account_number", "1" * 21, "6 sampai 20 angka"),
        ("account_number", "١٢٣٤٥٦٧٨", "6 sampai 20 angka"),
        ("account_number", "12a4567890", "6 sampai 20 angka"),
        ("account_holder", "Bu", "3 sampai 100 karakter"),
        ("account_holder", "B" * 101, "3 sampai 100 karakter"),
    ):
        answer = await payer.submit(values={**FILLED, field: typed})
        assert answer.status_code == 422, (field, typed)
        assert told in payer.text, (field, typed)
        kept = payer.page.css_first("[name=account_holder]")
        assert kept is not None and (field == "account_holder" or kept.attributes["value"] == "Budi Santoso")


async def test_nobody_else_sees_or_gives_the_account(site: Site) -> None:
    sale, _ = await waiting(site.db)
    other, _ = await waiting(site.db)
    path = f"/user/transactions/{sale.public_id}/refund-account"
    for somebody in (await browser_of(site, other.user), await seller_browser(site, sale.seller)):
        assert (await somebody.get(path)).status_code == 404
        await somebody.get("/user/transactions")
        assert (await somebody.post(path, FILLED)).status_code == 404
    nobody = await browser_of(site, None)
    assert (await nobody.get(path, follow=False)).status_code == 303
    assert await site.db.fetchval("SELECT count(*) FROM refund_accounts") == 0


async def test_each_step_is_told_by_mail_while_it_is_news(site: Site) -> None:
    db = site.db
    admin = await make_admin(db)
    sale, refund_id = await waiting(db)
    await site.sweep()
    await give(sale)
    await site.sweep()
    [(subject, text)] = await told(site, admin.email)
    assert subject == f"Pengembalian dana pesanan #{sale.public_id} menunggu transfer"
    assert "Rp 100.000 ke BCA •••• 7890" in text and NUMBER not in text
    await actions.mark_transferred(db, admin, refund_id, "TRX-1")
    await site.sweep()
    await actions.mark_bounced(db, admin, refund_id, WHY)
    await site.sweep()
    stopped = await sell(db)
    await actions.reject(db, admin, await stopped.owe(50_000, "granted"), "Laporan terbukti keliru.")
    await site.sweep()
    assert [mail.kind for mail in MAILS] == [
        f"refund_{step}" for step in ("requested", "account", "sent", "done", "rejected", "transfer")
    ]
    payer = await told(site, sale.user.email)
    assert [subject for subject, _ in payer] == [
        f"Isi rekening untuk pengembalian dana pesanan #{sale.public_id}",
        f"Dana Rp 100.000 untuk pesanan #{sale.public_id} sudah dikirim",
        f"Isi rekening untuk pengembalian dana pesanan #{sale.public_id}",
    ]
    assert f"/user/transactions/{sale.public_id}/refund-account" in payer[0][1]
    assert "BCA •••• 7890" in payer[1][1] and "TRX-1" in payer[1][1] and NUMBER not in payer[1][1]
    assert "dikembalikan oleh bank" in payer[2][1]
    rejected = await told(site, stopped.user.email)
    assert rejected[-1][0] == f"Pengembalian dana pesanan #{stopped.public_id} tidak dilanjutkan"
    assert "Alasan: Laporan terbukti keliru." in rejected[-1][1]


async def told(site: Site, address: str) -> list[tuple[str, str]]:
    """Subject and text of the refund mails somebody got, oldest first."""
    mails: list[Any] = list(site.mailbox.messages)
    return [
        (mail.subject, mail.text)
        for mail in mails
        if address in mail.recipients and re.search(r"(?i)dana", mail.subject)
    ]
