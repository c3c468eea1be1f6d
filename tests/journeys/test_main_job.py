"""The main job with two people at once: find, book, pay, consult, review; with script and without."""

import re
from uuid import uuid4

from playwright.async_api import Browser, FrameLocator, Page, expect

from tests.journeys.conftest import Demo, person, photograph


async def register(page: Page, name: str) -> None:
    await page.goto("/")
    await photograph(page, "landing")
    await page.get_by_role("link", name="Daftar").first.click()
    await photograph(page, "register")
    await page.locator("input[name=full_name]").fill(name)
    await page.locator("input[name=email]").fill(f"{uuid4().hex[:12]}@contoh.test")
    await page.locator("input[name=phone]").fill("0812-3456-7890")
    await page.locator("input[name=password]").fill("kuda laut menari")
    await page.locator("main").get_by_role("button", name="Daftar").click()
    await expect(page.get_by_role("button", name="Logout")).to_be_visible()


async def sign_in(page: Page, door: str, email: str, password: str) -> None:
    await page.goto(door)
    await page.locator("input[name=email]").fill(email)
    await page.locator("input[name=password]").fill(password)
    await page.locator("main").get_by_role("button", name="Login", exact=True).click()
    await expect(page.get_by_role("button", name="Logout")).to_be_visible()


async def book_now(page: Page, slug: str, service: str) -> str:
    """Find the mentor by searching, book `service` for now; answers the order id."""
    await page.goto("/")
    await page.locator("input[name=q]").first.fill(slug)
    await page.locator("input[name=q]").first.press("Enter")
    await photograph(page, "search")
    await page.locator(f"a[href='/expert/{slug}']").first.click()
    await photograph(page, "expert")
    card = page.locator(".service", has_text=service)
    await card.get_by_role("link", name="Pesan Sesi").click()
    await page.locator("input[name=time][value=now]").check(force=True)
    await page.locator("[name=topic]").fill("Pindah karier dari insinyur ke product manager")
    await page.locator("[name=notes]").fill("Tiga tahun di backend.\nIngin tahu langkah pertama.")
    await page.locator("input[name=payment_method][value=card]").check(force=True)
    await photograph(page, "booking")
    await page.get_by_role("button", name="Lanjut ke Pembayaran").click()
    await expect(page.get_by_text("Booking berhasil dibuat!")).to_be_visible()
    await photograph(page, "payment")
    match = re.search(r"BE-\d{8}-[A-Z0-9]{6}", page.url)
    assert match
    return match.group()


async def pay_by_card(window: Page | FrameLocator) -> None:
    """In the simulator's page or frame, which opens at the card because it is the only method: "Bayar Rp …"."""
    await window.get_by_role("button", name=re.compile("^Bayar Rp")).click()


async def review(page: Page, order_id: str, comment: str) -> None:
    await page.goto("/user/transactions?status=completed")
    await photograph(page, "riwayat")
    await page.goto(f"/user/transactions/{order_id}/review")
    await page.locator("input[name=rating][value='5']").press("Space")
    await page.locator("[name=comment]").fill(comment)
    await photograph(page, "review")
    await page.locator("main form button.btn").last.click()
    await expect(page).to_have_url(re.compile(r"/user/transactions(\?|$)"))


async def test_two_people_go_from_registration_to_review_on_phones(demo: Demo, chromium: Browser) -> None:
    async with person(chromium, demo["web"]) as user, person(chromium, demo["web"]) as expert:
        await register(user, "Rina Astuti")
        order_id = await book_now(user, "sari", "Tanya Cepat")
        await user.get_by_role("button", name="Bayar Sekarang").click()
        await pay_by_card(user.frame_locator("iframe"))
        await expect(user.get_by_text("Pembayaran Berhasil!")).to_be_visible()
        await expect(user.get_by_text("Booking Anda telah dikonfirmasi!")).to_be_visible()
        await photograph(user, "success")
        await user.get_by_role("link", name="Join Session").first.click()
        await expect(user.locator("#countdown")).to_have_attribute("data-state", "waiting")
        await photograph(user, "waiting-room")

        await sign_in(expert, "/expert/login", "sari@mentorinaja.test", "mentorinaja")
        await expect(expert).to_have_url(re.compile("/expert/dashboard"))
        await photograph(expert, "dashboard")
        await expert.goto("/expert/dashboard/transaksi")
        await photograph(expert, "transaksi")
        await expert.locator("article", has_text=order_id).get_by_role("link", name="Join Session").click()
        for page in (user, expert):
            await expect(page.locator("#countdown")).to_have_attribute("data-state", "running")

        await user.locator("textarea[name=text]").fill(
            "Halo Mbak Sari!\nSaya ingin pindah karier. <b>Bisa?</b>"
        )
        await user.locator(".composer button.send").click()
        heard = expert.locator("#messages [data-sender=user]")
        await expect(heard).to_contain_text("<b>Bisa?</b>")
        await expert.locator("textarea[name=text]").fill(
            "Bisa. Ceritakan dulu pekerjaan Anda: https://contoh.test/cv"
        )
        await expert.locator(".composer button.send").click()
        await expect(user.locator("#messages [data-sender=expert] a")).to_have_attribute(
            "href", "https://contoh.test/cv"
        )
        await expect(user.locator("#messages [data-sender=user] .state")).to_have_text(
            re.compile("Terkirim|Dibaca")
        )
        await photograph(user, "room-user")
        await photograph(expert, "room-expert")

        await (
            user.get_by_role("link", name="End Session")
            .or_(user.get_by_role("button", name="End Session"))
            .click()
        )
        await expect(user.get_by_text("Anda yakin ingin mengakhiri session?").first).to_be_visible()
        await photograph(user, "end-question")
        await user.get_by_role("button", name="Ya, Akhiri").first.click()
        for page in (user, expert):
            await expect(page.get_by_text("Session Telah Berakhir")).to_be_visible()
        await photograph(user, "ended")
        await expect(user.get_by_role("link", name="Beri Review")).to_be_visible()

        comment = f"Sangat membantu, langkahnya jelas. {uuid4().hex[:8]}"
        await review(user, order_id, comment)
        await user.goto("/expert/sari")
        await expect(user.get_by_text(comment)).to_be_visible()
        await user.goto(f"/invoice/{order_id}")
        await expect(user.get_by_text("LUNAS")).to_be_visible()
        await photograph(user, "invoice")


async def test_the_same_without_script(demo: Demo, chromium: Browser) -> None:
    async with (
        person(chromium, demo["web"], script=False) as user,
        person(chromium, demo["web"], script=False) as expert,
    ):
        await register(user, "Yusuf Hidayat")
        order_id = await book_now(user, "dimas", "Chat Konsultasi")
        await user.get_by_role("button", name="Bayar Sekarang").click()
        await user.get_by_role("link", name="Lanjut ke Midtrans").click()
        await pay_by_card(user)
        await expect(user.get_by_text("Pembayaran Berhasil!")).to_be_visible()
        await user.get_by_role("link", name="Join Session").first.click()
        await sign_in(expert, "/expert/login", "dimas@mentorinaja.test", "mentorinaja")
        await expert.goto("/expert/dashboard/transaksi")
        await expert.locator("article", has_text=order_id).get_by_role("link", name="Join Session").click()
        await expect(expert.locator("#countdown")).to_have_attribute("data-state", "running")
        await expert.locator("textarea[name=text]").fill("Selamat datang, silakan bertanya.")
        await expert.locator(".composer button.send").click()
        await user.reload()
        await user.locator("textarea[name=text]").fill("Terima kasih, saya mulai.")
        await user.locator(".composer button.send").click()
        await expect(user.locator("body")).to_contain_text("Terima kasih, saya mulai.")
        await photograph(user, "room-without-script")
        await expert.get_by_role("link", name="End Session").click()
        await expert.get_by_role("button", name="Ya, Akhiri").click()
        await expect(expert.get_by_text("Session Telah Berakhir")).to_be_visible()
        await user.reload()
        await expect(user.get_by_text("Session Telah Berakhir")).to_be_visible()
        await review(user, order_id, "Jawabannya rinci dan sabar sekali.")
        await user.goto("/expert/dimas")
        await expect(user.get_by_text("Jawabannya rinci dan sabar sekali.")).to_be_visible()
