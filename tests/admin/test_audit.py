"""The desk of the log: everything an admin did is found by words, people and kinds, and read whole."""

import csv
import io

from mentorinaja.admin.desks import DESKS
from mentorinaja.audit.actions import record
from mentorinaja.audit.details import lines_of
from mentorinaja.audit.rules import ACTIONS, KINDS
from mentorinaja.db.pool import Connection, atomic
from mentorinaja.policies.actions import change
from mentorinaja.web.viewer import Viewer
from tests.support.desk import desk_of, make_admin
from tests.support.site import Browser, Site

HERE = "/admin/audit"
ORDER = "BE-20261101-ABCDEF"


@atomic
async def note(tx: Connection, admin: Viewer, action: str, kind: str, subject: str, reason: str) -> None:
    """Something an admin did, with all that an entry can hold."""
    detail = {"before": {"state": "requested"}, "until": "2026-11-26T03:00:00+00:00", "lain lagi": True}
    await record(tx, admin, action, kind, subject, reason=reason, amount=150_000, detail=detail)


def reasons(browser: Browser) -> list[str]:
    """The reasons of the listed entries."""
    return [node.text(strip=True) for node in browser.page.css("td[data-label=Alasan]")]


async def test_the_log_is_searched_narrowed_down_read_and_taken_along(site: Site) -> None:
    sari, dimas = await make_admin(site.db, "Sari Keuangan"), await make_admin(site.db, "Dimas Dukungan")
    await note(site.db, sari, "order.refunded", "order", ORDER, "Sesi tidak berlangsung.")
    await note(site.db, dimas, "review.hidden", "review", ORDER, "Memuat 100% nomor_telepon.")
    await note(site.db, sari, "user.suspended", "user", "12", "=1+1 penipuan berulang.")
    browser = await desk_of(site, sari)
    refund, hidden, suspended = (
        "Sesi tidak berlangsung.",
        "Memuat 100% nomor_telepon.",
        "=1+1 penipuan berulang.",
    )
    for query, found in (
        ("", [suspended, hidden, refund]),
        ("kind=review", [hidden]),
        ("action=order.refunded", [refund]),
        ("from=desk", []),
        ("since=2030-01-01", []),
        ("q=BERLANGSUNG", [refund]),
        ("q=100%25 nomor_", [hidden]),
        ("q=100_ nomor", []),
        (f"q={ORDER.lower()}", [hidden, refund]),
        ("q=12", [suspended]),
        ("q=dukungan", [hidden]),
        (f"q=oleh:{sari.email}", [suspended, refund]),
        (f"q=oleh:{sari.email} sesi", [refund]),
        (f"q={dimas.email}&kind=user", []),
    ):
        await browser.get(f"{HERE}?{query}")
        assert reasons(browser) == found, query

    await browser.get(HERE)
    assert browser.page.css_first(f'a[href="/admin/reviews/{ORDER}"]') is not None
    assert browser.page.css_first('a[href="/admin/users/12"]') is not None
    answer = await browser.submit("form[action$='/export']", {})
    lines = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert lines[0]["tindakan"] == "list.exported" and lines[1]["alasan"].startswith("'=1+1")
    await browser.get(HERE)
    [taken, *_] = browser.page.css("table.rows tbody tr")
    assert "Mengunduh daftar" in taken.text() and "Baris perintah" not in taken.text()
    for address, count in (("127.0.0.1", 1), ("127.0.0.2", 0)):
        await browser.get(f"{HERE}?q={address}")
        assert len(reasons(browser)) == count, address
    await note(site.db, sari, "refund.rejected", "refund", "4", "Uangnya sudah kembali.")
    await browser.get(f"{HERE}?q=rf-4")
    assert reasons(browser) == ["Uangnya sudah kembali."] and "RF-4" in browser.text

    number = await site.db.fetchval("SELECT id FROM audit_log WHERE reason = $1", hidden)
    await browser.get(f"{HERE}/{number}")
    for words in ("Menyembunyikan ulasan", "Dimas Dukungan", hidden, "Rp 150.000", "Baris perintah",
                  "Sebelum · Keadaan", "26 Nov", "ya", "lain lagi"):  # fmt: skip
        assert words in browser.text, words
    assert browser.page.css_first("#decisions") is None, "what was done is only read"
    await change(site.db, sari, "Biaya gerbang naik", admin_fee_bps=600)
    number = await site.db.fetchval("SELECT id FROM audit_log WHERE kind = 'policy'")
    await browser.get(f"{HERE}/{number}")
    assert "Biaya admin 5% → 6%" in " ".join(browser.text.split())
    for missing in ("0", "x", "99999999999999999999", "1/hide"):
        assert (await browser.get(f"{HERE}/{missing}")).status_code == 404, missing


def test_every_desk_has_a_word_in_the_log_and_every_action_is_of_a_kind() -> None:
    assert {desk.kind for desk in DESKS if desk.decisions} <= KINDS.keys()
    of_kinds = {"links": "link", **{kind: kind for kind in KINDS}}
    assert all(action.partition(".")[0] in of_kinds for action in ACTIONS)


def test_a_detail_is_read_in_lines() -> None:
    for agent in ("9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59", "2026-13-41T99:99:99+00:00"):
        assert lines_of({"user_agent": agent}) == [("user agent", agent)], (
            "browsers call themselves what they like"
        )
    assert lines_of({"amount": 5000, "orders": ["A", "B"], "x_y": None, "from": {"role": ""}}) == [
        ("Jumlah", "Rp 5.000"),
        ("Order", "A, B"),
        ("x y", "–"),
        ("Dari · Peran", "–"),
    ]
