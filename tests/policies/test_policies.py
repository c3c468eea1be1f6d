"""Policies: a change is a new row, nobody can change an old one, and an order keeps what held when it was made."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from mentorinaja import clock
from mentorinaja.db.pool import Connection, Database
from mentorinaja.errors import NotThere
from mentorinaja.policies import actions, queries, rules
from mentorinaja.policies.actions import ChangedMeanwhile, NothingChanged, WrongPolicy, change
from mentorinaja.policies.rules import Policy
from tests.support.accounts import eventually
from tests.support.bookings import book, due_in, make_seller, make_user, slot_in
from tests.support.desk import make_admin
from tests.support.extensions import answer, ask, running
from tests.support.payments import pay
from tests.support.races import Meet
from tests.support.site import Browser, Site

FIRST = Policy(
    1, datetime(2020, 1, 1, tzinfo=UTC), 500, 2_000, 0, ((1440, 10_000), (180, 5_000), (0, 0)), 10_000, 10_000,
    10_000, 50_000, 10, None, "Aturan awal",
)  # fmt: skip


async def test_the_product_begins_with_the_rates_and_rules_it_promises(db: Database) -> None:
    assert await queries.current(db) == FIRST


async def test_a_change_holds_from_now_on_and_the_past_can_be_read(db: Database) -> None:
    admin = await make_admin(db)
    await clock.shift(db, timedelta(hours=1))
    made = await change(db, admin, " PPN berlaku ", tax_bps=1_100, cancel_steps=[[2880, 10_000], [0, 2_500]])
    assert made == await queries.current(db)
    assert made == replace(
        FIRST,
        id=made.id,
        since=made.since,
        tax_bps=1_100,
        cancel_steps=((2880, 10_000), (0, 2_500)),
        changed_by=admin.id,
        reason="PPN berlaku",
    )
    assert [(told.policy.id, told.by) for told in await queries.history(db)] == [
        (made.id, admin.full_name),
        (1, None),
    ]
    await clock.shift(db, None)  # a clock that was moved back does not bring the old set back
    assert await queries.current(db) == made


@pytest.mark.parametrize(
    "changes",
    [
        {"admin_fee_bps": -1},
        {"platform_fee_bps": 5_001},
        {"tax_bps": 5_001},
        {"now_bps": 10_001},
        {"thread_bps": -1},
        {"product_bps": 10_001},
        {"least_withdrawal": 0},
        {"downloads": 0},
        {"cancel_steps": []},
        {"cancel_steps": [[60, 5_000]]},
        {"cancel_steps": [[0, 0], [60, 5_000]]},
        {"cancel_steps": [[60, 5_000], [60, 4_000], [0, 0]]},
        {"cancel_steps": [[60, 5_000], [0, 6_000]]},
        {"cancel_steps": [[60, 10_001], [0, 0]]},
        {"cancel_steps": [[600_000, 5_000], [0, 0]]},
    ],
)
def test_a_set_that_makes_no_sense_is_told_by_field(changes: dict[str, object]) -> None:
    assert list(rules.problems(rules.changed(FIRST, changes))) == list(changes)


def test_the_set_of_the_beginning_makes_sense() -> None:
    assert rules.problems(FIRST) == {}
    with pytest.raises(KeyError):
        rules.changed(FIRST, {"since": None, "reason": "x"})


async def test_what_makes_no_sense_or_changes_nothing_is_not_written(db: Database) -> None:
    admin = await make_admin(db)
    for reason, changes in (
        ("Naik", {"admin_fee_bps": 5_001}),
        ("x", {"tax_bps": 1}),
        ("a\x00bc", {"tax_bps": 1}),
    ):
        with pytest.raises(WrongPolicy):
            await change(db, admin, reason, **changes)
    for changes in ({}, {"tax_bps": 0}, {"cancel_steps": [[1440, 10_000], [180, 5_000], [0, 0]]}):
        with pytest.raises(NothingChanged):
            await change(db, admin, "Tidak jadi", **changes)
    assert len(await queries.history(db)) == 1


@pytest.mark.parametrize(
    "statement", ["UPDATE policies SET tax_bps = 1", "DELETE FROM policies", "TRUNCATE policies CASCADE"]
)
async def test_a_set_that_held_stays_written(db: Database, statement: str) -> None:
    with pytest.raises(asyncpg.RestrictViolationError):
        await db.execute(statement)


async def test_two_admins_at_once_undo_nothing_of_each_other(db: Database) -> None:
    one, two = await make_admin(db), await make_admin(db)
    await asyncio.gather(
        change(db, one, "Biaya admin naik", admin_fee_bps=600), change(db, two, "PPN berlaku", tax_bps=1_100)
    )
    now = await queries.current(db)
    assert (now.admin_fee_bps, now.tax_bps) == (600, 1_100)
    assert len(await queries.history(db)) == 3


async def test_without_the_lock_one_admin_undoes_what_the_other_changed(
    unchecked_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = await make_admin(unchecked_db), await make_admin(unchecked_db)
    both_looked = Meet(2)
    look = queries.current

    async def look_together(db: Connection | Database) -> Policy:
        seen = await look(db)
        await both_looked.wait()
        return seen

    async def no_lock(_tx: Connection) -> None: ...

    monkeypatch.setattr(queries, "current", look_together)
    monkeypatch.setattr(actions, "one_at_a_time", no_lock)
    await asyncio.gather(
        change(unchecked_db, one, "Biaya admin naik", admin_fee_bps=600),
        change(unchecked_db, two, "PPN berlaku", tax_bps=1_100),
    )
    now = await look(unchecked_db)
    assert (now.admin_fee_bps, now.tax_bps) != (600, 1_100)


async def test_an_order_keeps_what_held_when_it_was_made(db: Database) -> None:
    seller, user, admin = await make_seller(db), await make_user(db), await make_admin(db)
    old = await book(db, user, seller, await slot_in(db, days=2))
    await pay(db, old)
    await change(
        db,
        admin,
        "Semua berubah",
        admin_fee_bps=1_000,
        platform_fee_bps=3_000,
        tax_bps=1_100,
        cancel_steps=[[60, 9_000], [0, 1_000]],
    )
    new = await book(db, user, seller, await slot_in(db, days=3))
    rows = await db.fetch(
        """SELECT public_id, admin_fee, total, platform_fee, expert_share, admin_fee_bps, platform_fee_bps,
             tax_bps, cancel_policy FROM orders ORDER BY id"""
    )
    assert [tuple(row) for row in rows] == [
        (
            old, 7_500, 157_500, 31_500, 126_000, 500, 2_000, 0,
            {"steps": [[1440, 10_000], [180, 5_000], [0, 0]]},
        ),
        (new, 15_000, 165_000, 49_500, 115_500, 1_000, 3_000, 1_100, {"steps": [[60, 9_000], [0, 1_000]]}),
    ]  # fmt: skip


async def test_each_kind_of_order_takes_the_rule_that_is_its_own(db: Database) -> None:
    admin = await make_admin(db)
    await change(db, admin, "Aturan sendiri", now_bps=9_000, thread_bps=8_000, product_bps=7_000)
    thread, now = await make_seller(db, minutes=None), await make_seller(db, ready=True)
    await book(db, await make_user(db), thread, await due_in(db, days=2))
    await book(db, await make_user(db), now, None)
    told = await db.fetch("SELECT cancel_policy FROM orders ORDER BY id")
    assert [row["cancel_policy"] for row in told] == [
        {"until_first_message_bps": 8_000},
        {"until_arrival_bps": 9_000},
    ]
    assert (await queries.current(db)).cancel_rule("product") == {"until_first_download_bps": 7_000}


async def test_the_admin_fee_on_an_experts_page_follows_at_once(site: Site) -> None:
    seller, admin = await make_seller(site.db), await make_admin(site.db)
    browser = await site.browser()
    assert "+ biaya admin 5%" in (await browser.get(f"/expert/{seller.slug}")).text
    await change(site.db, admin, "Biaya admin naik", admin_fee_bps=750)
    await eventually(lambda: _shows(browser, seller.slug, "+ biaya admin 7,5%"))


async def _shows(browser: Browser, slug: str, words: str) -> bool:
    return words in (await browser.get(f"/expert/{slug}")).text


async def test_a_planned_change_holds_from_its_time_on_and_is_the_only_one(db: Database) -> None:
    admin = await make_admin(db)
    now = await clock.now(db)
    for when in (now - timedelta(seconds=1), now + timedelta(days=400)):
        with pytest.raises(WrongPolicy):
            await change(db, admin, "Biaya naik", since=when, platform_fee_bps=2_500)
    begins = now + timedelta(days=3)
    made = await change(db, admin, "Biaya naik", since=begins, platform_fee_bps=2_500)
    assert (made.since, made.platform_fee_bps) == (begins, 2_500) and made.planned_at is not None
    assert await queries.current(db) == FIRST and await queries.planned(db) == made
    # While it waits there is no other: one would undo the other.
    for since in (None, begins + timedelta(days=1)):
        with pytest.raises(ChangedMeanwhile, match="direncanakan"):
            await change(db, admin, "Pajak berlaku", since=since, tax_bps=1_100)
    await clock.shift(db, timedelta(days=3, seconds=5))
    assert await queries.current(db) == made and await queries.planned(db) is None
    with pytest.raises(ChangedMeanwhile):
        await actions.withdraw(db, admin, made.id, "Tidak jadi")
    with pytest.raises(asyncpg.RestrictViolationError):
        await db.execute(
            "INSERT INTO policy_withdrawals (policy_id, withdrawn_by, reason) VALUES ($1, $2, 'Tidak jadi')",
            made.id,
            admin.id,
        )
    later = await change(db, admin, "Pajak berlaku", tax_bps=1_100)
    assert (later.platform_fee_bps, later.tax_bps) == (2_500, 1_100)


async def test_what_was_planned_can_be_withdrawn_before_it_holds(db: Database) -> None:
    admin, seller = await make_admin(db), await make_seller(db)
    begins = await clock.now(db) + timedelta(days=3)
    made = await change(db, admin, "Biaya naik", since=begins, platform_fee_bps=2_500)
    with pytest.raises(NotThere):
        await actions.withdraw(db, replace(admin, role="user"), made.id, "Tidak jadi")
    await actions.withdraw(db, admin, made.id, "Tidak jadi")
    with pytest.raises(ChangedMeanwhile):
        await actions.withdraw(db, admin, made.id, "Tidak jadi")
    await clock.shift(db, timedelta(days=4))
    assert await queries.current(db) == FIRST
    [told, _first] = await queries.history(db)
    assert told.withdrawn is not None and told.withdrawn.reason == "Tidak jadi" and told.before == FIRST
    await change(db, admin, "Pajak berlaku", tax_bps=1_100)
    [told, *_] = await queries.history(db)
    assert told.before == FIRST, "what never held changed nothing"
    await book(db, await make_user(db), seller, await slot_in(db, days=6))
    assert await db.fetchval("SELECT platform_fee_bps FROM orders") == 2_000
    for statement in ("UPDATE policy_withdrawals SET reason = 'Lain'", "DELETE FROM policy_withdrawals"):
        with pytest.raises(asyncpg.RestrictViolationError):
            await db.execute(statement)
    log = await db.fetch("SELECT action, reason, detail FROM audit_log ORDER BY id")
    assert [row["action"] for row in log] == ["policy.planned", "policy.withdrawn", "policy.changed"]
    assert log[2]["detail"]["tax_bps"] == [0, 1_100]


async def test_mentors_are_told_when_what_they_earn_changes_and_when_it_does_not_after_all(
    site: Site,
) -> None:
    seller, admin = await make_seller(site.db), await make_admin(site.db)
    gone = await make_seller(site.db)
    await site.db.execute("UPDATE experts SET status = 'draft' WHERE id = $1", gone.id)
    email = await site.db.fetchval("SELECT email::text FROM users WHERE id = $1", seller.user_id)

    async def subjects() -> list[str]:
        await site.sweep()
        return [mail.subject for mail in site.mailbox.messages_to(email)]

    await change(site.db, admin, "Pajak berlaku", tax_bps=1_100, least_withdrawal=60_000)
    assert await subjects() == [], "nothing of it is the mentors' to pay"
    begins = await clock.now(site.db) + timedelta(days=3)
    made = await change(site.db, admin, "Biaya naik", since=begins, platform_fee_bps=2_500)
    [told] = await subjects()
    assert told.startswith("Biaya layanan berubah mulai")
    [mail] = site.mailbox.messages_to(email)
    for words in (
        "tetap 5%",
        "20% menjadi 25%",
        "Rp 126.000 menjadi Rp 118.125",
        "biaya lamanya",
        "/expert/dashboard/layanan",
    ):
        assert words in mail.text and words in mail.html, words
    await actions.withdraw(site.db, admin, made.id, "Tidak jadi")
    assert (await subjects())[1:] == ["Biaya layanan tidak jadi berubah"]
    # Withdrawn before anybody was told: nobody is told either.
    made = await change(site.db, admin, "Biaya naik", since=begins, platform_fee_bps=2_500)
    await actions.withdraw(site.db, admin, made.id, "Tidak jadi")
    assert len(await subjects()) == 2
    assert await site.db.fetchval("SELECT count(*) FROM outbox WHERE kind = 'fees_changed'") == 3


async def test_more_time_costs_what_its_session_cost_whatever_holds_by_now(db: Database) -> None:
    meeting = await running(db)
    await change(
        db, await make_admin(db), "Semua naik", admin_fee_bps=900, platform_fee_bps=2_500, tax_bps=1_100
    )
    await ask(meeting)
    await answer(meeting)
    rates = await db.fetch("SELECT DISTINCT admin_fee_bps, platform_fee_bps, tax_bps FROM orders")
    assert [tuple(row) for row in rates] == [(500, 2_000, 0)]
