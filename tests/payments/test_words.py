"""What the payer's page says after each outcome at Midtrans, from the simulator's word to the headline."""

from typing import Any

from mentorinaja.payments import actions
from tests.payments.test_pages import ordered, settle
from tests.support.site import Browser, Site

# What is done at the simulator; the page's one word for it; words that stand on it; words that do not.
OUTCOMES: list[tuple[list[tuple[str, dict[str, Any]]], str, str, str]] = [
    ([("challenge", {})], "review", "diperiksa", "Bayar Sekarang"),
    ([("challenge", {}), ("deny", {})], "failed", "Coba lagi", "diperiksa"),
    ([("challenge", {}), ("approve", {})], "paid", "Join Session", "diperiksa"),
    ([("settle", {"method": "permata_va"}), ("reverse", {})], "failed", "Coba lagi", "Join Session"),
    ([("settle", {"amount": 100_000})], "review", "Anda tidak perlu membayar lagi", "Bayar Sekarang"),
    # Given back whole, the wrong amount is out of the way: the order can be paid.
    ([("settle", {"amount": 100_000}), ("refund", {})], "unpaid", "Bayar Sekarang", "diperiksa"),
    (
        [("settle", {"method": "gopay"}), ("refund", {"amount": 50_000})],
        "paid",
        "Sebagian pembayaran ini sudah dikembalikan",
        "pembayaran ganda",
    ),
    ([("settle", {"method": "gopay"}), ("refund", {})], "returned", "Dana Anda dikembalikan", "Join Session"),
    (
        [("capture", {}), ("chargeback", {"amount": 50_000})],
        "chargeback",
        "atau sebagian darinya",
        "dibatalkan",
    ),
    ([("capture", {}), ("chargeback", {})], "chargeback", "disengketakan", "sebagian"),
]


async def test_every_outcome_has_its_words(site: Site) -> None:
    for verbs, phase, said, unsaid in OUTCOMES:
        user, public_id, browser = await ordered(site)
        await actions.open_payment(site.db, site.resources.gateway, site.settings, user, public_id)
        for verb, order in verbs:
            await settle(site, public_id, verb, **order, notify=False)
            await actions.reconcile(site.db, site.resources.gateway, public_id)
        await shows(browser, public_id, phase)
        assert said in browser.text and unsaid not in browser.text, (verbs, browser.text)


async def test_an_unknown_outcome_is_a_state_of_its_own_until_midtrans_says(site: Site) -> None:
    _, public_id, browser = await ordered(site)
    await shows(browser, public_id, "unpaid")
    await site.control("PUT", "/_control/faults", {"create": {"cut_after": True}})
    form = f"form[action='/payment/{public_id}/pay']"
    assert (await browser.submit(form)).status_code == 503
    await site.control("PUT", "/_control/faults", {})
    await shows(browser, public_id, "unknown")
    assert "Membuka sekali lagi aman" in browser.text and "Coba lagi" in browser.text
    await browser.submit(form)
    await shows(browser, public_id, "unpaid")
    assert "Lanjut ke Midtrans" in browser.text


async def shows(browser: Browser, public_id: str, phase: str) -> None:
    """The order's page is there and in this state."""
    assert (await browser.get(f"/payment/{public_id}")).status_code == 200
    place = browser.page.css_first("#payment")
    assert place is not None and place.attributes["data-phase"] == phase, browser.text
