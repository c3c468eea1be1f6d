"""Every page, looked at as a person would: phone and laptop, light and dark; nothing sticks out, nothing is unreadable."""

import re

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page

from mentorinaja.admin.desks import DESKS
from tests.journeys.admins import give_code, give_password
from tests.journeys.conftest import SCREENSHOTS, Demo
from tests.journeys.test_main_job import sign_in

VIEWS = {"360-light": (360, 740, "light"), "360-dark": (360, 740, "dark"), "1280-light": (1280, 900, "light"),
         "1280-dark": (1280, 900, "dark"), "320-light": (320, 640, "light")}  # fmt: skip

VISITOR = {
    "home": "/",
    "home-search": "/?q=produk&sort=price",
    "home-nothing-found": "/?q=zzzzqqqq",
    "expert": "/expert/sari",
    "register": "/register",
    "login": "/login",
    "expert-login": "/expert/login",
    "forgot-password": "/forgot-password",
    "apply": "/expert/apply",
    "paused": "/expert/rangga-adiputra",
    "not-found": "/tidak-ada",
    "design": "/dev/ui",
}
USER = {
    "user-home": "/",
    "profile": "/user/profile",
    "email": "/user/profile/email",
    "riwayat": "/user/transactions",
    "riwayat-pending": "/user/transactions?status=pending",
    "riwayat-cancelled": "/user/transactions?status=cancelled",
    "calendar": "/user/calendar",
    "library": "/user/library",
    "favorites": "/user/favorites",
    "away": "/expert/samuel-pattiasina",
    "wish": "/expert/samuel-pattiasina/kabari",
    "applying": "/expert/apply",
}
EXPERT = {
    "dashboard": "/expert/dashboard",
    "profil-new": "/expert/dashboard/profil/pekerjaan/baru",
    "profil-preview": "/expert/dashboard/profil/pratinjau",
    "transaksi": "/expert/dashboard/transaksi",
    "balance": "/expert/dashboard/transaksi/saldo/tersedia",
    "month": "/expert/dashboard/transaksi/laporan",
    "withdrawals": "/expert/dashboard/withdrawals",
    "layanan": "/expert/dashboard/layanan",
    "jadwal": "/expert/dashboard/jadwal",
    "jadwal-day": "/expert/dashboard/jadwal/jam/1",
    "jadwal-rules": "/expert/dashboard/jadwal/aturan",
    "jadwal-calendar": "/expert/dashboard/jadwal/kalender",
    "service-new": "/expert/dashboard/layanan/baru",
    "product-new": "/expert/dashboard/layanan/produk/baru",
}
ADMIN = {"desk": "/admin", "profile-admin": "/user/profile", "factor": "/user/profile/verifikasi"}
DESK = {
    "desk-refund-batch": "/admin/refunds/batch",
    "desk-withdrawal-batch": "/admin/withdrawals/batch",
    "desk-links-paste": "/admin/links/tempel",
    "desk-settings-change": "/admin/settings/ubah",
    "desk-nothing-found": "/admin/orders?q=zzzzqqqq",
}
# All decisions are one page; these desks' ask for the most.
DECIDED = ("orders", "withdrawals", "reports", "experts")
# The first link of this kind on a page leads to one more page worth looking at; Budi has paid, Ani has not yet.
LINKED_UNPAID = {
    "payment": ("/user/transactions?status=pending", "a[href^='/payment/']"),
    "cancel": ("/user/transactions?status=pending", "a[href$='/cancel']"),
}
LINKED = {
    "product": ("/expert/dimas", "a[href^='/products/']"),
    "product-cancel": ("/user/library", "a[href$='/cancel']"),
    "booking": ("/expert/sari", "a[href^='/expert/sari/booking']"),
    "invoice": ("/user/transactions?status=completed", "a[href^='/invoice/']"),
    "transcript": ("/user/transactions?status=completed", "a[href^='/session']"),
    "transcript-page": ("/user/transactions?status=completed", "a[href$='/transcript']"),
    "room-before-time": ("/user/transactions?status=confirmed", "a[href^='/session']"),
    "review": ("/user/transactions?status=completed", "a[href$='/review']"),
}


async def look_at(page: Page, name: str, address: str) -> list[str]:
    """Photograph a page in every view; answers what is wrong with it."""
    wrong: list[str] = []
    for view, (width, height, scheme) in VIEWS.items():
        await page.set_viewport_size({"width": width, "height": height})
        await page.emulate_media(
            color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce"
        )
        await page.goto(address)
        await page.screenshot(path=SCREENSHOTS / f"page-{name}-{view}.png", full_page=True)
        if await page.evaluate("document.documentElement.scrollWidth") > width:
            wrong.append(f"{name} is wider than {width} px")
        if width == 360:
            found = (await Axe().run(page)).response["violations"]
            wrong += [f"{name} {view}: {one['id']} {one['nodes'][0]['html'][:120]}" for one in found]
    if not await page.evaluate(
        "document.documentElement.lang === 'id' && !!document.querySelector('main, [role=main]')"
    ):
        wrong.append(f"{name} has no main part or language")
    return wrong


async def glance_at(page: Page, name: str, address: str) -> list[str]:
    """Photograph a page as a laptop in the dark first shows it; answers what is wrong with it on phones."""
    await page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    await page.set_viewport_size({"width": 1280, "height": 900})
    await page.goto(address)
    await page.screenshot(path=SCREENSHOTS / f"page-{name}-1280-dark.png")
    await page.set_viewport_size({"width": 320, "height": 640})
    is_wide = await page.evaluate("document.documentElement.scrollWidth > 320")
    # What is true of a list's first rows is true of all.
    await page.evaluate("document.querySelectorAll('.rows tr:nth-child(n + 6)').forEach(row => row.remove())")
    found = (await Axe().run(page)).response["violations"]
    return [f"{name} is wider than 320 px"] * is_wide + [
        f"{name}: {one['id']} {one['nodes'][0]['html'][:120]}" for one in found
    ]


async def follow(page: Page, address: str, link: str) -> str:
    """Where the first `link` on a page leads."""
    await page.goto(address)
    found = page.locator(f"main {link}")
    assert await found.count(), f"nothing on {address} leads to {link}"
    return await found.first.get_attribute("href") or ""


async def desk_pages(page: Page) -> dict[str, str]:
    """Every desk's list, a case of each that has one, and some decisions."""
    found = dict(DESK)
    for desk in DESKS:
        here = f"/admin/{desk.name}"
        found[f"desk-{desk.name}"] = here
        await page.goto(here)
        case = page.locator(f".rows a[href^='{here}/']")
        if not await case.count():
            continue
        found[f"desk-{desk.name}-case"] = address = await case.first.get_attribute("href") or ""
        await page.goto(address)
        decision = page.locator(f".case aside a[href^='{address}/']")
        if desk.name in DECIDED and await decision.count():
            found[f"desk-{desk.name}-decision"] = await decision.last.get_attribute("href") or ""
    return found


@pytest.mark.parametrize("who", ["visitor", "user", "unpaid", "expert", "admin"])
async def test_every_page_is_fit_to_be_seen(demo: Demo, chromium: Browser, who: str) -> None:
    SCREENSHOTS.mkdir(exist_ok=True)
    context = await chromium.new_context(base_url=demo["web"], locale="id-ID")
    page = await context.new_page()
    pages = dict({"visitor": VISITOR, "user": USER, "expert": EXPERT, "admin": ADMIN}.get(who, {}))
    wrong: list[str] = []
    if who == "admin":
        await give_password(page)
        wrong += await look_at(page, "code", "/login/kode")
        await give_code(page)
        person = await follow(page, "/admin/users?q=budi@mentorinaja.test", "a[href^='/admin/users/']")
        pages["view-as"] = await follow(page, person, "a[href^='/lihat-sebagai/']")
    elif who == "expert":
        await sign_in(page, "/expert/login", "sari@mentorinaja.test", "mentorinaja")
    elif who != "visitor":
        email, links = ("ani", LINKED_UNPAID) if who == "unpaid" else ("budi", LINKED)
        await sign_in(page, "/login", f"{email}@mentorinaja.test", "mentorinaja")
        pages |= {name: await follow(page, *place) for name, place in links.items()}
    wrong += [fault for name, address in pages.items() for fault in await look_at(page, name, address)]
    await context.close()
    assert not wrong, "\n".join(wrong)


@pytest.mark.timeout(300)
async def test_every_page_of_the_admin_desk_is_fit_to_be_seen(demo: Demo, chromium: Browser) -> None:
    SCREENSHOTS.mkdir(exist_ok=True)
    context = await chromium.new_context(base_url=demo["web"], locale="id-ID")
    page = await context.new_page()
    await give_password(page)
    await give_code(page)
    pages = await desk_pages(page)
    wrong = [fault for name, address in pages.items() for fault in await glance_at(page, name, address)]
    await context.close()
    assert not wrong, "\n".join(wrong)


async def test_the_keyboard_reaches_the_content_first_and_everything_after(
    demo: Demo, chromium: Browser
) -> None:
    context = await chromium.new_context(base_url=demo["web"], viewport={"width": 360, "height": 740})
    page = await context.new_page()
    await page.goto("/login")
    reached = []
    for _ in range(12):
        await page.keyboard.press("Tab")
        reached.append(
            await page.evaluate(
                "[document.activeElement.textContent.trim(), document.activeElement.name || ''].join(' ')"
            )
        )
    assert re.search("Langsung ke isi", reached[0])
    assert any("email" in name for name in reached) and any("password" in name for name in reached)
    await context.close()
