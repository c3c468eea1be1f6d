"""Another email: asked for with the password, in effect when the new mailbox says so, and never by anybody else."""

import re
from datetime import timedelta

import pytest

from mentorinaja.accounts import actions, emails, queries
from mentorinaja.accounts.problems import EmailTaken, EmailTakenSince, LinkOver, SameEmail, WrongPassword
from mentorinaja.db.pool import Database
from tests.support.accounts import PASSWORD, make_account, signed_in
from tests.support.bookings import browser_of, make_seller, seller_browser
from tests.support.site import Browser, Site

BUDI, NEW = "budi@mentorinaja.test", "budi.baru@mentorinaja.test"
HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}


async def email_of(db: Database, user_id: int) -> str:
    email: str = await db.fetchval("SELECT email::text FROM users WHERE id = $1", user_id)
    return email


async def id_of(db: Database, email: str) -> int:
    user_id: int = await db.fetchval("SELECT id FROM users WHERE email = $1::text::citext", email)
    return user_id


async def link_sent_to(site: Site, email: str) -> str:
    await site.sweep()
    texts = [message.text for message in site.mailbox.messages_to(email)]
    return [link for text in texts for link in re.findall(r"/change-email/[\w.\-]+", text)][-1]


async def asks(site: Site, browser: Browser, new: str = NEW) -> None:
    await browser.get("/user/profile")
    await browser.get(browser.page.css_first("#email-section a").attributes["href"] or "")
    await browser.submit(values={"email": new, "password": PASSWORD})


async def test_the_new_mailbox_decides_and_the_old_one_is_told(site: Site) -> None:
    browser = await signed_in(site, BUDI)
    user_id = await id_of(site.db, BUDI)
    await asks(site, browser)
    assert "Menunggu konfirmasi dari" in browser.text and NEW in browser.text
    assert await email_of(site.db, user_id) == BUDI
    link = await link_sent_to(site, NEW)
    warned = site.mailbox.messages_to(BUDI)[-1]
    assert "Permintaan ganti email" in warned.subject and NEW in warned.text
    assert "/change-email/" not in warned.text, "whoever reads the old mailbox cannot confirm"

    phone = await site.browser()  # where the mail is read nobody is signed in
    await phone.get(link)
    assert await email_of(site.db, user_id) == BUDI, "opening the link changes nothing"
    await phone.submit()
    assert await email_of(site.db, user_id) == NEW
    await site.sweep()
    assert "sudah diganti" in site.mailbox.messages_to(BUDI)[-1].subject
    assert "login" in phone.text.lower() and NEW in phone.text
    assert (await phone.get(link)).status_code == 404, "a link serves once"
    await browser.get("/user/profile")
    assert NEW in browser.text and "Menunggu konfirmasi" not in browser.text
    await phone.get("/login")
    await phone.submit(values={"email": NEW, "password": PASSWORD}, follow=False)
    assert phone.answer is not None and phone.answer.status_code == 303


async def test_what_was_typed_wrong_stands_beside_its_field(site: Site) -> None:
    await make_account(site.db, "ani@mentorinaja.test")
    browser = await signed_in(site, BUDI)
    for values, words in (
        ({"email": "", "password": PASSWORD}, "Tulis email baru"),
        ({"email": "bukan alamat", "password": PASSWORD}, "alamat email lengkap"),
        ({"email": NEW, "password": ""}, "Tulis password"),
        ({"email": NEW, "password": "x" * 300}, "Password salah"),
        ({"email": NEW, "password": "salah sekali"}, "Password salah"),
        ({"email": "BUDI@mentorinaja.test", "password": PASSWORD}, "Ini sudah email akun Anda"),
        ({"email": "Ani@mentorinaja.test", "password": PASSWORD}, "sudah dipakai akun lain"),
    ):
        await site.db.execute("DELETE FROM rate_limits")
        await browser.get("/user/profile/email?next=//evil.example")
        assert "evil" not in browser.page.html
        answer = await browser.submit(values=values)
        assert answer.status_code == 422 and words in browser.text, values
        assert (browser.page.css_first("input[name=email]").attributes["value"] or "").lower() == values[
            "email"
        ].lower()
        assert not browser.page.css_first("input[name=password]").attributes.get("value")
    assert not await site.db.fetchval("SELECT count(*) FROM email_changes")


async def test_htmx_asks_and_withdraws_in_place(site: Site) -> None:
    browser = await signed_in(site, BUDI)
    user_id = await id_of(site.db, BUDI)
    await browser.get("/user/profile/email", headers=HTMX)
    assert "<html" not in browser.page.html.lower().replace("<html><head></head>", "")
    await browser.submit("#email-section form", {"email": NEW, "password": PASSWORD}, headers=HTMX)
    assert browser.page.css_first("#email-section [role=status]") and NEW in browser.text
    link = await link_sent_to(site, NEW)
    await browser.submit("#email-section form", headers=HTMX)
    assert "dibatalkan" in browser.text and NEW not in browser.text
    assert (await browser.get(link)).status_code == 404
    assert await email_of(site.db, user_id) == BUDI


async def test_an_expert_changes_it_on_the_own_tab(site: Site) -> None:
    seller = await make_seller(site.db)
    browser = await seller_browser(site, seller)
    await browser.get("/expert/dashboard")
    assert (
        browser.page.css_first("#email-section a").attributes["href"]
        == "/user/profile/email?next=/expert/dashboard"
    )
    visitor = await browser_of(site, None)
    assert (await visitor.get("/user/profile/email", follow=False)).status_code == 303


async def test_only_the_last_address_asked_for_can_be_confirmed(db: Database) -> None:
    user_id = await make_account(db, BUDI)
    await emails.ask(db, user_id, NEW, PASSWORD)
    first = await queries.pending_email(db, user_id)
    await emails.ask(db, user_id, "lain@mentorinaja.test", PASSWORD)
    last = await queries.pending_email(db, user_id)
    assert first and last and (first.new_email, last.new_email) == (NEW, "lain@mentorinaja.test")
    assert first.binding != last.binding
    await actions.change_password(db, user_id, 0, PASSWORD, "kata sandi yang baru")
    assert await queries.pending_email(db, user_id) is None, (
        "a new password calls off what the old one asked for"
    )
    with pytest.raises(WrongPassword):
        await emails.ask(db, user_id, NEW, PASSWORD)
    with pytest.raises(SameEmail):
        await emails.ask(db, user_id, BUDI.upper(), "kata sandi yang baru")


async def test_links_are_over_after_three_days_and_for_others_addresses(site: Site) -> None:
    user_id = await make_account(site.db, BUDI)
    await emails.ask(site.db, user_id, NEW, PASSWORD)
    link = await link_sent_to(site, NEW)
    token, key, now = link.rpartition("/")[2], site.settings.secret_key, site.resources.clock.now
    await make_account(site.db, NEW)
    with pytest.raises(EmailTakenSince):
        await emails.confirm(site.db, key, token, now())
    browser = await site.browser()
    answer = await browser.get(link)
    assert answer.status_code == 409 and "didaftarkan oleh akun lain" in browser.text
    with pytest.raises(EmailTaken):
        await emails.ask(site.db, user_id, NEW, PASSWORD)
    await site.db.execute("UPDATE users SET email = 'pindah@mentorinaja.test' WHERE email = $1", NEW)
    await site.move_clock(timedelta(days=3))
    with pytest.raises(LinkOver):
        await emails.confirm(site.db, key, token, now())
    for forged in (token[:-1] + "x", "x", "WzEsMSwiYSJd.x"):
        with pytest.raises(LinkOver):
            await emails.confirm(site.db, key, forged, now())
    assert await email_of(site.db, user_id) == BUDI
    await site.move_clock(timedelta(days=100))
    assert not await site.db.fetchval("SELECT count(*) FROM email_changes")
