"""Refunds at the desk: found, decided, put into the bank's file, sent, and told to whoever comes second."""

import asyncio
import csv
import io
from datetime import date, timedelta
from typing import Any

import httpx
import pytest

from mentorinaja import clock
from mentorinaja.banks.vault import Vault
from mentorinaja.db.pool import Connection, Database
from mentorinaja.formats import rupiah
from mentorinaja.payments import actions as payments
from mentorinaja.refunds import actions, deciding
from mentorinaja.refunds.actions import BY_BANK
from mentorinaja.refunds.locking import lock_for
from mentorinaja.refunds.rules import NEEDS_APPROVAL, REASONS, Undecidable
from mentorinaja.transfers.actions import make_file
from mentorinaja.web.viewer import Viewer
from tests.payments.conftest import Counter
from tests.refunds.sales import TOTAL, next_sweep, sell, sell_at
from tests.refunds.test_bank import NUMBER, WHY, give, owed_by_bank
from tests.support.bookings import browser_of, settings_of
from tests.support.desk import decide, desk_of, first_column, make_admin, offered
from tests.support.payments import said
from tests.support.races import Meet
from tests.support.site import Site

HERE = "/admin/refunds"
BATCH = f"{HERE}/batch"
SENT = f"form[action='{BATCH}/sent']"


async def test_a_refund_of_a_virtual_account_goes_to_the_payers_account(site: Site) -> None:
    db = site.db
    async with httpx.AsyncClient(base_url=site.simulator_url, timeout=60) as client:
        counter = Counter(db, site.settings, site.resources.gateway, client)
        sale = await sell_at(counter, "bca_va", done=False)
    payer, desk = await browser_of(site, sale.user), await desk_of(site)
    await payer.get(f"/user/transactions/{sale.public_id}/cancel")
    await payer.submit("main form")
    await site.sweep()
    await site.sweep()
    refund = await sale.refund()
    name, back = f"RF-{refund.id}", refund.amount
    await desk.get(f"{HERE}?waiting=account")
    assert first_column(desk) == [name] and "menunggu rekening" in desk.text
    await desk.get(f"{HERE}/{refund.id}")
    assert offered(desk) == {"Minta rekening"}, "what a rule owes is stopped by nobody"
    await payer.get(f"/user/transactions/{sale.public_id}/refund-account")
    filled = {"bank": "014", "account_number": NUMBER, "account_holder": "=HYPERLINK(1)"}
    await payer.submit(values=filled)
    await desk.get(f"{HERE}?waiting=transfer")
    assert first_column(desk) == [name]

    await db.execute("UPDATE login_sessions SET confirmed_at = app_now() - interval '11 minutes'")
    await desk.get(BATCH)
    answer = await desk.submit(f"form[action='{BATCH}/file']", {"password": "bukan ini"})
    assert answer.status_code == 422 and desk.page.css_first("#password-file-error") is not None
    await db.execute("UPDATE login_sessions SET confirmed_at = app_now()")
    await desk.get(BATCH)
    answer = await desk.submit(f"form[action='{BATCH}/file']")
    assert answer.headers["content-disposition"].startswith("attachment")
    assert "no-store" in answer.headers["cache-control"]
    [line] = csv.DictReader(io.StringIO(answer.text))
    assert line == {
        "id": name,
        "bank_code": "014",
        "bank_name": "BCA",
        "account_number": NUMBER,
        "account_holder": "'=HYPERLINK(1)",
        "amount": str(back),
    }
    await desk.get(BATCH)
    assert NUMBER not in desk.text and "masukkan lagi" in desk.text
    answer = await desk.submit(SENT, {"lines": f"{name} x"})
    assert answer.status_code == 422 and desk.page.css_first("#refused") is not None
    assert "Belum ada pengembalian dana ditandai terkirim" in desk.text
    await desk.submit(SENT, {"lines": f"{name} FT-77"})
    assert "1 pengembalian dana ditandai terkirim" in desk.text
    await payer.get("/user/transactions")
    assert "nomor referensi FT-77" in payer.text
    await site.move_clock(timedelta(days=6))
    assert (await sale.refund()).state == "done"
    await site.sweep()
    desk = await desk_of(site)
    await desk.get(f"{HERE}/{refund.id}")
    assert "Selesai" in desk.text and offered(desk) == {"Transfer kembali"}
    told = [mail.subject for mail in site.mailbox.messages if sale.user.email in mail.recipients]
    for words in ("Isi rekening untuk", "sudah dikirim", "sudah dikembalikan"):
        assert any(words in subject for subject in told), words
    log = await db.fetch("SELECT action, subject, amount FROM audit_log ORDER BY id")
    assert [(row["action"], row["amount"]) for row in log] == [("batch.made", back), ("refund.sent", back)]


async def test_the_list_finds_what_waits_for_whom_and_what_is_late(site: Site) -> None:
    db = site.db
    ready, ready_id = await owed_by_bank(db)
    await give(ready)
    _, waiting_id = await owed_by_bank(db)
    wrong = await sell(db)
    await payments.hear(db, wrong.public_id, said(wrong.public_id, amount=99_000, payment_type="gopay"))
    wrong_id = await db.fetchval("SELECT max(id) FROM refunds")
    asked = await sell(db, payment_type="gopay")
    asked_id = await asked.owe(50_000, "granted")
    await actions.reject(db, await make_admin(db), asked_id, WHY)
    browser = await desk_of(site)

    async def found(query: str) -> set[str]:
        await browser.get(f"{HERE}?{query}")
        return set(first_column(browser))

    one, two, three, four = (f"RF-{id_}" for id_ in (ready_id, waiting_id, wrong_id, asked_id))
    for query, expected in {
        "": {one, two, three, four},
        "waiting=open": {one, two, three},
        "waiting=approval": {three},
        "waiting=transfer": {one},
        "waiting=account": {two},
        "waiting=gateway": set(),
        "way=bank": {one, two},
        "reason=granted": {four},
        "state=rejected": {four},
        f"q={ready.public_id.lower()}": {one},
        f"q={two.lower()}": {two},
        f"q={ready.user.email}": {one},
        "q=tidak-ada": set(),
    }.items():
        assert await found(query) == expected, query
    assert "Belum ada" in browser.text or "Tidak ada yang cocok" in browser.text
    await browser.get(HERE)
    assert f"Rp {2 * TOTAL + 149_000:,}".replace(",", ".") in browser.text
    await browser.get(f"{HERE}/{wrong_id}")
    assert f"Rp 99.000 GoPay, diminta {rupiah(TOTAL)}" in " ".join(browser.text.split())
    await clock.shift(db, timedelta(days=6))
    browser = await desk_of(site)
    assert await found("waiting=late") == {one, three}, "what waits for its payer is not ours to hurry"


async def test_the_second_of_two_admins_is_told_and_every_decision_is_written_down(site: Site) -> None:
    db = site.db
    sale = await sell(db, payment_type="gopay")
    refund_id = await sale.owe(100_000, "granted")
    first, second = await desk_of(site, await make_admin(db, "Ayu")), await desk_of(site)
    for browser in (first, second):
        await browser.get(f"{HERE}/{refund_id}/reject")
        assert "Rp 57.500" not in browser.text and "Rp 126.000" in browser.text, (
            "who gets what is told before"
        )
    answer = await first.submit("#question", {"reason": "pendek"})
    assert answer.status_code == 422 and first.page.css_first("#reason").text() == "pendek"
    await first.submit("#question", {"reason": "Salah pencet, maaf."})
    assert offered(first) == {"Lanjutkan lagi"}
    answer = await second.submit("#question", {"reason": "Salah pencet, maaf."})
    assert (
        answer.status_code == 409 and "Ayu" in second.text and "Menghentikan pengembalian dana" in second.text
    )
    await decide(second, f"{HERE}/{refund_id}", "resume", reason="Ternyata memang perlu.")
    assert "dilanjutkan lagi" in second.text
    assert offered(second) == {"Hentikan"}
    await site.sweep()
    mails = [mail for mail in site.mailbox.messages if sale.user.email in mail.recipients]
    assert any("Ternyata memang perlu." in mail.text for mail in mails)
    # Whoever is one of the two decides nothing.
    await db.execute("UPDATE users SET role = 'admin' WHERE id = $1", sale.seller.user_id)
    own = await desk_of(
        site, Viewer(sale.seller.user_id, "Sari", "", "admin", "Asia/Jakarta", 0, sale.seller.id)
    )
    await own.get(f"{HERE}/{refund_id}")
    assert own.answer and own.answer.status_code == 200 and not offered(own)
    assert (await own.get(f"{HERE}/{refund_id}/reject")).status_code == 409
    await db.execute("UPDATE users SET role = 'expert' WHERE id = $1", sale.seller.user_id)


async def test_pasted_references_are_written_down_and_wrong_lines_stay_with_their_reason(site: Site) -> None:
    db = site.db
    (one, first), (two, second) = [await owed_by_bank(db) for _ in range(2)]
    for sale in (one, two):
        await give(sale)
    desk = await desk_of(site)
    await desk.get(BATCH)
    [vault, admin] = Vault(settings_of(db)), await make_admin(db)
    await make_file(db, vault, admin, BY_BANK, [f"RF-{first}"])
    # Both are ticked, but one stands in a file by now: nothing is made until somebody says so, knowing it.
    both: dict[str, Any] = {"id": [f"RF-{first}", f"RF-{second}"]}
    assert (await desk.post(f"{BATCH}/file", both)).status_code == 409
    assert "Sudah ada di berkas lain" in desk.page.css_first(f"#RF-{first}-error").text()
    assert len(desk.page.css("input[name=id][checked]")) == 1 and not desk.page.css(
        "input[name=again][checked]"
    )
    gone = {"id": [f"RF-{second}", "RF-999"]}
    assert (await desk.post(f"{BATCH}/file", gone)).status_code == 409 and "RF-999: Tidak ada" in desk.text
    answer = await desk.post(f"{BATCH}/file", {"id": f"RF-{second}", "again": f"RF-{first}"})
    assert answer.status_code == 200 and len(answer.text.splitlines()) == 3

    await desk.get(BATCH)
    wrong = ["halo", f"RF-{second} FT-2", f"rf-{second}\tFT-3"]
    answer = await desk.submit(SENT, {"lines": "\n".join([f"RF-{first} FT-1", *wrong])})
    assert answer.status_code == 422 and "1 pengembalian dana ditandai terkirim. 3 baris perlu" in desk.text
    assert desk.page.css_first("#lines").text().strip().splitlines() == wrong, "as it was typed"
    reasons = [node.text(strip=True) for node in desk.page.css("#sent tbody td:last-child > div")]
    assert "tidak dikenal" in reasons[0] and not any("Lihat" in reason for reason in reasons)
    assert all("nomor referensi yang berbeda" in reason for reason in reasons[1:])
    # Once more, with what was written down already.
    await desk.submit(SENT, {"lines": f"RF-{first}\tFT-1\nRF-{second};FT-2"})
    assert "2 pengembalian dana ditandai terkirim" in desk.text
    answer = await desk.submit(SENT, {"lines": f"RF-{first}, FT-9"})
    assert answer.status_code == 422 and "Sudah ditransfer dengan referensi FT-1" in desk.text
    assert desk.page.css_first(f"#sent tbody a[href='{HERE}/RF-{first}']") is not None
    for lines, why in (("", "Tempel id"), ("RF-1 FT-1\n" * 501, "paling banyak 500")):
        answer = await desk.submit(SENT, {"lines": lines})
        assert answer.status_code == 422 and why in desk.page.css_first("#lines-error").text()
    # A desk that sends nothing by bank has no such page.
    assert (await desk.get("/admin/users/batch")).status_code == 404


async def test_what_hangs_at_the_gateway_is_tried_again_at_once(site: Site) -> None:
    db = site.db
    async with httpx.AsyncClient(base_url=site.simulator_url, timeout=60) as client:
        counter = Counter(db, site.settings, site.resources.gateway, client)
        sale = await sell_at(counter, "gopay")
        refund_id = await sale.owe(TOTAL, "granted")
        await next_sweep(db, minutes=1)  # nobody answers
        desk = await desk_of(site)
        await desk.get(f"{HERE}/{refund_id}")
        assert {"Coba lagi sekarang", "Hentikan"} == offered(desk) and "Kendala terakhir" in desk.text
        await decide(desk, f"{HERE}/{refund_id}", "retry")
        assert "Midtrans sudah menjawab" in desk.text
    assert (await sale.refund()).state in ("sent", "done")
    assert await db.fetchval("SELECT count(*) FROM audit_log WHERE action = 'refund.retried'") == 1


async def test_working_days_are_counted_and_reasons_are_all_there(db: Database) -> None:
    for day, days, then in (
        (date(2026, 11, 23), 3, date(2026, 11, 26)),
        (date(2026, 11, 26), 3, date(2026, 12, 1)),
        (date(2026, 11, 27), 2, date(2026, 12, 1)),
        (date(2026, 11, 28), 3, date(2026, 12, 2)),
    ):
        assert await db.fetchval("SELECT after_working_days($1, $2)", day, days) == then
    allowed: str = await db.fetchval(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'refunds_reason_check'"
    )
    assert all(f"'{reason}'" in allowed for reason in REASONS) and allowed.count("'::text") == len(REASONS)
    promise: str = await db.fetchval("SELECT prosrc FROM pg_proc WHERE proname = 'refund_promise'")
    assert all(f"'{reason}'" in promise for reason in NEEDS_APPROVAL)


async def resume_at_once(db: Database, monkeypatch: pytest.MonkeyPatch, gate: Meet | None) -> tuple[int, int]:
    """Two admins resume one refund at the same moment; answers how many were refused, and how often it was noted."""
    sale = await sell(db, payment_type="gopay")
    refund_id = await sale.owe(50_000, "granted")
    admins = [await make_admin(db), await make_admin(db)]
    await actions.reject(db, admins[0], refund_id, WHY)
    if gate is not None:

        async def unlocked(_tx: Connection, admin: Viewer, number: int) -> Any:
            async with db.transaction() as other:
                found = await lock_for(other, admin, number)
            await gate.wait()
            return found

        monkeypatch.setattr(deciding, "lock_for", unlocked)
    done = await asyncio.gather(
        *(actions.resume(db, admin, refund_id, WHY) for admin in admins), return_exceptions=True
    )
    refused = [problem for problem in done if isinstance(problem, Undecidable)]
    assert all(problem is None or problem in refused for problem in done), done
    noted: int = await db.fetchval("SELECT count(*) FROM audit_log WHERE action = 'refund.resumed'")
    return len(refused), noted


async def test_two_admins_at_once_decide_once(
    unchecked_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await resume_at_once(unchecked_db, monkeypatch, None) == (1, 1)


async def test_without_the_lock_both_would_have(
    unchecked_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await resume_at_once(unchecked_db, monkeypatch, Meet(2)) == (0, 2)
