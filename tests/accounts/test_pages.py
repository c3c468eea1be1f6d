"""The pages of accounts as a browser without script sees them."""

import re
from collections.abc import Callable
from urllib.parse import quote

import pytest

from tests.support.accounts import PASSWORD, eventually, make_account, signed_in
from tests.support.bookings import make_seller
from tests.support.site import Browser, Site

BUDI = "budi@mentorinaja.test"
NEW = {
    "full_name": "Ani Lestari",
    "email": "ani@mentorinaja.test",
    "phone": "0812-3456-7890",
    "password": "kuda baterai benar",
}


def errors_of(browser: Browser) -> dict[str, str]:
    """The error beside each field, by the field's name."""
    found = {}
    for field in browser.page.css("main .field, main .check"):
        control, error = field.css_first("[name]"), field.css_first(".error")
        if control is not None and error is not None:
            assert control.attributes.get("aria-invalid") == "true"
            assert error.attributes["id"] in (control.attributes.get("aria-describedby") or "")
            found[control.attributes["name"] or ""] = error.text(strip=True)
    return found


def location(browser: Browser) -> str:
    assert browser.answer is not None and browser.answer.status_code == 303
    return browser.answer.headers["location"]


async def sign_in_at(browser: Browser, door: str, **values: str) -> None:
    await browser.get(door)
    await browser.submit(values={"email": BUDI, "password": PASSWORD, **values}, follow=False)


async def mailed_link(site: Site, email: str, kind: str) -> str:
    await site.sweep()
    texts = [message.text for message in site.mailbox.messages_to(email)]
    links = [link for text in texts for link in re.findall(rf"/{kind}/[\w.\-]+", text)]
    assert links, f"no {kind} link among {len(texts)} mails"
    return links[-1]


async def test_somebody_registers_and_is_signed_in(site: Site) -> None:
    browser = await site.browser()
    await browser.get("/register")
    assert {"full_name", "email", "phone", "password"} <= {
        n.attributes["name"] for n in browser.page.css("main [name]")
    }
    assert "Sudah punya akun?" in browser.text and "ketentuan" in browser.text
    await browser.submit(values=NEW, follow=False)
    assert location(browser) == "/"
    await browser.get("/user/profile")
    assert "Ani Lestari" in browser.text
    phone = browser.page.css_first("input[name=phone]")
    assert phone is not None and phone.attributes["value"] == "+6281234567890"


async def test_next_is_kept_from_form_to_form_and_followed(site: Site) -> None:
    browser = await site.browser()
    target = "/user/transactions?status=pending"
    await browser.get("/user/transactions?status=pending", follow=False)
    assert location(browser) == f"/login?next={quote(target, safe='/')}"
    await browser.get(location(browser))
    link = browser.page.css_first("main a[href^='/register']")
    assert link is not None
    await browser.get(link.attributes["href"] or "")
    await browser.submit(values=NEW | {"email": "bukan"})
    assert browser.page.css_first(f"main a[href='/login?next={quote(target, safe='/')}']") is not None
    await browser.submit(values=NEW, follow=False)
    assert location(browser) == target


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "https://evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "/%2f%2fevil.example",
        "\x00",
    ],
)
async def test_next_never_leads_to_another_site(site: Site, target: str) -> None:
    await make_account(site.db, BUDI)
    browser = await site.browser()
    for door in ("/login", "/register", "/expert/login"):
        await browser.get(f"{door}?next={quote(target, safe='')}")
        assert "evil.example" not in str(browser.page.html)
    await sign_in_at(browser, "/login", next=target)
    assert location(browser) == "/"


async def test_who_is_signed_in_goes_on_at_once(site: Site) -> None:
    browser = await signed_in(site, BUDI)
    await browser.get("/login?next=/user/profile", follow=False)
    assert location(browser) == "/user/profile"
    await browser.get("/register", follow=False)
    assert location(browser) == "/"


async def test_an_address_that_is_taken_is_told_beside_the_field(site: Site) -> None:
    await make_account(site.db, NEW["email"])
    browser = await site.browser()
    await browser.get("/register")
    await browser.submit(values=NEW | {"email": "ANI@mentorinaja.test"})
    assert browser.answer is not None and browser.answer.status_code == 422
    assert "sudah terdaftar" in errors_of(browser)["email"]


@pytest.mark.parametrize("missing", sorted(NEW))
async def test_registering_without_a_field_says_which_and_keeps_the_rest(site: Site, missing: str) -> None:
    browser = await site.browser()
    await browser.get("/register")
    await browser.submit(values=NEW | {missing: "   "})
    assert browser.answer is not None and browser.answer.status_code == 422
    assert list(errors_of(browser)) == [missing]
    for name in set(NEW) - {missing, "password"}:
        control = browser.page.css_first(f"input[name={name}]")
        assert control is not None and control.attributes["value"] == NEW[name]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("full_name", "x" * 121), ("full_name", "Ani\nBcc: x@y.id"), ("full_name", "Ani\x00"), ("full_name", "\x00"),
        ("full_name", "Ani\u202e malik"), ("full_name", "\ufeff"), ("full_name", "\u200d😀"),
        ("email", "bukan"), ("email", "a" * 5000 + "@x.id"), ("email", "a@x.id\x00"), ("email", "😀"),
        ("phone", "halo"), ("phone", "9" * 5000), ("phone", "0812\x00"), ("phone", "😀"),
        ("password", "pendek"), ("password", "password123"), ("password", "k7 " * 100), ("password", "kuda baterai\x00"),
    ],
)  # fmt: skip
async def test_what_cannot_be_is_told_beside_its_field(site: Site, name: str, value: str) -> None:
    browser = await site.browser()
    await browser.get("/register")
    await browser.submit(values=NEW | {name: value})
    assert browser.answer is not None and browser.answer.status_code == 422
    assert list(errors_of(browser)) == [name]
    assert await site.db.fetchval("SELECT count(*) FROM users") == 0


async def test_a_name_with_emoji_and_markup_is_shown_as_it_was_written(site: Site) -> None:
    browser = await site.browser()
    await browser.get("/register")
    await browser.submit(values=NEW | {"full_name": "Ani 😀 <script>alert(1)</script>"}, follow=False)
    await browser.get("/user/profile")
    assert "<script>alert" not in str(browser.answer and browser.answer.text)
    assert "Ani 😀 <script>alert(1)</script>" in browser.text


async def test_nothing_can_be_slipped_in_beside_the_fields(site: Site) -> None:
    browser = await site.browser()
    await browser.get("/register")
    await browser.submit(
        values=NEW | {"role": "admin", "email_verified_at": "2020-01-01", "id": "1"}, follow=False
    )
    row = await site.db.fetchrow("SELECT role, email_verified_at FROM users")
    assert row is not None and (row["role"], row["email_verified_at"]) == ("user", None)


async def test_a_file_where_words_are_wanted_is_refused(site: Site) -> None:
    browser = await site.browser()
    await browser.get("/register")
    token = browser.page.css_first("main input[name=_csrf]")
    assert token is not None
    data = {"_csrf": token.attributes["value"] or "", **{k: v for k, v in NEW.items() if k != "password"}}
    browser.answer = await browser.client.post(
        "/register", data=data, files={"password": ("p.txt", b"kuda baterai")}
    )
    assert browser.answer.status_code == 413


async def test_a_wrong_password_keeps_the_address_but_not_the_password(site: Site) -> None:
    await make_account(site.db, BUDI)
    browser = await site.browser()
    await sign_in_at(browser, "/login", password="bukan yang ini", remember="y")
    assert browser.answer is not None and browser.answer.status_code == 422
    assert "Email atau password salah" in browser.text and "bukan yang ini" not in browser.answer.text
    email, remember = browser.page.css_first("#email"), browser.page.css_first("#remember")
    assert email is not None and email.attributes["value"] == BUDI
    assert remember is not None and "checked" in remember.attributes


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"email": BUDI},
        {"password": "x"},
        {"email": "\x00", "password": "\x00"},
        {"email": "x" * 9000, "password": "y" * 9000},
    ],
)
async def test_signing_in_with_nonsense_is_answered_with_the_form(site: Site, values: dict[str, str]) -> None:
    browser = await site.browser()
    await browser.get("/login")
    await browser.post("/login", values)
    assert browser.answer is not None and browser.answer.status_code == 422
    assert browser.page.css_first("main form [name=password]") is not None


async def test_remember_me_keeps_the_cookie_thirty_days(site: Site) -> None:
    await make_account(site.db, BUDI)
    for remember, wanted in (({}, False), ({"remember": "y"}, True)):
        browser = await site.browser()
        await sign_in_at(browser, "/login", **remember)
        assert browser.answer is not None
        cookie = browser.answer.headers["set-cookie"]
        assert ("Max-Age=2592000" in cookie) is wanted
        assert "HttpOnly" in cookie and "SameSite=lax" in cookie


async def test_too_many_guesses_get_429_with_the_form(site: Site) -> None:
    await make_account(site.db, BUDI)
    browser = await site.browser()
    await browser.get("/login")
    for _ in range(11):
        await browser.submit(values={"email": BUDI, "password": "bukan yang ini"})
    assert browser.answer is not None and browser.answer.status_code == 429
    assert "Coba lagi dalam" in browser.text and int(browser.answer.headers["retry-after"]) > 0
    email = browser.page.css_first("#email")
    assert email is not None and email.attributes["value"] == BUDI


async def test_a_suspended_person_is_told_whom_to_write_to(site: Site) -> None:
    await make_account(site.db, BUDI)
    await site.db.execute("UPDATE users SET suspended_at = app_now()")
    browser = await site.browser()
    await sign_in_at(browser, "/login")
    assert browser.answer is not None and browser.answer.status_code == 403
    assert "ditangguhkan" in browser.text and "halo@mentorinaja.test" in browser.text


async def test_a_session_planted_before_is_not_the_one_after_signing_in(site: Site) -> None:
    planted = await signed_in(site, "mallory@mentorinaja.test")
    stolen = planted.client.cookies["session"]
    await make_account(site.db, BUDI)
    browser = await site.browser()
    await browser.get("/login")  # the visitor's own forms
    await browser.submit(values={"email": BUDI, "password": PASSWORD}, follow=False)
    assert browser.client.cookies["session"] != stolen
    before = browser.client.cookies["session"]
    await browser.get("/user/profile")
    await browser.submit("form[action='/logout']", follow=False)
    await sign_in_at(browser, "/login")
    assert browser.client.cookies["session"] != before


@pytest.mark.parametrize(
    "tamper",
    [
        lambda c: ("B" if c[0] == "A" else "A") + c[1:],
        lambda c: c[: len(c) // 2],
        lambda c: "x" + c,
        lambda c: "",
    ],
)
async def test_a_forged_cookie_is_nobody(site: Site, tamper: Callable[[str], str]) -> None:
    browser = await signed_in(site, BUDI)
    forged = tamper(browser.client.cookies["session"])
    answer = await browser.client.get(
        "/user/profile", headers={"cookie": f"session={forged}"}, follow_redirects=False
    )
    assert answer.status_code == 303 and answer.headers["location"].startswith("/login")


async def test_a_cookie_that_is_no_text_is_nobody(site: Site) -> None:
    browser = await site.browser()
    answer = await browser.client.get(
        "/user/profile", headers={b"cookie": "session=ü".encode()}, follow_redirects=False
    )
    assert answer.status_code == 303 and answer.headers["location"].startswith("/login")


async def test_logging_out_ends_it_here_and_on_the_server(site: Site) -> None:
    browser = await signed_in(site, BUDI)
    kept = browser.client.cookies["session"]
    await browser.get("/user/profile")
    await browser.submit("form[action='/logout']", follow=False)
    assert browser.answer is not None and location(browser) == "/"
    assert '"cookies"' in browser.answer.headers["clear-site-data"]
    assert "session" not in browser.client.cookies
    thief = await site.browser()
    thief.client.cookies.set("session", kept)

    async def dead() -> bool:
        return (await thief.get("/user/profile", follow=False)).status_code == 303

    await eventually(dead)
    await browser.get("/user/profile", follow=False)
    assert location(browser) == "/login?next=/user/profile"


async def test_pages_of_a_person_are_not_stored(site: Site) -> None:
    browser = await signed_in(site, BUDI)
    answer = await browser.get("/user/profile")
    assert answer.headers["cache-control"] == "no-store"


async def test_an_expert_goes_to_the_dashboard_or_where_he_wanted(site: Site) -> None:
    seller = await make_seller(site.db)
    stored = await site.db.fetchval(
        "SELECT password_hash FROM users WHERE id = $1", await make_account(site.db)
    )
    email = await site.db.fetchval(
        "UPDATE users SET password_hash = $2 WHERE id = $1 RETURNING email::text", seller.user_id, stored
    )
    browser = await site.browser()
    await browser.get("/expert/login")
    assert "Login sebagai Mentor" in browser.text and "Portal Mentor" in browser.text
    await sign_in_at(browser, "/expert/login", email=email)
    assert location(browser) == "/expert/dashboard"
    await browser.get("/expert/login?next=/expert/dashboard/transaksi", follow=False)
    assert location(browser) == "/expert/dashboard/transaksi"


async def test_a_user_at_the_experts_door_is_signed_in_and_told_how_to_become_one(site: Site) -> None:
    await make_account(site.db, BUDI)
    browser = await site.browser()
    await sign_in_at(browser, "/expert/login")
    assert location(browser) == "/expert/login"
    await browser.get("/expert/login")
    assert browser.answer is not None and browser.answer.status_code == 200
    assert "belum menjadi mentor" in browser.text and "Logout" in browser.text
    await browser.get("/expert/dashboard")
    assert browser.answer.status_code == 404


async def test_the_profile_is_for_its_owner_alone(site: Site) -> None:
    nobody = await site.browser()
    await nobody.get("/user/profile", follow=False)
    assert location(nobody) == "/login?next=/user/profile"
    budi, ani = await signed_in(site, BUDI), await signed_in(site, "ani@mentorinaja.test")
    await ani.get("/user/profile")
    assert "ani@mentorinaja.test" in ani.text and BUDI not in ani.text
    await budi.get("/user/profile")
    assert BUDI in budi.text


async def test_each_section_of_the_profile_is_saved_on_its_own(site: Site) -> None:
    browser = await signed_in(site, BUDI)
    await browser.get("/user/profile")
    await browser.submit("form:has([value=zone])", {"time_zone": "Asia/Jayapura"})
    assert "Zona waktu tersimpan." in browser.text
    await browser.get("/user/profile")
    assert "Zona waktu tersimpan." not in browser.text
    await browser.submit("form:has([value=person])", {"full_name": "Budi Baru", "phone": "0811 000 0000"})
    row = await site.db.fetchrow("SELECT full_name, phone, time_zone FROM users")
    assert row is not None and tuple(row) == ("Budi Baru", "+628110000000", "Asia/Jayapura")


@pytest.mark.parametrize(
    ("section", "values", "wrong"),
    [
        ("person", {"full_name": ""}, "full_name"),
        ("person", {"full_name": "x" * 500}, "full_name"),
        ("person", {"full_name": "\x00"}, "full_name"),
        ("person", {"full_name": "Budi\u202e"}, "full_name"),
        ("person", {"phone": "1"}, "phone"),
        ("zone", {"time_zone": "Europe/Paris"}, "time_zone"),
        ("zone", {"time_zone": "\x00"}, "time_zone"),
        ("password", {"current_password": PASSWORD, "new_password": "pendek"}, "new_password"),
        (
            "password",
            {"current_password": "bukan yang ini", "new_password": "password baru saya"},
            "current_password",
        ),
        ("password", {"current_password": "", "new_password": "password baru saya"}, "current_password"),
    ],
)
async def test_what_cannot_be_saved_is_told_in_its_section(
    site: Site, section: str, values: dict[str, str], wrong: str
) -> None:
    browser = await signed_in(site, BUDI)
    await browser.get("/user/profile")
    before = await site.db.fetchrow("SELECT * FROM users")
    await browser.submit(f"form:has([value={section}])", values)
    assert browser.answer is not None and browser.answer.status_code == 422
    assert list(errors_of(browser)) == [wrong]
    assert await site.db.fetchrow("SELECT * FROM users") == before


@pytest.mark.parametrize("section", ["", "admin", "\x00", "zone' OR 1=1"])
async def test_a_section_that_is_none_changes_nothing_it_was_not_sent(site: Site, section: str) -> None:
    browser = await signed_in(site, BUDI)
    await browser.get("/user/profile")
    await browser.post("/user/profile", {"section": section, "role": "admin"})
    assert browser.answer is not None and browser.answer.status_code == 422


async def test_another_password_keeps_this_browser_and_ends_the_others(site: Site) -> None:
    here = await signed_in(site, BUDI)
    there = await site.browser()
    await sign_in_at(there, "/login")
    await here.get("/user/profile")
    await here.submit(
        "form:has([value=password])", {"current_password": PASSWORD, "new_password": "password baru saya"}
    )
    assert "Password baru tersimpan" in here.text

    async def out() -> bool:
        return (await there.get("/user/profile", follow=False)).status_code == 303

    await eventually(out)


async def test_a_forgotten_password_is_made_anew_by_mail(site: Site) -> None:
    old = await signed_in(site, BUDI)
    browser = await site.browser()
    await browser.get("/login")
    await browser.get("/forgot-password")
    await browser.submit(values={"email": "Budi@mentorinaja.test"})
    known = browser.text
    job = next(job for job in site_jobs() if job.name == "accounts.reset_asked")
    await job.run(site.resources, {"email": "Budi@mentorinaja.test"})
    link = await mailed_link(site, BUDI, "reset-password")
    await browser.get(link)
    await browser.submit(values={"password": "pendek"})
    assert browser.answer is not None and browser.answer.status_code == 422
    await browser.submit(values={"password": "password baru saya"})
    assert "Password baru tersimpan. Silakan login." in browser.text

    async def out() -> bool:
        return (await old.get("/user/profile", follow=False)).status_code == 303

    await eventually(out)
    await browser.submit(values={"email": BUDI, "password": "password baru saya"}, follow=False)
    assert location(browser) == "/"
    assert (await old.get(link)).status_code == 404
    assert "tidak berlaku lagi" in old.text
    await browser.get("/forgot-password")
    await browser.submit(values={"email": "siapa@mentorinaja.test"})
    assert (
        browser.text.replace("siapa@mentorinaja.test", "").count("Jika ada akun")
        == known.count("Jika ada akun")
        == 1
    )


async def test_asking_again_and_again_sends_three_mails_and_answers_alike(site: Site) -> None:
    await make_account(site.db, BUDI)
    browser = await site.browser()
    for _ in range(5):
        await browser.get("/forgot-password")
        await browser.submit(values={"email": BUDI})
        assert browser.answer is not None and browser.answer.status_code == 200
    assert (
        await site.db.fetchval("SELECT count(*) FROM pgqueuer WHERE entrypoint = 'accounts.reset_asked'") == 3
    )


async def test_an_address_is_confirmed_by_a_button_not_by_opening_the_link(site: Site) -> None:
    browser = await signed_in(site, BUDI, verified=False)
    link = await mailed_link(site, BUDI, "verify-email")
    await browser.get(link)
    assert await site.db.fetchval("SELECT email_verified_at FROM users") is None
    await browser.submit()
    assert "sudah terkonfirmasi" in browser.text
    assert await site.db.fetchval("SELECT email_verified_at FROM users") is not None
    await browser.get("/user/profile")
    assert "Kirim ulang tautan" not in browser.text


async def test_the_confirmation_can_be_sent_again(site: Site) -> None:
    browser = await signed_in(site, BUDI, verified=False)
    await site.sweep()
    for _ in range(2):
        await browser.get("/user/profile")
        await browser.submit("form:has([value=verify])")
        assert "Tautan konfirmasi dikirim" in browser.text
    await site.sweep()
    assert len(site.mailbox.messages_to(BUDI)) >= 2


@pytest.mark.parametrize(
    "path", ["/reset-password/x", "/verify-email/x", "/reset-password/%00", "/verify-email/" + "a" * 3000]
)
async def test_a_made_up_link_is_told_to_be_over(site: Site, path: str) -> None:
    browser = await site.browser()
    assert (await browser.get(path)).status_code == 404
    assert "tidak berlaku lagi" in browser.text


def site_jobs() -> list[object]:
    from mentorinaja.work import all_jobs

    return list(all_jobs())
