"""JADWAL: the weeks to come, and hours, days off, extra hours and rules edited with and without script."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from mentorinaja.bookings import queries as bookings
from mentorinaja.experts.actions import add_service
from mentorinaja.experts.rules import NewService
from mentorinaja.formats import WIB
from mentorinaja.schedule import actions, editing
from mentorinaja.schedule.plan import Plan, plan_of
from mentorinaja.schedule.rules import Hours, Rules
from tests.support.bookings import Seller, book, make_seller, make_user, pay, seller_browser
from tests.support.experts import set_now
from tests.support.site import Browser, Site, form_values

JADWAL = "/expert/dashboard/jadwal"
# A Monday, half past six in the morning in Jakarta.
NOW = datetime(2026, 12, 20, 23, 30, tzinfo=UTC)
MONDAY = date(2026, 12, 21)
PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial"}
DAYTIME = {weekday: [Hours.parse("09:00", "17:00")] for weekday in range(1, 6)}


def local(days: int, clock_time: str) -> datetime:
    """A time of the week that begins on `MONDAY`, in Jakarta."""
    hour, minute = map(int, clock_time.split(":"))
    midnight = datetime.combine(MONDAY + timedelta(days=days), datetime.min.time(), ZoneInfo(WIB))
    return midnight + timedelta(hours=hour, minutes=minute)


async def mentor(site: Site) -> tuple[Seller, Browser]:
    """A mentor who works from Monday to Friday, nine to five, on the Monday before Christmas."""
    await set_now(site.db, NOW)
    site.resources.clock.set(NOW)
    seller = await make_seller(site.db)
    await actions.set_week(site.db, seller.id, DAYTIME)
    return seller, await seller_browser(site, seller)


async def sold(
    site: Site, seller: Seller, at: datetime, name: str = "Budi Santoso", *, paid: bool = True
) -> str:
    public_id = await book(site.db, await make_user(site.db, name), seller, at)
    if paid:
        await pay(site.db, public_id)
    return public_id


def words(browser: Browser, selector: str) -> str:
    """What a part of the page says, white space folded."""
    return " ".join(browser.page.css_first(selector).text(separator=" ").split())


def days(browser: Browser) -> list[str]:
    """The days of the week shown, each as it reads."""
    return [" ".join(node.text(separator=" ").split()) for node in browser.page.css(".agenda > li")]


async def plan(site: Site, seller: Seller) -> Plan:
    return await plan_of(site.db, seller.id)


async def test_the_week_shows_what_is_booked_held_busy_and_free(site: Site) -> None:
    seller, browser = await mentor(site)
    await sold(site, seller, local(1, "10:00"))
    await sold(site, seller, local(2, "09:00"), "Ani Wijaya", paid=False)
    await editing.add_days_off(
        site.db, seller.id, MONDAY + timedelta(days=3), MONDAY + timedelta(days=4), "Mudik"
    )
    await editing.add_extra(site.db, seller.id, MONDAY + timedelta(days=5), Hours.parse("20:00", "24:00"))
    await _busy(site, seller, local(0, "12:00"), local(0, "13:00"))
    await browser.get(JADWAL)
    assert days(browser) == [
        "Senin, 21 Des 09:00–17:00 09:00–12:00 Bisa dipesan 12:00–13:00 Sibuk di kalender lain 13:00–17:00 Bisa dipesan",
        "Selasa, 22 Des 09:00–17:00 09:00–10:00 Bisa dipesan 10:00–10:30 Budi Santoso Chat Konsultasi (30 menit)"
        " 10:30–17:00 Bisa dipesan",
        "Rabu, 23 Des 09:00–17:00 09:00–09:30 Slot ditahan Menunggu pembayaran sampai 23 Des 2026, 08:00 WIB"
        " 09:30–17:00 Bisa dipesan",
        "Kamis, 24 Des Libur Mudik",
        "Jumat, 25 Des Libur Mudik",
        "Sabtu, 26 Des 20:00–24:00 20:00–24:00 Bisa dipesan",
        "Minggu, 27 Des Tidak bekerja",
    ]  # fmt: skip
    assert "Ani Wijaya" not in browser.text
    assert browser.page.css_first(".agenda a[href^='/session?bookingId=']")
    # Every stretch that is free is made of the slots everybody is offered.
    offered = await site.db.fetch(
        "SELECT starts_at FROM free_slots($1, 30, '-infinity', $2)", seller.id, local(7, "0:00")
    )
    assert sum(_half_hours(each.text()) for each in browser.page.css(".agenda .is-free .num")) == len(offered)


async def test_weeks_are_turned_and_odd_ones_are_this_one(site: Site) -> None:
    _, browser = await mentor(site)
    await browser.get(JADWAL)
    assert browser.page.css_first("#minggu-sebelumnya") is None
    await browser.get(browser.page.css_first("#minggu-berikutnya").attributes["href"] or "")
    assert words(browser, "#minggu-title") == "28 Des 2026 – 3 Jan 2027"
    await browser.get(browser.page.css_first("#minggu-sebelumnya").attributes["href"] or "")
    assert words(browser, "#minggu-title") == "21–27 Des 2026"
    for odd in ("x", "2020-01-01", "0001-01-01", "", "²", "2026-12-27"):
        await browser.get(f"{JADWAL}?minggu={odd}")
        assert words(browser, "#minggu-title") == "21–27 Des 2026", odd
    await browser.get(f"{JADWAL}?minggu=9999-12-31")
    assert browser.page.css_first("#minggu-berikutnya") is None
    assert "Belum dibuka untuk dipesan." in browser.text


async def test_a_mentor_without_a_service_that_takes_a_slot_is_told(site: Site) -> None:
    await set_now(site.db, NOW)
    site.resources.clock.set(NOW)
    seller = await make_seller(site.db, minutes=None)
    browser = await seller_browser(site, seller)
    await browser.get(JADWAL)
    assert browser.page.css_first("#minggu a[href='/expert/dashboard/layanan']")
    async with site.db.transaction() as tx:
        await add_service(tx, seller.id, NewService("Chat", "online_chat", 30, 50_000))
    await browser.get(JADWAL)
    assert browser.page.css_first(".agenda .is-free")


async def test_hours_are_edited_without_script(site: Site) -> None:
    seller, browser = await mentor(site)
    late = await sold(site, seller, local(1, "16:00"))
    await browser.get(JADWAL)
    await browser.get(browser.page.css_first("#jam li:nth-child(2) a").attributes["href"] or "")
    form = form_values(browser.page.css_first("#day-form"))
    assert (form["r0-starts"], form["r0-ends"]) == ("09:00", "17:00")
    # The buttons change the form alone.
    await browser.submit("#day-form", {"add": "1"})
    await browser.submit("#day-form", {"r0-ends": "12:00", "r1-starts": "11:00", "r1-ends": "15:00"})
    assert browser.answer and browser.answer.status_code == 422
    assert "bertumpuk" in words(browser, "#r1-starts-error")
    assert browser.page.css_first("#r1-starts").attributes["aria-invalid"] == "true"
    assert (await plan(site, seller)).hours_of(2) == tuple(DAYTIME[2])
    await browser.submit("#day-form", {"remove": "0"})
    assert form_values(browser.page.css_first("#day-form"))["r0-starts"] == "11:00"
    answer = await browser.submit("#day-form", {"r0-starts": "08:00", "also": "6"})
    assert answer.url.path == JADWAL and answer.url.fragment == "jam"
    assert (
        (await plan(site, seller)).hours_of(2) == (await plan(site, seller)).hours_of(6) == (Hours(480, 900),)
    )
    # What is booked already stays, and is told: in the sentence, above the week, and where it stands in it.
    assert "Jam kerja Selasa, Sabtu disimpan. 1 sesi di luar jam kerja Anda tetap berlaku." in browser.text
    assert browser.page.css_first(f"#minggu .flash a[href='/expert/dashboard/transaksi/{late}/propose']")
    assert "Di luar jam kerja" in words(browser, ".agenda .is-session")
    detail = await bookings.order_of_expert(site.db, seller.id, late)
    assert detail and detail.starts_at == local(1, "16:00")


async def test_two_windows_of_one_day_never_overwrite_in_silence(site: Site) -> None:
    seller, browser = await mentor(site)
    await browser.get(f"{JADWAL}/jam/1")
    await editing.set_day(site.db, seller.id, 1, [Hours.parse("06:00", "07:00")], seen="09:00–17:00")
    answer = await browser.submit("#day-form", {"r0-ends": "16:00"})
    assert answer.status_code == 409 and "06:00–07:00" in words(browser, "#jam .flash")
    assert form_values(browser.page.css_first("#day-form"))["r0-ends"] == "16:00"
    await browser.submit("#day-form")
    assert (await plan(site, seller)).hours_of(1) == (Hours(540, 960),)
    await browser.get(f"{JADWAL}/aturan")
    await actions.set_rules(site.db, seller.id, Rules(horizon_days=9))
    assert (await browser.submit("#aturan form", {"horizon_days": "50"})).status_code == 409
    await browser.submit("#aturan form")
    assert (await plan(site, seller)).rules.horizon_days == 50


async def test_days_off_extra_hours_and_holidays_without_script(site: Site) -> None:
    seller, browser = await mentor(site)
    await browser.get(f"{JADWAL}/libur/baru")
    answer = await browser.submit("#libur form", {"first": "2026-12-20", "note": "Mudik"})
    assert answer.status_code == 422 and "sudah lewat" in words(browser, "#first-error")
    note = "<b>Mudik</b> 🌴 \u202eolos"
    await browser.submit("#libur form", {"first": "2026-12-28", "last": "2026-12-30", "note": note})
    assert "3 hari dijadikan libur." in browser.text
    assert f"Senin, 28 Des – Rabu, 30 Des {note}" in words(browser, "#libur")
    # Only holidays on which the mentor works are suggested: 2027 begins on a Friday, Chinese New Year is a Saturday.
    offered = [node.attributes["value"] for node in browser.page.css("#libur button[name=day]")]
    assert offered[:2] == ["2026-12-25", "2027-01-01"] and "2027-02-06" not in offered
    await browser.submit("#libur-nasional form", {"day": "2026-12-25"})
    assert "Hari Raya Natal" in words(browser, "#libur .editlist")
    await browser.submit("#libur-nasional form", {"day": "2027-02-06"})
    await browser.submit("#libur-nasional form", {"all": "1"})
    assert browser.page.css_first("#libur-nasional") is None
    taken = {day for run in (await plan(site, seller)).days_off() for day in (str(run.first),)}
    assert taken == {*offered, "2026-12-28"}
    await browser.submit("#libur li form")
    assert "2026-12-25" not in {str(run.first) for run in (await plan(site, seller)).days_off()}

    await browser.get(f"{JADWAL}/tambahan/baru")
    extra = {"day": "2026-12-26", "starts": "19:00", "ends": "00:00"}
    await browser.submit("#tambahan form", extra)
    assert "19:00–24:00" in words(browser, "#tambahan")
    await browser.get(f"{JADWAL}/tambahan/baru")
    assert (await browser.submit("#tambahan form", extra | {"starts": "18:00"})).status_code == 422
    assert "bertumpuk" in words(browser, "#starts-error")
    await browser.get(JADWAL)
    await browser.submit("#tambahan li form")
    assert (await plan(site, seller)).extra() == []


async def test_rules_are_edited_and_sessions_stay_at_their_instant(site: Site) -> None:
    seller, browser = await mentor(site)
    await sold(site, seller, local(1, "10:00"))
    await browser.get(f"{JADWAL}/aturan")
    answer = await browser.submit("#aturan form", {"horizon_days": "181", "buffer_minutes": "15"})
    assert answer.status_code == 422 and "1 sampai 180 hari" in words(browser, "#horizon_days-error")
    await browser.submit("#aturan form", {"horizon_days": "14", "time_zone": "Asia/Jayapura"})
    text = words(browser, "#aturan")
    assert "WIT" in text and "15 menit sesudah setiap sesi" in text and "14 hari ke depan" in text
    assert "12:00–12:30 Budi Santoso" in words(browser, ".agenda")


async def test_htmx_gets_the_part_and_what_changed_with_it(site: Site) -> None:
    seller, browser = await mentor(site)
    await browser.get(f"{JADWAL}/jam/1", headers=PARTIAL)
    assert browser.answer and "<html" not in browser.answer.text and browser.page.css_first("#jam #day-form")
    week = {"HX-Current-URL": f"{site.url}{JADWAL}?minggu=2026-12-28"}
    answer = await browser.submit("#day-form", {"r0-starts": "10:00"}, headers=PARTIAL | week)
    assert answer.status_code == 200 and "10:00–17:00" in words(browser, "#jam")
    assert [node.attributes["hx-target"] for node in browser.page.css("hx-partial")] == [
        "#minggu", "#libur", "#tambahan", "#aturan",
    ]  # fmt: skip
    assert words(browser, "#minggu-title") == "28 Des 2026 – 3 Jan 2027"
    assert (await plan(site, seller)).hours_of(1) == (Hours(600, 1020),)


async def test_what_names_nothing_is_not_there(site: Site) -> None:
    _, browser = await mentor(site)
    await browser.get(JADWAL)
    for path, data in (
        ("/libur/hapus", {"first": "x", "last": "2026-12-28"}), ("/libur/hapus", {}), ("/jam/0", {}), ("/jam/8", {}),
        ("/tambahan/hapus", {"day": "2026-12-28", "starts": "x"}),
    ):  # fmt: skip
        assert (await browser.client.post(JADWAL + path, data=data | _token(browser))).status_code == 404, (
            path
        )


async def _busy(site: Site, seller: Seller, starts: datetime, ends: datetime) -> None:
    """An outside calendar says so."""
    source = await site.db.fetchval(
        """INSERT INTO calendar_sources (expert_id, host, sealed, digest, next_try_at)
           VALUES ($1, 'kalender.test', 'x', decode(repeat('00', 32), 'hex'), 'infinity') RETURNING id""",
        seller.id,
    )
    await site.db.execute(
        "INSERT INTO busy_times (expert_id, source_id, during) VALUES ($1, $2, tstzrange($3, $4))",
        seller.id, source, starts, ends,
    )  # fmt: skip


def _half_hours(text: str) -> int:
    """How many half hours `09:00–12:00` is."""
    hours = Hours.parse(*text.split("–"))
    return (hours.ends - hours.starts) // 30


def _token(browser: Browser) -> dict[str, str]:
    field = browser.page.css_first("main input[name=_csrf]")
    return {"_csrf": field.attributes["value"] or ""}
