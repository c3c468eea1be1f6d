"""A paused mentor at the keyboard, on a phone: going on, following a number to its lines, replying to a review."""

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, expect

from mentorinaja.trust import actions
from tests.journeys.conftest import chromium
from tests.reviews.test_replies import reviewed
from tests.support.browsers import visitor
from tests.support.site import Site

__all__ = ["chromium"]

NARROW = {"width": 320, "height": 700}


async def fits(page: Page) -> bool:
    """Whether nothing stands out to the side, and nobody is kept from using it."""
    faults = (await Axe().run(page)).response["violations"]
    assert not faults, [(fault["id"], fault["nodes"][0]["html"][:120]) for fault in faults]
    answer: bool = await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    return answer


async def press(page: Page, name: str) -> None:
    """Reach what is called `name` by the keyboard and press it."""
    wanted = page.locator("main").get_by_text(name, exact=True).first
    for _ in range(80):
        await page.keyboard.press("Tab")
        if await wanted.evaluate(
            "node => node === document.activeElement || node.contains(document.activeElement)"
        ):
            await page.keyboard.press("Enter")
            return
    raise AssertionError(f"the keyboard does not reach {name}")


async def test_a_paused_mentor_goes_on_and_replies_by_keyboard_on_a_phone(
    chromium: Browser, site: Site
) -> None:
    meeting = await reviewed(site.db)
    expert_id = meeting.expert.expert_id
    assert expert_id is not None
    async with site.db.transaction() as tx:
        await tx.execute("UPDATE experts SET status = 'paused' WHERE id = $1", expert_id)
        pause_id = await tx.fetchval(
            "INSERT INTO expert_pauses (expert_id, cause) VALUES ($1, 'missed') RETURNING id", expert_id
        )
        await actions.notices.queue(tx, actions.PAUSED, user_id=meeting.expert.id, about=f"jeda-{pause_id}")
    async with visitor(chromium, site, meeting.expert, viewport=NARROW) as page:
        await page.goto("/expert/dashboard")
        assert await fits(page)
        await press(page, "Aktifkan lagi")
        await expect(page.get_by_text("Anda tampil lagi di daftar mentor.")).to_be_visible()
        await expect(page.locator("#pause")).to_have_count(0)

        await page.goto("/expert/dashboard/transaksi")
        assert await fits(page)
        await press(page, "Angka per bulan")
        await expect(page.locator("#chart details table")).to_be_visible()
        assert await fits(page)
        await page.goto("/expert/dashboard/transaksi/saldo/tertahan")
        await expect(page.locator(".movement")).to_have_count(1)
        assert await fits(page)
        await press(page, "← Kembali ke Transaksi")
        await expect(page.locator("#balance")).to_be_visible()
        await press(page, "Balas Review")
        await expect(page.locator("#reply")).to_be_visible()
        assert await fits(page)
        await page.locator("#reply").fill("pendek")
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await expect(page.locator("#reply-error")).to_be_visible()
        await page.locator("#reply").fill("Terima kasih banyak, Budi.")
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("Balasan Anda tampil di bawah ulasan.")).to_be_visible()
    assert await site.db.fetchval("SELECT reply FROM reviews") == "Terima kasih banyak, Budi."
