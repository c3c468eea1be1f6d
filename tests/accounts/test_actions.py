"""Registering, signing in and recovering, against a real database."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from argon2 import PasswordHasher

from mentorinaja import clock
from mentorinaja.accounts import actions, passwords, queries, rules, sessions
from mentorinaja.accounts.actions import Device, NewAccount
from mentorinaja.accounts.problems import EmailTaken, LinkOver, NotAnAccount, Suspended, WrongPassword
from mentorinaja.accounts.tokens import make_link
from mentorinaja.db.pool import Database
from mentorinaja.errors import TooMany
from mentorinaja.web.auth import token_hash
from mentorinaja.web.limits import count_hit
from tests.support.accounts import HOME, PASSWORD, make_account
from tests.support.config import SECRET

BUDI = "budi@mentorinaja.test"
ELSEWHERE = Device("198.51.100.20", "Tests")


async def viewer_of(db: Database, token: str) -> int | None:
    viewer = await queries.find_viewer(db, token_hash(token))
    return viewer.id if viewer else None


async def guess(
    db: Database, device: Device, *, email: str = BUDI, password: str = "tebakan yang salah"
) -> str:
    try:
        await actions.sign_in(db, email, password, device)
    except (WrongPassword, TooMany) as problem:
        return type(problem).__name__
    return "SignedIn"


async def test_an_account_is_made_with_the_consent_it_gave_and_a_mail_to_confirm(db: Database) -> None:
    user_id = await make_account(db, BUDI, verified=False)
    row = await db.fetchrow("SELECT * FROM users WHERE id = $1", user_id)
    assert row is not None
    assert (row["role"], row["phone"], row["terms_version"]) == (
        "user",
        "+6281234567890",
        rules.TERMS_VERSION,
    )
    assert row["email_verified_at"] is None and row["terms_accepted_at"] is not None
    assert row["password_hash"].startswith("$argon2id$") and PASSWORD not in row["password_hash"]
    assert await db.fetchval("SELECT kind FROM outbox WHERE user_id = $1", user_id) == "verify"


async def test_one_address_is_one_account_whatever_its_capitals(db: Database) -> None:
    await make_account(db, BUDI)
    with pytest.raises(EmailTaken):
        await make_account(db, "BUDI@mentorinaja.TEST")


async def test_many_registering_one_address_at_once_make_one_account(db: Database) -> None:
    results = await asyncio.gather(*(make_account(db, BUDI) for _ in range(12)), return_exceptions=True)
    assert [type(result) for result in results].count(EmailTaken) == 11
    assert await db.fetchval("SELECT count(*) FROM users") == 1


async def test_who_knows_the_password_is_signed_in_with_a_token_only_the_browser_has(db: Database) -> None:
    user_id = await make_account(db, BUDI)
    signed_in = await actions.sign_in(db, "Budi@Mentorinaja.TEST", PASSWORD, HOME)
    assert await viewer_of(db, signed_in.token) == user_id and signed_in.max_age is None
    row = await db.fetchrow("SELECT token_hash, address::text FROM login_sessions")
    assert row is not None and row["token_hash"] == token_hash(signed_in.token)
    assert row["address"] == "203.0.113.7/32"
    assert len(signed_in.token) >= 43  # 256 bits


async def test_wrong_password_and_unknown_address_are_told_alike(db: Database) -> None:
    await make_account(db, BUDI)
    with pytest.raises(WrongPassword) as wrong:
        await actions.sign_in(db, BUDI, "bukan ini juga", HOME)
    with pytest.raises(WrongPassword) as unknown:
        await actions.sign_in(db, "siapa@mentorinaja.test", "bukan ini juga", HOME)
    assert str(wrong.value) == str(unknown.value)


async def test_wrong_password_and_unknown_address_take_the_same_work(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make_account(db, BUDI)
    real, costs = passwords._verify, list[list[str]]()

    def counted(stored: str, password: str) -> bool:
        costs[-1].append(stored.rsplit("$", 2)[0])  # the algorithm and its parameters, without salt and hash
        return real(stored, password)

    monkeypatch.setattr(passwords, "_verify", counted)
    for email in (BUDI, "siapa@mentorinaja.test"):
        costs.append([])
        await guess(db, HOME, email=email)
    known, unknown = costs
    assert known == unknown and len(known) == 1


async def test_a_suspended_person_is_told_so_and_only_with_the_right_password(db: Database) -> None:
    await make_account(db, BUDI)
    signed_in = await actions.sign_in(db, BUDI, PASSWORD, HOME)
    await db.execute("UPDATE users SET suspended_at = app_now()")
    assert await viewer_of(db, signed_in.token) is None
    with pytest.raises(Suspended):
        await actions.sign_in(db, BUDI, PASSWORD, HOME)
    assert await guess(db, HOME) == "WrongPassword"


async def test_a_sign_in_ends_the_one_the_browser_had(db: Database) -> None:
    user_id = await make_account(db, BUDI)
    first = await actions.sign_in(db, BUDI, PASSWORD, HOME)
    second = await actions.sign_in(db, BUDI, PASSWORD, HOME, replaces=first.token)
    assert second.token != first.token
    assert await viewer_of(db, first.token) is None and await viewer_of(db, second.token) == user_id


async def test_signing_out_ends_the_session_on_the_server(db: Database) -> None:
    await make_account(db, BUDI)
    signed_in = await actions.sign_in(db, BUDI, PASSWORD, HOME)
    await actions.sign_out(db, signed_in.token)
    assert await viewer_of(db, signed_in.token) is None


@pytest.mark.parametrize(("remember", "lasts"), [(False, timedelta(hours=12)), (True, timedelta(days=30))])
async def test_a_sign_in_lasts_as_long_as_it_was_asked_to(
    db: Database, remember: bool, lasts: timedelta
) -> None:
    user_id = await make_account(db, BUDI)
    signed_in = await actions.sign_in(db, BUDI, PASSWORD, HOME, remember=remember)
    assert signed_in.max_age == (lasts.total_seconds() if remember else None)
    await clock.shift(db, lasts - timedelta(minutes=1))
    assert await viewer_of(db, signed_in.token) == user_id
    await clock.shift(db, timedelta(minutes=2))
    assert await viewer_of(db, signed_in.token) is None


async def test_a_password_hashed_with_weaker_parameters_is_hashed_anew(db: Database) -> None:
    user_id = await make_account(db, BUDI)
    weak = PasswordHasher(time_cost=1, memory_cost=8_192, parallelism=1).hash(PASSWORD)
    await db.execute("UPDATE users SET password_hash = $1", weak)
    await actions.sign_in(db, BUDI, PASSWORD, HOME)
    stored = await db.fetchval("SELECT password_hash FROM users WHERE id = $1", user_id)
    assert stored != weak and not passwords.outdated(stored)
    await actions.sign_in(db, BUDI, PASSWORD, HOME)


async def test_no_transaction_waits_for_a_password_to_be_computed(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    watcher = await Database.connect(db.dsn, 2)
    compute, open_meanwhile = passwords._in_thread, []

    async def watched(work: Any) -> Any:
        open_meanwhile.append(
            await watcher.fetchval(
                """SELECT count(*) FROM pg_stat_activity
                   WHERE datname = current_database() AND state LIKE 'idle in transaction%'"""
            )
        )
        return await compute(work)

    monkeypatch.setattr(passwords, "_in_thread", watched)
    try:
        user_id = await make_account(db, BUDI)
        await actions.sign_in(db, BUDI, PASSWORD, HOME)
        await actions.change_password(db, user_id, 0, PASSWORD, "password baru saya")
        token, now = await reset_token(db, user_id), await clock.now(db)
        await actions.reset_password(db, SECRET, token, PASSWORD, now)
    finally:
        await watcher.close()
    assert open_meanwhile == [0] * 5


async def test_one_address_may_guess_at_one_account_ten_times(db: Database) -> None:
    await make_account(db, BUDI)
    assert [await guess(db, HOME) for _ in range(12)] == ["WrongPassword"] * 10 + ["TooMany"] * 2
    assert await guess(db, HOME, password=PASSWORD) == "TooMany"
    assert await guess(db, ELSEWHERE, password=PASSWORD) == "SignedIn"
    await clock.shift(db, timedelta(minutes=15))
    assert await guess(db, HOME, password=PASSWORD) == "SignedIn"


async def test_guesses_at_once_over_two_processes_are_counted_together(db: Database) -> None:
    await make_account(db, BUDI)
    other = await Database.connect(db.dsn, 4)
    try:
        results = await asyncio.gather(*(guess(db if n % 2 else other, HOME) for n in range(40)))
    finally:
        await other.close()
    assert results.count("WrongPassword") == 10


async def test_unknown_addresses_are_throttled_like_known_ones(db: Database) -> None:
    results = [await guess(db, HOME, email="siapa@mentorinaja.test") for _ in range(11)]
    assert results == ["WrongPassword"] * 10 + ["TooMany"]


async def test_right_passwords_do_not_count(db: Database) -> None:
    await make_account(db, BUDI)
    for _ in range(25):
        assert await guess(db, HOME, password=PASSWORD) == "SignedIn"


async def test_one_address_may_guess_at_all_accounts_a_hundred_times(db: Database) -> None:
    await db.execute(
        """INSERT INTO rate_limits VALUES ('sign-in:address', '203.0.113.7',
             to_timestamp(floor(extract(epoch FROM app_now()) / 900) * 900), 99)"""
    )
    assert [await guess(db, HOME, email=f"a{n}@x.id") for n in range(3)] == [
        "WrongPassword",
        "TooMany",
        "TooMany",
    ]


async def test_an_account_attacked_from_everywhere_stays_open_to_its_owner(db: Database) -> None:
    await make_account(db, BUDI)
    assert await guess(db, HOME, password=PASSWORD) == "SignedIn"
    attack = [await guess(db, Device(f"198.51.100.{n}", "")) for n in range(40)]
    assert attack[:20] == ["WrongPassword"] * 20
    assert attack[20:].count("WrongPassword") <= 6  # three a minute; the minute may turn while the test runs
    assert await guess(db, HOME, password=PASSWORD) == "SignedIn"


async def test_a_new_device_of_an_attacked_owner_gets_in_after_a_reset(db: Database) -> None:
    user_id = await make_account(db, BUDI)
    for n in range(30):
        await guess(db, Device(f"198.51.100.{n}", ""))
    assert await guess(db, ELSEWHERE, password=PASSWORD) == "TooMany"
    now = await clock.now(db)
    known = await queries.credentials_of(db, user_id)
    assert known is not None
    token = make_link(SECRET, "reset", user_id, known.binding, now + timedelta(minutes=30))
    await actions.reset_password(db, SECRET, token, "password baru saya", now)
    assert await guess(db, ELSEWHERE, password="password baru saya") == "SignedIn"


async def test_counters_know_no_addresses_of_people(db: Database) -> None:
    await guess(db, HOME)
    subjects = [row["subject"] for row in await db.fetch("SELECT subject FROM rate_limits")]
    assert subjects and not any("budi" in subject for subject in subjects)


async def test_another_password_ends_every_other_session(db: Database) -> None:
    user_id = await make_account(db, BUDI)
    here, there = [await actions.sign_in(db, BUDI, PASSWORD, HOME) for _ in range(2)]
    viewer = await queries.find_viewer(db, token_hash(here.token))
    assert viewer is not None
    with pytest.raises(WrongPassword):
        await actions.change_password(db, user_id, viewer.session_id, "bukan ini juga", "password baru saya")
    assert await viewer_of(db, there.token) == user_id
    await actions.change_password(db, user_id, viewer.session_id, PASSWORD, "password baru saya")
    assert await viewer_of(db, here.token) == user_id and await viewer_of(db, there.token) is None
    assert await guess(db, HOME, password=PASSWORD) == "WrongPassword"
    assert await guess(db, HOME, password="password baru saya") == "SignedIn"


async def test_the_old_password_cannot_be_guessed_from_a_stolen_session(db: Database) -> None:
    user_id = await make_account(db, BUDI)
    for _ in range(10):
        with pytest.raises(WrongPassword):
            await actions.change_password(db, user_id, 0, "bukan ini juga", "password baru saya")
    with pytest.raises(TooMany):
        await actions.change_password(db, user_id, 0, PASSWORD, "password baru saya")


async def reset_token(db: Database, user_id: int) -> str:
    known = await queries.credentials_of(db, user_id)
    assert known is not None
    return make_link(SECRET, "reset", user_id, known.binding, await clock.now(db) + rules.RESET_WITHIN)


async def test_a_reset_link_serves_once_also_when_used_twice_at_the_same_time(db: Database) -> None:
    user_id = await make_account(db, BUDI)
    old = await actions.sign_in(db, BUDI, PASSWORD, HOME)
    token, now = await reset_token(db, user_id), await clock.now(db)
    uses = [actions.reset_password(db, SECRET, token, f"password baru {n}", now) for n in range(6)]
    results = await asyncio.gather(*uses, return_exceptions=True)
    assert [type(result) for result in results].count(LinkOver) == 5
    assert await viewer_of(db, old.token) is None
    winner = results.index(None)
    assert await guess(db, HOME, password=f"password baru {winner}") == "SignedIn"


async def test_a_reset_link_is_over_after_half_an_hour_and_after_any_other_change(db: Database) -> None:
    user_id = await make_account(db, BUDI)
    token, now = await reset_token(db, user_id), await clock.now(db)
    with pytest.raises(LinkOver):
        await actions.check_reset(db, SECRET, token, now + timedelta(minutes=31))
    await actions.check_reset(db, SECRET, token, now + timedelta(minutes=29))
    await actions.change_password(db, user_id, 0, PASSWORD, "password baru saya")
    with pytest.raises(LinkOver):
        await actions.check_reset(db, SECRET, token, now)
    token = await reset_token(db, user_id)
    await db.execute("UPDATE users SET email = 'pindah@mentorinaja.test' WHERE id = $1", user_id)
    with pytest.raises(LinkOver):  # whoever reads the mailbox that was left
        await actions.check_reset(db, SECRET, token, now)


async def test_a_reset_asked_for_nobody_queues_no_mail(db: Database) -> None:
    now = await clock.now(db)
    await actions.send_reset(db, "siapa@mentorinaja.test", now)
    assert await db.fetchval("SELECT count(*) FROM outbox") == 0
    user_id = await make_account(db, BUDI)
    await actions.send_reset(db, "BUDI@mentorinaja.test", now)
    await actions.send_reset(db, BUDI, now)
    assert [tuple(row) for row in await db.fetch("SELECT kind, user_id FROM outbox")] == [("reset", user_id)]


async def test_a_verification_link_confirms_the_address_it_was_sent_to(db: Database) -> None:
    user_id = await make_account(db, BUDI, verified=False)
    now = await clock.now(db)
    token = make_link(SECRET, "verify", user_id, BUDI, now + rules.VERIFY_WITHIN)
    with pytest.raises(LinkOver):
        await actions.verify_email(db, SECRET, token, now + timedelta(days=3, seconds=1))
    await actions.verify_email(db, SECRET, token, now + timedelta(days=2))
    account = await queries.account_for(db, user_id)
    assert account is not None and account.email_verified
    await db.execute("UPDATE users SET email = 'lain@mentorinaja.test'")
    with pytest.raises(LinkOver):
        await actions.verify_email(db, SECRET, token, now)


async def test_an_admin_is_made_with_the_same_care(db: Database) -> None:
    good = {
        "email": "admin@mentorinaja.test",
        "full_name": "Admin",
        "phone": "0811 000 0000",
        "password": PASSWORD,
    }
    for wrong in ({"email": "admin"}, {"phone": "1"}, {"password": "password123"}, {"full_name": "  "}):
        with pytest.raises(NotAnAccount):
            await actions.create_admin(db, **{**good, **wrong})
    user_id = await actions.create_admin(db, **good)
    assert await db.fetchval("SELECT role FROM users WHERE id = $1", user_id) == "admin"
    with pytest.raises(EmailTaken):
        await actions.create_admin(db, **good)


async def test_what_is_long_over_is_forgotten(db: Database) -> None:
    await make_account(db, BUDI)
    await actions.sign_in(db, BUDI, PASSWORD, HOME)
    await sessions.forget_old_sessions(db)
    assert await db.fetchval("SELECT count(*) FROM login_sessions") == 1
    await clock.shift(db, timedelta(days=91))
    await sessions.forget_old_sessions(db)
    assert await db.fetchval("SELECT count(*) FROM login_sessions") == 0


async def test_a_name_may_be_anything_a_person_is_called(db: Database) -> None:
    name = "Ni Luh <b>“Ayu”</b> 😀 D'Angelo"
    user_id = await actions.register(db, NewAccount(name, BUDI, "+6281234567890", PASSWORD))
    account = await queries.account_for(db, user_id)
    assert account is not None and account.full_name == name


async def test_without_the_constraint_many_registering_at_once_make_many_accounts(
    unchecked_db: Database,
) -> None:
    await unchecked_db.execute("ALTER TABLE users DROP CONSTRAINT users_email_key")
    await asyncio.gather(*(make_account(unchecked_db, BUDI) for _ in range(12)), return_exceptions=True)
    assert await unchecked_db.fetchval("SELECT count(*) FROM users") > 1


async def test_without_counting_first_guesses_at_once_slip_through(db: Database) -> None:
    async def naive_guess() -> bool:
        hits = await db.fetchval("SELECT coalesce(max(hits), 0) FROM rate_limits WHERE action = 'naive'")
        await passwords.matches(None, "tebakan yang salah")
        await count_hit(db, "naive", "budi", most=10, seconds=900)
        return bool(hits < 10)

    assert sum(await asyncio.gather(*(naive_guess() for _ in range(40)))) > 10
