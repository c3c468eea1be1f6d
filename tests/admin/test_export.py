"""Lists taken along: what tells of people asks for the password first, and says what it will hold."""

import csv
import io
from urllib.parse import urlencode

from mentorinaja.accounts.passwords import hash_password
from mentorinaja.admin.desks import DESKS
from mentorinaja.admin.exporting import PERSONAL, personal_columns
from tests.support.accounts import PASSWORD
from tests.support.bookings import make_user
from tests.support.desk import desk_of, make_admin
from tests.support.site import Site

# Ids, times, sums, states: a column that is new stands here, or with what is personal.
PLAIN = {
    "alamat", "balasan_disembunyikan", "batas_bayar", "berlaku_sampai", "biaya_admin", "biaya_platform", "bintang",
    "booking", "cara_bayar", "bagian_mentor", "di_midtrans", "di_sini", "diajukan", "dibayar", "dibuat",
    "dipakai_ulang", "disembunyikan", "ditambahkan", "ditangguhkan", "ditemukan", "ditulis", "diputuskan", "giliran",
    "harga", "id", "id_midtrans", "jenis", "jumlah", "keadaan", "kembali", "kesalahan", "lamaran_dikirim", "layanan",
    "lewat", "masalah", "mulai", "mulai_berlaku", "order", "paling_lambat", "pekerjaan", "pembayaran", "peran",
    "percobaan", "peringatan", "perubahan", "perusahaan", "profil_dibuat", "profil_mentor", "referensi", "sejak",
    "selesai", "status", "status_midtrans", "sumber", "tentang", "terkirim", "terlambat", "tindakan", "total",
    "transaksi", "waktu", "waktunya",
}  # fmt: skip


def test_every_column_is_known_to_be_personal_or_not() -> None:
    names = {name for desk in DESKS for name, _ in desk.listing.exports}
    assert {name.replace(" ", "_") for name in names - PERSONAL} == PLAIN
    assert names >= PERSONAL
    assert [desk.name for desk in DESKS if not personal_columns(desk)] == ["payments", "differences"]


async def test_a_list_with_personal_data_asks_for_the_password_after_ten_minutes(site: Site) -> None:
    db, admin = site.db, await make_admin(site.db)
    await db.execute(
        "UPDATE users SET password_hash = $2 WHERE id = $1", admin.id, await hash_password(PASSWORD)
    )
    for name in ("Ani Lestari", "Ani Wijaya", "Budi Santoso"):
        await make_user(db, name)
    browser, form = await desk_of(site, admin), "form[action$='/export']"
    query = urlencode({"q": "Ani", "role": "user", "since": "2026-01-01"})
    await browser.get(f"/admin/users?{query}")
    answer = await browser.submit(form)
    assert answer.headers["content-type"].startswith("text/csv")
    await db.execute("UPDATE login_sessions SET confirmed_at = app_now() - interval '11 minutes'")
    await browser.get(f"/admin/users?{query}")
    answer = await browser.submit(form)
    assert answer.status_code == 200 and browser.page.css_first("#password") is not None
    assert "2 akun, disaring: Peran: Pengguna, berisi “Ani”, sejak 1 Jan 2026" in browser.text
    assert "data pribadi: nama, email, telepon." in browser.text
    assert browser.page.css_first(f"a.back[href='/admin/users?{query}']") is not None
    for password, told in (("", "Tulis password Anda."), ("salah sekali", "Password salah")):
        answer = await browser.submit("#export", {"password": password})
        assert answer.status_code == 422 and told in browser.text
    taken = "SELECT count(*) FROM audit_log WHERE action = 'list.exported'"
    assert await db.fetchval(taken) == 1
    answer = await browser.submit("#export", {"password": PASSWORD})
    lines = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert {line["nama"] for line in lines} == {"Ani Lestari", "Ani Wijaya"} and len(lines[0]["email"]) > 3
    detail = await db.fetchval("SELECT detail FROM audit_log WHERE action = 'list.exported' ORDER BY id DESC")
    assert await db.fetchval(taken) == 2 and detail["query"] == query
    # What tells of nobody asks for nothing.
    await db.execute("UPDATE login_sessions SET confirmed_at = app_now() - interval '11 minutes'")
    await browser.get("/admin/differences")
    answer = await browser.post("/admin/differences/export", {"query": ""})
    assert answer.headers["content-type"].startswith("text/csv")
