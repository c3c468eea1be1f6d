"""Every form that moves money, with every value nobody should send: told what is wrong, and no rupiah moves."""

from __future__ import annotations

from mentorinaja.db.pool import Database
from tests.support.bookings import book, browser_of, make_seller, make_user, pay, seller_browser, slot_in
from tests.support.products import make_product, purchase
from tests.support.site import Browser, Site

# Amounts: negative, zero, fractions, other people's separators, too large, other digits, markup, control characters.
ODD = (
    "", " ", "0", "-1", "-100000", "1.5", "1,000", "1.000,00", "1e6", "0x10", "NaN", "Infinity", "9223372036854775808",
    "9" * 40, "9" * 5000, "١٠٠٠٠٠", "１００", "²", "<b>1</b>", "1\x00", "1;DROP", "١٢", "Rp", "--1", "+1", "true", "null",
)  # fmt: skip
AMOUNTS = ("amount", "shown")
HISTORY, DASHBOARD = "/user/transactions", "/expert/dashboard"


async def money_in(db: Database) -> list[tuple[object, ...]]:
    """Everything that says where money is or goes."""
    rows = await db.fetch(
        """SELECT 'ledger', count(*)::text, coalesce(sum(abs(amount)), 0)::text FROM ledger_entries
           UNION ALL SELECT 'refunds', count(*)::text, coalesce(sum(amount), 0)::text FROM refunds
           UNION ALL SELECT 'withdrawals', count(*)::text, coalesce(sum(amount), 0)::text FROM withdrawals
           UNION ALL SELECT 'orders', count(*)::text, string_agg(payment_status, ',' ORDER BY id) FROM orders
           UNION ALL SELECT 'times', count(*)::text, string_agg(starts_at::text, ',' ORDER BY id) FROM bookings
           UNION ALL SELECT 'accounts', count(*)::text, '' FROM refund_accounts
           UNION ALL SELECT 'proposals', count(*)::text, '' FROM proposals"""
    )
    return [tuple(row) for row in rows]


async def refused(
    db: Database, browser: Browser, path: str, form: dict[str, str], fields: tuple[str, ...]
) -> None:
    """Each field in turn with every odd value: an answer that says no, and everything as it was."""
    before = await money_in(db)
    for name in fields:
        for value in ODD if name in AMOUNTS else ODD[::4]:
            if (name, value) == ("shown", "0"):
                continue  # whoever was shown that nothing goes back may cancel all the same
            answer = await browser.post(path, form | {name: value})
            assert answer.status_code in (303, 404, 409, 422), (path, name, value, answer.status_code)
            assert await money_in(db) == before, (path, name, value)


async def test_odd_values_in_the_payers_forms_move_nothing(site: Site) -> None:
    db, seller, user = site.db, await make_seller(site.db), await make_user(site.db)
    public_id = await book(db, user, seller, await slot_in(db, hours=40))
    await pay(db, public_id)
    browser = await browser_of(site, user)
    await browser.get(HISTORY)
    here = f"{HISTORY}/{public_id}"
    time = {"date": "2026-11-30", "time": "10:00", "zone": "Asia/Jakarta"}
    account = {"bank": "014", "account_number": "1234567890", "account_holder": "Budi Santoso"}
    await refused(db, browser, f"{here}/cancel", {}, ("shown",))
    await refused(db, browser, f"{here}/move", time, ("date", "time", "zone"))
    await refused(
        db, browser, f"{here}/refund-account", account, ("bank", "account_number", "account_holder")
    )
    product_id = await make_product(db, seller)
    await refused(db, browser, f"/products/{product_id}/buy", {}, ("payment_method",))


async def test_odd_values_in_the_experts_forms_move_nothing(site: Site) -> None:
    db, seller = site.db, await make_seller(site.db)
    public_id = await book(db, await make_user(db), seller, await slot_in(db, hours=40))
    await pay(db, public_id)
    browser = await seller_browser(site, seller)
    await browser.get(f"{DASHBOARD}/transaksi")
    time = {"date": "2026-11-30", "time": "10:00", "zone": "Asia/Jakarta"}
    await refused(db, browser, f"{DASHBOARD}/transaksi/{public_id}/propose", time, ("date", "time", "zone"))
    wish = {
        "amount": "50000",
        "bank": "014",
        "account_number": "1234567890",
        "account_holder": "Sari",
        "password": "x",
    }
    fields = ("amount", "bank", "account_number", "account_holder", "password", "form_key")
    await refused(db, browser, f"{DASHBOARD}/withdrawals", wish, fields)


async def test_nobody_moves_the_money_of_somebody_else(site: Site) -> None:
    db, seller, other = site.db, await make_seller(site.db), await make_seller(site.db, "Dimas")
    user, stranger = await make_user(db), await make_user(db, "Ani")
    session = await book(db, user, seller, await slot_in(db, hours=40))
    await pay(db, session)
    product = await purchase(db, user, await make_product(db, seller))
    sent = {"shown": "0", "date": "2026-11-30", "time": "10:00", "zone": "Asia/Jakarta", "bank": "014",
            "account_number": "1234567890", "account_holder": "Ani Lestari", "answer": "accept"}  # fmt: skip
    before = await money_in(db)
    for browser in (
        await browser_of(site, stranger),
        await seller_browser(site, other),
        await seller_browser(site, seller),
    ):
        await browser.get(HISTORY)
        for order in (session, product, session.lower(), "BE-20261126-AAAAAA", "0", "%00", "..%2f..%2fadmin"):
            for path in ("cancel", "move", "refund-account", "proposal", "review"):
                answer = await browser.post(f"{HISTORY}/{order}/{path}", sent)
                assert answer.status_code in (400, 403, 404, 405), (order, path, answer.status_code)
    for browser in (await browser_of(site, user), await seller_browser(site, other)):
        await browser.get(HISTORY)
        for order in (session, product):
            for path in ("cancel", "propose"):
                answer = await browser.post(f"{DASHBOARD}/transaksi/{order}/{path}", sent)
                assert answer.status_code in (403, 404), (order, path, answer.status_code)
    stranger_browser = await browser_of(site, stranger)
    for path in (f"/invoice/{session}", f"/invoice/{session}.pdf", f"/invoice/{product}", f"/money/{session}",
                 f"/payment/{session}", "/unduh/tebakan", f"/unduh/{product}"):  # fmt: skip
        assert (await stranger_browser.get(path)).status_code == 404, path
    assert await money_in(db) == before
