"""What all desks share: lists narrowed down, turned, exported and kept; decisions asked, confirmed, and told when late."""

import csv
import io

from mentorinaja.admin.listing import PAGE_SIZE
from mentorinaja.db.pool import Database
from mentorinaja.web.viewer import Viewer
from mentorinaja.withdrawals import actions
from tests.support.desk import desk_of, first_column, make_admin
from tests.support.site import Site
from tests.support.withdrawals import ask, make_earner, wish

HERE = "/admin/withdrawals"


async def many(db: Database, sari: Viewer, count: int) -> list[str]:
    """So many withdrawals that came to an end, oldest first; with what a spreadsheet would run in a name."""
    admin = await make_admin(db)
    made = []
    for _ in range(count):
        made.append(await ask(db, sari, wish(50_000)))
        await actions.reject(db, admin, made[-1], "Rekening tidak cocok.")
    return made


async def test_a_list_is_turned_by_keys_added_up_and_taken_along(site: Site) -> None:
    sari = await make_earner(site.db)
    made = await many(site.db, sari, PAGE_SIZE + 3)
    await site.db.execute("UPDATE users SET full_name = '=1+1' WHERE id = $1", sari.id)
    browser = await desk_of(site)
    await browser.get(HERE)
    newest = made[::-1]
    assert first_column(browser) == newest[:PAGE_SIZE]
    assert f"{PAGE_SIZE + 3} penarikan" in browser.text and "Rp 2.650.000" in browser.text
    assert browser.page.css_first("a[rel=prev]") is None
    # What comes in meanwhile moves no page: nobody sees a row twice or misses one.
    following = browser.page.css_first("a[rel=next]").attributes["href"] or ""
    late = await ask(site.db, sari, wish(50_000))
    await browser.get(following)
    assert first_column(browser) == newest[PAGE_SIZE:]
    await browser.get(browser.page.css_first("a[rel=prev]").attributes["href"] or "")
    assert first_column(browser) == newest[:PAGE_SIZE]
    await browser.get(f"{HERE}?state=requested")
    assert first_column(browser) == [late]
    answer = await browser.submit("form[action$='/export']", {})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    lines = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [line["id"] for line in lines] == [late]
    assert lines[0]["mentor"] == "'=1+1" and lines[0]["jumlah"] == "50000"
    row = await site.db.fetchrow(
        "SELECT action, kind, subject, detail FROM audit_log ORDER BY id DESC LIMIT 1"
    )
    assert row is not None
    assert (row["action"], row["subject"], row["detail"]["query"]) == (
        "list.exported",
        "withdrawals",
        "state=requested",
    )


async def test_what_makes_no_sense_is_told_and_narrows_nothing(site: Site) -> None:
    sari = await make_earner(site.db)
    made = await many(site.db, sari, 2)
    browser = await desk_of(site)
    for odd in ("since=2026-13-40", "since=kemarin", "until=0001-01-01", "since=2026-12-01&until=2026-11-01"):
        await browser.get(f"{HERE}?{odd}")
        assert browser.page.css_first("[aria-invalid=true] ~ .error") is not None, odd
    for odd in (
        "after=x",
        "after=-1",
        "before=1e9",
        "state=lain",
        "exact=2",
        "q=%00",
        "after=99999999999999999999",
    ):
        answer = await browser.get(f"{HERE}?{odd}")
        assert answer.status_code == 200 and first_column(browser) == made[::-1], odd
    await browser.get(f"{HERE}?q=tidak-ada")
    assert "Tidak ada yang cocok" in browser.text
    await browser.get(f"{HERE}?q={made[0].lower()}")
    assert first_column(browser) == [made[0]]
    for missing in (
        "/admin/lain",
        f"{HERE}/WD-00000000-AAAAAA",
        f"{HERE}/{made[0]}/lain",
        "/admin/lain/1/approve",
    ):
        assert (await browser.get(missing)).status_code == 404, missing


async def test_a_narrowed_list_is_kept_under_a_name_for_oneself_alone(site: Site) -> None:
    browser, other = await desk_of(site), await desk_of(site)
    await browser.get(f"{HERE}?state=paid&after=5")
    await browser.submit("form[action$='/filters']", {"label": "Sudah dibayar"})
    link = browser.page.css_first(".saved-one a")
    assert link is not None and (link.text(), link.attributes["href"]) == (
        "Sudah dibayar",
        f"{HERE}?state=paid",
    )
    await browser.get(f"{HERE}?state=failed")
    await browser.submit("form[action$='/filters']", {"label": "  "})
    assert "Beri saringan ini nama" in browser.text
    await other.get(HERE)
    assert other.page.css_first(".saved-one") is None
    id_ = await site.db.fetchval("SELECT id FROM saved_filters")
    await other.post(f"{HERE}/filters/{id_}/delete", {})
    assert await site.db.fetchval("SELECT count(*) FROM saved_filters") == 1
    await browser.submit(".saved-one", {})
    assert await site.db.fetchval("SELECT count(*) FROM saved_filters") == 0
    assert browser.answer and str(browser.answer.url).endswith(f"{HERE}?state=failed"), "narrowed as before"


async def test_a_decision_says_what_it_does_and_whoever_is_late_is_told(site: Site) -> None:
    sari = await make_earner(site.db)
    public_id = await ask(site.db, sari, wish(60_000))
    first, second = await desk_of(site), await desk_of(site, await make_admin(site.db, "Keuangan"))
    for browser in (first, second):
        await browser.get(f"{HERE}/{public_id}/reject")
        assert "Rp 60.000" in browser.text and "email" in browser.text
    answer = await second.submit("#question", {"reason": "x"})
    assert answer.status_code == 422 and second.page.css_first("#reason-error") is not None
    answer = await first.submit("#question", {"reason": "Nama rekening tidak cocok."})
    assert str(answer.url).endswith(public_id) and "ditolak" in first.text
    assert "Nama rekening tidak cocok." in first.text
    answer = await second.submit("#question", {"reason": "Saya kira belum ada yang memutuskan."})
    assert answer.status_code == 409 and "sudah berubah" in second.text
    assert await site.db.fetchval("SELECT count(*) FROM withdrawal_steps WHERE state = 'rejected'") == 1


async def test_what_is_sensitive_asks_for_the_password_after_ten_minutes(site: Site) -> None:
    sari = await make_earner(site.db)
    public_id = await ask(site.db, sari, wish(60_000))
    admin = await make_admin(site.db)
    browser = await desk_of(site, admin)
    await browser.get(f"{HERE}/{public_id}/approve")
    assert browser.page.css_first("#password") is None
    await site.db.execute("UPDATE login_sessions SET confirmed_at = app_now() - interval '11 minutes'")
    # The form from before does not get through either.
    answer = await browser.submit("#question", {})
    assert answer.status_code == 422
    assert browser.page.css_first("#password-error").text(strip=True) == "Tulis password Anda."
    assert await site.db.fetchval("SELECT state FROM withdrawals") == "requested"
