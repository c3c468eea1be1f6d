"""The home page and an expert's page, as browsers get them."""

from mentorinaja.experts.actions import add_service, create_expert, publish, rename_slug
from mentorinaja.experts.rules import Education, NewService, Profile, Work
from mentorinaja.schedule.actions import set_ready
from tests.support.accounts import eventually, signed_in
from tests.support.bookings import make_user
from tests.support.experts import CHAT, Told, make_expert
from tests.support.site import Browser, Site

VIDEO = NewService("Video Call", "online_video", 60, 300_000, "Latihan interview.")
PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial"}


def cards(browser: Browser) -> list[str]:
    return [node.text(strip=True) for node in browser.page.css("article.person h3")]


def errors(browser: Browser, field: str) -> str:
    node = browser.page.css_first(f"#{field}-error")
    return node.text(strip=True) if node else ""


async def test_a_visitor_sees_the_landing_page(site: Site) -> None:
    await make_expert(site.db, Told("Sari Wulandari", slug="sari"))
    browser = await site.browser()
    answer = await browser.get("/")
    assert answer.status_code == 200
    links = {link.text(strip=True): link.attributes["href"] for link in browser.page.css("header.bar a")}
    assert links["Login"] == "/login" and links["Daftar"] == "/register"
    card = browser.page.css_first("article.person")
    assert card is not None
    words = " ".join(card.text(separator=" ").split())
    for shown in ("Sari Wulandari", "Product Manager", "Gojek", "Rp 150.000", "Baru", "Lihat", "WIB"):
        assert shown in words
    assert card.css_first("a[href='/expert/sari']") is not None
    assert browser.page.css_first("form[method=post]") is None


async def test_a_user_sees_the_home_page(site: Site) -> None:
    browser = await signed_in(site, "budi@mentorinaja.test")
    answer = await browser.get("/")
    words = [node.text(strip=True) for node in browser.page.css("header.bar a, header.bar button")]
    assert {"Home", "Riwayat", "Profile", "Logout"} <= set(words) and "Login" not in words
    assert answer.headers["cache-control"] == "no-store"


async def test_a_card_of_somebody_who_is_ready_says_so(site: Site) -> None:
    await set_ready(site.db, await make_expert(site.db), True)
    browser = await site.browser()
    await browser.get("/")
    assert "Siap sekarang" in browser.text


async def test_search_and_filters_are_one_plain_form_with_shareable_addresses(site: Site) -> None:
    await make_expert(site.db, Told("Sari Wulandari", expertise=("UX Design",)))
    await make_expert(site.db, Told("Dimas Pratama", services=[VIDEO], expertise=("Hukum",)))
    browser = await site.browser()
    await browser.get("/")
    await browser.submit("form#find", {"q": "sari"})
    assert cards(browser) == ["Sari Wulandari"]
    await browser.submit("form#find", {"q": "", "category": "online_video"})
    assert cards(browser) == ["Dimas Pratama"]
    await browser.submit("form#find", {"category": "", "price_max": "Rp 200.000"})
    assert cards(browser) == ["Sari Wulandari"]
    await browser.get("/?expertise=ux+design")
    assert cards(browser) == ["Sari Wulandari"]
    selected = browser.page.css_first("select[name=expertise] option[selected]")
    assert selected is not None and selected.text(strip=True) == "UX Design"
    await browser.get("/?expertise=Astrologi")
    assert cards(browser) == [] and "Belum ada yang cocok" in browser.text


async def test_sorting_keeps_the_search_and_searching_keeps_the_order(site: Site) -> None:
    await make_expert(site.db, Told("Sari Wulandari"))
    browser = await site.browser()
    await browser.get("/?q=sari&sort=price")
    hrefs = [link.attributes["href"] for link in browser.page.css(".sorts a")]
    assert hrefs == ["/?q=sari", "/?q=sari&sort=price", "/?q=sari&sort=experience", "/?q=sari&sort=soonest"]
    await browser.submit("form#find", {"q": "gojek"})
    assert browser.answer is not None and "sort=price" in str(browser.answer.url)


async def test_pages_are_numbered_links(site: Site) -> None:
    for number in range(25):
        await make_expert(site.db, Told(f"Mentor {number:02}"))
    browser = await site.browser()
    await browser.get("/?q=mentor&page=1")
    assert len(cards(browser)) == 24
    assert [link.attributes["href"] for link in browser.page.css(".numbers a")] == [
        "/?q=mentor&page=1",
        "/?q=mentor&page=2",
    ]
    await browser.get("/?q=mentor&page=2")
    assert len(cards(browser)) == 1
    current = browser.page.css_first(".numbers [aria-current=page]")
    assert current is not None and "2" in current.text()


WRONG = [
    ("price_min=abc", "price_min", "Tulis dengan angka"),
    ("price_min=-5", "price_min", "Tulis dengan angka"),
    ("price_min=99999999999999999999", "price_min", "Tulis dengan angka"),
    ("price_min=٣٤", "price_min", "Tulis dengan angka"),
    ("price_min=200000&price_max=100000", "price_max", "paling sedikit Rp 200.000"),
    ("day=2026-02-31", "day", "Tulis tanggal yang benar"),
    ("day=besok", "day", "Tulis tanggal yang benar"),
    ("day=0001-01-01", "day", "Pilih hari ini"),
    ("day=9999-12-31", "day", "Pilih hari ini"),
    ("category=x", "category", "Pilih salah satu"),
    ("sort=x", "sort", "Urutan itu tidak ada"),
    ("page=-1", "page", "Halaman itu tidak ada"),
    ("page=0", "page", "Halaman itu tidak ada"),
    ("page=1e9", "page", "Halaman itu tidak ada"),
    ("page=99999999999999999999", "page", "Halaman itu tidak ada"),
    ("q=" + "x" * 101, "q", "Paling banyak 100"),
    ("q=a%00b", "q", "tidak bisa disimpan"),
    ("q=a%0Ab", "q", "satu baris"),
    ("expertise=%ED%A0%80%00", "expertise", "tidak bisa disimpan"),
]


async def test_a_wrong_value_is_told_beside_its_field_and_the_list_goes_on(site: Site) -> None:
    await make_expert(site.db, Told("Sari Wulandari"))
    for browser in (await site.browser(), await signed_in(site, "budi@mentorinaja.test")):
        for query, field, sentence in WRONG:
            answer = await browser.get(f"/?{query}")
            assert answer.status_code == 200, query
            assert sentence in errors(browser, field), query
            assert cards(browser) == ["Sari Wulandari"] or "price_min=200000" in query


async def test_empty_and_unknown_values_are_nothing(site: Site) -> None:
    await make_expert(site.db, Told("Aan Abadi"))
    browser = await site.browser()
    for query in ("day=", "page=", "q=&sort=", "price_min=+&price_max=", "unknown=1", "q=a&q=b"):
        answer = await browser.get(f"/?{query}")
        assert answer.status_code == 200 and cards(browser) == ["Aan Abadi"], query
        assert browser.page.css_first(".error") is None, query


async def test_htmx_gets_the_part_and_the_address_to_show(site: Site) -> None:
    await make_expert(site.db, Told("Sari Wulandari"))
    browser = await site.browser()
    answer = await browser.get("/?q=sari&expertise=&category=&price_min=", headers=PARTIAL)
    assert answer.text.lstrip().startswith('<div id="finder"')
    assert answer.headers["hx-push-url"] == "/?q=sari"
    assert cards(browser) == ["Sari Wulandari"]
    whole = await browser.get("/?q=sari", headers={"HX-Request": "true", "HX-Request-Type": "full"})
    assert whole.text.lstrip().startswith("<!DOCTYPE html>")


async def test_what_was_typed_is_shown_as_text(site: Site) -> None:
    browser = await site.browser()
    answer = await browser.get("/?q=%3Cscript%3Ealert(1)%3C/script%3E&expertise=%22%3E%3Cimg+src=x%3E")
    assert "<script>alert" not in answer.text and "<img src=x" not in answer.text


async def tell_everything(site: Site) -> int:
    user = await make_user(site.db, "Sari Wulandari")
    profile = Profile(
        "sari", "Senior Product Manager", "Gojek", 8, "Baris satu.\nBaris dua <b>.", "Jakarta",
        expertise=("Product Strategy",), skills=("SQL",), education=(Education("MBA", "UI", 2017),),
        work=(Work("Senior PM", "Gojek", 2020), Work("PM", "Tokopedia", 2018, 2020, "Checkout.")),
        achievements=("Mentor terbaik",),
    )  # fmt: skip
    offline = NewService("Temu", "offline_event", 90, 500_000, address="Jl. Kemang 1, Jakarta")
    thread = NewService("Resume Review", "online_chat", None, 100_000)
    async with site.db.transaction() as tx:
        expert_id = await create_expert(tx, user.id, profile)
        for service in (CHAT, VIDEO, offline, thread):
            await add_service(tx, expert_id, service)
        await publish(tx, expert_id)
    return expert_id


async def test_the_detail_page_tells_everything(site: Site) -> None:
    await tell_everything(site)
    browser = await site.browser()
    assert (await browser.get("/expert/sari")).status_code == 200
    for shown in (
        "← Kembali", "Sari Wulandari", "Senior Product Manager @ Gojek", "Jakarta, Indonesia", "8 tahun pengalaman",
        "Baris dua <b>.", "Product Strategy", "SQL", "Gojek · 2020–sekarang", "Tokopedia · 2018–2020", "UI (2017)",
        "Pencapaian", "Mentor terbaik", "Layanan Konsultasi", "30 menit", "Rp 150.000", "+ biaya admin 5%",
        "Jl. Kemang 1, Jakarta", "Resume Review", "Jawaban tertulis, tanpa hitung mundur", "Reviews (0)",
    ):  # fmt: skip
        assert shown in browser.text, shown
    service = await site.db.fetchval("SELECT id FROM services WHERE name = 'Video Call'")
    link = browser.page.css_first(f"a[href='/expert/sari/booking?service={service}']")
    assert link is not None and link.text(strip=True).startswith("Pesan Sesi")


async def test_an_old_slug_and_capitals_lead_to_the_page(site: Site) -> None:
    expert_id = await tell_everything(site)
    async with site.db.transaction() as tx:
        await rename_slug(tx, expert_id, "sari-wulandari")
    browser = await site.browser()
    for old in ("/expert/sari", "/expert/Sari-Wulandari"):
        answer = await browser.get(old, follow=False)
        assert (answer.status_code, answer.headers["location"]) == (301, "/expert/sari-wulandari")
    assert (await browser.get("/expert/sari-wulandari", follow=False)).status_code == 200


async def test_an_unknown_slug_is_not_found(site: Site) -> None:
    slugs = ("nobody", "ab", "x" * 60, "a%00b", "%F0%9F%99%82", "baru", "..%2f..", "a b", "sari'--")
    for browser in (await site.browser(), await signed_in(site, "budi@mentorinaja.test")):
        for slug in slugs:
            assert (await browser.get(f"/expert/{slug}")).status_code == 404, slug


async def test_an_expert_sees_the_own_page_without_booking(site: Site) -> None:
    await tell_everything(site)
    user_id = await site.db.fetchval("SELECT user_id FROM experts")
    browser = await signed_in(site, "sari@mentorinaja.test")
    # The account that is signed in takes the profile over.
    await site.db.execute(
        "UPDATE experts SET user_id = (SELECT id FROM users WHERE email = 'sari@mentorinaja.test') WHERE user_id = $1",
        user_id,
    )

    async def is_known() -> bool:
        await browser.get("/expert/sari")
        return "Ini profil Anda sendiri" in browser.text

    await eventually(is_known)
    assert browser.page.css_first("a[href^='/expert/sari/booking']") is None


async def test_any_page_of_reviews_can_be_asked_for(site: Site) -> None:
    await tell_everything(site)
    browser = await site.browser()
    for page in ("1", "0", "-3", "x", "99999999999999999999", "7", ""):
        assert (await browser.get(f"/expert/sari?page={page}")).status_code == 200, page


async def test_the_next_slot_is_in_the_viewers_zone(site: Site) -> None:
    await tell_everything(site)
    browser = await signed_in(site, "budi@mentorinaja.test")
    await browser.get("/expert/sari")
    assert "WIB" in browser.text
    await site.db.execute("UPDATE users SET time_zone = 'Asia/Jayapura' WHERE full_name = 'Budi Santoso'")

    async def moved() -> bool:
        await browser.get("/expert/sari")
        return "WIT" in browser.text

    await eventually(moved)
