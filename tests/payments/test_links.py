"""Meeting links: what is pasted, what is withdrawn or expires while sessions have it, and when too few are left."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from mentorinaja import clock
from mentorinaja.db.invariants import broken
from mentorinaja.db.pool import Connection, Database
from mentorinaja.errors import NotThere
from mentorinaja.payments import actions, link_queries, links
from mentorinaja.payments.link_actions import LinkDecided, PasteChanged, watch_stock
from mentorinaja.payments.link_rules import LONGEST, good, read_lines
from tests.support.bookings import book, make_seller, make_user, slot_in
from tests.support.desk import make_admin
from tests.support.payments import pay

REASON = "Ruangnya bocor ke orang lain."
WAITS_FOR_A_LINK = """SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()
  AND wait_event_type = 'Lock' AND query LIKE '%meeting_links_pool WHERE id = $1 FOR NO KEY UPDATE%')"""


def url(name: object) -> str:
    return f"https://meet.test/{name}"


async def unpaid_video(db: Database, **ahead: float) -> str:
    """A video session that waits for its money; its order."""
    seller = await make_seller(db, category="online_video")
    return await book(db, await make_user(db), seller, await slot_in(db, **(ahead or {"days": 2})))


async def sold_video(db: Database, **ahead: float) -> str:
    """A paid video session; its order."""
    public_id = await unpaid_video(db, **ahead)
    await pay(db, public_id)
    return public_id


async def link_of(db: Database, public_id: str) -> str | None:
    found: str | None = await db.fetchval(
        """SELECT l.url FROM orders o JOIN bookings b ON b.order_id = o.id
             JOIN meeting_link_uses u ON u.booking_id = b.id JOIN meeting_links_pool l ON l.id = u.link_id
           WHERE o.public_id = $1""",
        public_id,
    )
    return found


async def id_of(db: Database, link: str) -> int:
    found: int = await db.fetchval("SELECT id FROM meeting_links_pool WHERE url = $1", link)
    return found


async def told(db: Database, kind: str) -> list[tuple[str, int]]:
    """To whom a kind of mail was written, with its versions."""
    rows = await db.fetch(
        """SELECT u.role, x.version FROM outbox x JOIN users u ON u.id = x.user_id WHERE x.kind = $1
           ORDER BY x.version, u.role""",
        kind,
    )
    return [(row["role"], row["version"]) for row in rows]


def test_every_line_that_is_pasted_is_looked_at() -> None:
    wrong = {
        "http://meet.test/a": "https",
        "meet.test/a": "https",
        "https://meet.test/a b": "spasi",
        "https://meet.test/a\u200b": "terlihat",
        "https://meet.test/a\x07": "terlihat",
        "https://meet/a": "lengkap",
        "https://[meet.test/a": "lengkap",
        "https://méét.test/a": "lengkap",
        'https://meet.test/a"b': "lengkap",
        "https://budi@meet.test/a": "pengguna",
        "https://meet.test": "ruang",
        "https://meet.test/": "ruang",
        "https://meet.test/" + "a" * LONGEST: "panjang",
        "javascript:alert(1)": "https",
    }
    lines = read_lines("\r\n".join([url("a"), "", *wrong, "  https://MEET.test/a  ", url("A")]))
    assert good(lines) == [url("a"), url("A")], "letters count in a path, not in a host"
    assert [line.number for line in lines] == [1, *range(3, len(wrong) + 5)]
    for line, words in zip(lines[1:-2], wrong.values(), strict=True):
        assert words in line.problem, line
    assert lines[-2].problem == "Sama dengan baris 1."


async def test_what_is_in_the_pool_already_is_named_and_nothing_is_added_twice(db: Database) -> None:
    admin = await make_admin(db)
    assert await actions.add_pasted(db, admin, [url("a")], reusable=False, expires_at=None) == 1
    public_id = await sold_video(db)
    lines = await link_queries.look_over(db, f"{url('a')}\n{url('b')}")
    assert lines[0].problem == f"Sudah ada di persediaan: untuk sesi mendatang ({public_id})."
    assert (lines[0].known, good(lines)) == (await id_of(db, url("a")), [url("b")])
    with pytest.raises(PasteChanged):
        await actions.add_pasted(db, admin, [url("c"), url("a")], reusable=False, expires_at=None)
    assert await db.fetchval("SELECT count(*) FROM meeting_links_pool") == 1, "all or none"
    with pytest.raises(NotThere):
        await actions.add_pasted(db, await make_user(db), [url("c")], reusable=False, expires_at=None)
    row = await db.fetchrow("SELECT action, detail FROM audit_log")
    assert row is not None
    assert (row["action"], row["detail"]["count"]) == ("links.added", 1)
    queued = "SELECT count(*) FROM pgqueuer WHERE entrypoint = 'payments.fill_links'"
    assert await db.fetchval(queued) == 1, "sessions that wait are filled at once"


async def test_a_withdrawn_link_is_taken_from_the_sessions_to_come_and_both_are_told(db: Database) -> None:
    admin = await make_admin(db)
    await actions.add_links(db, [url("a")])
    public_id = await sold_video(db)
    await actions.add_links(db, [url("b")])
    first = await id_of(db, url("a"))
    done = await actions.retire_link(db, admin, first, REASON)
    assert (done.replaced, done.waiting) == ((public_id,), ())
    assert await link_of(db, public_id) == url("b")
    assert await told(db, "link_changed") == [("expert", 1), ("user", 1)]
    with pytest.raises(LinkDecided, match="Admin MentorinAja sudah menarik"):
        await actions.retire_link(db, await make_admin(db, "Admin Kedua"), first, REASON)
    # None is left for the next: the session waits, and both know.
    done = await actions.retire_link(db, admin, await id_of(db, url("b")), REASON)
    assert (done.replaced, done.waiting, await link_of(db, public_id)) == ((), (public_id,), None)
    # What a session knew is nobody else's, withdrawn or not.
    assert await actions.restore_link(db, admin, first, REASON) == "used"
    assert await links.fill_links(db) == 0
    with pytest.raises(LinkDecided):
        await actions.restore_link(db, admin, first, REASON)
    await actions.add_links(db, [url("c")])
    assert (await links.fill_links(db), await link_of(db, public_id)) == (1, url("c"))
    assert len(await told(db, "link_changed")) == 6
    assert [row["action"] for row in await db.fetch("SELECT action FROM audit_log ORDER BY id")] == [
        "link.retired", "link.retired", "link.restored",
    ]  # fmt: skip


async def test_an_expired_link_is_not_given_and_sessions_that_outlive_theirs_get_another(
    db: Database,
) -> None:
    admin, now = await make_admin(db), await clock.now(db)
    await actions.add_pasted(db, admin, [url("a")], reusable=False, expires_at=now + timedelta(days=3))
    await actions.add_pasted(db, admin, [url("z")], reusable=True, expires_at=now + timedelta(days=1))
    later = await sold_video(db, days=5)
    sooner = await sold_video(db, days=2)
    assert (await link_of(db, later), await link_of(db, sooner)) == (None, url("a"))
    assert await actions.set_link_expiry(db, admin, await id_of(db, url("a")), now + timedelta(hours=30)) == 1
    assert (await link_queries.link_stock(db)).misfits == 1
    assert await links.renew_links(db) == 0
    assert await link_of(db, sooner) == url("a"), "better than none"
    await actions.add_links(db, [url("b"), url("c")])
    assert (await links.fill_links(db), await links.renew_links(db), await links.renew_links(db)) == (1, 1, 0)
    assert {await link_of(db, later), await link_of(db, sooner)} == {url("b"), url("c")}
    await clock.shift(db, timedelta(days=2))
    stock = await link_queries.link_stock(db)
    assert (stock.free, stock.reusable, stock.expired, stock.misfits) == (0, 0, 1, 0)
    spent = await link_queries.link_by_id(db, await id_of(db, url("a")))
    assert spent is not None and (spent.state, spent.uses) == ("used", ())


async def test_admins_are_told_once_each_time_the_links_run_low_and_daily_while_sessions_wait(
    db: Database,
) -> None:
    await make_admin(db)
    await watch_stock(db)
    assert await told(db, "links_low") == [], "nobody offers sessions by video"
    await actions.add_links(db, map(url, range(10)))
    await make_seller(db, category="online_video")
    await watch_stock(db)
    assert await told(db, "links_low") == []
    await sold_video(db)
    await asyncio.gather(*(watch_stock(db) for _ in range(4)))
    await watch_stock(db)
    assert len(await told(db, "links_low")) == 1
    await actions.add_links(db, [url("x")])
    await watch_stock(db)
    await sold_video(db)
    await watch_stock(db)
    assert len(await told(db, "links_low")) == 2
    await db.execute("UPDATE meeting_links_pool SET retired_at = app_now() WHERE spent_at IS NULL")
    await watch_stock(db)
    assert len(await told(db, "links_low")) == 2, "none waits yet"
    await sold_video(db)
    for days, mails in ((0, 3), (0, 3), (1, 4)):
        await clock.shift(db, timedelta(days=days))
        await watch_stock(db)
        assert len(await told(db, "links_low")) == mails, f"{mails}: a paid session waits"


async def test_the_last_link_wanted_by_many_while_it_is_withdrawn_stays_with_nobody(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin, wanting = await make_admin(db), [await unpaid_video(db) for _ in range(6)]
    await actions.add_links(db, [url("last")])
    link_id, take = await id_of(db, url("last")), links._take
    withdrawing: list[asyncio.Task[Any]] = []

    async def taken(tx: Connection, booking_id: UUID, free: int) -> bool:
        """Whoever has the link's row waits until the admin waits for it."""
        withdrawing.append(asyncio.create_task(actions.retire_link(db, admin, link_id, REASON)))
        async with asyncio.timeout(30):
            while not await db.fetchval(WAITS_FOR_A_LINK):
                await asyncio.sleep(0.01)
        return await take(tx, booking_id, free)

    monkeypatch.setattr("mentorinaja.payments.links._take", taken)
    await asyncio.gather(*(pay(db, public_id) for public_id in wanting))
    done = await withdrawing[0]
    assert len(withdrawing) == 1 and len(done.waiting) == 1
    assert [await link_of(db, public_id) for public_id in wanting] == [None] * 6


async def test_who_looks_for_the_sessions_before_holding_the_link_misses_one(unchecked_db: Database) -> None:
    """The twin: the same withdrawal, but the link's row is taken only when it is written."""
    db, public_id = unchecked_db, await unpaid_video(unchecked_db)
    await actions.add_links(db, [url("last")])
    link_id, looked, paid = await id_of(db, url("last")), asyncio.Event(), asyncio.Event()

    async def withdraw() -> None:
        async with db.transaction() as tx:
            held = await tx.fetch(f"SELECT b.id {link_queries.UPCOMING} AND u.link_id = $1", link_id)
            looked.set()
            await paid.wait()
            await tx.execute("UPDATE meeting_links_pool SET retired_at = app_now() WHERE id = $1", link_id)
            for row in held:
                await tx.execute("DELETE FROM meeting_link_uses WHERE booking_id = $1", row["id"])

    async def give() -> None:
        await looked.wait()
        await pay(db, public_id)
        paid.set()

    async with asyncio.timeout(30):
        await asyncio.gather(withdraw(), give())
    assert await link_of(db, public_id) == url("last")
    assert (await broken(db))["B4_nobody_has_a_withdrawn_link"]
