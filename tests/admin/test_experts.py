"""Applications at the desk: from being sent to being published, decided on what was seen, once."""

from tests.applications.people import complete_draft, status_of, submitted
from tests.support.bookings import browser_of, make_seller
from tests.support.desk import desk_of, first_column, make_admin
from tests.support.site import Site

HERE = "/admin/experts"
REASON = "Ceritakan pengalaman Anda lebih rinci."


async def test_from_an_application_to_a_published_mentor(site: Site) -> None:
    dewi = await complete_draft(site.db)
    applicant, visitor, browser = await browser_of(site, dewi), await site.browser(), await desk_of(site)
    await applicant.get("/expert/apply?step=kirim")
    await applicant.submit()
    await site.sweep()
    [mail] = [mail for mail in site.mailbox.messages if mail.subject.startswith("Lamaran mentor baru")]
    case = next(word for word in mail.text.split() if HERE in word).removeprefix(site.url)

    await browser.get(f"{HERE}?status=submitted")
    assert first_column(browser) == ["Dewi Anggraini"]
    await browser.get(case)
    for words in ("Menunggu", "Senior Data Analyst", "Tokopedia", "Membantu Anda membaca data", "SQL", "Rp 150.000",
                  "Senin–Jumat", "Foto", "Lamaran dikirim", "Saldo tersedia"):  # fmt: skip
        assert words in browser.text, words
    await browser.get(browser.page.css_first("a[href*=pratinjau]").attributes["href"] or "")
    assert "Beginilah pengguna melihat halaman ini" in browser.text and "Pesan Sesi" not in browser.text
    assert "Ini profil Anda sendiri" not in browser.text
    assert (await visitor.get("/expert/dewi-anggraini")).status_code == 404
    assert (await applicant.get(f"{HERE}/pratinjau?id=1")).status_code == 404

    # What waits can still be changed: who decided on something else is told, and looks again.
    await browser.get(f"{case}/verify")
    await applicant.get("/expert/dashboard/profil/data")
    await applicant.submit("main form", {"bio": "Membantu Anda membaca data, kini juga untuk pemula sekali."})
    answer = await browser.submit("#question", {})
    assert answer.status_code == 409 and "berubah sejak" in browser.text
    assert await status_of(site.db, dewi) == "submitted"
    late = await desk_of(site, await make_admin(site.db, "Admin Kedua"))
    await late.get(f"{case}/reject")
    await browser.submit("#question", {"note": "Portofolio diperiksa."})
    assert "sekarang mentor" in browser.text and "Portofolio diperiksa." in browser.text
    assert (await visitor.get("/expert/dewi-anggraini")).status_code == 200
    answer = await late.submit("#question", {"reason": REASON})
    assert answer.status_code == 409 and "Menerima lamaran mentor" in late.text
    await site.sweep()
    assert site.mailbox.messages_to(dewi.email)[-1].subject == "Anda sekarang mentor di MentorinAja"
    await applicant.get("/expert/dashboard")
    assert "Lamaran" not in applicant.text


async def test_an_application_goes_back_with_a_reason_and_profiles_go_off_and_on(site: Site) -> None:
    dewi, seller = await submitted(site.db), await make_seller(site.db, "Sari Wulandari")
    browser = await desk_of(site)
    for words, found in (
        ("dewi", 1),
        ("tokopedia", 1),
        ("mentor-", 1),
        ("go", 1),
        ("wulandari", 1),
        (dewi.email, 1),
        ("x%", 0),
    ):
        await browser.get(HERE, params={"q": words})
        assert len(first_column(browser)) == found, words
    for status, found in (
        ("submitted", ["Dewi Anggraini"]),
        ("published", ["Sari Wulandari"]),
        ("paused", []),
    ):
        await browser.get(f"{HERE}?status={status}")
        assert first_column(browser) == found, status
    for nobody in (f"{HERE}/0", f"{HERE}/99", f"{HERE}/sari", f"{HERE}/pratinjau?id=99", f"{HERE}/pratinjau"):
        assert (await browser.get(nobody)).status_code == 404, nobody
    case = f"{HERE}/{await site.db.fetchval('SELECT id FROM experts WHERE user_id = $1', dewi.id)}"
    # Whose account is suspended is sent back at most.
    await site.db.execute("UPDATE users SET suspended_at = app_now() WHERE id = $1", dewi.id)
    assert (await browser.get(f"{case}/verify")).status_code == 409 and "Akun ditangguhkan" in browser.text
    await site.db.execute("UPDATE users SET suspended_at = NULL WHERE id = $1", dewi.id)
    await browser.get(f"{case}/reject")
    answer = await browser.submit("#question", {"reason": "Tidak."})
    assert answer.status_code == 422 and browser.page.css_first("#reason-error")
    await browser.submit("#question", {"reason": REASON})
    assert "dikembalikan" in browser.text and REASON in browser.text
    assert (await browser.get(f"{case}/verify")).status_code == 409
    applicant = await browser_of(site, dewi)
    await applicant.get("/expert/apply")
    assert REASON in applicant.text

    case = f"{HERE}/{seller.id}"
    await browser.get(f"{case}/unlist")
    await browser.submit("#question", {"reason": "Foto profil bukan foto Anda."})
    assert "Dijeda" in browser.text and "Foto profil bukan foto Anda." in browser.text
    assert (await browser.get(f"{case}/unlist")).status_code == 409
    await browser.get(f"{case}/relist")
    await browser.submit("#question", {"reason": "Foto sudah diganti."})
    assert "tampil lagi" in browser.text
    await browser.get("/")
    assert "Sari Wulandari" in browser.text
