"""People at the desk: found however they are typed, suspended with all that it means, given roles by two."""

import pytest

from mentorinaja.admin.typed_ids import phone_range
from mentorinaja.db.pool import Database
from tests.support.accounts import PASSWORD, eventually, make_account
from tests.support.bookings import book, browser_of, make_seller, make_user, pay, seller_browser, slot_in
from tests.support.desk import desk_of, first_column, make_admin
from tests.support.site import Site

HERE = "/admin/users"
REASON = "Banyak laporan dari pengguna yang sama."


async def set_person(db: Database, user_id: int, name: str, email: str, phone: str) -> None:
    """Somebody with a name, an address and a number (E.164) of the test's."""
    await db.execute(
        "UPDATE users SET full_name = $2, email = $3::text::citext, phone = $4 WHERE id = $1",
        user_id,
        name,
        email,
        phone,
    )


@pytest.mark.parametrize(
    ("typed", "begins"),
    [
        ("0812-3456-789", "+628123456789"),
        ("+62 812 3456", "+628123456"),
        ("62812.3456", "+628123456"),
        ("(0812) 34", "+6281234"),
        ("81234", "+6281234"),
        ("+1 415 555", "+1415555"),
        ("0062 812 3456", "+628123456"),
        ("001 415 555", "+1415555"),
        ("12", None),
        ("budi", None),
        ("BE-20261126-ABC234", None),
    ],
)
def test_a_phone_is_found_in_any_spelling(typed: str, begins: str | None) -> None:
    assert phone_range(typed) == ((begins, f"{begins}:") if begins else None)


async def test_everybody_is_found_by_what_is_known_of_them(site: Site) -> None:
    db = site.db
    budi, seller = await make_user(db), await make_seller(db, "Sari Wulandari")
    await set_person(db, budi.id, "Budi 100% Li Santoso", "b.santoso@contoh.test", "+6281298765432")
    order = await book(db, budi, seller, await slot_in(db, days=2))
    browser = await desk_of(site)
    for words, found in (
        ("santoso", ["Budi 100% Li Santoso"]),
        ("100%", ["Budi 100% Li Santoso"]),
        ("%%", []),
        ("li", ["Budi 100% Li Santoso"]),
        ("BUDI", ["Budi 100% Li Santoso"]),
        ("sa", []),
        ("B.SANTOSO@contoh", ["Budi 100% Li Santoso"]),
        ("contoh.test", []),
        ("0812-9876-5432", ["Budi 100% Li Santoso"]),
        ("+62 812 9876", ["Budi 100% Li Santoso"]),
        (f"  {order}-2 ", ["Sari Wulandari", "Budi 100% Li Santoso"]),
        ("Li   Santoso", ["Budi 100% Li Santoso"]),
        (f"#{order.lower()}", ["Sari Wulandari", "Budi 100% Li Santoso"]),
        ("BE-20200101-ABCDEF", []),
        ("'; DROP TABLE users", []),
    ):
        await browser.get(HERE, params={"q": words})
        assert first_column(browser) == found, words
    await db.execute("UPDATE users SET suspended_at = app_now() WHERE id = $1", budi.id)
    for query, found in (
        ("role=admin", ["Admin MentorinAja"]),
        ("role=expert", ["Sari Wulandari"]),
        ("profile=yes", ["Sari Wulandari"]),
        ("profile=no&role=user", ["Budi 100% Li Santoso"]),
        ("state=suspended", ["Budi 100% Li Santoso"]),
        ("state=unverified&role=expert&q=sari", ["Sari Wulandari"]),
    ):
        await browser.get(f"{HERE}?{query}")
        assert first_column(browser) == found, query
    for nobody in (
        f"{HERE}/0",
        f"{HERE}/99999",
        f"{HERE}/budi",
        f"{HERE}/-1",
        f"{HERE}/99999999999999999999",
    ):
        assert (await browser.get(nobody)).status_code == 404, nobody


async def test_a_suspension_says_what_it_leaves_and_ends_everything_else(site: Site) -> None:
    db, seller, user = site.db, await make_seller(site.db), await make_user(site.db)
    order = await book(db, user, seller, await slot_in(db, days=2))
    await pay(db, order)
    mentor, visitor, browser = await seller_browser(site, seller), await site.browser(), await desk_of(site)
    assert (await mentor.get("/expert/dashboard")).status_code == 200
    case = f"{HERE}/{seller.user_id}"
    await browser.get(case)
    for words in (
        "Sesi mendatang yang sudah dibayar",
        order,
        "Rp 157.500",
        "127.0.0.1",
        "Lihat sebagai",
        "Penarikan",
    ):
        assert words in browser.text, words
    assert browser.page.css_first(f"a[href='/admin/experts/{seller.id}']")
    await browser.get(f"{case}/suspend")
    assert "tidak dibatalkan dengan sendirinya" in browser.text and "Rp 157.500" in browser.text
    assert browser.page.css_first(f"a[href='/admin/orders/{order}']")
    answer = await browser.submit("#question", {"reason": "x"})
    assert answer.status_code == 422 and browser.page.css_first("#reason-error")
    late = await desk_of(site, await make_admin(db, "Admin Kedua"))
    await late.get(f"{case}/suspend")
    await browser.submit("#question", {"reason": REASON})
    assert "ditangguhkan" in browser.text and REASON in browser.text and "Menangguhkan akun" in browser.text
    answer = await late.submit("#question", {"reason": REASON})
    assert answer.status_code == 409 and "sudah berubah" in late.text and "Menangguhkan akun" in late.text

    async def signed_out() -> bool:
        return (await mentor.get("/expert/dashboard", follow=False)).status_code == 303

    await eventually(signed_out)
    answer = await visitor.get(f"/expert/{seller.slug}")
    assert answer.status_code == 404 and "sedang tidak tersedia" in visitor.text
    buyer = await browser_of(site, user)
    assert (await buyer.get(f"/expert/{seller.slug}/booking")).status_code == 404
    await buyer.get("/user/transactions")
    assert order in buyer.text, "what was bought stays"
    await site.sweep()
    assert any(REASON in mail.text for mail in site.mailbox.messages if "ditangguhkan" in mail.subject)

    await browser.get(f"{case}/unsuspend")
    await browser.submit("#question", {"reason": "Sudah dijelaskan lewat email."})
    assert (await visitor.get(f"/expert/{seller.slug}")).status_code == 200
    await site.sweep()
    assert site.mailbox.messages[-1].subject == "Akun MentorinAja Anda dibuka lagi"


async def test_devices_are_ended_and_links_sent_again_from_the_case(site: Site) -> None:
    user_id = await make_account(site.db, "ani@mentorinaja.test", verified=False)
    ani, admin = await site.browser(), await make_admin(site.db)
    await ani.get("/login")
    await ani.submit(values={"email": "ani@mentorinaja.test", "password": PASSWORD})
    browser = await desk_of(site, admin)
    await browser.get(f"{HERE}/{user_id}")
    device = browser.page.css_first("#devices button[name=device]")
    assert device is not None
    await browser.post(
        f"{HERE}/perangkat", {"person": str(user_id), "device": device.attributes["value"] or ""}, follow=True
    )
    assert "Perangkat dikeluarkan" in browser.text and browser.page.css_first("#devices button") is None
    await browser.post(f"{HERE}/perangkat", {"person": str(user_id), "device": "1"}, follow=True)
    assert "sudah keluar" in browser.text
    for odd in (
        {"person": "x", "device": "1"},
        {"person": str(user_id)},
        {"person": "999999", "device": "1"},
    ):
        await browser.get(HERE)
        assert (await browser.post(f"{HERE}/perangkat", odd)).status_code == 404, odd
    await browser.get(f"{HERE}/{user_id}/send-verification")
    await browser.submit("#question", {})
    assert "dikirim ke ani@mentorinaja.test" in browser.text
    assert (await browser.get(f"{HERE}/{user_id}/end-devices")).status_code == 409, "none is left"
    # About oneself nothing is offered.
    await browser.get(f"{HERE}/{admin.id}")
    assert "Tidak ada yang perlu atau dapat diputuskan" in browser.text
    for decision in ("suspend", "end-devices", "make-admin", "unmake-admin", "reset-totp"):
        assert (await browser.get(f"{HERE}/{admin.id}/{decision}")).status_code == 409, decision


async def test_a_role_is_asked_for_at_one_desk_and_confirmed_at_another(site: Site) -> None:
    db, user = site.db, await make_user(site.db, "Calon Admin")
    first, second = await desk_of(site), await desk_of(site, await make_admin(db, "Admin Kedua"))
    case = f"{HERE}/{user.id}"
    await first.get(f"{case}/make-admin")
    await first.submit("#question", {"reason": "Menggantikan rekan yang cuti."})
    assert "Admin lain perlu menyetujuinya" in first.text
    assert (await first.get(f"{case}/confirm-role")).status_code == 409
    await second.get(HERE)
    waiting = second.page.css_first("#role-requests")
    assert waiting is not None and "Calon Admin: menjadi admin" in " ".join(waiting.text().split())
    await second.get(f"{case}/confirm-role")
    assert "Semua perangkatnya keluar" in second.text
    await first.get(f"{case}/withdraw-role")
    await first.submit("#question", {})
    answer = await second.submit("#question", {})
    assert answer.status_code == 409 and "Menarik pengajuan peran" in second.text
    await first.get(f"{case}/make-admin")
    await first.submit("#question", {"reason": "Menggantikan rekan yang cuti."})
    await second.get(f"{case}/confirm-role")
    await second.submit("#question", {})
    assert "Peran Calon Admin diubah" in second.text
    assert await db.fetchval("SELECT role FROM users WHERE id = $1", user.id) == "admin"
    await second.get(case)
    assert "Admin tidak dapat ditangguhkan" in second.text
    assert (await second.get(f"{case}/suspend")).status_code == 409
