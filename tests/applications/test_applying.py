"""Becoming a mentor over the pages: steps that keep what was typed, sending, and how it stands afterwards."""

from mentorinaja.applications import actions
from tests.applications.people import complete_draft, events_of, status_of
from tests.support.accounts import eventually
from tests.support.bookings import browser_of, make_seller, make_user, seller_browser
from tests.support.desk import make_admin
from tests.support.site import Browser, Site

APPLY = "/expert/apply"
ABOUT = {
    "position_title": "Senior Data Analyst",
    "company": "Tokopedia",
    "years_experience": "7",
    "bio": "Membantu Anda membaca data dan menyiapkan diri untuk wawancara kerja analis.",
    "city": "Bandung",
    "country": "Indonesia",
}
SERVICE = {"name": "Tanya data", "category": "online_chat", "duration": "30", "price": "Rp 150.000"}


def where(browser: Browser) -> str:
    """The address of the page last shown."""
    assert browser.answer is not None
    return browser.answer.url.raw_path.decode()


def value(browser: Browser, name: str) -> str | None:
    """What stands in a field."""
    field = browser.page.css_first(f"[name={name}]")
    assert field is not None
    return field.text() if field.tag == "textarea" else field.attributes.get("value")


def nav_of(browser: Browser) -> dict[str, str | None]:
    """The header's links by their words."""
    return {link.text(strip=True): link.attributes.get("href") for link in browser.page.css("header .nav a")}


async def test_somebody_applies_is_sent_back_applies_again_and_is_published(site: Site) -> None:
    admin, dewi = await make_admin(site.db), await make_user(site.db, "Dewi Anggraini")
    browser, visitor = await browser_of(site, dewi), await site.browser()
    await browser.get("/expert/login")
    assert browser.page.css_first(f"main a[href='{APPLY}']")
    await browser.get(APPLY)
    assert value(browser, "slug") == "dewi-anggraini"
    for step, typed in (
        ("keahlian", ABOUT),
        ("layanan", {"expertise": "Data, Karier", "skills": "SQL"}),
        ("jadwal", SERVICE),
        ("kirim", {"week": "malam", "time_zone": "Asia/Makassar"}),
    ):
        await browser.submit(values=typed)
        assert where(browser) == f"{APPLY}?step={step}", browser.text
    hours = await site.db.fetchval("SELECT count(*) FROM weekly_hours")
    assert hours == 7 and await site.db.fetchval("SELECT time_zone FROM schedules") == "Asia/Makassar"
    assert (await visitor.get("/expert/dewi-anggraini")).status_code == 404
    await browser.submit()
    assert where(browser) == APPLY and "sedang kami periksa" in browser.text

    async def is_told() -> bool:
        """Who the browser is by now: the application follows the doorbell."""
        await browser.get("/expert/dashboard")
        return "Lamaran sedang kami periksa" in browser.text

    await eventually(is_told)
    await actions.reject(site.db, admin, "dewi-anggraini", "Ceritakan <b>pengalaman</b> Anda lebih rinci.")
    await site.sweep()
    for page in ("/expert/dashboard", APPLY):
        await browser.get(page)
        assert "Ceritakan <b>pengalaman</b> Anda lebih rinci." in browser.text, page
    assert where(browser) == APPLY and "langkah 5 dari 5" in browser.text
    await browser.submit()
    await actions.verify(site.db, admin, "dewi-anggraini")
    await site.sweep()
    assert (await visitor.get("/expert/dewi-anggraini")).status_code == 200
    await browser.get(APPLY)
    assert "Anda sudah menjadi mentor" in browser.text
    await browser.get("/expert/dashboard")
    assert "Lamaran" not in browser.text
    mails = [mail.subject for mail in site.mailbox.messages_to(dewi.email)]
    assert mails[-2:] == ["Lamaran mentor Anda perlu diperbaiki", "Anda sekarang mentor di MentorinAja"]
    [rejected] = [mail for mail in site.mailbox.messages_to(dewi.email) if "diperbaiki" in mail.subject]
    assert "Ceritakan <b>pengalaman</b> Anda" in rejected.text and "&lt;b&gt;" in rejected.html


async def test_every_steps_bad_input_is_told_beside_its_field_and_kept(site: Site) -> None:
    await make_seller(site.db)
    browser = await browser_of(site, await make_user(site.db, "Dewi Anggraini"))
    await browser.get(APPLY)
    for name, wrong in (
        ("position_title", "x"), ("years_experience", "tujuh"), ("years_experience", "71"), ("bio", "Pendek."),
        ("bio", "Ada yang \u202e tersembunyi di dalam kalimat panjang ini."), ("country", ""), ("city", "x" * 81),
        ("slug", "sa"), ("slug", "s\u0430ri"), ("slug", "dewi😀"), ("slug", "admin"), ("slug", "a--b"),
    ):  # fmt: skip
        answer = await browser.submit(values=ABOUT | {"slug": "dewi"} | {name: wrong})
        assert answer.status_code == 422, (name, wrong)
        assert browser.page.css_first(f"#{name}-error") and value(browser, "company") == "Tokopedia"
        await browser.get(APPLY)
        assert value(browser, name) == wrong, "it is there when somebody comes back"
    taken = await site.db.fetchval("SELECT slug FROM experts")
    answer = await browser.submit(values=ABOUT | {"slug": taken})
    assert answer.status_code == 409 and browser.page.css_first("#slug-error")
    assert await site.db.fetchval("SELECT count(*) FROM experts") == 1
    await browser.submit(values=ABOUT | {"slug": "https://mentorinaja.com/expert/Dewi"})
    assert await site.db.fetchval("SELECT slug FROM experts ORDER BY id DESC LIMIT 1") == "dewi"

    for tags in ("", "Data, data", "<script>", "Karier 😀"):
        answer = await browser.submit(values={"expertise": tags})
        assert answer.status_code == 422 and browser.page.css_first("#expertise-error"), tags
        assert value(browser, "expertise") == tags
    await browser.submit(values={"expertise": "Data"})
    for name, wrong in (("price", "gratis"), ("price", "9.999"), ("name", "ab"), ("duration", "4")):
        answer = await browser.submit(values=SERVICE | {name: wrong})
        assert answer.status_code == 422 and browser.page.css_first(f"#{name}-error"), (name, wrong)
    answer = await browser.submit(values=SERVICE | {"category": "offline_event"})
    assert answer.status_code == 422 and browser.page.css_first("#address-error")
    await browser.submit(values=SERVICE)
    for name, wrong in (("week", "selalu"), ("time_zone", "Europe/Berlin")):
        assert (await browser.submit(values={name: wrong})).status_code == 422
    await browser.get(f"{APPLY}?step=lain")
    assert "langkah 4 dari 5" in browser.text


async def test_what_was_typed_is_kept_on_the_server_when_somebody_leaves(site: Site) -> None:
    dewi = await make_user(site.db, "Dewi Anggraini")
    browser = await browser_of(site, dewi)
    await browser.get(APPLY)
    await browser.submit(values={"bio": "Belum selesai", "go": "later"})
    assert where(browser) == "/" and "Isian Anda tersimpan" in browser.text
    another = await browser_of(site, dewi)
    await another.get(APPLY)
    assert value(another, "bio") == "Belum selesai" and "tersimpan sebagai draf" in another.text

    async def typed(begun: str, bio: str, who: Browser = another, page: str = APPLY) -> int:
        await who.get(page)
        return (
            await who.post(f"{APPLY}/draft", ABOUT | {"step": "tentang", "begun": begun, "bio": bio})
        ).status_code

    begun = value(another, "begun") or ""
    assert await typed(begun, "Lebih \x00panjang") == 200
    assert [await typed(late, "Lama") for late in ("0", "", "-1", "x" * 30, "9" * 30)] == [204] * 5
    await another.get(APPLY)
    assert value(another, "bio") == "Lebih panjang"
    visitor = await site.browser()
    assert await typed("0", "Siapa saya", visitor, "/login") == 204
    await another.submit(values=ABOUT | {"slug": "dewi", "go": "later"})
    assert where(another) == "/" and await status_of(site.db, dewi) == "draft"
    assert await typed(begun, "Datang terlambat") == 204
    await another.get(f"{APPLY}?step=tentang")
    assert value(another, "bio") == ABOUT["bio"]


async def test_the_form_is_closed_while_somebody_looks_at_it_and_can_be_taken_back(site: Site) -> None:
    dewi = await complete_draft(site.db)
    browser = await browser_of(site, dewi)
    await browser.get(f"{APPLY}?step=tentang")
    await actions.submit(site.db, dewi)
    answer = await browser.submit(values=ABOUT)
    assert answer.status_code == 409 and "Tarik dulu" in browser.text
    await browser.get(APPLY)
    await browser.submit("main form[action$=withdraw]")
    assert where(browser) == f"{APPLY}?step=kirim" and "Lamaran ditarik" in browser.text
    await site.db.execute("DELETE FROM weekly_hours")
    answer = await browser.submit()
    assert answer.status_code == 409 and "Jam kerja" in browser.text
    await browser.get(APPLY)
    assert "langkah 4 dari 5" in browser.text
    assert await events_of(site.db, dewi) == ["submitted", "withdrawn"]
    await site.db.execute("UPDATE rate_limits SET hits = 10 WHERE action = 'application'")
    await browser.post(APPLY, {"step": "kirim"})
    assert browser.answer is not None and browser.answer.status_code == 429


async def test_who_is_both_changes_between_mentor_and_user_in_the_header(site: Site) -> None:
    seller, visitor = await make_seller(site.db), await site.browser()
    browser = await seller_browser(site, seller)
    await browser.get("/")
    assert nav_of(browser)["Beralih ke mentor"] == "/expert/dashboard" and "Riwayat" in nav_of(browser)
    await browser.get("/expert/dashboard")
    assert nav_of(browser)["Beralih ke pengguna"] == "/" and "Riwayat" not in nav_of(browser)
    user = await browser_of(site, await make_user(site.db))
    await user.get("/")
    assert "Beralih" not in user.text
    await visitor.get(APPLY)
    assert visitor.page.css_first("main a[href='/register?next=/expert/apply']")
    answer = await visitor.post(APPLY, {"step": "tentang"})
    assert answer.status_code in (303, 403)
    await visitor.get("/")
    assert visitor.page.css_first(f"footer a[href='{APPLY}']")
