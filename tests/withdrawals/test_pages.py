"""“Ajukan Penarikan” and “Riwayat Penarikan” as people use them, without script and with it."""

from mentorinaja.web.viewer import Viewer
from mentorinaja.withdrawals import actions
from tests.support.bookings import browser_of, make_seller, make_user
from tests.support.desk import make_admin
from tests.support.site import Browser, Site
from tests.support.withdrawals import NUMBER, PASSWORD, ask, balances, make_earner, wish
from tests.withdrawals.forms import PAGE, filled

TRANSACTIONS = "/expert/dashboard/transaksi"
FORM = "form[action$='/withdrawals']"
HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}


def shown_balances(browser: Browser) -> dict[str, str]:
    """The five figures of TRANSAKSI."""
    return {
        (line.css_first("dt").text(strip=True)): line.css_first("dd").text(strip=True)
        for line in browser.page.css("#balance > div")
    }


def errors(browser: Browser) -> dict[str, str]:
    """What stands beside each field."""
    found = {}
    for node in browser.page.css(f"{FORM} .error"):
        name = (node.attributes["id"] or "").removesuffix("-error")
        field = browser.page.css_first(f"#{name}")
        assert field is not None and field.attributes.get("aria-invalid") == "true"
        found[name] = node.text(strip=True)
    return found


async def test_an_expert_asks_and_follows_it_to_the_end(site: Site) -> None:
    admin, sari = await make_admin(site.db), await make_earner(site.db)
    browser = await browser_of(site, sari)
    await browser.get(TRANSACTIONS)
    assert "Belum ada penarikan" in browser.text
    link = browser.page.css_first("a[data-open-dialog=withdraw]")
    await browser.get(link.attributes["href"] or "")
    for words in ("Ajukan Penarikan", "Rp 126.000", "Rp 50.000", "Pilih Bank", "Nomor Rekening", "Nama Pemilik Rekening",
                  "Proses penarikan membutuhkan 2-3 hari kerja", "Batal"):  # fmt: skip
        assert words in browser.text, words
    answer = await browser.submit(FORM, filled(), follow=False)
    assert answer.status_code == 303 and answer.headers["location"] == TRANSACTIONS
    await browser.get(TRANSACTIONS)
    assert "Penarikan Rp 100.000 sudah diajukan" in browser.text
    assert shown_balances(browser) == {
        "Saldo Tersedia": "Rp 26.000", "Total Pendapatan": "Rp 126.000", "Penarikan (Withdrawn)": "Rp 0",
        "Tertahan": "Rp 0", "Sedang ditarik": "Rp 100.000",
    }  # fmt: skip
    public_id = await site.db.fetchval("SELECT public_id FROM withdrawals")
    assert_shown(browser, public_id, "Rp 100.000", "Diajukan", "BCA", "•••• 7890", "Sari Wulandari")
    assert NUMBER not in browser.text
    await actions.approve(site.db, admin, public_id)
    await browser.get(TRANSACTIONS)
    assert_shown(browser, public_id, "Diproses", "Paling lambat")
    await actions.mark_sent(site.db, admin, public_id, "TRX-2026-77")
    await browser.get(TRANSACTIONS)
    assert_shown(browser, public_id, "Berhasil", "TRX-2026-77")
    assert shown_balances(browser)["Penarikan (Withdrawn)"] == "Rp 100.000"
    await actions.mark_failed(site.db, admin, public_id, "Rekening sudah ditutup.")
    await browser.get(PAGE)
    assert_shown(
        browser, public_id, "Gagal", "Alasan: Rekening sudah ditutup.", "Uangnya sudah kembali ke saldo"
    )
    await actions.restore(site.db, admin, public_id, "Bank mengirimnya juga.")
    await browser.get(PAGE)
    assert_shown(browser, public_id, "Dibuka lagi", "Bank mengirimnya juga.", "Rekening sudah ditutup.")


def assert_shown(browser: Browser, public_id: str, *words: str) -> None:
    """A withdrawal stands in the history with these words."""
    node = browser.page.css_first(f"#{public_id}")
    assert node is not None
    text = " ".join(node.text(separator=" ").split())
    for word in words:
        assert word in text, (word, text)


async def test_amounts_that_cannot_be_are_told_beside_the_field(site: Site) -> None:
    sari = await make_earner(site.db)
    browser = await browser_of(site, sari)
    await browser.get(PAGE)
    for amount in (
        "", "0", "-1", "-100000", "1.5", "1,000", "100000.50", "9223372036854775808", "١٠٠٠٠٠", "1e6", "126.001",
        "49.999", "9" * 19, "9" * 200, "100 000", "<b>", "100000\x00", "Rp",
    ):  # fmt: skip
        answer = await browser.submit(FORM, filled(amount=amount, account_holder="Sari <b>W</b>"))
        assert answer.status_code == 422, amount
        assert list(errors(browser)) == ["amount"], amount
        holder, password = browser.page.css_first("#account_holder"), browser.page.css_first("#password")
        assert holder.attributes["value"] == "Sari <b>W</b>", "kept as typed"
        assert not password.attributes.get("value"), "never sent back"
    assert (await balances(site.db, sari)).withdrawing == 0


async def test_every_field_says_what_is_missing(site: Site) -> None:
    sari = await make_earner(site.db)
    browser = await browser_of(site, sari)
    await browser.get(PAGE)
    bad = {
        "amount": "49.999",
        "bank": "999",
        "account_number": "١٢٣٤٥٦٧٨",
        "account_holder": "AB",
        "password": "",
    }
    answer = await browser.submit(FORM, filled(**bad))
    assert answer.status_code == 422
    assert set(errors(browser)) == {*bad}
    for number in ("12345", "1" * 21, "12a45678", "+123456", "12/34567"):
        await browser.submit(FORM, filled(account_number=number))
        assert set(errors(browser)) == {"account_number"}, number
    assert await site.db.fetchval("SELECT count(*) FROM withdrawals") == 0


async def test_a_wrong_password_is_told_beside_the_field_and_many_are_stopped(site: Site) -> None:
    sari = await make_earner(site.db)
    browser = await browser_of(site, sari)
    await browser.get(PAGE)
    for _ in range(10):
        answer = await browser.submit(FORM, filled(password="salah semua"))
        assert answer.status_code == 422 and list(errors(browser)) == ["password"]
    answer = await browser.submit(FORM, filled())
    assert answer.status_code == 429 and answer.headers["retry-after"]
    assert list(errors(browser)) == ["password"]


async def test_a_second_request_waits_for_the_first(site: Site) -> None:
    sari = await make_earner(site.db, 2)
    browser = await browser_of(site, sari)
    await browser.get(PAGE)
    form = browser.page
    first = await ask(site.db, sari)
    answer = await browser.submit(FORM, filled())
    assert answer.status_code == 409 and first in browser.text and "belum selesai" in browser.text
    assert browser.page.css_first("#amount").attributes["value"] == "100.000", "what was typed stays"
    assert (
        form.css_first("#form_key").attributes["value"]
        == browser.page.css_first("#form_key").attributes["value"]
    )
    await browser.get(PAGE)
    assert not browser.page.css(FORM) and "belum selesai" in browser.text


async def test_the_form_sent_twice_is_one_request_and_sent_changed_it_asks(site: Site) -> None:
    admin, sari = await make_admin(site.db), await make_earner(site.db, 2)
    browser = await browser_of(site, sari)
    await browser.get(PAGE)
    shown = browser.answer
    for _ in range(2):
        browser.answer = shown
        assert (await browser.submit(FORM, filled(), follow=False)).status_code == 303
    public_id = await site.db.fetchval("SELECT public_id FROM withdrawals")
    await actions.reject(site.db, admin, public_id, "Nama pemilik rekening berbeda.")
    browser.answer = shown
    answer = await browser.submit(FORM, filled(amount="60.000"))
    assert answer.status_code == 409 and "sudah pernah dikirim" in browser.text
    answer = await browser.submit(FORM, filled(amount="60.000"), follow=False)
    assert answer.status_code == 303
    assert await site.db.fetchval("SELECT array_agg(amount ORDER BY id) FROM withdrawals") == [
        100_000,
        60_000,
    ]


async def test_who_cannot_ask_is_told_why(site: Site) -> None:
    seller = await make_seller(site.db)
    poor = Viewer(seller.user_id, "", "", "expert", "Asia/Jakarta", 0, seller.id)
    browser = await browser_of(site, poor)
    await browser.get(PAGE)
    assert "Konfirmasi email" in browser.text and not browser.page.css(FORM)
    assert browser.page.css_first("a[href='/user/profile']")
    await browser.get(TRANSACTIONS)
    assert (await browser.post(PAGE, filled())).status_code == 409
    await site.db.execute("UPDATE users SET email_verified_at = app_now() WHERE id = $1", seller.user_id)
    await browser.get(PAGE)
    assert "paling sedikit Rp 50.000" in browser.text and not browser.page.css(FORM)


async def test_without_a_confirmed_address_a_post_is_refused(site: Site) -> None:
    sari = await make_earner(site.db)
    browser = await browser_of(site, sari)
    await browser.get(PAGE)
    await site.db.execute("UPDATE users SET email_verified_at = NULL WHERE id = $1", sari.id)
    answer = await browser.submit(FORM, filled())
    assert answer.status_code == 409 and "Konfirmasi email" in browser.text
    assert await site.db.fetchval("SELECT count(*) FROM withdrawals") == 0


async def test_the_dialog_gets_the_form_alone(site: Site) -> None:
    sari = await make_earner(site.db)
    browser = await browser_of(site, sari)
    answer = await browser.get(PAGE, headers=HTMX)
    assert "<html" not in answer.text and browser.page.css_first("#withdrawal-form [data-close-dialog]")
    answer = await browser.submit(FORM, filled(amount="1"), headers=HTMX)
    assert answer.status_code == 422 and "<html" not in answer.text and list(errors(browser)) == ["amount"]
    answer = await browser.submit(FORM, filled(), headers=HTMX)
    assert answer.headers["hx-redirect"] == TRANSACTIONS


async def test_a_withdrawal_is_seen_by_its_expert_only(site: Site) -> None:
    sari, dimas = await make_earner(site.db), await make_earner(site.db)
    public_id = await ask(site.db, sari, wish())
    for person in (dimas, sari):
        browser = await browser_of(site, person)
        for path in (PAGE, TRANSACTIONS):
            await browser.get(path)
            assert (public_id in browser.text) == (person is sari)
    stranger = await browser_of(site, await make_user(site.db))
    assert (await stranger.get(PAGE)).status_code == 404


async def test_many_withdrawals_come_page_by_page(site: Site) -> None:
    admin, sari = await make_admin(site.db), await make_earner(site.db)
    made = []
    for _ in range(11):
        made.append(await ask(site.db, sari, password=PASSWORD))
        await actions.reject(site.db, admin, made[-1], "Nama pemilik rekening berbeda.")
        await site.db.execute("DELETE FROM rate_limits")
    browser = await browser_of(site, sari)
    await browser.get(TRANSACTIONS)
    assert browser.page.css_first("a[href$='/withdrawals?page=2']") and made[0] not in browser.text
    for page, expected in ((2, made[:1]), (99, made[:1]), (1, made[:0:-1])):
        await browser.get(f"{PAGE}?page={page}")
        assert [node.attributes["id"] for node in browser.page.css("#withdrawals > li")] == expected
