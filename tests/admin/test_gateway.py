"""The payment log at the desk: what Midtrans told, as it came, and telling it once more, which does nothing twice."""

import pytest

from mentorinaja.errors import NotThere
from mentorinaja.payments import actions, log
from mentorinaja.payments.replaying import NothingToReplay
from tests.support.bookings import book, make_seller, make_user, slot_in, state_of
from tests.support.desk import desk_of, first_column, make_admin
from tests.support.site import Site


def test_what_a_card_could_be_charged_with_is_never_kept() -> None:
    told = {
        "masked_card": "4811111111111114",
        "card_number": "4811 1111 1111 1114",
        "saved_token_id": "481111xQvglqIEbVhrTOZlMOtqoE1114",
        "signature_key": "abc",
        "va_number": "9888123456789012",
    }
    assert log.kept(told) == {"masked_card": "481111-1114", "va_number": "9888123456789012"}
    assert log.kept({"masked_card": "48111111-1114"}) == {"masked_card": "48111111-1114"}


async def test_what_was_told_is_found_read_and_told_once_more(site: Site) -> None:
    db, admin = site.db, await desk_of(site)
    user, seller = await make_user(db), await make_seller(db)
    order = await book(db, user, seller, await slot_in(db, days=2))
    await actions.open_payment(db, site.resources.gateway, site.settings, user, order)
    # The money came, and all that was told of it is that it is awaited: the rest was lost.
    await log.write(
        db,
        "notification",
        order,
        {"transaction_status": "pending", "gross_amount": "157500.00", "note": "<b>"},
    )
    await log.write(db, "notification", "BE-20260101-XXXXXX", {"gross_amount": "1.00"}, alert="unknown_order")
    await site.control("POST", f"/_control/transactions/{order}/settle", {"notify": False})
    await admin.get("/admin/payments?source=notification")
    assert len(first_column(admin)) == 2 and "0 hari ini, 0 dalam tujuh hari" in admin.text
    await admin.get("/admin/payments?alert=yes")
    assert len(first_column(admin)) == 1 and "Order tidak dikenal" in admin.text
    for found, query in ((1, "status=pending"), (0, "status=chargeback"), (1, "q=be-20260101-xxxxxx")):
        await admin.get(f"/admin/payments?{query}")
        assert len(first_column(admin)) == found, query
    number = await db.fetchval("SELECT id FROM payment_logs WHERE transaction_status = 'pending'")
    await admin.get(f"/admin/payments/{number}")
    assert '"note": "<b>"' in admin.page.css_first("#log-body").text()
    assert "sah, diperiksa saat diterima" in admin.text and "sama dengan tagihan" in admin.text
    assert admin.page.css_first(f"main a[href='/admin/orders/{order}']") is not None
    await admin.get(f"/admin/payments/{number}/replay")
    await admin.submit("#question")
    assert "order dari “Belum dibayar” menjadi “Dibayar”" in admin.text
    assert await state_of(db, order) == ("confirmed", "paid")
    await admin.get(f"/admin/payments/{number}/replay")
    await admin.submit("#question")
    assert "Tidak ada yang berubah" in admin.text
    assert await db.fetchval("SELECT count(*) FROM invoices") == 1
    transaction = await db.fetchval("SELECT transaction_id FROM payment_transactions")
    await admin.get(f"/admin/payments?q={transaction}")
    assert len(first_column(admin)) == 1
    await admin.get(f"/admin/payments?q={order}")
    assert len(first_column(admin)) == 2
    await site.control("PUT", "/_control/faults", {"status": {"error_before": 500}})
    await admin.get(f"/admin/payments/{number}/replay")
    assert (await admin.submit("#question")).status_code == 503
    assert "Midtrans belum menjawab" in admin.text
    details = await db.fetch("SELECT detail FROM audit_log WHERE action = 'payment.replayed' ORDER BY id")
    assert [(row["detail"]["to"], row["detail"]["answered"]) for row in details] == [
        ("paid", True), ("paid", True), ("paid", False),
    ]  # fmt: skip
    assert (await admin.get("/admin/payments/999999")).status_code == 404


async def test_what_is_not_about_an_order_of_ours_cannot_be_told_again(site: Site) -> None:
    db, gateway, admin = site.db, site.resources.gateway, await make_admin(site.db)
    await log.write(db, "notification", "BE-20260101-XXXXXX", {}, alert="unknown_order")
    number = await db.fetchval("SELECT id FROM payment_logs")
    with pytest.raises(NothingToReplay):
        await actions.replay(db, gateway, admin, number)
    with pytest.raises(NotThere):
        await actions.replay(db, gateway, await make_user(db), number)
    with pytest.raises(NotThere):
        await actions.replay(db, gateway, admin, number + 1)
