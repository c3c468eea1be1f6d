"""The demo world: believable, complete, made once."""

from collections import Counter
from datetime import timedelta

from mentorinaja import clock
from mentorinaja.accounts.queries import admin_by_email
from mentorinaja.admin.desks import DESKS
from mentorinaja.clock import Clock
from mentorinaja.db.pool import Database
from mentorinaja.experts.listing import find_experts
from mentorinaja.experts.rules import Search
from mentorinaja.formats import WIB, ZONE_NAMES
from mentorinaja.ledger.queries import earnings
from mentorinaja.payments.comparing import compare
from mentorinaja.payments.midtrans import Gateway
from mentorinaja.payments.queries import comparisons_due, link_stock
from mentorinaja.policies.queries import history
from mentorinaja.refunds.queries import count_ready
from mentorinaja.resources import Resources
from mentorinaja.schedule.queries import days_with_slots, ready_now
from mentorinaja.seeds import people
from mentorinaja.seeds.bank import tell_simulator
from mentorinaja.seeds.portraits import FACES
from mentorinaja.seeds.world import seed
from mentorinaja.storage import Storage
from mentorinaja.trust.actions import unlist
from mentorinaja.trust.jobs import look_again
from mentorinaja.trust.queries import facts_of
from tests.payments.conftest import simulating
from tests.support.config import make_settings
from tests.support.lists import narrowings, turn_through

STATES = {
    ("pending", "waiting"), ("confirmed", "paid"), ("completed", "paid"), ("completed", "chargeback"),
    ("cancelled", "cancelled"), ("cancelled", "expired"), ("cancelled", "failed"), ("cancelled", "paid_late"),
    ("cancelled", "refunded"), ("cancelled", "reversed"), ("cancelled", "refund_pending"),
}  # fmt: skip


async def test_the_demo_world_is_there_and_is_made_once(db: Database) -> None:
    settings = make_settings(db.dsn)
    resources = Resources(settings, db, Clock(), Gateway(settings), Storage.open(settings))
    await seed(resources)
    assert not await db.fetchval("SELECT shift FROM app_clock"), "the clock shows real time again"
    await _check_accounts(db)
    await _check_experts(db)
    await _check_sari(db)
    await _check_history(db)
    await _check_threads(db)
    await _check_changes(db)
    await _check_products(db)
    await _check_withdrawals(db)
    await _check_desk(db)
    await _check_bank(db)
    await _check_trust(resources)
    await _check_lists(db)
    before = await _all_counts(db)
    await db.execute("UPDATE experts SET ready_until = NULL")
    await seed(resources)
    assert await _all_counts(db) == before
    assert await _ready(db) == {"sari", "dimas"}
    # Who was taken off the lists meanwhile stays so, and the demo starts.
    admin = await admin_by_email(db, "admin@mentorinaja.test")
    dimas = await db.fetchval("SELECT id FROM experts WHERE slug = 'dimas'")
    await unlist(db, admin, dimas, "Foto profilnya bukan foto sendiri.")
    await seed(resources)
    assert await _ready(db) == {"sari"}
    resources.gateway.close()


def test_what_experts_tell_holds_together() -> None:
    told = people.experts()
    assert len({expert.profile.slug for expert in told}) == len(told) >= 32
    assert len({expert.user.full_name for expert in told}) == len(told)
    for expert in told:
        longest = max(hours.ends - hours.starts for day in expert.week.values() for hours in day)
        for service in expert.services:
            assert (service.duration_minutes or 0) <= longest, f"{expert.profile.slug}: {service.name}"


async def _check_products(db: Database) -> None:
    """Files and links of several experts, with purchases in every state."""
    kinds = await db.fetch(
        "SELECT coalesce(f.kind, 'link') AS kind FROM products p LEFT JOIN product_files f ON f.id = p.file_id"
    )
    assert {row["kind"] for row in kinds} == {"pdf", "epub", "zip", "link"}
    assert await db.fetchval("SELECT count(DISTINCT expert_id) FROM products") >= 5
    rows = await db.fetch(
        """SELECT o.payment_status, b.state, b.cancelled, b.downloads > 0 AS fetched
           FROM purchases b JOIN orders o ON o.id = b.order_id JOIN users u ON u.id = b.user_id
           WHERE u.email IN ('budi@mentorinaja.test', 'ani@mentorinaja.test')"""
    )
    assert {tuple(row) for row in rows} == {
        ("waiting", "waiting", False, False), ("paid", "owned", False, False), ("paid", "owned", False, True),
        ("refund_pending", "ended", True, False), ("expired", "ended", False, False),
        ("reversed", "ended", False, False),
    }  # fmt: skip


async def _check_withdrawals(db: Database) -> None:
    """In every state; Sari has none open and something to ask for."""
    rows = await db.fetch("SELECT e.slug, w.state FROM withdrawals w JOIN experts e ON e.id = w.expert_id")
    assert {tuple(row) for row in rows} == {
        ("sari", "paid"), ("dimas", "rejected"), ("dimas", "paid"), ("dimas", "processing"),
        ("kevin-tanuwijaya", "failed"), ("kevin-tanuwijaya", "requested"),
    }  # fmt: skip
    sari = await db.fetchval("SELECT id FROM experts WHERE slug = 'sari'")
    assert (await earnings(db, sari)).available >= 50_000


async def _check_desk(db: Database) -> None:
    """Fees and rules have a history and are those of the beginning; money waits to be transferred, or to be looked at."""
    said = [
        (change.policy.downloads, change.policy.platform_fee_bps, change.withdrawn is not None)
        for change in await history(db)
    ]
    assert said == [(10, 1_800, True), (10, 2_000, False), (5, 2_000, False), (10, 2_000, False)]
    rows = await db.fetch(
        "SELECT state, account_id IS NOT NULL AS sent FROM refunds WHERE way = 'bank' ORDER BY id"
    )
    assert [tuple(row) for row in rows] == [("done", True), ("approved", False)]
    assert (await count_ready(db))[0] == 1, "money to transfer"
    assert await db.fetchval("SELECT state FROM refunds WHERE reason = 'quarantined'") == "requested"
    assert await db.fetchval("SELECT count(*) FROM session_reports WHERE decision = 'kept'") == 1
    stock = await link_stock(db)
    assert (stock.reusable, stock.retired, stock.is_low) == (2, 1, False)


async def _check_lists(db: Database) -> None:
    """Every list of the desk has each of its rows once and in order, however it is narrowed."""
    for desk in DESKS:
        for query in narrowings(desk):
            await turn_through(db, desk, query, size=20)


async def _check_bank(db: Database) -> None:
    """The simulator, told of it, holds just what the ledger says; an e-wallet's payment can go back through it."""
    async with simulating(db) as counter:
        told = await tell_simulator(db, counter.settings.midtrans_api_url)
        paid = await db.fetchval("SELECT count(DISTINCT attempt_id) FROM payment_transactions")
        assert (told, await tell_simulator(db, counter.settings.midtrans_api_url)) == (paid, 0)
        for attempt in await comparisons_due(db, 10_000):
            assert await compare(db, counter.gateway, attempt), attempt.gateway_order_id
        refundable = await db.fetchval(
            """SELECT a.gateway_order_id FROM payment_transactions t JOIN payment_attempts a ON a.id = t.attempt_id
               WHERE t.state = 'paid' AND t.payment_type = 'gopay' ORDER BY t.began_at DESC LIMIT 1"""
        )
        await counter.control(f"transactions/{refundable}/refund", notify=False)
    assert not await db.fetch("SELECT * FROM gateway_differences")


async def _check_accounts(db: Database) -> None:
    rows = await db.fetch("SELECT email::text AS email, role FROM users")
    roles = {row["email"].split("@")[0]: row["role"] for row in rows}
    wanted = {"budi": "user", "ani": "user", "sari": "expert", "dimas": "expert", "admin": "admin"}
    assert wanted.items() <= roles.items()
    assert all(row["email"].endswith("@mentorinaja.test") for row in rows)


async def _check_experts(db: Database) -> None:
    assert await db.fetchval("SELECT count(*) FROM experts WHERE status = 'published'") >= 32
    applicants = await db.fetch("SELECT status FROM experts WHERE status <> 'published' ORDER BY status")
    assert [row["status"] for row in applicants] == ["draft", "paused", "rejected", "submitted"]
    assert (
        await db.fetchval("SELECT count(DISTINCT t.name) FROM expert_tags t WHERE kind = 'expertise'") >= 20
    )
    assert await db.fetchval("SELECT count(photo_id) FROM experts") == len(FACES)
    zones = await db.fetch("SELECT DISTINCT time_zone FROM schedules")
    assert {row["time_zone"] for row in zones} == set(ZONE_NAMES)
    kinds = await db.fetch(
        "SELECT DISTINCT category, duration_minutes IS NULL AS thread, active FROM services"
    )
    assert {("online_chat", True, True), ("offline_event", False, True)} <= {tuple(row) for row in kinds}
    for row in await db.fetch(
        "SELECT expert_id, max(duration_minutes) AS minutes FROM services WHERE active GROUP BY expert_id"
    ):
        assert await days_with_slots(db, row["expert_id"], row["minutes"], WIB), (
            "the longest service has slots"
        )


async def _check_sari(db: Database) -> None:
    sari = await db.fetchval("SELECT id FROM experts WHERE slug = 'sari'")
    offers = await db.fetch(
        "SELECT name, category, duration_minutes, price FROM services WHERE expert_id = $1", sari
    )
    assert ("Tanya Cepat", "online_chat", 5, 25_000) in {tuple(row) for row in offers}
    assert await ready_now(db, sari, 5) and await ready_now(db, sari, 30)
    assert await _ready(db) == {"sari", "dimas"}
    first = (await find_experts(db, Search(), WIB)).cards[0]
    assert first.slug == "sari" and first.mean > 4.5


async def _check_trust(resources: Resources) -> None:
    """One mentor let sessions pass and is paused, nobody else; facts of many are worth showing."""
    await look_again(resources, {})
    paused = await resources.db.fetch("SELECT slug FROM experts WHERE status = 'paused'")
    assert [row["slug"] for row in paused] == ["rangga-adiputra"]
    assert await resources.db.fetchval("SELECT count(*) FROM expert_facts WHERE on_time_of >= 5") >= 5
    assert await resources.db.fetchval("SELECT count(*) FROM expert_facts WHERE on_time < on_time_of") >= 3
    for slug in ("sari", "dimas"):
        expert_id = await resources.db.fetchval("SELECT id FROM experts WHERE slug = $1", slug)
        facts = await facts_of(resources.db, expert_id)
        assert facts and {"Tepat waktu", "Balasan pertama", "Terlaksana"} <= {name for name, _ in facts.shown}
        assert 15 <= (facts.chat_reply_seconds or 0) <= 120


async def _check_history(db: Database) -> None:
    rows = await db.fetch(
        "SELECT b.status, o.payment_status FROM bookings b JOIN orders o ON o.id = b.order_id"
    )
    assert {tuple(row) for row in rows} >= STATES
    assert await db.fetchval("SELECT count(*) FROM reviews WHERE reply IS NOT NULL") >= 20
    assert await db.fetchval("SELECT count(*) FROM reviews WHERE hidden_at IS NOT NULL") == 1
    rated = await db.fetchval("SELECT count(*) FROM experts WHERE rating_count > 0")
    assert rated >= 25 and await db.fetchval("SELECT count(*) FROM reviews") >= 120
    assert await db.fetchval("SELECT max(created_at) FROM reviews") < await clock.now(db)
    assert (
        await db.fetchval(
            "SELECT count(*) FROM bookings WHERE status = 'confirmed' AND starts_at < app_now()"
        )
        == 0
    )
    assert not await db.fetchval("SELECT count(*) FROM session_events WHERE kind = 'paused'"), (
        "they all stayed"
    )
    waits = await db.fetch(
        """SELECT j.at - upper(b.during) AS wait FROM bookings b JOIN ledger_journals j ON j.order_id = b.order_id
           WHERE j.kind = 'release' AND b.status = 'completed' AND b.during IS NOT NULL"""
    )
    assert len(waits) >= 120 and all(row["wait"] >= timedelta(hours=24) for row in waits)
    assert sum(row["wait"] < timedelta(hours=30) for row in waits) > len(waits) * 0.9, "a day after each"
    arrivals = await db.fetch("SELECT DISTINCT kind, side FROM session_arrivals")
    assert {tuple(row) for row in arrivals} == {
        ("link", "user"), ("link", "expert"), ("code", "user"), ("code", "expert"),
    }  # fmt: skip
    assert await db.fetchval("SELECT count(*) FROM session_reports WHERE decided_at IS NULL") == 1
    # Nobody gets mail of the past, and what was just made tells its people.
    waiting = Counter(
        row["kind"]
        for row in await db.fetch(
            "SELECT kind FROM outbox WHERE status = 'waiting' AND next_try_at <= app_now()"
        )
    )
    assert 0 < waiting.total() < 40


async def _check_changes(db: Database) -> None:
    """Called off by either side, moved, asked to move, and late money that waits for its payer's choice."""
    reasons = await db.fetch("SELECT cancel_reason FROM bookings WHERE cancel_reason LIKE 'cancelled_by_%'")
    assert {row["cancel_reason"] for row in reasons} == {"cancelled_by_user", "cancelled_by_expert"}
    assert await db.fetchval("SELECT count(*) FROM orders WHERE most_back_bps IS NOT NULL") == 1
    assert await db.fetchval("SELECT count(*) FROM proposals WHERE state = 'open'") == 1
    assert await db.fetchval("SELECT count(*) FROM refunds WHERE not_before > app_now()") == 1


async def _check_threads(db: Database) -> None:
    """Accepted, left to the 72 hours, never answered, waiting for its answer, waiting for its acceptance."""
    rows = await db.fetch(
        """SELECT b.status, s.ended_by, b.cancel_reason, s.finished_at IS NOT NULL AS finished
           FROM bookings b JOIN active_sessions s ON s.booking_id = b.id WHERE b.duration_minutes IS NULL"""
    )
    assert Counter(tuple(row) for row in rows) == {
        ("completed", "user", None, True): 1,
        ("completed", "timeout", None, True): 1,
        ("cancelled", "timeout", "undelivered", False): 1,
        ("confirmed", None, None, False): 1,
        ("confirmed", None, None, True): 1,
    }
    sellers = await db.fetchval(
        "SELECT count(DISTINCT expert_id) FROM services WHERE duration_minutes IS NULL"
    )
    assert sellers >= 3


async def _ready(db: Database) -> set[str]:
    rows = await db.fetch(
        "SELECT slug FROM experts WHERE ready_until > app_now() + interval '3 hours 50 minutes'"
    )
    return {row["slug"] for row in rows}


async def _all_counts(db: Database) -> dict[str, int]:
    tables = (
        "users",
        "experts",
        "services",
        "orders",
        "bookings",
        "reviews",
        "ledger_entries",
        "chat_messages",
    )
    return {table: await db.fetchval(f"SELECT count(*) FROM {table}") for table in tables}
