"""Meeting links at the desk: pasted in two steps, withdrawn and dated, and what the two people of a session see of it."""

from datetime import timedelta

from mentorinaja import clock
from mentorinaja.payments import queries
from tests.support.bookings import book, browser_of, make_seller, make_user, slot_in
from tests.support.desk import desk_of, first_column
from tests.support.payments import pay
from tests.support.site import Browser, Site

PASTE = "/admin/links/tempel"
REASON = "Ruangnya bocor ke orang lain."


async def sweep(site: Site) -> None:
    """Do what is due, then send the mails that came of it."""
    await site.sweep()
    await site.sweep()


async def offer(browser: Browser) -> dict[str, str]:
    """What pressing the button that adds sends besides the form."""
    button = browser.page.css_first("button[name=add]")
    assert button is not None
    return {"add": button.attributes["value"] or ""}


async def test_an_empty_pool_is_told_filled_and_told_again(site: Site) -> None:
    db = site.db
    admin = await desk_of(site)
    budi, seller = await make_user(db), await make_seller(db, category="online_video")
    order = await book(db, budi, seller, await slot_in(db, days=2))
    payer = await browser_of(site, budi)
    await pay(db, order)
    await payer.get(f"/payment/success?orderId={order}")
    assert "Tautan menyusul" in payer.text
    await sweep(site)
    mails = [mail for mail in site.mailbox.messages if "Tautan meeting habis" in mail.subject]
    assert len(mails) == 1 and "1 sesi yang sudah dibayar menunggu" in mails[0].text
    assert (await queries.link_stock(db)).waiting == 1
    await admin.get("/admin/links")
    assert "Tautan habis" in admin.text and "1 sesi yang sudah dibayar menunggu" in admin.text
    # Looked over first: what is wrong stands beside its line, and what was typed stays.
    await admin.get(PASTE)
    pasted = "https://meet.test/a\nhttp://meet.test/b\n\nhttps://meet.test/c\nhttps://meet.test/a"
    assert (await admin.submit("main form", {"links": pasted})).status_code == 422
    rows = [" ".join(row.text(separator=" ").split()) for row in admin.page.css("table.rows tbody tr")]
    assert rows == [
        "2 http://meet.test/b Harus diawali https://.",
        "5 https://meet.test/a Sama dengan baris 1.",
    ]
    assert admin.page.css_first("textarea").text().strip() == pasted
    assert "Tambah 2 yang baik" in admin.text
    assert await db.fetchval("SELECT count(*) FROM meeting_links_pool") == 0
    # Changed after it was shown: shown once more, and nothing is added.
    seen = await offer(admin)
    assert (await admin.submit("main form", seen | {"reusable": "y"})).status_code == 409
    assert await db.fetchval("SELECT count(*) FROM meeting_links_pool") == 0
    await admin.get(PASTE)
    await admin.submit("main form", {"links": pasted})
    await admin.submit("main form", await offer(admin))
    assert "2 tautan ditambahkan" in admin.text
    await sweep(site)
    await payer.get(f"/payment/success?orderId={order}")
    assert payer.page.css_first("#meeting-link").text() == "https://meet.test/a"
    told = [mail for mail in site.mailbox.messages if mail.subject.startswith("Tautan meeting: sesi")]
    assert len(told) == 2 and all("https://meet.test/a" in mail.text for mail in told)
    assert b"SEQUENCE:1" in told[0].attachments[0].content


async def test_a_link_is_withdrawn_brought_back_and_dated_at_its_page(site: Site) -> None:
    db, admin = site.db, await desk_of(site)
    await admin.get(PASTE)
    await admin.submit("main form", {"links": "https://meet.test/a", "last_day": "2020-01-01"})
    assert "Tanggal ini sudah lewat." in admin.text and admin.page.css_first("button[name=add]") is None
    await admin.submit(
        "main form", {"links": "\n".join(f"https://meet.test/{n}" for n in range(301)), "last_day": ""}
    )
    assert "Paling banyak 300" in admin.text
    await admin.submit("main form", {"links": "https://meet.test/a\nhttps://meet.test/b", "last_day": ""})
    await admin.submit("main form", await offer(admin))
    order = await book(
        db, await make_user(db), await make_seller(db, category="online_video"), await slot_in(db, days=2)
    )
    await pay(db, order)
    await admin.get("/admin/links?state=reserved")
    (reserved,) = first_column(admin)
    assert reserved == "https://meet.test/a"
    await admin.get(f"/admin/links?q={order}")
    assert first_column(admin) == [reserved]
    await admin.get("/admin/links?q=meet.test/b")
    assert first_column(admin) == ["https://meet.test/b"]
    number = await db.fetchval("SELECT id FROM meeting_links_pool WHERE url = $1", reserved)
    await admin.get(f"/admin/links/{number}/retire")
    assert order in admin.text and "mendapat tautan lain sekarang" in admin.text
    assert "tidak akan diberikan lagi" in admin.text
    assert (await admin.submit("#question", {"reason": ""})).status_code == 422
    await admin.submit("#question", {"reason": REASON})
    assert f"Mendapat tautan lain: {order}." in admin.text and REASON in admin.text
    assert "Ditarik" in admin.text
    await admin.get(f"/admin/links/{number}/retire")
    assert admin.answer is not None and admin.answer.status_code == 409
    await admin.get(f"/admin/links/{number}/restore")
    await admin.submit("#question", {"reason": REASON})
    assert "Tautan dikembalikan: terpakai." in admin.text
    other = await db.fetchval("SELECT id FROM meeting_links_pool WHERE url LIKE '%/b'")
    await admin.get(f"/admin/links/{other}/expiry")
    soon = (await clock.now(db) + timedelta(days=1)).date()
    for past in ("0001-01-01", (soon - timedelta(days=3)).isoformat()):
        answer = await admin.submit("#question", {"day": past})
        assert answer.status_code == 409 and "Tanggal ini sudah lewat." in admin.text
    await admin.submit("#question", {"day": soon.isoformat()})
    assert "1 sesi mendapat tautan lain." in admin.text
    for state, found in (
        ("misfit", 1),
        ("retired", 0),
        ("used", 2),
        ("left", 0),
        ("free", 0),
        ("expired", 0),
        ("expiring", 0),
    ):
        await admin.get(f"/admin/links?state={state}")
        assert len(first_column(admin)) == found, state
    assert (await admin.get("/admin/links/999")).status_code == 404
    assert (await admin.get("/admin/links/x")).status_code == 404
