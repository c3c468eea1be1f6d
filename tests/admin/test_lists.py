"""Every list of the desk, turned through by its keys."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from mentorinaja.admin.asked import read
from mentorinaja.admin.desks import BY_NAME, DESKS
from mentorinaja.admin.listing import page_of
from mentorinaja.db.pool import Database
from mentorinaja.formats import WIB
from tests.support.bookings import make_user
from tests.support.lists import keys, narrowings, turn_through

# Times that do not grow with the keys, several rows at each, and around midnight in Jakarta (17.00 UTC).
_AT = "'2026-10-01 16:30+00'::timestamptz + make_interval(hours => 12 * (n * 7 % 11))"
_DAYS = [date(2026, 9, 30) + timedelta(days=ahead) for ahead in range(9)]


async def fill(db: Database) -> None:
    """Mails and lines of the payment log, forty each."""
    user = await make_user(db)
    await db.execute(
        f"""INSERT INTO outbox (kind, about, user_id, message_id, status, created_at, sent_at)
            SELECT (ARRAY['reminder', 'finished'])[1 + n % 2], 'lists:' || n, $1, 'lists-' || n,
              (ARRAY['sent', 'dropped', 'failed'])[1 + n % 3], {_AT}, CASE WHEN n % 3 = 0 THEN {_AT} END
            FROM generate_series(1, 40) AS n""",
        user.id,
    )
    await db.execute(
        f"""INSERT INTO payment_logs (at, source, gateway_order_id, transaction_status, body, alert)
            SELECT {_AT}, 'notification', 'lists-' || n, (ARRAY['settlement', 'pending'])[1 + n % 2], '{{}}',
              CASE WHEN n % 5 = 0 THEN 'amount' END FROM generate_series(1, 40) AS n"""
    )


async def test_turning_through_a_list_by_its_keys_shows_each_row_once_and_in_order_however_it_is_narrowed(
    db: Database,
) -> None:
    await fill(db)
    for desk in DESKS:
        for query in narrowings(desk):
            await turn_through(db, desk, query, size=7)
    for desk in (BY_NAME["mails"], BY_NAME["payments"]):
        day_of = {
            row["key"]: row["key_at"].astimezone(ZoneInfo(WIB)).date()
            for row in await turn_through(db, desk, "", size=50)
        }
        assert len(day_of) >= 40
        for since, until in ((_DAYS[0], _DAYS[-1]), (_DAYS[2], _DAYS[2]), (_DAYS[3], _DAYS[5])):
            rows = await turn_through(db, desk, f"since={since}&until={until}", size=3)
            assert set(keys(rows)) == {key for key, day in day_of.items() if since <= day <= until}
        for query in narrowings(desk):
            await turn_through(db, desk, f"since={_DAYS[2]}&{query}", size=3)
        # A place of the list in its other order is the beginning.
        first, moved = [
            await page_of(db, desk.listing, read({"until": "2026-10-04"} | place, desk.choices), 3)
            for place in ({}, {"after": "5"})
        ]
        assert keys(first.rows) == keys(moved.rows) and moved.previous is None
