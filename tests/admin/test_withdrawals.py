"""Withdrawals at the desk: asked for in the portal, decided, put into the bank's file, sent, and read by the mentor."""

import csv
import io
from datetime import timedelta
from uuid import uuid4

from mentorinaja.withdrawals import actions
from tests.support.bookings import browser_of
from tests.support.desk import desk_of, first_column, make_admin, offered
from tests.support.site import Site
from tests.support.withdrawals import NUMBER, ask, make_earner, wish
from tests.withdrawals.forms import filled

HERE = "/admin/withdrawals"
BATCH = f"{HERE}/batch"
PORTAL = "/expert/dashboard/withdrawals"
REASON = "Diperiksa lagi bersama."


async def test_a_withdrawal_goes_from_the_portal_to_the_bank_and_the_mentor_reads_it(site: Site) -> None:
    sari = await make_earner(site.db)
    mentor, desk = await browser_of(site, sari), await desk_of(site)
    await mentor.get(PORTAL)
    await mentor.submit("#withdraw form", filled(account_holder="=HYPERLINK(1)", form_key=str(uuid4())))
    await desk.get(f"{HERE}?state=open")
    [public_id] = first_column(desk)
    await desk.get(f"{HERE}/{public_id}")
    assert offered(desk) == {"Setujui", "Tolak"}
    assert "Penarikan pertama" in desk.text and "Nama pemilik rekening tidak sama" in desk.text
    assert desk.page.css_first("#earned a[href^='/admin/orders/BE-']") is not None
    await desk.get(f"{HERE}/{public_id}/approve")
    await desk.submit("#question", {})
    assert offered(desk) == {"Tandai terkirim", "Tarik persetujuan", "Tandai gagal"}

    await desk.get(HERE)
    assert "1 siap ditransfer, Rp 100.000" in desk.text
    await site.db.execute("UPDATE login_sessions SET confirmed_at = app_now() - interval '11 minutes'")
    await desk.get(BATCH)
    answer = await desk.submit(f"form[action='{BATCH}/file']", {"password": "bukan ini"})
    assert answer.status_code == 422 and desk.page.css_first("#password-file-error") is not None
    assert desk.page.css_first("#password-sent-error") is None, "only the form that was sent is told"
    assert len(desk.page.css("input[name=id][checked]")) == 1
    assert await site.db.fetchval("SELECT count(*) FROM transfer_batches") == 0
    await site.db.execute("UPDATE login_sessions SET confirmed_at = app_now()")
    await desk.get(BATCH)
    answer = await desk.submit(f"form[action='{BATCH}/file']", {})
    assert (
        answer.headers["content-disposition"].startswith("attachment")
        and "no-store" in answer.headers["cache-control"]
    )
    [line] = csv.DictReader(io.StringIO(answer.text))
    assert (line["id"], line["account_number"], line["amount"]) == (public_id, NUMBER, "100000")
    assert line["account_holder"] == "'=HYPERLINK(1)"
    # The same form again, by a hand that was too quick, is told; the same file can be had once more.
    await desk.get(BATCH)
    assert desk.page.css_first(f"input[name=again][value={public_id}]:not([checked])") is not None
    answer = await desk.post(f"{BATCH}/file", {"id": public_id})
    assert answer.status_code == 409 and "Sudah ada di berkas lain" in desk.text
    assert desk.page.css_first(f"input[name=again][value={public_id}]:not([checked])") is not None
    made = desk.page.css_first("button[name=batch]").attributes["value"] or ""
    answer = await desk.submit(f"form[action='{BATCH}/again']", {"batch": made})
    assert NUMBER in answer.text
    # What may be with the bank is not taken back.
    assert (await desk.get(f"{HERE}/{public_id}/take-back")).status_code == 409

    await desk.get(BATCH)
    pasted = f"{public_id.lower()}\tTRF-0001\nWD-20260101-ABCDEF TRF-0002\n{public_id}"
    await site.db.execute("UPDATE login_sessions SET confirmed_at = app_now() - interval '11 minutes'")
    answer = await desk.post(f"{BATCH}/sent", {"lines": pasted})
    assert answer.status_code == 422 and desk.page.css_first("#password-sent-error") is not None
    assert public_id.lower() in desk.text and "TRF-0002" in desk.text, "what was pasted is kept"
    assert not await site.db.fetchval("SELECT count(*) FROM withdrawals WHERE state = 'paid'")
    await site.db.execute("UPDATE login_sessions SET confirmed_at = app_now()")
    await desk.get(BATCH)
    answer = await desk.submit("#sent form", {"lines": pasted})
    assert answer.status_code == 422 and "1 penarikan ditandai terkirim." in desk.text
    area = desk.page.css_first("#lines")
    assert area is not None and area.text().splitlines() == ["WD-20260101-ABCDEF TRF-0002", public_id]
    assert (await desk.submit("#sent form", {"lines": " "})).status_code == 422
    answer = await desk.submit("#sent form", {"lines": f"{public_id} TRF-0001"})
    assert answer.status_code == 200 and "1 penarikan ditandai terkirim. Mentor diberi tahu" in desk.text, (
        "the same again is harmless"
    )
    await mentor.get(PORTAL)
    assert "Berhasil" in mentor.text and "TRF-0001" in mentor.text
    assert await site.db.fetchval("SELECT count(*) FROM withdrawal_steps") == 3
    await desk.get(f"{HERE}?q=TRF-0001")
    assert first_column(desk) == [public_id]
    log = await site.db.fetch("SELECT action, detail::text FROM audit_log ORDER BY id")
    assert [row["action"] for row in log] == [
        "withdrawal.approved",
        "batch.made",
        "batch.downloaded",
        "withdrawal.sent",
    ]
    assert not [row for row in log if NUMBER in row["detail"]]


async def test_above_ten_million_two_admins_are_needed_and_each_sees_what_the_other_did(site: Site) -> None:
    sari = await make_earner(site.db, 2, price=9_000_000)
    public_id = await ask(site.db, sari, wish(10_000_001))
    satu, dua = await make_admin(site.db, "Admin Satu"), await make_admin(site.db, "Admin Dua")
    first, second = await desk_of(site, satu), await desk_of(site, dua)
    await second.get(f"{HERE}/{public_id}/approve")
    assert "satu admin lain harus menyetujuinya juga" in second.text
    await first.get(f"{HERE}/{public_id}/approve")
    await first.submit("#question", {})
    assert "Menunggu admin kedua" in first.text and offered(first) == {"Tarik persetujuan", "Tolak"}
    assert (await first.get(f"{HERE}/{public_id}/approve")).status_code == 409
    # The second had begun before the first decided: what is approved now is another thing, and told.
    assert (await second.submit("#question", {})).status_code == 409
    assert "berubah sejak" in second.text and "siap masuk ke berkas bank" in second.text
    await second.submit("#question", {})
    assert "disetujui" in second.text and "Admin Satu" in second.text
    await second.get(f"{HERE}?state=checked")
    assert first_column(second) == []
    await site.sweep()
    mails = [mail.subject for mail in site.mailbox.messages_to(satu.email)]
    assert not [subject for subject in mails if "persetujuan kedua" in subject]
    mentor = await browser_of(site, sari)
    await mentor.get(PORTAL)
    steps = [node.text(strip=True) for node in mentor.page.css("#withdrawals .timeline b")]
    assert steps == ["Diajukan", "Diproses"], "how many admins it took is the desk's own business"


async def test_the_second_admin_is_called_by_mail_while_it_still_waits(site: Site) -> None:
    sari = await make_earner(site.db, 2, price=9_000_000)
    satu, dua = await make_admin(site.db, "Admin Satu"), await make_admin(site.db, "Admin Dua")
    public_id = await ask(site.db, sari, wish(10_000_001))
    await actions.approve(site.db, satu, public_id)
    await site.sweep()
    [mail] = [mail for mail in site.mailbox.messages_to(dua.email) if "persetujuan kedua" in mail.subject]
    for text in (mail.text, mail.html):
        assert "Admin Satu" in text and "Rp 10.000.001" in text and f"{HERE}/{public_id}" in text
        assert NUMBER not in text
    await actions.take_back(site.db, satu, public_id, REASON)
    await actions.approve(site.db, satu, public_id)
    await actions.reject(site.db, dua, public_id, REASON)
    await site.sweep()
    told = [mail for mail in site.mailbox.messages_to(dua.email) if "persetujuan kedua" in mail.subject]
    assert len(told) == 1, "nothing waits any more"


async def test_lists_find_what_is_late_and_a_case_warns_of_what_is_odd(site: Site) -> None:
    admin, sari, dimas = await make_admin(site.db), await make_earner(site.db, 2), await make_earner(site.db)
    first = await ask(site.db, sari)
    await actions.approve(site.db, admin, first)
    await actions.mark_sent(site.db, admin, first, "TRX-1")
    await site.move_clock(timedelta(days=8))
    late = await ask(site.db, sari, wish(60_000, account_number="9990007890"))
    await site.move_clock(timedelta(days=8))
    fresh = await ask(site.db, dimas, wish(bank="008"))
    desk = await desk_of(site, admin)
    for query, found in (
        ("", [fresh, late, first]),
        ("due=late", [late]),
        ("state=open", [fresh, late]),
        ("bank=008", [fresh]),
        ("state=paid&bank=014", [first]),
    ):
        await desk.get(f"{HERE}?{query}")
        assert first_column(desk) == found, query
    # The last four digits are the same, the account is another one.
    await site.db.execute(
        "UPDATE users SET suspended_at = app_now(), email_verified_at = NULL WHERE id = $1", sari.id
    )
    await desk.get(f"{HERE}/{late}")
    for words in ("Rekening berbeda", "ditangguhkan", "belum dikonfirmasi", "Terlambat", first):
        assert words in desk.text, words
    assert offered(desk) == {"Tolak"}
    assert (await desk.get(f"{HERE}/{late}/approve")).status_code == 409
    # What was rejected can be opened again, with a reason that the mentor reads.
    await desk.get(f"{HERE}/{late}/reject")
    await desk.submit("#question", {"reason": "Rekeningnya berbeda dari biasanya."})
    await desk.get(f"{HERE}/{late}/restore")
    assert "Rp 60.000" in desk.text
    await desk.submit("#question", {"reason": "Mentor sudah menjelaskannya."})
    assert "Dibuka lagi" in desk.text
    await site.sweep()
    email = await site.db.fetchval("SELECT email::text FROM users WHERE id = $1", sari.id)
    [mail] = [mail for mail in site.mailbox.messages_to(email) if "diperiksa lagi" in mail.subject]
    assert "Mentor sudah menjelaskannya." in mail.text and "Bukan Anda" not in mail.text
