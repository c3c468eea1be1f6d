"""PROFIL as a browser without script sees it, and what htmx gets of it."""

from mentorinaja.experts import details, editing
from mentorinaja.experts.details import PARTS, Achievement
from mentorinaja.experts.rules import Education
from tests.support.bookings import browser_of, make_seller, make_user, seller_browser
from tests.support.site import Browser, Site

DASHBOARD = "/expert/dashboard"
PROFILE = f"{DASHBOARD}/profil"
HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}


def errors_of(browser: Browser) -> dict[str, str]:
    """The error beside each field, by the field's name."""
    found = {}
    for field in browser.page.css("main .field"):
        control, error = field.css_first("[name]"), field.css_first(".error")
        if control is not None and error is not None:
            assert control.attributes.get("aria-invalid") == "true"
            assert error.attributes["id"] in (control.attributes.get("aria-describedby") or "")
            found[control.attributes["name"] or ""] = error.text(strip=True)
    return found


def value(browser: Browser, selector: str) -> str:
    node = browser.page.css_first(selector)
    assert node is not None, selector
    return node.text() if node.tag == "textarea" else node.attributes.get("value") or ""


async def test_the_tab_has_every_section_and_leads_to_the_public_page(site: Site) -> None:
    seller = await make_seller(site.db)
    browser = await seller_browser(site, seller)
    await browser.get(DASHBOARD)
    for words in ("Informasi Pribadi", "Nama Lengkap", "Peran/Posisi", "Perusahaan", "Pengalaman (tahun)", "Bio",
                  "Kota", "Negara", "Slug URL", "Simpan Perubahan", "Ganti Email", "Expertise", "Skills",
                  "Pendidikan", "Pengalaman Kerja", "Pencapaian", "+ Tambah", "Lihat sebagai pengguna"):  # fmt: skip
        assert words in browser.text, words
    ids = [node.attributes["id"] for node in browser.page.css("[id]")]
    assert len(ids) == len(set(ids)), "every id stands once"
    await browser.get(f"{PROFILE}/pratinjau")
    assert "Pratinjau" in browser.text and "Sari Wulandari" in browser.text
    await site.db.execute("UPDATE experts SET status = 'draft' WHERE id = $1", seller.id)
    answer = await browser.get(f"{PROFILE}/pratinjau")
    assert answer.status_code == 200 and "Chat Konsultasi" in browser.text
    assert (await browser.get(f"/expert/{seller.slug}")).status_code == 404
    await browser.get(DASHBOARD)
    assert "belum tampil untuk umum" in browser.text


async def test_personal_information_is_saved_or_told_what_is_wrong(site: Site) -> None:
    seller, rival = await make_seller(site.db), await make_seller(site.db, "Dimas")
    browser = await seller_browser(site, seller)
    for change, status in (
        ({"full_name": ""}, 422), ({"bio": "  "}, 422), ({"years_experience": "-1"}, 422), ({"slug": "admin"}, 422),
        ({"slug": "s\u0430ri"}, 422), ({"company": "a\x00b"}, 422), ({"slug": rival.slug}, 409),
    ):  # fmt: skip
        await browser.get(DASHBOARD)
        answer = await browser.submit("#data form", {"city": "Kota yang diketik"} | change)
        assert answer.status_code == status, change
        assert list(errors_of(browser)) == list(change)
        assert value(browser, "#city") == "Kota yang diketik", "what was typed stays"
    await browser.get(DASHBOARD)
    await browser.submit("#data form", {
        "full_name": "Sari <b>W</b>", "bio": "<script>alert(1)</script>\nHalo 🚀", "slug": "Sari-Baru", "city": "Ambon",
    })  # fmt: skip
    assert "Perubahan disimpan" in browser.text and value(browser, "#slug") == "sari-baru"
    visitor = await browser_of(site, None)
    answer = await visitor.get(f"/expert/{seller.slug}")
    assert answer.url.path == "/expert/sari-baru" and "<script>alert" not in answer.text
    assert "Sari <b>W</b>" in visitor.text and "Ambon" in visitor.text


async def test_two_windows_stand_side_by_side(site: Site) -> None:
    seller = await make_seller(site.db)
    laptop, phone = await seller_browser(site, seller), await seller_browser(site, seller)
    await laptop.get(DASHBOARD)
    await phone.get(DASHBOARD)
    await phone.submit("#data form", {"bio": "Dari ponsel."})
    answer = await laptop.submit("#data form", {"bio": "Dari laptop."})
    assert answer.status_code == 409 and "sudah diubah di tempat lain" in laptop.text
    assert "Dari ponsel." in laptop.text and value(laptop, "#bio").strip() == "Dari laptop."
    answer = await laptop.submit("#data form")
    assert answer.status_code == 200 and (await details.person_of(site.db, seller.id)).bio == "Dari laptop."

    entry_id = await editing.add_entry(site.db, seller.id, PARTS["pendidikan"], Education("S1", "ITB", 2015))
    await laptop.get(f"{PROFILE}/pendidikan/{entry_id}")
    await phone.get(f"{PROFILE}/pendidikan/{entry_id}")
    await phone.submit("#pendidikan form", {"degree": "S2"})
    answer = await laptop.submit("#pendidikan form", {"degree": "S3"})
    assert answer.status_code == 409 and "S2" in laptop.text and value(laptop, "[name=degree]") == "S3"
    assert (await laptop.submit("#pendidikan form")).url.path == DASHBOARD
    entry = await details.entry_of(site.db, seller.id, PARTS["pendidikan"], entry_id)
    assert entry.told == Education("S3", "ITB", 2015)


async def test_an_address_is_checked_while_it_is_typed(site: Site) -> None:
    seller, rival = await make_seller(site.db), await make_seller(site.db, "Dimas")
    browser = await seller_browser(site, seller)
    for slug, words in (
        ("alamat-baru", "bisa dipakai"), (seller.slug, "Ini alamat Anda"), (rival.slug, "sudah dipakai"),
        ("jadwal", "dipakai oleh MentorinAja"), ("ab", "3 sampai 50"), ("s%D0%B0ri", "bukan huruf a–z biasa"),
        ("%F0%9F%98%80", "😀"), ("", "Tulis alamat"), ("%00", "tak terlihat"), ("x" * 3000, "3 sampai 50"),
    ):  # fmt: skip
        answer = await browser.get(f"{PROFILE}/slug?slug={slug}", headers=HTMX)
        assert answer.status_code == 200 and words in browser.text and "<html" not in answer.text, slug
    assert "bisa dipakai" in (await browser.get(f"{PROFILE}/slug?slug=alamat-baru")).text


async def test_tags_without_script_and_by_htmx(site: Site) -> None:
    seller, other = await make_seller(site.db), await make_seller(site.db, "Dimas")
    await editing.add_tag(site.db, other.id, "skill", "Python")
    browser = await seller_browser(site, seller)
    await browser.get(DASHBOARD)
    add = "#keahlian form[action$=keahlian]:has(input[value=skill])"
    assert browser.page.css_first("#saran-skill option[value=Python]")
    await browser.submit(add, {"name": "python"})
    assert "“Python” ditambahkan" in browser.text
    for name, status in (("PYTHON", 422), ("<script>", 422), ("🚀", 422), ("", 422), ("x" * 41, 422)):
        await browser.get(DASHBOARD)
        answer = await browser.submit(add, {"name": name})
        assert answer.status_code == status and browser.page.css_first("#add-skill[aria-invalid=true]"), name
        assert value(browser, "#add-skill") == name
    answer = await browser.submit(add, {"name": "SQL"}, headers=HTMX)
    assert "<html" not in answer.text and "“SQL” ditambahkan" in browser.text
    await browser.get(f"{PROFILE}/keahlian/saran?kind=skill&name=PY", headers=HTMX)
    assert [node.attributes["value"] for node in browser.page.css("option")] == ["Python"]
    assert (await browser.get(f"{PROFILE}/keahlian/saran?kind=lain")).status_code == 404
    await browser.get(DASHBOARD)
    await browser.submit("#keahlian form[action$=hapus]", {"name": "Python"})
    assert (await details.tags_of(site.db, seller.id))[1] == ["SQL"]
    assert (await browser.post(f"{PROFILE}/keahlian", {"kind": "lain", "name": "A"})).status_code == 404


async def test_lists_without_script_and_by_htmx(site: Site) -> None:
    seller = await make_seller(site.db)
    browser = await seller_browser(site, seller)
    await browser.get(f"{PROFILE}/pekerjaan/baru")
    answer = await browser.submit(
        "#pekerjaan form", {"title": "PM", "company": "", "from_year": "2020", "to_year": "2010"}
    )
    assert answer.status_code == 422 and list(errors_of(browser)) == ["company", "to_year"]
    assert value(browser, "[name=title]") == "PM"
    await browser.submit(
        "#pekerjaan form", {"company": "Gojek", "to_year": "", "description": "<b>Fintech</b>\nTim"}
    )
    assert "Gojek · 2020–sekarang" in browser.text and "<b>Fintech</b>" in browser.text
    for title in ("Pembicara", "Juara"):
        await browser.get(f"{PROFILE}/pencapaian/baru", headers=HTMX)
        answer = await browser.submit("#pencapaian form", {"title": title}, headers=HTMX)
        assert answer.text.lstrip().startswith('<section class="card stack" id="pencapaian"')
    first, second = await details.entries_of(site.db, seller.id, PARTS["pencapaian"])
    await browser.get(DASHBOARD)
    await browser.submit(f"#pencapaian-{second.id} form", {"to": "up"})
    moved = await details.entries_of(site.db, seller.id, PARTS["pencapaian"])
    assert [entry.id for entry in moved] == [second.id, first.id]
    await browser.get(f"{PROFILE}/pencapaian/{second.id}/hapus")
    assert "Juara" in browser.text and len(moved) == 2, "asked first"
    await browser.submit("#pencapaian form")
    assert "Dihapus." in browser.text and "Juara" not in browser.text
    assert (await browser.get(f"{PROFILE}/lain/baru")).status_code == 404
    assert (await browser.get(f"{PROFILE}/pencapaian/{second.id}")).status_code == 404


async def test_another_expert_reaches_nothing(site: Site) -> None:
    seller, rival = await make_seller(site.db), await make_seller(site.db, "Dimas")
    entry_id = await editing.add_entry(site.db, seller.id, PARTS["pencapaian"], Achievement("Juara"))
    browser = await seller_browser(site, rival)
    await browser.get(DASHBOARD)
    one = f"{PROFILE}/pencapaian/{entry_id}"
    for path in (one, f"{one}/hapus"):
        assert (await browser.get(path)).status_code == 404
    await browser.get(DASHBOARD)
    assert (await browser.post(one, {"title": "Milik saya", "version": "x"})).status_code == 404
    await browser.get(DASHBOARD)
    assert (await browser.post(f"{one}/urutan", {"to": "up"})).status_code == 404
    await browser.get(DASHBOARD)
    assert (await browser.post(f"{one}/hapus", {})).status_code == 303
    assert (await details.entry_of(site.db, seller.id, PARTS["pencapaian"], entry_id)).told == Achievement(
        "Juara"
    )
    user = await browser_of(site, await make_user(site.db))
    assert (await user.get(f"{PROFILE}/data")).status_code == 404
