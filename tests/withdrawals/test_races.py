"""Two at once, in one process and in two: one effect, and the twin without the lock that shows the damage."""

import asyncio
from collections import Counter
from contextlib import AsyncExitStack
from typing import Any
from uuid import uuid4

import httpx
import pytest

from mentorinaja.db.invariants import broken
from mentorinaja.db.pool import Connection, Database
from mentorinaja.ledger import actions as ledger
from mentorinaja.ledger.actions import Purse
from mentorinaja.web.viewer import Viewer
from mentorinaja.withdrawals import actions, deciding
from mentorinaja.withdrawals.rules import StillOpen, Undecidable, WrongAmount
from tests.support.config import make_settings
from tests.support.desk import make_admin
from tests.support.processes import web_processes
from tests.support.races import Meet
from tests.support.rooms import signed_in
from tests.support.withdrawals import ask, balances, make_earner, wish
from tests.withdrawals.forms import fields, hidden_of
from tests.withdrawals.locks import held, waiting
from tests.withdrawals.test_actions import charge_back, owed

NO_INDEX = "DROP INDEX withdrawals_one_open"
PAGE = "/expert/dashboard/withdrawals"


async def both_ask(db: Database, expert: Viewer) -> Counter[str]:
    """Two forms for Rp 100.000 each of Rp 126.000 at once; how they went."""

    async def one() -> str:
        try:
            await ask(db, expert)
        except StillOpen:
            return "still open"
        except WrongAmount:
            return "not enough"
        return "asked"

    return Counter(await asyncio.gather(one(), one()))


async def test_two_requests_at_once_are_one(db: Database) -> None:
    sari = await make_earner(db)
    for _ in range(3):
        await db.execute("DELETE FROM rate_limits")
        assert await both_ask(db, sari) == {"asked": 1, "still open": 1}
        assert (await balances(db, sari)).available == 26_000
        await give_back(db)


async def test_even_without_the_one_open_rule_they_cannot_overdraw(
    unchecked_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    db = unchecked_db
    await without_one_open(db, monkeypatch)
    sari = await make_earner(db)
    assert await both_ask(db, sari) == {"asked": 1, "not enough": 1}
    assert (await balances(db, sari)).available == 26_000


async def test_without_the_lock_they_overdraw(
    unchecked_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    db = unchecked_db
    sari = await make_earner(db)
    await without_one_open(db, monkeypatch)
    monkeypatch.setattr(ledger, "lock_balances", no_lock)
    both_looked, insert = Meet(2), actions._insert

    async def insert_together(*args: Any) -> tuple[int, str]:
        await both_looked.wait()
        return await insert(*args)

    monkeypatch.setattr(actions, "_insert", insert_together)
    assert await both_ask(db, sari) == {"asked": 2}
    assert (await balances(db, sari)).available == -74_000
    assert (await broken(db))["M8_no_balance_below_zero"]


async def test_a_request_and_a_chargeback_at_once_leave_no_balance_below_zero(db: Database) -> None:
    sari = await make_earner(db)
    outcomes = await asyncio.gather(ask(db, sari), charge_back(db), return_exceptions=True)
    earned = await balances(db, sari)
    if isinstance(outcomes[0], str):
        assert (earned.available, earned.withdrawing, await owed(db)) == (0, 100_000, 100_000)
    else:
        assert isinstance(outcomes[0], WrongAmount)
        assert (earned.available, earned.withdrawing, await owed(db)) == (0, 0, 0)


async def test_without_the_lock_a_chargeback_takes_what_was_promised(
    unchecked_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    db = unchecked_db
    sari = await make_earner(db)
    monkeypatch.setattr(ledger, "lock_balances", no_lock)
    both_looked, post = Meet(2), ledger._post

    async def post_together(tx: Connection, key: str, kind: str, *args: Any) -> bool:
        await both_looked.wait()
        return await post(tx, key, kind, *args)

    monkeypatch.setattr(ledger, "_post", post_together)
    await asyncio.gather(ask(db, sari), charge_back(db))
    assert (await balances(db, sari)).available < 0
    assert (await broken(db))["M8_no_balance_below_zero"]


async def both_decide(db: Database, admin: Viewer, public_id: str) -> Counter[str]:
    """One admin approves while another rejects; how it went."""

    async def one(decision: Any, *words: str) -> str:
        try:
            await decision(db, admin, public_id, *words)
        except Undecidable:
            return "refused"
        return "decided"

    return Counter(
        await asyncio.gather(one(actions.approve), one(actions.reject, "Nama pemilik rekening berbeda."))
    )


async def test_two_decisions_at_once_are_one(db: Database) -> None:
    admin, sari = await make_admin(db), await make_earner(db)
    for _ in range(3):
        await db.execute("DELETE FROM rate_limits")
        public_id = await ask(db, sari)
        assert await both_decide(db, admin, public_id) == {"decided": 1, "refused": 1}
        earned = await balances(db, sari)
        assert earned.available + earned.withdrawing == 126_000
        await give_back(db)


async def test_without_lock_and_guard_both_decisions_stand(
    unchecked_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    db = unchecked_db
    admin, sari = await make_admin(db), await make_earner(db)
    public_id = await ask(db, sari)
    await db.execute("DROP TRIGGER withdrawal_moves ON withdrawals")
    only_looking(monkeypatch)
    assert await both_decide(db, admin, public_id) == {"decided": 2}
    states = await db.fetch("SELECT state FROM withdrawal_steps ORDER BY id")
    assert {row["state"] for row in states} == {"requested", "processing", "rejected"}


async def test_two_processes_make_one_request_of_two(db: Database) -> None:
    """The same form twice at once is one request; two forms at once are one request and one refusal."""
    sari, dimas = await make_earner(db), await make_earner(db)
    settings = make_settings(db.dsn)
    async with web_processes(db.dsn, 2) as processes:
        clients = {}
        for expert in (sari, dimas):
            cookie = await signed_in(db, settings, expert)
            clients[expert.id] = [
                httpx.AsyncClient(base_url=process.url, cookies={cookie.key: str(cookie.value)}, timeout=20)
                for process in processes
            ]
        same, other = str(uuid4()), [str(uuid4()), str(uuid4())]
        assert await send_both(clients[sari.id], [same, same]) == [303, 303]
        assert sorted(await send_both(clients[dimas.id], other)) == [303, 409]
        for client in (*clients[sari.id], *clients[dimas.id]):
            await client.aclose()
    assert await db.fetchval("SELECT count(*) FROM withdrawals") == 2
    for expert in (sari, dimas):
        assert (await balances(db, expert)).available == 26_000


async def test_two_first_approvals_at_once_are_one_and_the_second_admin_is_still_needed(db: Database) -> None:
    """Pressed twice by one admin, and by two: it is never the same one who approves what two must approve."""
    first, second, sari = (
        await make_admin(db),
        await make_admin(db),
        await make_earner(db, 2, price=9_000_000),
    )
    public_id = await ask(db, sari, wish(10_000_001))
    outcomes = await asyncio.gather(
        *(actions.approve(db, first, public_id) for _ in range(3)), return_exceptions=True
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == [
        "NoneType",
        "Undecidable",
        "Undecidable",
    ]
    assert await db.fetchval("SELECT state FROM withdrawals") == "checked"
    await actions.take_back(db, first, public_id, "Diperiksa dulu bersama.")
    assert await asyncio.gather(*(actions.approve(db, one, public_id) for one in (first, second))) == [
        None,
        None,
    ]
    assert await db.fetchval("SELECT state FROM withdrawals") == "processing"


async def test_without_the_lock_one_admin_is_both_of_two(
    unchecked_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both looked at the request as it was; the database alone would let the second step follow the first."""
    db = unchecked_db
    first, sari = await make_admin(db), await make_earner(db, 2, price=9_000_000)
    public_id = await ask(db, sari, wish(10_000_001))
    only_looking(monkeypatch)
    await db.execute("DROP TRIGGER withdrawal_moves ON withdrawals")
    await asyncio.gather(*(actions.approve(db, first, public_id) for _ in range(2)))
    told = await db.fetchval("SELECT count(*) FROM withdrawal_steps WHERE state = 'checked'")
    assert told == 2, "the same approval was counted twice"


async def test_two_processes_take_one_decision_of_two(db: Database) -> None:
    """Two admins, each at a process of their own: the second is told what the first did."""
    first, second, sari = (
        await make_admin(db, "Admin Satu"),
        await make_admin(db, "Admin Dua"),
        await make_earner(db),
    )
    public_id = await ask(db, sari)
    here = f"/admin/withdrawals/{public_id}"
    settings = make_settings(db.dsn)
    async with web_processes(db.dsn, 2) as processes, AsyncExitStack() as stack:
        sent = []
        for process, admin, move in zip(processes, (first, second), ("approve", "reject"), strict=True):
            cookie = await signed_in(db, settings, admin)
            client = await stack.enter_async_context(
                httpx.AsyncClient(base_url=process.url, cookies={cookie.key: str(cookie.value)}, timeout=30)
            )
            form = hidden_of((await client.get(f"{here}/{move}")).text) | {"reason": "Nama pemilik berbeda."}
            sent.append((client, f"{here}/{move}", form))
        async with held(db, "withdrawals"):
            posts = [asyncio.create_task(client.post(path, data=form)) for client, path, form in sent]
            await waiting(db, len(posts))
        answers = await asyncio.gather(*posts)
    assert sorted(answer.status_code for answer in answers) == [303, 409]
    late = next(answer.text for answer in answers if answer.status_code == 409)
    assert "sudah berstatus" in late and ("Admin Satu" in late or "Admin Dua" in late)
    assert await db.fetchval("SELECT count(*) FROM withdrawal_steps") == 2
    assert await db.fetchval("SELECT count(*) FROM outbox WHERE kind = 'withdrawal'") == 2
    assert await db.fetchval("SELECT count(*) FROM audit_log") == 1


async def send_both(clients: list[httpx.AsyncClient], keys: list[str]) -> list[int]:
    """Send a form to each process at once; the statuses."""
    forms = [await fields(client, form_key=key) for client, key in zip(clients, keys, strict=True)]
    answers = await asyncio.gather(
        *(client.post(PAGE, data=form) for client, form in zip(clients, forms, strict=True))
    )
    return [answer.status_code for answer in answers]


def only_looking(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two decide on what both have seen, and nobody holds it."""
    both_looked = Meet(2)

    async def only_look(tx: Connection, public_id: str) -> deciding.Held:
        seen = await deciding._seen(tx, public_id)
        await both_looked.wait()
        return seen

    monkeypatch.setattr(deciding, "_locked", only_look)


async def no_lock(tx: Connection, expert_id: int) -> Purse:
    """What `lock_balances` answers, without the lock."""
    row = await tx.fetchrow(
        """SELECT coalesce(-sum(e.amount) FILTER (WHERE a.kind = 'expert_available'), 0)::bigint AS available,
             coalesce(sum(e.amount) FILTER (WHERE a.kind = 'expert_owed'), 0)::bigint AS owed
           FROM ledger_accounts a JOIN ledger_entries e ON e.account_id = a.id WHERE a.expert_id = $1""",
        expert_id,
    )
    assert row is not None
    return Purse(**dict(row))


async def without_one_open(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing but the balance decides whether something can be asked for."""
    await db.execute(NO_INDEX)

    def check(allowance: Any, wanted: Any) -> None:
        actions.rules.check_amount(wanted.amount, allowance.available, allowance.least)

    monkeypatch.setattr(actions, "_check", check)


async def give_back(db: Database) -> None:
    """End the open request, so that another can be made."""
    row = await db.fetchrow(
        "SELECT public_id, state FROM withdrawals WHERE state IN ('requested', 'processing')"
    )
    if row is not None:
        admin = await make_admin(db)
        end = actions.reject if row["state"] == "requested" else actions.mark_failed
        await end(db, admin, row["public_id"], "Rekening tidak ditemukan.")
