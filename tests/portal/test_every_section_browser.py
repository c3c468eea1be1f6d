"""A new mentor sets everything up on a phone, every section once; the same hands, with script and without."""

import re

import pytest
from playwright.async_api import Browser, Page, expect

from mentorinaja.experts import details, services
from mentorinaja.schedule.plan import plan_of
from mentorinaja.schedule.rules import Hours
from mentorinaja.web.viewer import Viewer
from tests.support.bookings import make_seller
from tests.support.browsers import visitor
from tests.support.site import Site

PROFIL, LAYANAN, JADWAL = ("/expert/dashboard" + tab for tab in ("", "/layanan", "/jadwal"))
BIO = "Saya membantu tim produk memahami penggunanya, dari pertanyaan pertama sampai keputusan."


@pytest.mark.parametrize("script", [True, False])
async def test_every_section_is_edited_on_a_phone(site: Site, chromium: Browser, script: bool) -> None:
    seller = await make_seller(site.db)
    who = Viewer(seller.user_id, "Sari Wulandari", "", "expert", "Asia/Jakarta", 0, seller.id)
    async with visitor(chromium, site, who, script=script) as page:
        for tab, edit in ((PROFIL, edit_profile), (LAYANAN, edit_services), (JADWAL, edit_schedule)):
            await page.goto(tab)
            await edit(page)
            await page.goto(tab)
            assert await page.evaluate("document.documentElement.scrollWidth") <= 360, tab
        await page.goto(PROFIL)
        await page.click("text=Lihat sebagai pengguna")
        await expect(page.locator("main")).to_contain_text(BIO)
        await expect(page.locator("h1")).to_contain_text("Sari Wulandari")
    await check_kept(site, seller.id)


async def check_kept(site: Site, expert_id: int) -> None:
    """What the mentor did is what is there, and nothing else."""
    profile = await details.own_profile(site.db, expert_id)
    assert (profile.person.slug, profile.person.bio) == ("sari-riset", BIO)
    assert (profile.expertise, profile.skills) == (["Riset Pengguna"], ["SQL"])
    told = {part: [entry.name for entry in entries] for part, entries in profile.entries.items()}
    assert told == {"pendidikan": ["S2 Psikologi"], "pekerjaan": ["Lead Researcher", "Researcher"],
                    "pencapaian": ["Pembicara UX"]}  # fmt: skip
    sold = [(one.name, one.price, one.active) for one in await services.own_services(site.db, expert_id)]
    assert sold[0] == ("Bedah Riset", 250_000, False) and "Bedah Riset" not in [name for name, *_ in sold[1:]]
    plan = await plan_of(site.db, expert_id)
    assert plan.hours_of(1) == plan.hours_of(2) == (Hours.parse("10:00", "15:00"),)
    assert [str(run.first) for run in plan.days_off()] == ["2026-12-25", "2027-03-01"]
    assert plan.extra() == [] and plan.rules.buffer_minutes == 15


async def save(page: Page, form: str, **typed: str) -> None:
    """Fill in a form and press its strong button."""
    for name, value in typed.items():
        await page.fill(f"{form} [name={name}]", value)
    await page.click(f"{form} .actions button")


async def told(page: Page, words: str) -> None:
    """The page says that it was done."""
    await expect(page.locator("[role=status]", has_text=words).first).to_be_visible()


async def edit_profile(page: Page) -> None:
    await page.click(".contents >> text=Informasi")
    await save(page, "#data form", country="", slug="sari-riset", bio=BIO)
    await expect(page.locator("#country-error")).to_be_visible()
    await save(page, "#data form", country="Indonesia")
    await told(page, "Perubahan disimpan")
    await expect(page.locator("#halaman")).to_contain_text("/expert/sari-riset")
    for kind, names in (("expertise", ["Riset Pengguna", "Salah"]), ("skill", ["SQL"])):
        for name in names:
            await page.fill(f"#add-{kind}", name)
            await page.click(f"form:has(#add-{kind}) button")
            await expect(page.locator(f"#keahlian button[value='{name}']")).to_be_visible()
    await page.click("#keahlian button[value=Salah]")
    await told(page, "“Salah” dihapus")
    await add_row(page, "pendidikan", degree="S1 Psikologi", institution="UI", year="2014")
    await page.click("#pendidikan >> text=Edit")
    await save(page, "#pendidikan form", degree="S2 Psikologi")
    await expect(page.locator("#pendidikan .told")).to_contain_text("S2 Psikologi")
    await add_row(page, "pekerjaan", title="Researcher", company="Tiket", from_year="2018", to_year="2020")
    await add_row(page, "pekerjaan", title="Lead Researcher", company="Gojek", from_year="2020")
    await page.get_by_role("button", name="Naikkan Lead Researcher").click()
    await told(page, "“Lead Researcher” naik satu tempat.")
    await add_row(page, "pencapaian", title="Salah ketik")
    await page.click("#pencapaian >> text=Hapus")
    await page.click("text=Ya, hapus")
    await expect(page.locator("#pencapaian")).to_contain_text("Belum ada pencapaian")
    await add_row(page, "pencapaian", title="Pembicara UX")


async def add_row(page: Page, part: str, **typed: str) -> None:
    await page.click(f"#{part}-add")
    await save(page, f"#{part} form", **typed)
    name = typed.get("title") or typed["degree"]
    await expect(page.locator(f"#{part} .told b", has_text=re.compile(f"^{name}$"))).to_be_visible()


async def edit_services(page: Page) -> None:
    shelf = page.locator("#layanan")
    await page.click("#layanan-add")
    await page.check("#service-form [value=online_video]")
    await save(page, "#service-form", name="Bedah Riset", duration="60", price="Rp 5.000")
    await expect(page.locator("#price-error")).to_be_visible()
    await save(page, "#service-form", price="Rp 200.000")
    await told(page, "“Bedah Riset” ditambahkan")
    await page.get_by_role("link", name="Edit Bedah Riset").click()
    await save(page, "#service-form", price="250.000")
    await expect(shelf).to_contain_text("Rp 250.000")
    await page.get_by_role("button", name="Naikkan Bedah Riset").click()
    await expect(shelf.locator("h3").first).to_have_text("Bedah Riset")
    await page.get_by_role("button", name="Naikkan Bedah Riset").press("Enter")
    await told(page, "“Bedah Riset” sudah paling atas.")
    await page.get_by_role("button", name=re.compile("Dapat dipesan.*Bedah Riset")).click()
    await expect(shelf.locator("article").first).to_contain_text("Non-aktif")
    await page.click("#produk-add")
    await save(page, "#product-form", name="Panduan", price="50000", link="https://drive.example.com/a")
    await page.click("text=← Kembali ke Layanan")
    await page.get_by_role("link", name="Hapus Panduan").click()
    await page.click("text=Ya, hapus")
    await expect(page.locator("#produk")).to_contain_text("Belum ada produk")


async def edit_schedule(page: Page) -> None:
    await page.click("#buka-jam-1")
    await save(page, "#day-form", **{"r0-starts": "15:00", "r0-ends": "10:00"})
    await expect(page.locator("#day-form .error")).to_be_visible()
    await page.check("#also-0")
    await save(page, "#day-form", **{"r0-starts": "10:00", "r0-ends": "15:00"})
    await told(page, "disimpan")
    await page.click("#buka-libur-baru")
    await save(page, "#libur form", first="2027-03-01", note="Cuti")
    await told(page, "1 hari dijadikan libur.")
    await page.click("text=Libur nasional: jadikan hari libur?")
    await page.get_by_role("button", name="Jadikan libur Hari Raya Natal, Jumat, 25 Des", exact=True).click()
    await expect(page.locator("#libur .editlist").first).to_contain_text("Hari Raya Natal")
    await page.click("#buka-tambahan-baru")
    await save(page, "#tambahan form", day="2026-12-27", starts="19:00", ends="21:00")
    await expect(page.locator("#tambahan")).to_contain_text("19:00–21:00")
    await page.click("#tambahan >> text=Hapus")
    await told(page, "Jam tambahan dihapus.")
    await page.click("#buka-aturan")
    await page.select_option("#buffer_minutes", "15")
    await save(page, "#aturan form")
    await expect(page.locator("#aturan")).to_contain_text("15 menit sesudah setiap sesi")
