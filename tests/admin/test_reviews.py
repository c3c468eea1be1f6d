"""The desk of reviews: found by words and people, hidden with a reason, shown again; two admins at once."""

from tests.reviews.test_replies import reply, reviewed
from tests.support.desk import desk_of, make_admin
from tests.support.site import Browser, Site

HERE = "/admin/reviews"
WHY = "Memuat nomor telepon orang lain."


def listed(browser: Browser) -> list[str]:
    """The orders of the listed reviews."""
    return [
        (node.attributes["href"] or "").rpartition("/")[2]
        for node in browser.page.css("table.rows tbody td:first-child a")
    ]


async def test_reviews_are_found_and_hidden_with_a_reason_once(site: Site) -> None:
    first, second = await reviewed(site.db), await reviewed(site.db)
    await reply(second)
    await site.db.execute(
        "UPDATE reviews SET comment = 'Harga 100% sesuai_janji' WHERE id = (SELECT max(id) FROM reviews)"
    )
    browser, other = await desk_of(site), await desk_of(site, await make_admin(site.db, "Keuangan"))
    for query, found in (
        ("", [second, first]),
        ("shown=no", []),
        ("stars=4", [second, first]),
        ("stars=5", []),
        ("reply=yes", [second]),
        ("reply=no&words=yes", [first]),
        ("q=membantu", [first]),
        ("q=100%25 sesuai_", [second]),
        ("q=100_ sesuai", []),
        ("q=sukses untuk", [second]),
        (f"q={first.order_id.lower()}", [first]),
        (f"q={first.user.full_name.split()[0]}", [second, first]),
        ("since=2020-01-01", [second, first]),
    ):
        await browser.get(f"{HERE}?{query}")
        assert listed(browser) == [meeting.order_id for meeting in found], query

    case = f"{HERE}/{first.order_id}"
    await browser.get(case)
    for words in ("Sangat membantu saya.", first.user.full_name, first.user.email, "4,0 dari 1 ulasan"):
        assert words in browser.text, words
    for one in (browser, other):
        await one.get(f"{case}/hide")
        assert "0,0 (0 ulasan)" in one.text and "email" in one.text
    answer = await other.submit("#question", {"reason": "x"})
    assert answer.status_code == 422 and other.page.css_first("#reason-error") is not None
    await browser.submit("#question", {"reason": WHY})
    assert "Ulasan disembunyikan" in browser.text and WHY in browser.text
    answer = await other.submit("#question", {"reason": "Saya juga mau menyembunyikannya."})
    assert answer.status_code == 409
    await browser.get(f"{HERE}?shown=no")
    assert listed(browser) == [first.order_id]
    await other.get(f"{case}/show")
    await other.submit("#question", {"reason": "Nomornya ternyata contoh saja."})
    assert "tampil lagi" in other.text
    assert await site.db.fetchval("SELECT count(*) FROM reviews WHERE hidden_at IS NOT NULL") == 0
    assert (await browser.get(f"{HERE}/BE-20260101-AAAAAA")).status_code == 404
