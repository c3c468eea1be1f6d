"""Reports and refunds in a real browser: sums follow what is typed, by keyboard, at every width and in the dark."""

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, expect

from mentorinaja.banks.vault import Vault
from mentorinaja.refunds.actions import BY_BANK
from mentorinaja.reports import actions as reports
from mentorinaja.transfers.actions import make_file
from tests.journeys.conftest import PHONE
from tests.refunds.test_bank import give, owed_by_bank
from tests.support.bookings import settings_of
from tests.support.browsers import DESK, visitor
from tests.support.desk import make_admin
from tests.support.places import be_over, meet_by_video
from tests.support.site import Site


async def test_who_gets_what_follows_what_is_typed(site: Site, chromium: Browser) -> None:
    db = site.db
    for again in range(2):
        sale, refund_id = await owed_by_bank(db)
        await give(sale)
        if not again:
            vault = Vault(settings_of(db))
            await make_file(db, vault, await make_admin(db), BY_BANK, [f"RF-{refund_id}"])
    meeting = await meet_by_video(db)
    await be_over(meeting)
    report_id = await reports.report(db, meeting.user, meeting.booking_id, "Mentor pergi di tengah sesi.")
    admin = await make_admin(db)
    async with visitor(chromium, site, admin, viewport=DESK) as page:
        await page.goto(f"/admin/reports/{report_id}")
        await page.get_by_role("link", name="Putuskan").press("Enter")
        await expect(page.get_by_role("dialog")).to_be_visible()
        await expect(page.get_by_role("button", name="Hitung")).to_be_hidden()
        await page.get_by_role("radio", name="Jumlah lain").check()
        amount = page.get_by_role("textbox", name="Jumlah lain")
        await amount.press_sequentially("57.500")
        await expect(page.locator("#plan")).to_contain_text("Rp 80.000")
        await expect(amount).to_be_focused()
        await page.get_by_label("Alasan").fill("Separuh sesi tidak berlangsung.")
        await page.get_by_role("button", name="Putuskan").press("Enter")
        await expect(page.locator("body")).to_contain_text("Rp 57.500 kembali kepada")
        for where in (
            "/admin/refunds",
            "/admin/reports",
            "/admin/refunds/batch",
            f"/admin/refunds/{refund_id}",
        ):
            await page.goto(where)
            found = await Axe().run(page)
            assert not found.response["violations"], (where, found.generate_report())
            for size in (PHONE, DESK):
                await page.set_viewport_size(size)  # type: ignore[arg-type]  # width and height
                wide = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
                assert wide <= 0, f"{where} is wider than {size}"
