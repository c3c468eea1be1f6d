"""Admins sign in with password and code: the pages as a browser without script sees them, and what lies beneath."""

import asyncio
from datetime import timedelta

import pytest

from mentorinaja import clock
from mentorinaja.accounts import actions, challenges, codes, factors, queries, rules
from mentorinaja.accounts.actions import HalfWay
from mentorinaja.accounts.problems import CodeNeeded, NoFactor, WrongCode, WrongPassword
from mentorinaja.db.pool import Database
from mentorinaja.errors import NotThere, TooMany
from mentorinaja.web.auth import token_hash
from mentorinaja.web.viewer import Viewer
from tests.support.accounts import HOME, PASSWORD, eventually, make_account, signed_in
from tests.support.desk import make_admin
from tests.support.second_factor import (
    ADMIN,
    code_now,
    codes_shown,
    give_password,
    make_desk_account,
    secret_shown,
    set_up,
    vault_of,
    with_device,
)
from tests.support.site import Browser, Site, running_site

COUNT = "SELECT count(*) FROM login_sessions WHERE ended_at IS NULL"


def status(browser: Browser) -> int:
    assert browser.answer is not None
    return browser.answer.status_code


def leads_to(browser: Browser) -> str:
    assert browser.answer is not None and browser.answer.status_code == 303, browser.text
    return browser.answer.headers["location"]


async def mails_to(db: Database, user_id: int) -> list[str]:
    rows = await db.fetch("SELECT kind FROM outbox WHERE user_id = $1 ORDER BY id", user_id)
    return [row["kind"] for row in rows]


async def answer(db: Database, user_id: int, code: str) -> challenges.Passed:
    vault = vault_of(db)
    challenge = await challenges.find(db, await challenges.begin(db, vault, user_id, HOME, "/"))
    assert challenge is not None
    return await challenges.answer(db, vault, challenge, codes.normal_code(code), HOME, replaces=None)


async def test_the_first_sign_in_sets_a_device_up_and_shows_the_recovery_codes_once(site: Site) -> None:
    user_id = await make_desk_account(site.db)
    browser = await site.browser()
    await browser.get("/login")
    await browser.submit(values={"email": ADMIN, "password": PASSWORD, "remember": "y"}, follow=False)
    assert leads_to(browser) == "/login/kode" and "session" not in browser.client.cookies
    assert await site.db.fetchval(COUNT) == 0
    await browser.get("/admin")
    assert status(browser) == 404
    await browser.get("/login/kode")
    secret = secret_shown(browser)
    assert browser.page.css_first("svg.qr") is not None and ADMIN in browser.text
    assert browser.page.css_first("#demo-code") is None
    for wrong in ("", "12345", "halo", "ABCD-EFGH-JKMN-PQRS", codes.app_code(codes.new_secret(), 1)):
        await browser.submit(values={"code": wrong})
        assert status(browser) == 422 and browser.page.css_first("#code-error") is not None, wrong
        assert "atau satu kode cadangan" not in browser.text, "there are none yet"
        assert secret_shown(browser) == secret
    assert await site.db.fetchval(COUNT) == 0
    right = codes.app_code(secret, codes.step_at(codes.real_now()))
    await browser.submit(values={"code": f" {right[:3]} {right[3:]} "}, follow=False)
    fresh = codes_shown(browser)
    assert status(browser) == 200 and len(fresh) == 10
    assert browser.answer is not None and "Max-Age=2592000" not in browser.answer.headers["set-cookie"]
    saved = browser.page.css_first("a[download]")
    assert saved is not None and all(code in (saved.attributes["href"] or "") for code in fresh)
    onward = browser.page.css_first("main .actions a.btn:not(.quiet)")
    assert onward is not None and onward.text(strip=True) == "Saya sudah menyimpannya"
    assert onward.attributes["href"] == "/admin"
    await browser.get("/admin")
    assert status(browser) == 200
    await browser.get("/login/kode", follow=False)
    assert leads_to(browser) == "/admin"
    row = await site.db.fetchrow(
        "SELECT remember, expires_at - created_at AS lasts, second_factor_at FROM login_sessions"
    )
    assert row is not None and row["second_factor_at"] is not None
    assert (row["remember"], row["lasts"]) == (False, timedelta(hours=8))
    kept = await site.db.fetchval("SELECT string_agg(f::text, '') FROM second_factors f, recovery_codes")
    assert secret not in kept and not any(codes.normal_code(code) in kept for code in fresh)
    await site.sweep()
    assert any("Verifikasi dua langkah aktif" in mail.subject for mail in site.mailbox.messages_to(ADMIN))
    assert await factors.factor_of(site.db, user_id) is not None


async def test_each_code_signs_in_once_and_leads_where_somebody_wanted_to_go(site: Site) -> None:
    user_id = await make_desk_account(site.db)
    first, secret, fresh = await set_up(site)
    used = codes.app_code(secret, await site.db.fetchval("SELECT last_step FROM second_factors"))
    browser = await site.browser()
    await give_password(browser, door="/login?next=/admin/withdrawals%3Fstate%3Dasked")
    assert browser.page.css_first("svg.qr") is None and secret not in browser.text
    await browser.submit(values={"code": used})
    assert status(browser) == 422 and "sudah dipakai" in browser.text
    await browser.submit(values={"code": await code_now(site.db, secret, user_id)}, follow=False)
    assert leads_to(browser) == "/admin/withdrawals?state=asked"
    for door, start in (("/login", "/admin"), ("/expert/login", "/admin")):
        other = await site.browser()
        await give_password(other, door=door)
        await other.submit(values={"code": fresh.pop().lower()}, follow=False)
        assert leads_to(other) == start
    for _ in range(6):
        passed = await answer(site.db, user_id, fresh.pop())
        assert passed.by_recovery
    last = await site.browser()
    await give_password(last)
    await last.submit(values={"code": await code_now(site.db, secret, user_id)})
    assert "Kode cadangan Anda tersisa 2" in last.text
    await last.get("/user/profile")
    assert "Kode cadangan tersisa 2" in last.text and "Buat yang baru" in last.text
    await site.sweep()
    told = [mail for mail in site.mailbox.messages_to(ADMIN) if "dipakai" in mail.subject]
    assert len(told) == 8 and "Kode cadangan yang tersisa" in told[-1].text
    await first.get("/admin")
    assert status(first) == 200, "other sign-ins go on"


async def test_guessing_codes_is_slow_and_the_owner_gets_in_by_a_recovery_code(site: Site) -> None:
    user_id = await make_desk_account(site.db)
    _, secret, fresh = await set_up(site)
    browser = await site.browser()
    await give_password(browser)
    wrong = codes.app_code(codes.new_secret(), 1)
    for _ in range(rules.CODE_TRIES):
        await browser.submit(values={"code": wrong})
        assert status(browser) == 422
    await browser.submit(values={"code": await code_now(site.db, secret, user_id)})
    assert "Login sekali lagi" in browser.text, "the challenge is over"
    await site.move_clock(timedelta(minutes=16))
    for _ in range(rules.CODES_PAIR.most + 1):
        with pytest.raises((WrongCode, TooMany)) as refusal:
            await answer(site.db, user_id, wrong)
    assert refusal.type is TooMany
    await give_password(browser)
    await site.db.execute("UPDATE rate_limits SET hits = 1 WHERE action = 'code:pair'")
    for _ in range(rules.CODES_ACCOUNT.most):
        with pytest.raises((WrongCode, TooMany)) as refusal:
            await answer(site.db, user_id, wrong)
        await site.db.execute("UPDATE rate_limits SET hits = 1 WHERE action = 'code:pair'")
    assert refusal.type is TooMany
    await browser.submit(values={"code": await code_now(site.db, secret, user_id)})
    assert status(browser) == 429 and browser.answer is not None
    assert int(browser.answer.headers["retry-after"]) > 0
    await browser.submit(values={"code": fresh[0]}, follow=False)
    assert leads_to(browser) == "/admin", "nobody guesses a recovery code, so nobody can use its tries up"


async def test_a_new_password_does_not_take_the_place_of_the_code(site: Site) -> None:
    user_id = await make_desk_account(site.db)
    browser, *_ = await set_up(site)
    waiting = await site.browser()
    await give_password(waiting)
    known = await queries.credentials_of(site.db, user_id)
    assert known is not None
    assert await actions._replace_password(
        site.db, user_id, known.password_hash, known.password_hash, proved_email=True
    )
    await waiting.submit(values={"code": "123456"})
    assert "Login sekali lagi" in waiting.text, "what was asked under the old password is over"
    await browser.get("/admin")
    await give_password(waiting)
    assert await site.db.fetchval(COUNT) == 0 and "Kode verifikasi" in waiting.text
    for cookie in ("", "x" * 40, waiting.client.cookies["challenge"] + "x"):
        stranger = await site.browser()
        stranger.client.cookies.set("challenge", cookie)
        await stranger.get("/login/kode", follow=False)
        assert leads_to(stranger) == "/login"


async def test_only_the_demo_shows_the_code(db: Database) -> None:
    user_id = await make_desk_account(db)
    async with running_site(db, mode="demo") as demo:
        browser = await demo.browser()
        await give_password(browser)
        shown = browser.page.css_first("#demo-code b")
        assert shown is not None and "Mode demo: kode saat ini" in browser.text
        await browser.submit(values={"code": shown.text(strip=True)})
        assert len(codes_shown(browser)) == 10
        await give_password(browser := await demo.browser())
        shown = browser.page.css_first("#demo-code b")
        assert shown is not None, "the next one, since the last is used"
        await browser.submit(values={"code": shown.text(strip=True)}, follow=False)
        assert leads_to(browser) == "/admin"
    async with running_site(db) as plain:
        browser = await plain.browser()
        await give_password(browser)
        assert "Kode verifikasi" in browser.text and "demo" not in browser.text.lower().replace(
            "mode demo: pembayaran", ""
        )
        assert browser.page.css_first("#demo-code") is None
    assert await db.fetchval("SELECT count(*) FROM second_factors WHERE user_id = $1", user_id) == 1


async def test_the_profile_makes_new_codes_and_takes_another_device(site: Site) -> None:
    user_id = await make_desk_account(site.db)
    browser, secret, fresh = await set_up(site)
    elsewhere = await site.browser()
    await give_password(elsewhere)
    await elsewhere.submit(values={"code": fresh[0]})
    await browser.get("/user/profile/verifikasi")
    for values in (
        {"password": "bukan yang ini", "code": fresh[1]},
        {"password": PASSWORD, "code": "halo"},
        {"password": PASSWORD, "code": fresh[0]},
        {"what": "lain", "password": PASSWORD, "code": fresh[1]},
    ):
        await browser.submit("main form", values)
        assert status(browser) == 422, values
    await browser.submit("main form", {"what": "codes", "password": PASSWORD, "code": fresh[1]})
    newer = codes_shown(browser)
    assert len(newer) == 10 and not set(newer) & set(fresh)
    with pytest.raises(WrongCode):
        await answer(site.db, user_id, fresh[2])
    await browser.get("/user/profile/verifikasi/perangkat", follow=False)
    assert leads_to(browser) == "/user/profile/verifikasi"
    await browser.get("/user/profile/verifikasi")
    code = await code_now(site.db, secret, user_id)
    await browser.submit("main form", {"what": "device", "password": PASSWORD, "code": code})
    moved = secret_shown(browser)
    assert moved != secret
    await browser.submit("main form", {"code": codes.app_code(codes.new_secret(), 1)})
    assert status(browser) == 422 and secret_shown(browser) == moved
    await browser.submit("main form", {"code": codes.app_code(moved, codes.step_at(codes.real_now()))})
    assert "Perangkat baru terpasang" in browser.text

    async def out() -> bool:
        return (await elsewhere.get("/admin")).status_code == 404

    await eventually(out)
    with pytest.raises(WrongCode):
        await answer(site.db, user_id, await code_now(site.db, secret, user_id))
    await answer(site.db, user_id, await code_now(site.db, moved, user_id))
    told = await mails_to(site.db, user_id)
    assert {"factor_set", "code_used", "codes_renewed", "factor_moved"} <= set(told)
    user = await signed_in(site, "budi@mentorinaja.test")
    assert (await user.get("/user/profile/verifikasi")).status_code == 404
    await user.get("/user/profile")
    assert "Verifikasi dua langkah" not in user.text and "Meja admin" not in user.text


async def test_an_admin_who_lost_everything_is_let_in_anew_by_another_one(db: Database) -> None:
    viewer, _, fresh = await with_device(db, await make_desk_account(db))
    other = await make_admin(db, "Admin Kedua")
    reason = "Ponsel hilang, dikenali lewat telepon"
    for who, whom, refusal in (
        (viewer, viewer.id, NoFactor),
        (other, other.id, NoFactor),
        (viewer, other.id, NoFactor),
        (Viewer(await make_account(db), "", "", "user", "Asia/Jakarta", 0), viewer.id, NotThere),
    ):
        with pytest.raises(refusal):
            await actions.reset_totp(db, who, whom, reason)
    waiting = await challenges.begin(db, vault_of(db), viewer.id, HOME, "/")
    await actions.reset_totp(db, other, viewer.id, reason)
    assert await db.fetchval(COUNT) == 0 and await challenges.find(db, waiting) is None
    assert (await mails_to(db, viewer.id))[-1] == "factor_reset"
    row = await db.fetchrow(
        "SELECT actor_id, subject, reason FROM audit_log WHERE action = 'user.totp_reset'"
    )
    assert row is not None and tuple(row) == (other.id, str(viewer.id), reason)
    with pytest.raises(WrongCode):
        await answer(db, viewer.id, fresh[0])
    again = await challenges.find(db, await challenges.begin(db, vault_of(db), viewer.id, HOME, "/"))
    assert again is not None and again.is_first


async def test_an_admins_sign_in_ends_after_a_working_day_and_when_nobody_is_there(db: Database) -> None:
    viewer, _, fresh = await with_device(db, await make_desk_account(db))
    with pytest.raises(CodeNeeded):
        await actions.open_session(db, viewer.id, HOME)
    assert isinstance(await actions.sign_in(db, ADMIN, PASSWORD, HOME, remember=True), HalfWay)
    token = (await answer(db, viewer.id, fresh[0])).signed_in.token
    seen = "UPDATE login_sessions SET last_seen_at = app_now()"
    for _ in range(16):
        await db.execute(seen)
        await clock.shift(db, timedelta(minutes=29))
        assert await queries.find_viewer(db, token_hash(token)) is not None
    await db.execute(seen)
    await clock.shift(db, timedelta(minutes=17))
    assert await queries.find_viewer(db, token_hash(token)) is None, "eight hours are over"
    token = (await answer(db, viewer.id, fresh[1])).signed_in.token
    await clock.shift(db, timedelta(minutes=31))
    assert await queries.find_viewer(db, token_hash(token)) is None, "nobody has been there for half an hour"
    user = await make_account(db, "budi@mentorinaja.test")
    signed = await actions.sign_in(db, "budi@mentorinaja.test", PASSWORD, HOME)
    assert not isinstance(signed, HalfWay)
    await clock.shift(db, timedelta(hours=9))
    assert await queries.find_viewer(db, token_hash(signed.token)) is not None, "others stay"
    await db.execute("UPDATE users SET role = 'admin' WHERE id = $1", user)
    assert await queries.find_viewer(db, token_hash(signed.token)) is None, (
        "who becomes an admin signs in anew"
    )
    await db.execute(
        "UPDATE login_sessions SET ended_at = NULL, expires_at = app_now() + interval '1 hour' WHERE user_id = $1",
        user,
    )
    assert await queries.find_viewer(db, token_hash(signed.token)) is None, "and never without a code"
    await db.execute("UPDATE login_sessions SET ended_at = app_now() WHERE user_id = $1", user)


async def test_what_is_sensitive_waits_for_a_password_that_was_given_lately(db: Database) -> None:
    viewer, secret, _ = await with_device(db, await make_desk_account(db))
    assert await queries.confirmed_lately(db, viewer.session_id)
    vault = vault_of(db)
    token = await challenges.begin(db, vault, viewer.id, HOME, "/")
    await clock.shift(db, timedelta(minutes=9))
    challenge = await challenges.find(db, token)
    assert challenge is not None
    code = await code_now(db, secret, viewer.id)
    passed = await challenges.answer(db, vault, challenge, code, HOME, replaces=None)
    late = await queries.find_viewer(db, token_hash(passed.signed_in.token))
    assert late is not None and await queries.confirmed_lately(db, late.session_id)
    await clock.shift(db, timedelta(minutes=2))
    assert not await queries.confirmed_lately(db, late.session_id), (
        "it counts from the password, not from the code"
    )
    with pytest.raises(WrongPassword):
        await actions.confirm(db, late, "bukan yang ini")
    assert not await queries.confirmed_lately(db, late.session_id)
    await actions.confirm(db, late, PASSWORD)
    assert await queries.confirmed_lately(db, late.session_id)
    token = await challenges.begin(db, vault, viewer.id, HOME, "/")
    await clock.shift(db, timedelta(minutes=11))
    assert await challenges.find(db, token) is None


async def _at_once(db: Database, viewer: Viewer, code: str) -> list[str]:
    found = await asyncio.gather(*(answer(db, viewer.id, code) for _ in range(4)), return_exceptions=True)
    return sorted(type(one).__name__ for one in found)


async def test_a_code_that_is_sent_many_times_at_once_signs_in_once(db: Database) -> None:
    viewer, secret, fresh = await with_device(db, await make_desk_account(db))
    once = ["Passed", "WrongCode", "WrongCode", "WrongCode"]
    assert await _at_once(db, viewer, await code_now(db, secret, viewer.id)) == once
    assert await _at_once(db, viewer, fresh[0]) == once


async def test_without_the_condition_a_code_would_sign_in_many_times(
    unchecked_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    viewer, secret, fresh = await with_device(unchecked_db, await make_desk_account(unchecked_db))
    monkeypatch.setattr(factors, "_TAKE_STEP", factors._TAKE_STEP.replace("AND last_step < $2", ""))
    monkeypatch.setattr(factors, "_TAKE_CODE", factors._TAKE_CODE.replace("AND used_at IS NULL", ""))
    often = ["Passed"] * 4
    assert await _at_once(unchecked_db, viewer, await code_now(unchecked_db, secret, viewer.id)) == often
    assert await _at_once(unchecked_db, viewer, fresh[0]) == often


async def test_two_browsers_that_set_a_device_up_at_once_are_one_device(db: Database) -> None:
    user_id, vault = await make_desk_account(db), vault_of(db)
    offers = [
        await challenges.find(db, await challenges.begin(db, vault, user_id, HOME, "/")) for _ in range(2)
    ]

    async def take(challenge: challenges.Challenge | None) -> challenges.Passed:
        assert challenge is not None and challenge.offered is not None
        code = codes.app_code(vault.open(challenge.offered), codes.step_at(codes.real_now()))
        return await challenges.answer(db, vault, challenge, codes.normal_code(code), HOME, replaces=None)

    found = await asyncio.gather(*map(take, offers), return_exceptions=True)
    assert sorted(type(one).__name__ for one in found) == ["ChallengeOver", "Passed"]
    assert await db.fetchval(COUNT) == 1 and await db.fetchval("SELECT count(*) FROM recovery_codes") == 10
