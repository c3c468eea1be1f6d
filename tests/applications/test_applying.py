"""Becoming a mentor over the pages: steps that keep what was typed, sending, decisions, and who may do what when."""

from mentorinaja.accounts.actions import create_admin
from tests.support.bookings import browser_of, make_user
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


async def test_somebody_applies_is_sent_back_applies_again_and_is_published(site: Site) -> None:
    dewi = await make_user(site.db, "Dewi Anggraini")
    browser = await browser_of(site, dewi)
    await browser.get(APPLY)
    assert browser.page.css_first("#slug").attributes["value"] == "dewi-anggraini"
    await browser.submit(values=ABOUT)
    print(browser.answer.status_code, browser.answer.url, browser.text)
