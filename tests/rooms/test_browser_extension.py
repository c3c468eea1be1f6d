"""+15 menit in two real browsers: asked, agreed to and paid in a second tab, while both rooms stay open."""

import re

from playwright.async_api import Browser, expect

from tests.support.browsers import in_room
from tests.support.extensions import running
from tests.support.site import Site


async def test_time_is_added_while_both_rooms_stay_open(site: Site, chromium: Browser) -> None:
    meeting = await running(site.db)
    async with (
        in_room(chromium, site, meeting, meeting.user) as budi,
        in_room(chromium, site, meeting, meeting.expert) as sari,
    ):
        await budi.fill("#pesan", "Masih ada satu")
        await budi.click("text=+15 menit")
        await expect(budi.locator("#panel-extension")).to_contain_text("Menunggu jawaban mentor")
        await expect(budi.locator("#pesan")).to_have_value("Masih ada satu")
        await expect(sari.locator("#panel-extension")).to_contain_text("Budi Santoso meminta +15 menit")
        await sari.click("text=Setuju")
        await expect(sari.locator("#panel-extension")).to_contain_text("Menunggu pembayaran")
        async with budi.context.expect_page() as opened:
            await budi.click("text=Bayar Rp 78.750")
        payment = await opened.value
        await payment.click("text=Bayar Sekarang")
        snap = payment.frame_locator("iframe")
        await snap.get_by_role("button", name="Lanjut").click()
        await snap.get_by_role("button", name=re.compile("^Bayar Rp")).click()
        await expect(payment.locator("#paid")).to_contain_text("Waktu sesi bertambah 15 menit.")
        await site.sweep()
        for page in (budi, sari):
            await expect(page.locator("#countdown b")).to_have_text(re.compile(r"^19:\d\d|^18:\d\d"))
            await expect(page.locator("#panel-extension")).to_have_count(0)
            await expect(page.locator("#messages")).to_contain_text("15 menit")
        await payment.click("text=Kembali ke sesi")
        await expect(payment.locator("#countdown")).to_be_visible()
